"""Records one take: the intent first, then the camera, then the original and the truth about it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from fieldkit import disk
from fieldkit.capture.order import Order
from fieldkit.capture.parts import rolling
from fieldkit.capture.rig import TEST, Shot, device
from fieldkit.capture.salvage import Measure, give_up, release, roll, seal
from fieldkit.capture.watch import LEFT, Moment, Running, Watch
from fieldkit.config import Library
from fieldkit.errors import DiskFull, FieldkitError, NoDevice, NotAVideo
from fieldkit.journal import Journal
from fieldkit.model import Original, Take, Verdict

_SECOND = 1_000_000  # bytes of a second, 8 Mbit/s: what 720p30 needs at most
_AHEAD = 3  # times the longest take that must be free before rolling
_ABSENT = ("No such", "Cannot open video device", "Could not find", "Connection refused", "not found")


@dataclass(frozen=True, slots=True)
class Taken:
    """A take as it came out."""

    original: Original
    verdict: Verdict


class Beside(Protocol):
    """Who reads a take's recording while it grows. Raises nothing and keeps nobody waiting, as early.Early."""

    def begin(self, take: Take, recording: Path) -> None: ...
    def ended(self) -> None: ...


def record(
    order: Order,
    shot: Shot,
    journal: Journal,
    library: Library,
    start: Callable[..., Running],
    *,
    measure: Measure,
    stop: Event,
    tell: Callable[[Moment], None] = lambda _: None,
    show: Callable[[bytes], bool] | None = None,
    beside: Beside | None = None,
    platform: str = sys.platform,
) -> Taken:
    """Rolls until `stop` is set, the shot is over or the disk is nearly full; returns the original and its verdict.

    `start(arguments, inherit=…, tap=…, hear=…)` starts ffmpeg; `show` is given the preview's bytes and says whether a
    picture was whole; `beside` is told of the recording. Raises NoDevice, DiskFull, NeedsCrew; then no take is left
    waiting. If this process dies meanwhile, `salvage` goes on from there.
    """
    _room_for(shot, library)
    take_id, lock = roll(library)
    try:
        take = journal.begin(
            take_id, order.tweet_id, order.place, order.operator, order.consent, protection=order.protection
        )
        watch = Watch(take, shot, library, tell, show)
        if beside is not None:
            beside.begin(take, rolling(take.id, library))
        try:
            filmed = watch.film(start, stop, lock, platform)
        except FieldkitError as error:  # the camera never rolled
            give_up(take, str(error), library, journal)
            raise
        finally:
            if beside is not None:
                beside.ended()
        if watch.seconds:  # else there is nothing to make safe, and the crew hears why
            tell(Moment(take, "sealing", watch.seconds))
        try:
            original, judged = seal(
                take,
                library,
                journal,
                measure,
                recovered=filmed.code < 0,
                sound_wanted=_sound(shot),
                cut=filmed.cut,
            )
        except NotAVideo as error:
            trouble = why(filmed.said, shot, speechless=filmed.speechless)
            give_up(take, str(trouble), library, journal)
            raise trouble from error
        except DiskFull as error:
            raise DiskFull(
                f"The disk is full. The {watch.seconds:.0f} s that were recorded are safe: free some space, and "
                "`fieldkit render` brings them in."
            ) from error
        return Taken(original, judged)
    finally:
        release(take_id, library, lock)


def why(said: Sequence[str], shot: Shot, *, speechless: bool = False) -> FieldkitError:
    """What ffmpeg's last lines mean where nothing was recorded."""
    errors = [line for line in said if "[error]" in line or "[fatal]" in line]
    text = "\n".join(errors)
    if "No space left on device" in text and "ioctl" not in text:  # a camera says it too: of the USB bus
        return DiskFull("The disk is full, so nothing was recorded. Free some space and record again.")
    absent = any(sign in text for sign in _ABSENT)
    detail = "" if not errors or shot.networked else f" ({_plain(errors[0])})"
    if shot.microphone and device(shot.microphone) in text:
        if absent:
            return NoDevice(
                f"The microphone {shot.microphone} is not there; `fieldkit devices` lists what is."
            )
        return NoDevice(f"The microphone {shot.microphone} can't be used{detail}; choose another one.")
    if shot.microphone and not errors and (speechless or _opened(said) == 1):
        return NoDevice(f"The microphone {shot.microphone} gives no sound; check it, or choose another one.")
    if "busy" in text.lower():
        return NoDevice(f"The camera {shot.called} is in use by another program; close it and record again.")
    if absent and shot.networked:
        return NoDevice(
            f"The camera {shot.called} does not answer; check its address and that it is switched on."
        )
    if absent:
        return NoDevice(f"The camera {shot.called} is not there; plug it in, or see `fieldkit devices`.")
    return NoDevice(f"The camera {shot.called} gave no picture{detail}; check it and record again.")


def _opened(said: Sequence[str]) -> int:
    """How many inputs ffmpeg got through to."""
    return sum("Input #" in line for line in said)


def _plain(line: str) -> str:
    return line.rsplit("] ", 1)[-1].strip().rstrip(".")


def _sound(shot: Shot) -> bool:
    return shot.microphone is not None or shot.camera == TEST


def _room_for(shot: Shot, library: Library) -> None:
    wanted = LEFT + _AHEAD * int(shot.seconds * _SECOND)
    if disk.room(library.rolling) < wanted:
        raise DiskFull(
            f"A take of {shot.seconds:g} s wants {wanted // 1_000_000} MB free on the library's disk and there are "
            f"{disk.room(library.rolling) // 1_000_000} MB; free some space, or ask for fewer seconds."
        )
