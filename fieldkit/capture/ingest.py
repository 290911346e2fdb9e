"""Takes files in from cards and folders: copied, hashed, read back, compared; the source is only ever read."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit import disk
from fieldkit.capture.order import Order, new_take
from fieldkit.config import Library
from fieldkit.errors import Damaged, DiskFull, NeedsCrew, WorthRetrying
from fieldkit.journal import Journal
from fieldkit.model import ConsentState, Original, Sha256, Take

SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *(
            "mp4",
            "m4v",
            "mov",
            "qt",
            "mkv",
            "webm",
            "avi",
            "wmv",
            "asf",
            "flv",
            "ogv",
            "3gp",
            "3g2",
            "mxf",
            "dv",
        ),
        *("mts", "m2ts", "m2t", "ts", "mpg", "mpeg", "vob", "mod", "tod"),  # camcorders
        *("insv", "lrv"),  # action cameras
    )
)
_ROOM = 64 * 1024 * 1024  # bytes left free beside the copy: the journal and the renditions need some
_PLAIN = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ingested:
    """`fresh` is False where this tweet already had these bytes; then no take was added.

    `agreed` says that consent came with them that the take had lacked; `voided` that the crew had discarded it;
    `notes` what the crew should know of the clip, a sentence each.
    """

    take: Take
    original: Original
    fresh: bool
    agreed: bool = False
    voided: bool = False
    notes: tuple[str, ...] = ()


def find(paths: Sequence[Path]) -> list[Path]:
    """The video files meant: files as given, folders searched through; sorted, each once.

    Hidden files and macOS's `._` companions are skipped in folders, links that lead elsewhere are not followed.
    Raises NeedsCrew for a path that does not exist or a folder that can't be read: a card must not be taken for
    empty.
    """
    found: dict[Path, None] = {}
    for path in paths:
        with disk.translated(path):
            is_folder, is_file = path.is_dir(), path.is_file()
        if is_folder:
            found |= dict.fromkeys(_inside(path))
        elif is_file:
            found[path] = None
        else:
            raise NeedsCrew(f"There is no file or folder {path}; check the name, or put the card back in.")
    return list(found)


def ingest(
    source: disk.Source,
    order: Order,
    journal: Journal,
    library: Library,
    *,
    readable: Callable[[Path], float | None],
    progress: Callable[[int], None] = lambda _: None,
) -> Ingested:
    """Copies a file into the library, or files joined byte for byte, and puts it on record as a take.

    `readable` returns a video's seconds or raises NotAVideo; `progress` is given the bytes of each block copied.
    Raises NotAVideo, DiskFull, Damaged (the reader or the disk does not return the same bytes twice),
    NeedsCrew, WorthRetrying (another ingest is at work here). Whatever is raised, nothing is kept.
    """
    with library.lock("ingest") as lock:
        if not lock.take():
            raise WorthRetrying(
                "Another ingest is at work in this library; run the same command when it is done."
            )
        disk.sweep(library.originals)
        files = (source,) if isinstance(source, Path) else source
        return _ingest(files, order, journal, library, readable=readable, progress=progress)


def _ingest(
    files: tuple[Path, ...],
    order: Order,
    journal: Journal,
    library: Library,
    *,
    readable: Callable[[Path], float | None],
    progress: Callable[[int], None],
) -> Ingested:
    source = files[0]
    seconds = readable(source)
    size = sum(_bytes(file) for file in files)
    before = None
    if _held(
        size, library
    ):  # these bytes may be here: they are told by their hash before anything is written
        before, _ = disk.hashed(files)
        if known := _known(order, before, journal):
            return known
        journal.farewell.refuse(order.tweet_id, before)
    if before is None or not _whole(_place(order, before, source, library), before):
        if disk.room(library.originals) < size + _ROOM:
            raise DiskFull(
                f"{source.name} needs {(size + _ROOM) / 1_000_000:.0f} MB free on the disk of the library, its own "
                "size and a reserve; nothing was copied. Free some space and run the same command again."
            )
        part = disk.part_for(library.originals / f"{order.tweet_id}{suffix_of(source)}")
        with disk.discarded_on_error(part):
            copied, size = disk.copy(files, part, progress)
            _compared(files, part, copied)
            if len(files) > 1:
                seconds = readable(part)
            journal.farewell.refuse(order.tweet_id, copied)
            before = copied
            disk.publish(part, _place(order, copied, source, library))
    path = _place(order, before, source, library).relative_to(library.root).as_posix()
    original = Original(new_take(), path, before, size, seconds)
    take, fresh = journal.ingest(
        original, order.tweet_id, order.place, order.operator, order.consent, protection=order.protection
    )
    if not fresh and (known := _known(order, before, journal)):
        return known
    return Ingested(take, original, fresh)


def _compared(files: tuple[Path, ...], part: Path, copied: Sha256) -> None:
    """Reads the source once more and the copy back: a reader that errs once would else verify against itself."""
    if not disk.same(files, part):
        disk.verify(part, copied)  # is it the laptop's disk?
        raise Damaged(
            f"{files[0].name} reads differently each time; the card, its reader or the cable is failing. "
            "Nothing was kept: try another reader, and do not erase the card."
        )


def _place(order: Order, sha256: Sha256, source: Path, library: Library) -> Path:
    return library.originals / f"{order.tweet_id}-{sha256}{suffix_of(source)}"


def _bytes(file: Path) -> int:
    with disk.translated(file):
        return file.stat().st_size


def _held(size: int, library: Library) -> bool:
    """Whether an original of so many bytes is here: names and dates of a card's files say nothing."""
    with os.scandir(library.originals) as found:
        return any(entry.stat().st_size == size for entry in found)


def suffix_of(source: Path) -> str:
    """The file's suffix if it is a plain one; names from outside are never trusted."""
    suffix = source.suffix.lower()
    return suffix if _PLAIN.fullmatch(suffix) and suffix != ".part" else ".video"


def _known(order: Order, sha256: Sha256, journal: Journal) -> Ingested | None:
    holder = journal.holder(order.tweet_id, sha256)
    if holder is None:
        return None
    held = next(entry for entry in journal.entries(order.tweet_id) if entry.take.id == holder.id)
    assert held.original is not None
    if order.protection is not None:
        journal.protection.put(holder.id, order.protection)
    agreed = held.consent.state is ConsentState.NONE and order.consent.state is ConsentState.AGREED
    if agreed:
        journal.consent(holder.id, order.consent)
    return Ingested(holder, held.original, fresh=False, agreed=agreed, voided=held.voided)


def _whole(final: Path, sha256: Sha256) -> bool:
    """Whether an ingest that died before its row left these very bytes here."""
    return final.is_file() and disk.hashed(final)[0] == sha256


def _inside(folder: Path) -> list[Path]:
    found = []
    for root, folders, files in os.walk(folder, onerror=_unreadable, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(root, name) for name in files if not name.startswith("."))
        found += [path for path in paths if path.suffix.lower() in SUFFIXES and _at_home(path, folder)]
    return sorted(found)


def _unreadable(error: OSError) -> None:
    raise NeedsCrew(
        f"The folder {error.filename} can't be read ({error.strerror}), so nothing was taken in; do not erase the "
        "card."
    ) from error


def _at_home(path: Path, folder: Path) -> bool:
    return not path.is_symlink() or (path.exists() and path.resolve().is_relative_to(folder.resolve()))
