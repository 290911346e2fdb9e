"""What is shown of a sound that has no picture: its waveform on a black card, bars that move with it. Pure."""

from fractions import Fraction
from typing import Any

from fieldkit.transcode.picture import Shape, in_bt709, text

_SLOWEST = 15  # pictures/s; a waveform needs no more, and each picture of it is new
_BARS = 48  # across the card; few and broad ones cost a tenth of the bytes of a fine line
_HEIGHT = 24  # steps of a bar


def shape(short_side: int, fps: int) -> Shape:
    """A square card, which fits a phone however it is held."""
    side = short_side // 2 * 2
    return Shape((side, side), (side, side), Fraction(min(fps, _SLOWEST)))


def drawn(sound: Any, shape: Shape) -> Any:
    """The picture of a sound stream in that shape, in limited-range BT.709."""
    width, height = shape.frame
    band = (width * 4 // 5 // 2 * 2, height // 5 * 2)
    stream = sound.filter(
        "showwaves",
        size=f"{_BARS}x{_HEIGHT}",
        rate=text(shape.fps),
        mode="cline",
        scale="sqrt",
        draw="full",
        colors="0xE8E8E8",
    )
    stream = stream.filter("format", "rgb24").filter("scale", *band, flags="neighbor")
    stream = stream.filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2")
    return in_bt709(stream.filter("scale", out_color_matrix="bt709", out_range="limited").filter("setsar", 1))
