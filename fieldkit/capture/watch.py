"""Stands beside the camera while a take rolls: starts ffmpeg, hears it, keeps the file safe, and stops it."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Protocol

from fieldkit import disk
from fieldkit.capture.meters import heard
from fieldkit.capture.parts import rolling
from fieldkit.capture.rig import Shot, arguments
from fieldkit.config import Library
from fieldkit.model import Take

LEFT = 100_000_000  # bytes free at which the camera is stopped
FIRST = 20.0  # seconds the camera has for its first picture
_STALL = 5.0  # seconds without a picture after which the crew hears of it
_AFTER = 15.0  # seconds over the length asked for
_TOGETHER = 1.0  # seconds between the last picture and the last sound that tell nothing
_SILENT = 1.5  # seconds without a picture at the end of a take that has none there
_SHORT = 1.0  # seconds before the length asked for at which a camera that stops is one that broke
_AGAIN = 1.0  # seconds between two attempts at a network camera
_TICK = 0.1


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
    """What the crew hears: `phase` is waiting (for the camera's first picture), rolling, sealing or warning.

    `level` (RMS) and `peak` are of the last tenth of a second, in dBFS, None until a sound came.
    """

    take: Take
    phase: str
    seconds: float = 0.0
    note: str = ""
    level: float | None = None
    peak: float | None = None
    free: int | None = None  # bytes left on the library's disk


@dataclass(frozen=True, slots=True)
class Filmed:
    """How the recording ended. `cut` says why, where nobody asked for it."""

    code: int
    said: tuple[str, ...]
    cut: str = ""
    speechless: bool = False  # pictures came, and not one sound from the microphone


class Watch:
    """One take's."""

    def __init__(
        self,
        take: Take,
        shot: Shot,
        library: Library,
        tell: Callable[[Moment], None],
        show: Callable[[bytes], bool] | None,
    ) -> None:
        self._take, self._shot, self._library, self._tell, self._show = take, shot, library, tell, show
        self._begun = time.monotonic()
        self._first: float | None = None  # when the first picture came
        self._last = self._stalled = self._begun
        self._silent, self._who = (
            0.0,
            "camera",
        )  # seconds without a picture before it was stopped, and whose fault
        self._part = 1
        self._over = Event()
        self._level: float | None = None
        self._peak: float | None = None
        self._sounded: float | None = None  # when the last sound came
        self._notes: deque[str] = deque(
            maxlen=20
        )  # a terminal that hangs must not hold up who reads ffmpeg's log
        self._warned: set[str] = set()
        self._free = 0
        self._cut = ""

    @property
    def seconds(self) -> float:
        """Since the first picture."""
        return time.monotonic() - self._first if self._first is not None else 0.0

    def film(self, start: Callable[..., Running], stop: Event, lock: disk.Lock, platform: str) -> Filmed:
        """Rolls to the end; a network camera whose stream breaks is asked again for as long as the take lasts."""
        self._tell(Moment(self._take, "waiting"))
        keeper = Thread(target=self._keep, daemon=True)
        keeper.start()
        try:
            while True:
                code, said = self._roll(start, stop, lock, platform)
                if not self._goes_on(stop):
                    speechless = self._who == "microphone" and self._sounded is None
                    return Filmed(code, said, self._cut or self._why(code, said, stop), speechless)
                self._warn("The network camera's stream broke off; asking for it again.", anew=True)
                stop.wait(_AGAIN)
                self._part += 1
        finally:
            self._over.set()
            keeper.join()

    def _roll(
        self, start: Callable[..., Running], stop: Event, lock: disk.Lock, platform: str
    ) -> tuple[int, tuple[str, ...]]:
        """ffmpeg's exit code and last lines."""
        since = self.seconds
        command = arguments(
            self._shot,
            platform,
            rolling(self._take.id, self._library, self._part),
            preview=self._show is not None,
            since=since,
        )
        running = start(command, inherit=(lock.fileno(),), tap=self._seen, hear=self._heard)
        try:
            while running.poll() is None and not self._enough(stop):
                self._tell(
                    Moment(
                        self._take,
                        "rolling" if self._first is not None else "waiting",
                        self.seconds,
                        level=self._level,
                        peak=self._peak,
                        free=self._free,
                    )
                )
                stop.wait(_TICK)
            self._silent, self._who = time.monotonic() - self._last, self._stopped
            if running.poll() is None:
                running.stop()
            with suppress(TimeoutError):
                running.wait(_AFTER)
        finally:
            running.close()
        return running.wait(), running.said

    def _goes_on(self, stop: Event) -> bool:
        early = self._first is not None and self.seconds < self._shot.seconds - _SHORT
        return self._shot.networked and early and not self._enough(stop)

    def _why(self, code: int, said: tuple[str, ...], stop: Event) -> str:
        if any("No space left on device" in line and "ioctl" not in line for line in said):
            return "the disk filled up"
        if self._silent > _SILENT:  # its ffmpeg may have had to be killed
            return f"the {self._who} stopped sending"
        if code < 0:
            return "the recording was ended from outside"
        early = not stop.is_set() and self.seconds < self._shot.seconds - _SHORT
        return f"the {self._who} stopped sending" if early else ""

    @property
    def _stopped(self) -> str:
        """Which of the two fell silent: either, where ffmpeg soon held the one back until the other goes on."""
        if self._shot.microphone is None or self._first is None:
            return "camera"
        if self._sounded is None:
            return "microphone"
        behind = self._last - self._sounded
        if abs(behind) < _TOGETHER:
            return "camera or the microphone"
        return "microphone" if behind > 0 else "camera"

    def _enough(self, stop: Event) -> bool:
        now = time.monotonic()
        while self._notes:
            self._warn(self._notes.popleft())
        if self._first is None and now - self._begun > FIRST:
            return True
        if self._first is not None and now - max(self._last, self._stalled) > _STALL:
            self._stalled = now
            self._warn(f"The {self._stopped} sends nothing any more; check the plug.", anew=True)
        self._free = disk.room(self._library.rolling)
        if self._free < LEFT:
            self._cut = "the disk was nearly full"
            self._warn("The disk is nearly full, so the camera stops.")
            return True
        late = (
            _AFTER if self._part == 1 else _SHORT
        )  # a network camera that hangs is not waited for at the end
        return stop.is_set() or self.seconds > self._shot.seconds + late

    def _warn(self, note: str, *, anew: bool = False) -> None:
        if anew or note not in self._warned:
            self._warned.add(note)
            self._tell(Moment(self._take, "warning", self.seconds, note))

    def _seen(self, piece: bytes) -> None:
        if self._show is not None and not self._show(piece):
            return  # sound alone: a camera that was unplugged is not seen to live by its microphone
        self._last = time.monotonic()
        if self._first is None:
            self._first = self._last

    def _heard(self, line: str) -> bool:
        said = heard(line)
        if said is None:
            return False
        if said.level is not None:
            self._level, self._sounded = said.level, time.monotonic()
        self._peak = said.peak if said.peak is not None else self._peak
        if said.note:
            self._notes.append(said.note)
        return not said.kept

    def _keep(self) -> None:
        """Puts the growing file on the medium every second: a power cut then costs one second, not four."""
        while not self._over.wait(1.0):
            with suppress(OSError), rolling(self._take.id, self._library, self._part).open("rb") as file:
                disk.fsync(file.fileno())
