"""Takes in what a stick brought: the same verification as for an upload, also while the store is serving."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fieldkit import disk, stick
from fieldkit.errors import Damaged, DiskFull, FieldkitError, NeedsCrew, Refused, WorthRetrying
from fieldkit.model import ConsentState
from fieldkit.protocol import encode_metadata, upload_id
from fieldkit.store.house import House
from fieldkit.store.label import Label, read_label
from fieldkit.store.nouns import Arrival
from fieldkit.store.probe import looks
from fieldkit.store.problems import Problem
from fieldkit.store.uploads import Upload

_SPARE = 64 * 1024 * 1024  # bytes left free: the catalogue needs some


class Fate(StrEnum):
    """What became of a clip on a stick."""

    ARRIVED = "arrived"
    KNOWN = "known"  # the store has it already
    REFUSED = "refused"
    DAMAGED = "damaged"  # its bytes are not those that were written


@dataclass(frozen=True, slots=True)
class Taken:
    """One clip, and why it was not taken in."""

    clip: stick.Clip
    fate: Fate
    why: str | None = None


def take_in(house: House, root: Path, folder: Path) -> Iterator[Taken]:
    """Each clip that the manifest in `folder` names. Raises NeedsCrew, DiskFull, WorthRetrying.

    Killed at any instant, the same call goes on; what was taken in is found to be known.
    """
    incoming = root / "incoming"
    disk.make_folder(incoming)
    with disk.Lock(incoming / "import.lock") as lock:
        if not lock.take():
            raise WorthRetrying(
                "Another import is at work in this store; run the same command when it is done."
            )
        disk.sweep(incoming)
        for clip in _listed(folder):
            try:
                yield Taken(clip, _taken(house, incoming, folder, clip))
            except DiskFull:
                raise
            except Damaged as error:
                yield Taken(clip, Fate.DAMAGED, str(error))
            except Problem as problem:
                yield Taken(clip, Fate.REFUSED, problem.detail)
            except FieldkitError as error:
                yield Taken(clip, Fate.REFUSED, str(error))


def _listed(folder: Path) -> list[stick.Clip]:
    manifest = folder / stick.MANIFEST
    with disk.translated(manifest):
        if manifest.stat().st_size > stick.LARGEST_MANIFEST:
            raise NeedsCrew(f"{manifest} is too large to be a manifest.")
        return stick.read(manifest.read_bytes())


def _taken(house: House, incoming: Path, folder: Path, clip: stick.Clip) -> Fate:
    label, header = _labelled(clip)
    name = upload_id(clip.tweet_id, clip.sha256)
    if house.catalogue.recall(name, clip.tweet_id, clip.sha256, header):
        return Fate.KNOWN
    part = disk.part_for(incoming / clip.file)
    with disk.discarded_on_error(part):
        _copied(folder / clip.file, part, clip)
        blob = house.media.publish(part, clip.tweet_id, clip.sha256)
    upload = Upload(name, clip.bytes, header, label.place)
    try:
        house.catalogue.admit(Arrival(upload, label, blob, clip.bytes, looks(house.media.path(blob))))
    except Problem:
        house.media.delete(blob.tweet_id, blob.sha256)  # withdrawn meanwhile
        raise
    return Fate.ARRIVED


def _labelled(clip: stick.Clip) -> tuple[Label, str]:
    """What an upload of it would have said. Raises Refused, Problem."""
    if clip.consent is not ConsentState.AGREED:
        raise Refused("Nobody agreed to this clip being published.")
    header = encode_metadata(clip.metadata)
    label = read_label(header)
    if (label.tweet_id, label.sha256) != (clip.tweet_id, clip.sha256):
        raise Refused("What is said of this clip is not about its bytes.")
    return label, header


def _copied(source: Path, part: Path, clip: stick.Clip) -> None:
    """Raises Damaged where the bytes are not those of the manifest, Refused where there is no plain file."""
    if source.is_symlink() or not source.is_file():
        raise Refused(f"{clip.file} is not on the stick.")
    size = source.stat().st_size
    if size != clip.bytes:
        raise Damaged(f"{clip.file} has {size} bytes and not {clip.bytes}; export it once more.")
    if disk.room(part.parent) < size + _SPARE:
        raise DiskFull(
            "The store’s disk has no room for what is on the stick; make some, and run the same again."
        )
    found, _ = disk.copy(source, part)
    if found != clip.sha256:
        raise Damaged(
            f"{clip.file} is not what was written onto the stick; export it once more, to another one."
        )
    disk.verify(part, found)
