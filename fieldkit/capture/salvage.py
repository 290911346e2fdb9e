"""Turns what was recorded into an original with its verdict: after a good stop, and after a recording that died."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fieldkit import disk
from fieldkit.capture.checks import Measured, verdict
from fieldkit.capture.order import new_take
from fieldkit.capture.parts import joined, parts, rolling
from fieldkit.config import Library
from fieldkit.errors import NotAVideo
from fieldkit.journal import Journal
from fieldkit.model import Original, Refusal, Station, Take, TakeId, Verdict

Measure = Callable[[Path], Measured]  # what a recording holds; raises NotAVideo
EARLY = "early-"  # begins the name of what is made of a take while it rolls, and of the lock on that
MADE = ".made"  # ends the name of the note on which file that is to become
_CUT = "the recording was cut off"


def lock_of(take: TakeId, library: Library) -> disk.Lock:
    """Held by the recorder and by its ffmpeg: as long as one of them lives, the take is rolling."""
    return disk.Lock(_lock_path(take, library))


def salvage(journal: Journal, library: Library, measure: Measure) -> list[Original]:
    """The originals of recordings that died; those that hold no picture are refused, their bytes kept.

    Takes that are rolling now are left alone. Raises DiskFull, NeedsCrew about the library's disk.
    """
    saved = []
    for take in journal.unsealed():
        with lock_of(take.id, library) as lock:
            if not lock.take():
                continue
            if not any(left.id == take.id for left in journal.unsealed()):
                _unlock(take.id, library)  # its recorder sealed it between our look and our lock
                continue
            original = _saved(take, journal, library, measure)
            _unlock(take.id, library)
        saved += [original] if original else []
    _sweep_locks(journal, library)
    return saved


def _sweep_locks(journal: Journal, library: Library) -> None:
    """Removes the locks of recorders that died before they began their take, or after it was sealed.

    And with its lock what was made of a take while it rolled, by a recorder that died.
    """
    for path in library.rolling.glob("*.lock"):
        with disk.Lock(path) as lock:
            if lock.take() and not any(take.id == path.stem for take in journal.unsealed()):
                if path.stem.startswith(EARLY):
                    clear_early(path.with_suffix(""), journal, library)
                path.unlink(missing_ok=True)


def clear_early(beside: Path, journal: Journal, library: Library) -> None:
    """Removes what was made of a take while it rolled, and what was published of it without coming on record.

    The caller holds the lock `<beside>.lock`; `<beside>.made` has the name of what was to be published.
    """
    note = beside.with_suffix(MADE)
    if note.exists():
        made = library.renditions / Path(note.read_text()).name
        known = {library.root / each.path for entry in journal.entries() for each in entry.renditions}
        if made not in known:
            disk.remove(made)
        note.unlink()
    disk.sweep(library.rolling, f"{beside.name}.*")


def seal(
    take: Take,
    library: Library,
    journal: Journal,
    measure: Measure,
    *,
    recovered: bool,
    sound_wanted: bool = False,
    cut: str = "",
) -> tuple[Original, Verdict]:
    """The take's recording becomes its original and is judged. The caller holds the take's lock.

    `cut` says why it ended before anybody asked. Raises NotAVideo where there is no picture; then the file stays
    where it is.
    """
    recording = rolling(take.id, library)
    final = library.originals / recording.name
    joined(take.id, library)
    # an earlier seal may have died between the rename and the row: then the bytes are in their place already
    held = final if final.is_file() and not recording.exists() else recording
    if not held.is_file() or held.stat().st_size == 0:
        raise NotAVideo(f"Take {take.number} of tweet {take.tweet_id} was begun, but nothing was recorded.")
    found = measure(held)
    judged = verdict(found, sound_wanted=sound_wanted, cut=cut)
    sha256, size = disk.hashed(held)
    if held != final:
        disk.publish(recording, final)
    original = Original(
        take.id, final.relative_to(library.root).as_posix(), sha256, size, found.seconds, recovered=recovered
    )
    journal.seal(original, judged)
    return original, judged


def give_up(take: Take, why: str, library: Library, journal: Journal) -> None:
    """The take holds no picture: refused, so that salvage does not try it for ever. Bytes there are stay."""
    for part in parts(take.id, library):
        if part.stat().st_size == 0:
            part.unlink()
    if left := parts(take.id, library):
        why = f"{why} What there is stays in {left[0]}."
    journal.refuse(Refusal(take.id, Station.SALVAGE, why))


def _saved(take: Take, journal: Journal, library: Library, measure: Measure) -> Original | None:
    try:
        return seal(take, library, journal, measure, recovered=True, cut=_CUT)[0]
    except NotAVideo as error:
        give_up(take, str(error), library, journal)
        return None


def roll(library: Library) -> tuple[TakeId, disk.Lock]:
    """A new take's ID and its lock, held."""
    while True:
        take = new_take()
        lock = lock_of(take, library)
        if lock.take():
            if _is_at(lock, _lock_path(take, library)):
                return take, lock
            lock.free()  # a salvage that tidied up in this instant has removed the file that we hold


def release(take: TakeId, library: Library, lock: disk.Lock) -> None:
    """Removes the take's lock file and gives the lock back, in this order.

    Whoever opened the file before it went holds a lock on nothing, and finds the take sealed.
    """
    _unlock(take, library)
    lock.free()


def _unlock(take: TakeId, library: Library) -> None:
    _remove(_lock_path(take, library))


def _remove(path: Path) -> None:
    with (
        disk.translated(path),
        suppress(PermissionError),
    ):  # Windows keeps what is open; a later salvage tidies up
        path.unlink(missing_ok=True)


def _is_at(lock: disk.Lock, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock_path(take: TakeId, library: Library) -> Path:
    return library.rolling / f"{take}.lock"
