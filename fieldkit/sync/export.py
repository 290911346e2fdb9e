"""Sneakernet: what still lacks its receipt goes onto a stick, whole or not at all, with a manifest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fieldkit import disk, protocol, stick
from fieldkit.config import Library
from fieldkit.errors import Damaged, DiskFull, NeedsCrew, WorthRetrying
from fieldkit.journal import Journal
from fieldkit.model import Upload
from fieldkit.sync.push import metadata

_SPARE = 1024 * 1024  # bytes left free for the manifest


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one upload: `fresh` where it was copied now, `why` where it was not."""

    upload: Upload
    clip: stick.Clip
    fresh: bool = False
    why: str | None = None


def export(
    journal: Journal,
    library: Library,
    store: str,
    folder: Path,
    progress: Callable[[Upload], Callable[[int], None]],
) -> Iterator[Exported]:
    """Copies each rendition that lacks this store's receipt, the most urgent first; what is there already stays.

    `progress` gives, for an upload, who is told the bytes of each block. Raises DiskFull before the first byte where
    they have no room, NeedsCrew, WorthRetrying (another export is at work). Killed at any instant, the same goes on.
    """
    with library.lock("export") as lock:
        if not lock.take():
            raise WorthRetrying(
                "Another export is at work in this library; run the same command when it is done."
            )
        with disk.translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        disk.sweep(folder)
        yield from _export(journal, library, store, folder, progress)


def _export(
    journal: Journal,
    library: Library,
    store: str,
    folder: Path,
    progress: Callable[[Upload], Callable[[int], None]],
) -> Iterator[Exported]:
    listed = {clip.file: clip for clip in _listed(folder)}
    _withdraw(journal, folder, listed)
    due = [(upload, _clip_of(upload)) for upload in journal.lineup.sendable(store, paused=True)]
    there = {clip.file for _, clip in due if _is_whole(folder / clip.file, clip)}
    missing = sum(clip.bytes for _, clip in due if clip.file not in there)
    if missing and disk.room(folder) < missing + _SPARE:
        raise DiskFull(
            f"{folder} has room for {disk.room(folder) / 1e6:.0f} MB and {missing / 1e6:.0f} MB are to go there; "
            "nothing was copied. Free some space on it, or take a larger one."
        )
    for upload, clip in due:
        why = None
        if clip.file not in there:
            try:
                why = _copied(journal, library, upload, folder / clip.file, progress)
            except Damaged as error:
                why = str(error)
        if why is None:
            listed[clip.file] = clip
            _list(folder, listed)
            _expect(journal, upload, store)
        yield Exported(upload, clip, fresh=clip.file not in there and why is None, why=why)


def _expect(journal: Journal, upload: Upload, store: str) -> None:
    """Has a later push ask the store first, which may have it from the stick by then."""
    sha256, tweet_id = upload.rendition.sha256, upload.take.tweet_id
    if store and journal.location(sha256, tweet_id, store) is None:
        journal.located(sha256, tweet_id, store, protocol.upload_url(store, tweet_id, sha256))


def _copied(
    journal: Journal,
    library: Library,
    upload: Upload,
    final: Path,
    progress: Callable[[Upload], Callable[[int], None]],
) -> str | None:
    """None once the file is there for good, or why it is not. Raises Damaged for a stick that fails."""
    source, part = library.root / upload.rendition.path, disk.part_for(final)
    with disk.discarded_on_error(part):
        copied, _ = disk.copy(source, part, progress(upload))
        if copied != upload.rendition.sha256:
            part.unlink()
            return f"{source.name} is not what was written; `fieldkit sync` has it made anew."
        disk.verify(part, copied)
        if not journal.may_leave(upload.take.id):
            part.unlink()
            return "Consent was withdrawn or the take discarded meanwhile."
        disk.publish(part, final)
    return None


def _listed(folder: Path) -> list[stick.Clip]:
    """What an earlier export, perhaps of another laptop, has put there."""
    manifest = folder / stick.MANIFEST
    with disk.translated(manifest):
        if not manifest.exists():
            return []
        if manifest.stat().st_size > stick.LARGEST_MANIFEST:
            raise NeedsCrew(f"{manifest} is too large to be a manifest; use an empty folder.")
        return [clip for clip in stick.read(manifest.read_bytes()) if (folder / clip.file).is_file()]


def _withdraw(journal: Journal, folder: Path, listed: dict[str, stick.Clip]) -> None:
    """What this laptop put there and what may not leave any more is taken off again."""
    for clip in list(listed.values()):
        if journal.forbids(clip.metadata.get("take", "")):
            del listed[clip.file]
            _list(folder, listed)
            (folder / clip.file).unlink(missing_ok=True)
            disk.fsync_folder(folder)


def _list(folder: Path, listed: dict[str, stick.Clip]) -> None:
    # it is read elsewhere, by somebody else
    disk.write(folder / stick.MANIFEST, stick.written(listed.values()), mode=0o644)


def _clip_of(upload: Upload) -> stick.Clip:
    rendition = upload.rendition
    suffix = Path(rendition.path).suffix
    return stick.Clip(upload.take.tweet_id, rendition.sha256, rendition.bytes, suffix, metadata(upload))


def _is_whole(path: Path, clip: stick.Clip) -> bool:
    return path.is_file() and path.stat().st_size == clip.bytes and disk.hashed(path)[0] == clip.sha256
