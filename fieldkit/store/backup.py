"""A second copy of the store, made while it serves, and a store made of it again.

The copy is a store's folder itself, wherever the store has its database and its clips: the same names, so that
`store verify --root` reads it; and so it is the way from one database to the other. Its catalogue comes last and speaks
of no clip that is not there, however the copying ended. Unfinished uploads stay behind: their laptops lack the receipt
and send them again.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit import disk
from fieldkit.errors import Damaged, DiskFull, NeedsCrew
from fieldkit.model import Sha256, TweetId
from fieldkit.store.bucket import Bucket, bucket_at
from fieldkit.store.carrying import carried_in, carried_out, forget_replicas
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.database import Database, sqlite_at
from fieldkit.store.media import Media
from fieldkit.store.nouns import Clip
from fieldkit.store.site import CATALOGUE, MEDIA, Site, site_of

Progress = Callable[[int, int], None]  # bytes dealt with, of how many


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup or a restore came to. `damaged` names clips whose bytes are not those of their SHA-256."""

    clips: int
    bytes: int
    fresh: int  # clips that were not there before
    damaged: tuple[str, ...] = ()


def back_up(where: Site | Path, folder: Path, progress: Progress = lambda _done, _of: None) -> Copied:
    """Brings the copy in `folder` up to date with the store. Raises NeedsCrew, DiskFull, StoreBusy.

    What was withdrawn since the last time leaves the copy, too.
    """
    site = site_of(where)
    root = site.root
    if not site.database and not (root / CATALOGUE).is_file():
        raise NeedsCrew(f"{root} holds no store; name its folder with --root.")
    if folder.resolve().is_relative_to(root.resolve()):
        raise NeedsCrew("A backup inside the store's own folder is none; choose another disk.")
    disk.make_folder(folder / MEDIA)
    with disk.Lock(folder / "backup.lock") as lock:
        if not lock.take():
            raise NeedsCrew(f"Another backup into {folder} is under way; let it end.")
        disk.sweep(folder)
        copied = _brought(site, folder, progress)
        if copied.damaged:  # withdrawn while we copied, or really missing: a second look tells
            again = _brought(site, folder, progress)
            copied = replace(again, fresh=copied.fresh + again.fresh)
    return copied


def restore(folder: Path, where: Site | Path, progress: Progress = lambda _done, _of: None) -> Copied:
    """Makes the store what the copy in `folder` says. Raises NeedsCrew, DiskFull, Damaged, StoreBusy.

    Into an empty folder, or one in which a restore was interrupted: its clips are not copied again. All of them come to
    the local disk; where there is a bucket, the store brings them there when it serves.
    """
    site = site_of(where)
    root = site.root
    if not (folder / CATALOGUE).is_file():
        raise NeedsCrew(f"{folder} holds no backup; one is made by `fieldkit store backup`.")
    if not site.database and (root / CATALOGUE).exists():
        raise NeedsCrew(
            f"There is a store in {root} already, which is left as it is; restore into an empty folder."
        )
    disk.make_folder(root / MEDIA)
    disk.sweep(root)
    part = disk.part_for(root / CATALOGUE)
    with disk.discarded_on_error(part):
        _snapshot(folder / CATALOGUE, part)
        copied, _ = _media(part, _Source(Media(folder / MEDIA)), Media(root / MEDIA), progress)
        if copied.damaged:
            raise Damaged(
                f"{len(copied.damaged)} clips of the backup are damaged or missing, first {copied.damaged[0]}; "
                "nothing was restored. Take an older backup, or mend this one from another copy."
            )
        forget_replicas(part)
        if site.database:
            carried_in(part, site.database)
            part.unlink()
        else:
            disk.publish(part, root / CATALOGUE)
    return copied


def _brought(site: Site, folder: Path, progress: Progress) -> Copied:
    part = disk.part_for(folder / CATALOGUE)
    with disk.discarded_on_error(part):
        if site.database:
            carried_out(site.database, part)
        else:
            _snapshot(site.root / CATALOGUE, part)
        source, media = (
            _Source(Media(site.root / MEDIA), bucket_at(site.bucket) if site.bucket else None),
            Media(folder / MEDIA),
        )
        copied, withdrawn = _media(part, source, media, progress)
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
    catalogue: Path, source: "_Source", copy: Media, progress: Progress
) -> tuple[Copied, list[tuple[TweetId, Sha256]]]:
    """Copies the clips of `catalogue` that are not there yet, each compared with its SHA-256; with what it withdrew."""
    with contextlib.closing(Catalogue(Database(sqlite_at(catalogue)), lambda: 0.0)) as listed:
        clips, withdrawn = list(listed.every_clip()), listed.withdrawn()
    of = sum(clip.bytes for clip in clips)
    done, fresh, damaged = 0, 0, list[str]()
    for clip in clips:
        there = copy.path(clip.blob)
        try:
            if not (there.is_file() and there.stat().st_size == clip.bytes):
                _copy(clip, source, there, disk.part_for(catalogue.parent / there.name))
                fresh += 1
        except (NeedsCrew, Damaged):
            damaged.append(there.name)
        done += clip.bytes
        progress(done, of)
    return Copied(len(clips), of, fresh, tuple(damaged)), withdrawn


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the clips to be copied lie: on a disk, or what that lacks in a bucket."""

    media: Media
    bucket: Bucket | None = None

    def copy(self, clip: Clip, part: Path) -> tuple[Sha256, int]:
        path = self.media.path(clip.blob)
        if self.bucket and not path.exists():
            return self.bucket.save(clip.blob, part)
        return disk.copy(path, part)


def _copy(clip: Clip, source: _Source, there: Path, part: Path) -> None:
    disk.make_folder(there.parent)
    with disk.discarded_on_error(part):
        if source.copy(clip, part) != (clip.blob.sha256, clip.bytes):
            raise Damaged(f"{there.name} is not what its name says.")
        disk.publish(part, there)


@contextlib.contextmanager
def _open(path: Path, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)
    with contextlib.closing(connection):
        yield connection
