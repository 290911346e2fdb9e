"""Words for a screen, drawn as those in a clip are: Arabic joined and from the right, Ge'ez whole, offline.

All of them stand on one tall page that ffmpeg draws in one go; what comes back is ink alone, to be coloured later.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import ffmpeg as graph

from fieldkit.errors import NeedsCrew
from fieldkit.transcode import ass
from fieldkit.transcode.ffmpeg import Ffmpeg, failure
from fieldkit.transcode.fonts import faces
from fieldkit.transcode.lettering import Block, Face, fitted, plain, reads_from_the_right, wrapped

_PATIENCE = 30.0  # seconds
_PAD = 4  # pixels around each, for what reaches over its line


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be drawn, `em` and `wide` in pixels.

    In at most `most` lines, smaller where need be; None is as many lines as it takes. `called` is its name to the crew.
    """

    text: str
    em: float
    wide: int
    most: int | None = 1
    called: str = "the words on the screen"


@dataclass(frozen=True, slots=True)
class Sign:
    """Words as they are drawn: how much ink each pixel has, from 0 to 255, line by line."""

    width: int
    height: int
    ink: bytes


def signs(texts: Mapping[str, Text], ffmpeg: Ffmpeg) -> dict[str, Sign]:
    """Each text as a picture, under its name; one of nothing but spaces is left out.

    Raises NeedsCrew for a letter that no font has and for a text that finds no room, and what `Ffmpeg.run` raises.
    """
    blocks = set_(texts)
    if not blocks:
        return {}
    typefaces = _faces(texts)
    sizes = {name: _size(block, texts[name].wide) for name, block in blocks.items()}
    page = (max(width for width, _ in sizes.values()), sum(height for _, height in sizes.values()))
    page = (ceil(page[0] / 2) * 2, ceil(page[1] / 2) * 2)
    tops, top = {}, 0
    for name, (_, height) in sizes.items():
        tops[name], top = top, top + height
    events = [
        event for name, block in blocks.items() for event in _written(block, sizes[name][0], tops[name])
    ]
    ink = _drawn(ass.document(page, typefaces, events), page, ffmpeg)
    return {
        name: Sign(width, height, _cut(ink, page[0], tops[name], width, height))
        for name, (width, height) in sizes.items()
    }


def set_(texts: Mapping[str, Text]) -> dict[str, Block]:
    """The texts in lines. Raises NeedsCrew as `signs`; it takes no ffmpeg, so it is where bad words are found out."""
    typefaces = _faces(texts)
    return {name: _block(text, typefaces) for name, text in texts.items() if plain(text.text)}


def _faces(texts: Mapping[str, Text]) -> tuple[Face, ...]:
    return faces((text.called, text.text) for text in texts.values())


def _block(text: Text, typefaces: Sequence[Face]) -> Block:
    wide = text.wide - 2 * _PAD
    if text.most is None:
        paragraphs = [line for line in map(plain, text.text.splitlines()) if line]
        lines = tuple(
            line
            for paragraph in paragraphs
            for line in wrapped(paragraph, typefaces, wide / text.em, rtl=reads_from_the_right(paragraph))
        )
        return Block(lines, text.em)
    block = fitted(text.text.splitlines(), typefaces, text.em, wide, text.most)
    if block is None:
        raise NeedsCrew(f"“{text.text[:40]}…” ({text.called}) is too long for the screen; make it shorter.")
    return block


def _size(block: Block, wide: int) -> tuple[int, int]:
    """As wide as the words; where some are read from the right as wide as there is room, so that they begin there."""
    width = (
        wide
        if any(line.rtl for line in block.lines)
        else ceil(max(line.width for line in block.lines) * block.em)
    )
    return width + 2 * _PAD, ceil(block.height) + 2 * _PAD


def _written(block: Block, width: int, top: int) -> Iterator[str]:
    for number, line in enumerate(block.lines):
        x = width - _PAD if line.rtl else _PAD
        y = top + _PAD + block.foot(number)
        place = f"{{\\an{3 if line.rtl else 1}\\pos({x},{y:.1f})}}"
        yield ass.event(1, (0.0, 1.0), place + ass.spelled(line, block.em))


def _drawn(document: str, page: tuple[int, int], ffmpeg: Ffmpeg) -> bytes:
    pieces: list[bytes] = []
    with TemporaryDirectory(prefix="fieldkit-") as folder:
        script = Path(folder) / "signs.ass"
        script.write_text(document, "utf-8")
        stream = (
            graph.input(f"color=black:size={page[0]}x{page[1]}:rate=25:duration=0.04", f="lavfi")
            .filter("format", "rgb24")
            .filter("ass", filename=str(script))
            .output("pipe:1", f="rawvideo", pix_fmt="gray", vframes=1)
        )
        with ffmpeg.start(["-nostdin", *stream.get_args()], tap=pieces.append) as running:
            code = 1
            with suppress(TimeoutError):
                code = running.wait(_PATIENCE)
            said = running.said
    ink = b"".join(pieces)
    if code != 0 or len(ink) != page[0] * page[1]:
        raise failure(code or 1, said)
    return ink


def _cut(ink: bytes, stride: int, top: int, width: int, height: int) -> bytes:
    return b"".join(ink[row * stride : row * stride + width] for row in range(top, top + height))
