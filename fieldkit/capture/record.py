"""Records one take: the intent first, then the camera, then the original."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

from fieldkit import disk
from fieldkit.capture.checks import Measured, verdict
from fieldkit.capture.order import Order
from fieldkit.capture.rig import TEST, Shot, arguments, device
from fieldkit.capture.salvage import Readable, give_up, release, roll, rolling, seal
from fieldkit.config import Library
from fieldkit.errors import DiskFull, FieldkitError, NoDevice, NotAVideo
from fieldkit.journal import Journal
from fieldkit.model import Original, Take

LEFT = 100_000_000  # bytes free at which the camera is stopped
_SECOND = 1_000_000  # bytes of a second, 8 Mbit/s: what 720p30 needs at most
_AHEAD = 3  # times the longest take that must be free before rolling
_FIRST = 20.0  # seconds the camera has for its first picture
_STALL = 5.0  # seconds without a picture after which the crew hears of it
_AFTER = 15.0  # seconds over the length asked for
_TICK = 0.1
_ABSENT = ("No such", "Cannot open video device", "Could not find", "Connection refused", "not found")


class Running(Protocol):
    """The ffmpeg that films, as transcode's Ffmpeg.start gives it."""

    @property
    def said(self) -> tuple[str, ...]: ...
    def poll(self) -> int | None: ...
    def stop(self) -> None: ...
    def wait(self, seconds: float | None = None) -> int: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """What the crew hears: `phase` is waiting (for the camera's first picture), rolling, sealing or warning."""

    take: Take
    phase: str
    seconds: float = 0.0
    note: str = ""


def record(
    order: Order,
    shot: Shot,
    journal: Journal,
    library: Library,
    start: Callable[..., Running],
    *,
    readable: Readable,
    stop: Event,
    tell: Callable[[Moment], None] = lambda _: None,
    measure: Callable[[Path], Measured] | None = None,
    show: Callable[[bytes], None] | None = None,
    platform: str = sys.platform,
) -> Original:
    """Rolls until `stop` is set, the shot is over or the disk is nearly full, and returns the original.

    `start(arguments, inherit=…, tap=…)` starts ffmpeg; `show` is given the preview's bytes. Raises NoDevice,
    DiskFull, NeedsCrew; then no take is left waiting. If this process dies meanwhile, `salvage` goes on from there.
    """
    _room_for(shot, library)
    take_id, lock = roll(library)
    try:
        take = journal.begin(take_id, order.tweet_id, order.place, order.operator, order.consent)
        watch = _Watch(take, shot, rolling(take_id, library), tell, show)
        try:
            code, said = watch.film(start, stop, lock, platform)
        except FieldkitError as error:  # the camera never rolled
            give_up(take, str(error), library, journal)
            raise
        tell(Moment(take, "sealing", watch.seconds))
        try:
            original = seal(take, library, journal, readable, recovered=code < 0)
        except NotAVideo as error:
            trouble = why(said, shot)
            give_up(take, str(trouble), library, journal)
            raise trouble from error
        if measure and (note := verdict(measure(library.root / original.path), sound_wanted=_sound(shot))):
            tell(Moment(take, "warning", watch.seconds, note))
        return original
    finally:
        release(take_id, library, lock)


class _Watch:
    """Stands beside the camera."""

    def __init__(
        self,
        take: Take,
        shot: Shot,
        recording: Path,
        tell: Callable[[Moment], None],
        show: Callable[[bytes], None] | None,
    ) -> None:
        self._take, self._shot, self._recording, self._tell, self._show = take, shot, recording, tell, show
        self._begun = time.monotonic()
        self._first: float | None = None  # when the first picture came
        self._last = self._begun
        self._over = Event()

    @property
    def seconds(self) -> float:
        """Since the first picture."""
        return time.monotonic() - self._first if self._first is not None else 0.0

    def film(
        self, start: Callable[..., Running], stop: Event, lock: disk.Lock, platform: str
    ) -> tuple[int, tuple[str, ...]]:
        """ffmpeg's exit code and last lines."""
        command = arguments(self._shot, platform, self._recording, preview=self._show is not None)
        self._tell(Moment(self._take, "waiting"))
        running = start(command, inherit=(lock.fileno(),), tap=self._seen)
        keeper = Thread(target=self._keep, daemon=True)
        keeper.start()
        try:
            while running.poll() is None and not self._enough(stop):
                self._tell(
                    Moment(self._take, "rolling" if self._first is not None else "waiting", self.seconds)
                )
                stop.wait(_TICK)
            if running.poll() is None:
                running.stop()
            with suppress(TimeoutError):
                running.wait(_AFTER)
        finally:
            self._over.set()
            running.close()
            keeper.join()
        return running.wait(), running.said

    def _enough(self, stop: Event) -> bool:
        now = time.monotonic()
        if self._first is None and now - self._begun > _FIRST:
            return True
        if self._first is not None and now - self._last > _STALL:
            self._last = now
            self._tell(Moment(self._take, "warning", self.seconds, "The camera sends no more pictures."))
        if disk.room(self._recording.parent) < LEFT:
            self._tell(
                Moment(self._take, "warning", self.seconds, "The disk is nearly full, so the camera stops.")
            )
            return True
        return stop.is_set() or self.seconds > self._shot.seconds + _AFTER

    def _seen(self, pictures: bytes) -> None:
        self._last = time.monotonic()
        if self._first is None:
            self._first = self._last
        if self._show is not None:
            self._show(pictures)

    def _keep(self) -> None:
        """Puts the growing file on the medium every second: a power cut then costs one second, not four."""
        while not self._over.wait(1.0):
            with suppress(OSError), self._recording.open("rb") as file:
                disk.fsync(file.fileno())


def why(said: Sequence[str], shot: Shot) -> FieldkitError:
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
    if "busy" in text.lower():
        return NoDevice(f"The camera {shot.called} is in use by another program; close it and record again.")
    if absent:
        return NoDevice(f"The camera {shot.called} is not there; plug it in, or see `fieldkit devices`.")
    return NoDevice(f"The camera {shot.called} gave no picture{detail}; check it and record again.")


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
