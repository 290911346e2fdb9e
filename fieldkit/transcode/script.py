"""Words on the picture: where each line stands, how large, from when to when. Pure.

Each line has a place of its own, so that libass neither breaks nor moves anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from fieldkit.errors import NeedsCrew
from fieldkit.transcode import ass
from fieldkit.transcode.captions import Cue, clock
from fieldkit.transcode.lettering import Block, Face, fitted, plain
from fieldkit.transcode.words import Card, Words

_THIRD = (1.0, 6.0)  # seconds of the take in which the lower third is seen
_WHITE, _ACCENT = "#ffffff", "#ffe100"


def document(
    words: Words, faces: Sequence[Face], frame: tuple[int, int], seconds: float, *, cut: bool = False
) -> str:
    """The ASS document for a take of that length in that frame.

    Raises NeedsCrew for a text that finds no room, and, unless the take was cut, for a caption after its end.
    """
    page = _Page(words, faces, *frame, seconds)
    late = [cue for cue in words.cues if cue.start >= seconds]
    if late and not cut:
        raise NeedsCrew(
            f"The caption at {clock(late[-1].start)} comes after the take's end ({clock(seconds)}); "
            "are these the captions of this take?"
        )
    return ass.document(frame, faces, page.events())


@dataclass(frozen=True, slots=True)
class _Page:
    """The frame in pixels, `seconds` of take in it, and what is to be written on it."""

    words: Words
    faces: Sequence[Face]
    width: int
    height: int
    seconds: float

    def events(self) -> Iterator[str]:
        shown: list[tuple[Cue, Block]] = []
        for cue in self.words.cues:
            if cue.start < self.seconds and any(map(plain, cue.lines)):
                shown = [(other, block) for other, block in shown if other.end > cue.start]
                below = sum(block.height for other, block in shown if other.top == cue.top)
                shown.append((cue, self._block(cue)))
                yield from self._caption(*shown[-1], below)
        if self.words.lower_third is not None:
            yield from self._lower_third(self.words.lower_third)
        if self.words.card is not None:
            yield from self._card(self.words.card)

    @property
    def _short(self) -> int:
        return min(self.width, self.height)

    @property
    def _letter(self) -> float:
        """The em of a caption: a share of the picture, but in a small one enough pixels to tell letters apart."""
        return max(0.062 * self._short, min(16.0, 0.09 * self._short))

    @property
    def _edge(self) -> float:
        """Free at the sides; at the bottom a portrait leaves more, where players lay their buttons."""
        return 0.06 * self._short

    @property
    def _floor(self) -> float:
        return self.height * (0.88 if self.height > self.width else 0.93)

    def _block(self, cue: Cue) -> Block:
        what = f"The caption at {clock(cue.start)}"
        return self._fitted(cue.lines, self._letter, min(0.88 * self.width, 1.6 * self._short), 3, what)

    def _caption(self, cue: Cue, block: Block, others: float) -> Iterator[str]:
        """`others` is the height of those that are still seen: who speaks at the same time stands above."""
        end = min(cue.end, self.seconds)
        floor = self._floor - others
        if self.words.lower_third is not None:
            start, stop = self._third_time
            if cue.start < stop and end > start:
                floor -= self._third(self.words.lower_third).height + 0.05 * self._short
        top = self._edge + others if cue.top else floor - block.height
        if not 0 <= top <= self.height - block.height:
            raise NeedsCrew(
                f"Too many captions are seen at once at {clock(cue.start)}; set their times right."
            )
        yield from self._written(block, (cue.start, end), top, outlined=True)

    @property
    def _third_time(self) -> tuple[float, float]:
        start, stop = _THIRD
        return (start if self.seconds > 2 * start else 0.0), min(stop, self.seconds)

    def _third(self, text: str) -> Block:
        return self._fitted([text], 1.06 * self._letter, 0.8 * self.width, 2, "The lower third")

    def _lower_third(self, text: str) -> Iterator[str]:
        block, times = self._third(text), self._third_time
        bar, top = max(2, round(0.012 * self._short)), self._floor - block.height
        rtl, fade = block.lines[0].rtl, "\\fad(250,250)"
        left = self.width - self._edge - bar if rtl else self._edge
        colour = self.words.card.accent if self.words.card else _ACCENT
        yield ass.box(1, times, (left, top, bar, block.height), colour, fade)
        x = self.width - self._edge - 2.5 * bar if rtl else self._edge + 2.5 * bar
        yield from self._written(block, times, top, outlined=True, x=x, align=3 if rtl else 1, more=fade)

    def _card(self, card: Card) -> Iterator[str]:
        times = (ceil(self.seconds * 100) / 100, self.seconds + card.seconds + 1)
        wide = 0.86 * self.width
        headline = self._fitted(
            card.headline.splitlines(), 0.09 * self._short, wide, 4, "The end card's headline"
        )
        address = self._fitted([card.address], 0.075 * self._short, wide, 1, "The end card's address")
        gap, bar = 0.055 * self._short, max(2, round(0.01 * self._short))
        top = (self.height - headline.height - 2 * gap - bar - address.height) / 2
        fade, long = "\\fad(250,0)", 0.16 * self._short
        yield ass.box(10, times, (0, 0, self.width, self.height), card.background, fade)
        yield from self._written(headline, times, top, colour=card.ink, more=fade)
        top += headline.height + gap
        yield ass.box(11, times, ((self.width - long) / 2, top, long, bar), card.accent, fade)
        yield from self._written(address, times, top + bar + gap, colour=card.accent, more=fade)

    def _fitted(self, texts: Sequence[str], em: float, wide: float, most: int, what: str) -> Block:
        block = fitted(texts, self.faces, em, wide, most)
        if block is None:
            whole = " ".join(texts)
            raise NeedsCrew(
                f"{what} is too long for the picture (“{whole[:40]}…”); make it shorter or split it."
            )
        return block

    def _written(
        self,
        block: Block,
        times: tuple[float, float],
        top: float,
        *,
        colour: str = _WHITE,
        outlined: bool = False,
        x: float | None = None,
        align: int = 2,
        more: str = "",
    ) -> Iterator[str]:
        for number, line in enumerate(block.lines):
            at = (self.width / 2 if x is None else x, top + block.foot(number))
            place = f"\\an{align}\\pos({at[0]:.1f},{at[1]:.1f}){more}"
            text = ass.spelled(line, block.em)
            if outlined:  # a soft shade around the letters, then the letters with a hard edge
                yield ass.event(
                    2,
                    times,
                    f"{{{place}\\1a&HFF&\\3a&H30&\\bord{0.1 * block.em:.1f}\\blur{0.09 * block.em:.1f}}}{text}",
                )
                yield ass.event(
                    3, times, f"{{{place}\\1c{ass.colour(colour)}\\bord{0.05 * block.em:.1f}}}{text}"
                )
            else:
                yield ass.event(12, times, f"{{{place}\\1c{ass.colour(colour)}}}{text}")
