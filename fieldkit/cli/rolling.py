"""What a crew reads in the terminal before and while the camera rolls."""

import os
import sys
from collections.abc import Sequence
from math import ceil
from typing import Self

from fieldkit.capture.camera import displayed
from fieldkit.capture.hints import SAYS, Hint
from fieldkit.capture.record import Taken
from fieldkit.capture.watch import Moment
from fieldkit.cli import say
from fieldkit.recorder import Preview

_WAITING = "Waiting for the camera …"
_BARS = 12
_QUIETEST = -54.0  # dBFS


def watcher(*, preview: bool) -> Preview:
    """What watches the camera: a window where there is a display, else the hints for who sits at a terminal."""
    if preview and displayed(os.environ):
        return Preview.SCREEN
    return Preview.BLIND if rehearsed() else Preview.NONE


def rehearsed() -> bool:
    """Whether somebody is there who can begin a take; a script's camera rolls at once."""
    return sys.stdin.isatty()


class Slate:
    """Elapsed and remaining time, level and hints on a terminal; elsewhere a line for each change."""

    def __init__(self, seconds: float, *, keys: bool) -> None:
        self._seconds, self._keys, self._phase = seconds, keys, ""
        self._hints: tuple[Hint, ...] = ()
        self._on_terminal = sys.stderr.isatty()
        self._open = False  # whether the cursor stands in an unfinished line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def prompt(self, tweet: str | None, text: str | None) -> None:
        """What the person who speaks may want to read once more."""
        for title, words in (("The tweet:", tweet), ("To be read:", text)):
            if words:
                self._note(f"{title}\n\n{words.strip()}\n")

    def tell(self, moment: Moment) -> None:
        """One more moment of the take."""
        if moment.phase == "warning":
            self._note(moment.note, trouble=True)
        elif moment.phase != self._phase:
            self._phase = moment.phase
            self._note(self._sentence(moment))
        if moment.phase == "rolling":
            left = max(0.0, self._seconds - moment.seconds)
            self._line(f"{say.span(moment.seconds)} recorded, {say.span(left)} left", moment.level)

    def stand(self, phase: str, seconds: float) -> None:
        """Waiting for the camera, rehearsing, or counting with so many seconds to go."""
        if phase != self._phase:
            self._phase = phase
            if phase == "waiting":
                self._note(_WAITING)
            if phase == "rehearsing":
                self._note("Rehearsal, nothing is recorded. Space begins, Q leaves.")
        if phase != "waiting":
            self._line(f"{ceil(seconds)} …" if phase == "counting" else "Rehearsal", None)

    def advise(self, hints: Sequence[Hint]) -> None:
        """What the crew should change has changed."""
        self._hints = tuple(hints)
        if not self._on_terminal:
            for hint in hints:
                say.note(SAYS[hint] + ".")

    def kept(self, taken: Taken) -> None:
        """A take is safe, and judged."""
        original = taken.original
        self._note(
            f"Take {original.take[-6:]} is safe: {say.span(original.seconds)}, {say.size(original.bytes)}."
        )
        self._note(taken.verdict.sentence, trouble=not taken.verdict.good)

    def _sentence(self, moment: Moment) -> str:
        match moment.phase:
            case "rolling":
                ends = "Space ends the take, R records it once more" if self._keys else "Ctrl-C ends the take"
                return f"Rolling: take {moment.take.number}. Speak now; {ends}."
            case "sealing":
                return "Stopped; making the take safe."
            case _:
                return _WAITING

    def _note(self, text: str, *, trouble: bool = False) -> None:
        self._close()
        (say.trouble if trouble else say.note)(text)

    def _line(self, text: str, level: float | None) -> None:
        if not self._on_terminal:
            return
        meter = f"  {_meter(level)}" if level is not None else ""
        advice = "".join(f"  ▲ {SAYS[hint]}" for hint in self._hints)
        sys.stderr.write(f"\r\x1b[K{text}{meter}{advice}")
        sys.stderr.flush()
        self._open = True

    def _close(self) -> None:
        if self._open:
            sys.stderr.write("\r\x1b[K")
            self._open = False


def _meter(level: float) -> str:
    full = round(_BARS * min(1.0, max(0.0, 1 - level / _QUIETEST)))
    return "█" * full + "·" * (_BARS - full)
