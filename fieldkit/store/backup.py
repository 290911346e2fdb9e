"""A second copy of the store, made while it serves, and a store made of it again.

The copy is a store's folder itself: the same names, so that `store verify --root` reads it. Its catalogue comes last
and speaks of no clip that is not there, however the copying ended. Unfinished uploads stay behind: their laptops lack
the receipt and send them again.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit import disk
from fieldkit.errors import Damaged, DiskFull, NeedsCrew
from fieldkit.model import Sha256, TweetId
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.media import Media
from fieldkit.store.nouns import Clip

CATALOGUE, MEDIA = "catalogue.sqlite", "media"
Progress = Callable[[int, int], None]  # bytes dealt with, of how many


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup or a restore came to. `damaged` names clips whose bytes are not those of their SHA-256."""

    clips: int
    bytes: int
    fresh: int  # clips that were not there before
    damaged: tuple[str, ...] = ()


def back_up(root: Path, folder: Path, progress: Progress = lambda _done, _of: None) -> Copied:
    """Brings the copy in `folder` up to date with the store in `root`. Raises NeedsCrew, DiskFull.

    What was withdrawn since the last time leaves the copy, too.
    """
    if not (root / CATALOGUE).is_file():
        raise NeedsCrew(f"{root} holds no store; name its folder with --root.")
    if folder.resolve().is_relative_to(root.resolve()):
        raise NeedsCrew("A backup inside the store's own folder is none; choose another disk.")
    disk.make_folder(folder / MEDIA)
    with disk.Lock(folder / "backup.lock") as lock:
        if not lock.take():
            raise NeedsCrew(f"Another backup into {folder} is under way; let it end.")
        disk.sweep(folder)
        copied = _brought(root, folder, progress)
        if copied.damaged:  # withdrawn while we copied, or really missing: a second look tells
            again = _brought(root, folder, progress)
            copied = replace(again, fresh=copied.fresh + again.fresh)
    return copied


def restore(folder: Path, root: Path, progress: Progress = lambda _done, _of: None) -> Copied:
    """Makes the store in `root` what the copy in `folder` says. Raises NeedsCrew, DiskFull, Damaged.

    Into an empty folder, or one in which a restore was interrupted: its clips are not copied again.
    """
    if not (folder / CATALOGUE).is_file():
        raise NeedsCrew(f"{folder} holds no backup; one is made by `fieldkit store backup`.")
    if (root / CATALOGUE).exists():
        raise NeedsCrew(
            f"There is a store in {root} already, which is left as it is; restore into an empty folder."
        )
    disk.make_folder(root / MEDIA)
    disk.sweep(root)
    part = disk.part_for(root / CATALOGUE)
    with disk.discarded_on_error(part):
        _snapshot(folder / CATALOGUE, part)
        copied, _ = _media(part, Media(folder / MEDIA), Media(root / MEDIA), progress)
        if copied.damaged:
            raise Damaged(
                f"{len(copied.damaged)} clips of the backup are damaged or missing, first {copied.damaged[0]}; "
                "nothing was restored. Take an older backup, or mend this one from another copy."
            )
        disk.publish(part, root / CATALOGUE)
    return copied


def _brought(root: Path, folder: Path, progress: Progress) -> Copied:
    part = disk.part_for(folder / CATALOGUE)
    with disk.discarded_on_error(part):
        _snapshot(root / CATALOGUE, part)
        media = Media(folder / MEDIA)
        copied, withdrawn = _media(part, Media(root / MEDIA), media, progress)
        with _open(part) as snapshot:
            snapshot.execute("PRAGMA journal_mode = DELETE")  # one file, to be read from any medium
        disk.publish(part, folder / CATALOGUE)
    for tweet_id, sha256 in withdrawn:
        media.delete(tweet_id, sha256)
    return copied


def _snapshot(catalogue: Path, part: Path) -> None:
    """All of it at one moment, whoever writes meanwhile. Raises DiskFull, NeedsCrew."""
    try:
        with disk.translated(part), _open(catalogue, "ro") as live, _open(part) as snapshot:
            live.backup(snapshot)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise DiskFull(
                f"The disk of {part.parent} is full; what was there before is as it was."
            ) from error
        raise NeedsCrew(f"{catalogue} can't be copied: {error}.") from error


def _media(
    catalogue: Path, source: Media, copy: Media, progress: Progress
) -> tuple[Copied, list[tuple[TweetId, Sha256]]]:
    """Copies the clips of `catalogue` that are not there yet, each compared with its SHA-256; with what it withdrew."""
    with contextlib.closing(Catalogue(catalogue, lambda: 0.0)) as listed:
        clips, withdrawn = list(listed.every_clip()), listed.withdrawn()
    of = sum(clip.bytes for clip in clips)
    done, fresh, damaged = 0, 0, list[str]()
    for clip in clips:
        there = copy.path(clip.blob)
        try:
            if not (there.is_file() and there.stat().st_size == clip.bytes):
                _copy(clip, source.path(clip.blob), there, disk.part_for(catalogue.parent / there.name))
                fresh += 1
        except (NeedsCrew, Damaged):
            damaged.append(there.name)
        done += clip.bytes
        progress(done, of)
    return Copied(len(clips), of, fresh, tuple(damaged)), withdrawn


def _copy(clip: Clip, source: Path, there: Path, part: Path) -> None:
    disk.make_folder(there.parent)
    with disk.discarded_on_error(part):
        if disk.copy(source, part) != (clip.blob.sha256, clip.bytes):
            raise Damaged(f"{source} is not what its name says.")
        disk.publish(part, there)


@contextlib.contextmanager
def _open(path: Path, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)
    with contextlib.closing(connection):
        yield connection
