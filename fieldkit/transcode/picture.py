"""The picture's way through ffmpeg: from whatever a camera wrote to square, upright, even pictures in BT.709."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from fieldkit.transcode.material import Video

_SMALLEST = 32  # X's smallest side
_WIDEST = Fraction(239, 100)  # X's help page; the API's page says 3:1
_SLOWEST = 10  # pictures/s
_LARGEST_GOP = 512  # X refuses more ("Video GOP is too large")
_WIDE_GAMUT = {"bt2020", "smpte431", "smpte432"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes in pixels: the `picture` within its `frame`, black where they differ. `fps` is constant."""

    picture: tuple[int, int]
    frame: tuple[int, int]
    fps: Fraction

    @property
    def gop(self) -> int:
        """Pictures between key frames: ten seconds, within what X takes."""
        return min(_LARGEST_GOP, round(10 * self.fps))


def shape(video: Video, short_side: int, long_side: int, fps: int) -> Shape:
    """The largest even, square-pixelled shape within those limits that X takes; never enlarged."""
    picture = _fit(video, short_side, long_side)
    return Shape(picture, _frame(picture), _rate(video.fps, fps))


def filtered(stream: Any, video: Video, shape: Shape) -> Any:
    """The stream in that shape, progressive, with constant frame rate, in limited-range BT.709."""
    if video.interlaced:
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    elif video.combed:
        stream = stream.filter("bwdif", mode="send_frame", parity=video.combed, deint="all")
    # before scaling, so that pictures that are dropped cost nothing
    stream = stream.filter("fps", fps=text(shape.fps), start_time=0)
    stream = _colours(stream.filter("scale", *shape.picture, **_scaling(video)), video)
    stream = stream.filter("setsar", 1)
    if shape.frame != shape.picture:
        stream = stream.filter("pad", *shape.frame, "(ow-iw)/2", "(oh-ih)/2")
    return in_bt709(stream)


def in_bt709(stream: Any) -> Any:
    """The stream, which is in limited-range BT.709 by now, as the encoder wants and tags it."""
    return stream.filter("format", "yuv420p").filter(
        "setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709"
    )


def text(rate: Fraction) -> str:
    """A rate as ffmpeg reads it."""
    return f"{rate.numerator}/{rate.denominator}"


def _fit(video: Video, short_side: int, long_side: int) -> tuple[int, int]:
    short, long = sorted((video.width, video.height))
    factor = min(Fraction(short_side, short), Fraction(long_side, long), Fraction(1))
    return _even(video.width * factor), _even(video.height * factor)


def _frame(picture: tuple[int, int]) -> tuple[int, int]:
    """Room for the picture in a shape that X takes: slivers get black bars."""
    width, height = (max(side, _SMALLEST) for side in picture)
    return max(width, _even_up(height / _WIDEST)), max(height, _even_up(width / _WIDEST))


def _even(side: Fraction) -> int:
    return max(2, floor(side / 2) * 2)


def _even_up(side: Fraction) -> int:
    return ceil(side / 2) * 2


def _rate(fps: Fraction, most: int) -> Fraction:
    """A whole part of the source's rate, so that no motion judders; 30.3 of a webcam counts as 30."""
    parts = ceil(fps / (most * Fraction(51, 50)))
    return max(min(fps / parts, Fraction(most)), Fraction(_SLOWEST)).limit_denominator(1001)


def _scaling(video: Video) -> dict[str, Any]:
    options: dict[str, Any] = {"flags": "lanczos+accurate_rnd"}
    if not _by_zimg(video):
        options |= {
            "in_color_matrix": _matrix(video),
            "out_color_matrix": "bt709",
            "in_range": "full" if video.full_range else "limited",
            "out_range": "limited",
        }
    return options


def _colours(stream: Any, video: Video) -> Any:
    """To BT.709 after scaling, which costs a third less than before it."""
    if video.hdr:
        return (
            stream.filter("zscale", t="linear", npl=203, **_told(video))
            .filter("format", "gbrpf32le")
            .filter("zscale", p="bt709")
            .filter("tonemap", "mobius", desat=0)
            .filter("zscale", t="bt709", m="bt709", r="limited")
        )
    if _by_zimg(video):
        return stream.filter("zscale", p="bt709", t="bt709", m="bt709", r="limited", **_told(video))
    return stream


def _by_zimg(video: Video) -> bool:
    """Brightness curves and primaries are beyond the ordinary scaler."""
    return video.hdr or video.primaries in _WIDE_GAMUT


def _told(video: Video) -> dict[str, Any]:
    """The source's colours said aloud, where the file leaves one out."""
    return {
        "pin": {"bt470bg": "bt470bg"}.get(video.primaries or "", video.primaries) or "bt2020",
        "tin": video.transfer if video.transfer in ("smpte2084", "arib-std-b67", "smpte170m") else "bt709",
        "min": {"bt2020nc": "2020_ncl", "smpte170m": "170m", "bt470bg": "470bg"}.get(_matrix(video), "709"),
        "rin": "full" if video.full_range else "limited",
    }


def _matrix(video: Video) -> str:
    """What the file tells, or what its size stands for: SD is BT.601, HD is BT.709."""
    told = {"bt2020nc": "bt2020"}.get(video.matrix or "", video.matrix)
    if video.hdr:
        return "bt2020nc"
    return told or ("bt709" if max(video.coded) >= 1280 or min(video.coded) > 576 else "smpte170m")
