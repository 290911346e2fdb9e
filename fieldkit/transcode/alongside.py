"""A take's pictures, encoded while the recording that they come from still grows.

The recording is read from the disk like any file, by a process of its own: whatever happens here, the camera's ffmpeg
knows nothing of it. What comes out is the picture of a rendition; its sound is levelled by all of it, so it comes last.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from fieldkit import disk
from fieldkit.errors import FieldkitError
from fieldkit.transcode.ffmpeg import Ffmpeg, Running
from fieldkit.transcode.lab import url
from fieldkit.transcode.plan import Plan, plan
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import Profile

_TELLING = 2.0  # seconds of a recording that tell its size, rate and colours
_BLOCK = 64 * 1024  # bytes
_LOOK = 0.1  # seconds between two looks at a file that has nothing new
_LET_GO = 1.0  # seconds within which the recording is closed here once the camera has stopped
_BEHIND = 64 * 1024 * 1024  # bytes that may be read then; who is further behind is too late
_LATE = 10.0  # seconds after the camera within which the pictures come, or not at all
_ANYWHERE = "file:pictures"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Encoded pictures of a recording, without its sound. What belongs to them lies `beside` as parts.

    `announce` is told where what is made of them is about to be published.
    """

    path: Path
    beside: Path
    by: tuple[str, ...]  # ffmpeg's arguments
    source: tuple[int, int, int]  # the recording as the disk knows it: device, number, bytes
    announce: Callable[[Path], None] = lambda _: None

    def fit(self, planned: Plan, profile: Profile, source: Path) -> bool:
        """Whether they are of this very file, the whole of it, and by this very plan."""
        if planned.probe.video is None or self.source != _identity(source.stat()):
            return False
        return self.by == tuple(planned.pictures(_ANYWHERE, profile))


class Alongside:
    """Encodes the pictures of one recording under one profile. Raises nothing; what fails is not there in the end."""

    def __init__(self, recording: Path, beside: Path, profile: Profile, ffmpeg: Ffmpeg) -> None:
        self._recording, self._beside, self._profile, self._ffmpeg = recording, beside, profile, ffmpeg
        self._part = disk.part_for(beside)
        self._over, self._closed, self._given_up = Event(), Event(), Event()
        self._running: Running | None = None
        self._made: Pictures | None = None
        self._thread = Thread(target=self._work, daemon=True)

    def begin(self) -> None:
        """The camera is about to roll."""
        self._thread.start()

    def over(self) -> None:
        """The camera has stopped: what is in the file is all there is. On return the file is open here no more."""
        self._over.set()
        if not self._closed.wait(_LET_GO):
            self._give_up()
            self._closed.wait(_LET_GO)

    def pictures(self) -> Pictures | None:
        """What came of it; None where it failed, or comes too late."""
        self._thread.join(_LATE)
        self._give_up()
        return self._made

    def close(self) -> None:
        """Ends whatever goes on, and removes what was made."""
        self._over.set()
        self._give_up()
        self._thread.join()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _give_up(self) -> None:
        self._given_up.set()
        if self._running is not None and self._running.poll() is None:
            self._running.kill()

    def _work(self) -> None:
        try:
            with suppress(FieldkitError, OSError, ValueError):
                self._made = self._encoded()
        finally:
            self._closed.set()

    def _encoded(self) -> Pictures | None:
        planned = self._planned()
        if planned is None:
            return None
        with self._ffmpeg.start(planned.pictures(url(self._part), self._profile)) as running:
            self._running = running
            try:
                source = None if self._given_up.is_set() else self._fed(running)
                if source is None or running.wait(_LATE):
                    return None
            finally:
                if running.poll() is None:
                    running.kill()
        by = tuple(planned.pictures(_ANYWHERE, self._profile))
        return Pictures(self._part, self._beside, by, source)

    def _planned(self) -> Plan | None:
        """How the pictures are made, once enough was filmed to tell; None where that never was."""
        while not self._over.wait(_LOOK):
            with suppress(FieldkitError):  # no picture yet
                found = probe(self._recording)
                if found.seconds >= _TELLING and found.video is not None:
                    return plan(found, self._profile)
        return None

    def _fed(self, running: Running) -> tuple[int, int, int] | None:
        """Hands ffmpeg the whole recording; None where it is too far behind when the camera stops."""
        with self._recording.open("rb") as file:
            while not self._over.is_set():
                if block := file.read(_BLOCK):
                    running.feed(block)
                else:
                    self._over.wait(_LOOK)
            rest = file.read(_BEHIND)
            read, identity = file.tell(), _identity(os.fstat(file.fileno()))
        self._closed.set()
        if read != identity[2]:
            return None
        running.feed(rest)
        running.fed()
        return identity


def _identity(told: os.stat_result) -> tuple[int, int, int]:
    return told.st_dev, told.st_ino, told.st_size
