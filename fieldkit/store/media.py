"""Where blobs live: `media/<tweet>/<sha256>.<kind>`. The only module that knows; S3 would take its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fieldkit import disk
from fieldkit.model import Sha256, TweetId

# what a file is, is read from its first bytes: so equal bytes always have an equal name
TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "bin": "application/octet-stream",
}
_HEAD = 64  # bytes that tell


@dataclass(frozen=True, slots=True)
class Blob:
    """Verified bytes under a tweet."""

    tweet_id: TweetId
    sha256: Sha256
    kind: str  # one of TYPES


def kind_of(head: bytes) -> str:
    """One of TYPES, from a file's first bytes."""
    if head[4:8] == b"ftyp":
        return "mov" if head[8:12] == b"qt  " else "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head else "mkv"
    return "bin"


class Media:
    """The folder of published clips. A file in it is always whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, blob: Blob) -> Path:
        """Where the blob is or would be, to be opened for reading only."""
        return self.folder / blob.tweet_id / f"{blob.sha256}.{blob.kind}"

    def find(self, tweet_id: TweetId, sha256: Sha256) -> Blob | None:
        """The blob, if it was published."""
        blobs = (Blob(tweet_id, sha256, kind) for kind in TYPES)
        return next((blob for blob in blobs if self.path(blob).exists()), None)

    def publish(self, source: Path, tweet_id: TweetId, sha256: Sha256) -> Blob:
        """`source` moves in, durably. Raises DiskFull."""
        with source.open("rb") as file:
            blob = Blob(tweet_id, sha256, kind_of(file.read(_HEAD)))
        disk.make_folder(self.path(blob).parent)
        disk.publish(source, self.path(blob))
        return blob

    def files(self) -> Iterator[Path]:
        """Every file there is."""
        return (path for path in self.folder.glob("*/*") if path.is_file())

    def delete(self, tweet_id: TweetId, sha256: Sha256) -> None:
        """The bytes are gone for good; deleting twice is no error."""
        while blob := self.find(tweet_id, sha256):
            self.path(blob).unlink(missing_ok=True)
            disk.fsync_folder(self.path(blob).parent)
