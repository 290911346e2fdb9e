"""Does the store still hold what its catalogue says? Reads everything, changes nothing."""

from collections.abc import Iterator

from fieldkit import disk
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.media import Media


def differences(catalogue: Catalogue, media: Media) -> Iterator[str]:
    """Names every clip whose bytes are missing or differ, and every file that no clip speaks of."""
    known = set()
    for clip in catalogue.every_clip():
        path = media.path(clip.blob)
        known.add(path)
        if not path.exists():
            yield f"{path.relative_to(media.folder)}: missing"
        elif disk.hashed(path) != (clip.blob.sha256, clip.bytes):
            yield f"{path.relative_to(media.folder)}: its bytes are not those of its SHA-256"
    # a clip withdrawn or received meanwhile is no difference, so strays are asked for one by one
    for path in sorted(set(media.files()) - known):
        if not catalogue.knows(path.parent.name, path.stem):
            yield f"{path.relative_to(media.folder)}: no clip speaks of it"
