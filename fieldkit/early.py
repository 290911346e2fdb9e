"""A take's proxy that is ready when the take ends: its pictures are encoded while the camera rolls.

What is here may fail or come too late, and then the proxy is made like any other. A lock, which the kernel frees, says
that it is at work; what lies there without one is swept by `salvage`.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

from fieldkit import disk
from fieldkit.capture.salvage import EARLY, MADE, clear_early
from fieldkit.config import Library
from fieldkit.errors import FieldkitError
from fieldkit.journal import Journal
from fieldkit.model import Original, Take, TakeId
from fieldkit.transcode.alongside import Alongside, Pictures
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.render import SUFFIX, render_due

_PROFILE = "proxy"


def at_work(library: Library, take: TakeId) -> bool:
    """Whether somebody else is about to put this take's proxy on record."""
    path = _lock_path(library, take)
    if not path.exists():
        return False
    with disk.Lock(path) as lock:
        return not lock.take()


class Early:
    """One take's proxy: `begin` before the camera rolls, `ended` when it has stopped, `land` once it is an original.

    Raises nothing. `binary` is the ffmpeg in use.
    """

    def __init__(self, library: Library, binary: str | None) -> None:
        self._library, self._binary = library, binary
        self._alongside: Alongside | None = None
        self._lock: disk.Lock | None = None
        self._landing: Thread | None = None

    def begin(self, take: Take, recording: Path) -> None:
        """The camera is about to write to `recording`."""
        self._lock_path = _lock_path(self._library, take.id)
        lock = disk.Lock(self._lock_path)
        with suppress(FieldkitError):
            if not lock.take():
                return
            self._lock = lock
            beside = self._library.rolling / f"{EARLY}{take.id}{SUFFIX}"
            self._alongside = Alongside(
                recording, beside, PROFILES[_PROFILE], Ffmpeg(self._binary, gentle=True)
            )
            self._alongside.begin()

    def ended(self) -> None:
        """The camera has stopped; on return the recording is open here no more."""
        if self._alongside is not None:
            self._alongside.over()

    def land(self, original: Original) -> None:
        """Makes the rendition of the take that is safe now, on a thread of its own: the next take need not wait."""
        self._landing = Thread(target=self._land, args=(original,), daemon=True)
        self._landing.start()

    def close(self) -> None:
        """Waits for what lands, and tidies up."""
        if self._landing is not None:
            self._landing.join()
        self._tidy()

    def _land(self, original: Original) -> None:
        try:
            pictures = self._alongside.pictures() if self._alongside is not None else None
            if pictures is not None:
                with suppress(FieldkitError, OSError):  # whoever renders meets it too, and says so
                    self._render(original, pictures)
        finally:
            self._tidy()

    def _render(self, original: Original, pictures: Pictures) -> None:
        note = pictures.beside.with_suffix(MADE)
        pictures = replace(pictures, announce=lambda path: disk.write(note, path.name.encode()))
        with Journal(self._library.journal) as journal:
            try:
                for due in journal.due_renditions((_PROFILE,)):  # none without consent
                    if due.take.id == original.take and journal.protection.of(due.take.id) is None:
                        render_due(due, self._library, journal, Ffmpeg(self._binary), pictures=pictures)
            finally:
                clear_early(pictures.beside.with_suffix(""), journal, self._library)

    def _tidy(self) -> None:
        if self._alongside is not None:
            self._alongside.close()
            self._alongside = None
        if self._lock is not None:
            with suppress(OSError):  # Windows keeps what is open; a later salvage tidies up
                self._lock_path.unlink(missing_ok=True)
            self._lock.free()
            self._lock = None


def _lock_path(library: Library, take: TakeId) -> Path:
    return library.rolling / f"{EARLY}{take}.lock"
