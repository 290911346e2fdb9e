"""Unfinished uploads on the local disk: the tus 1.0.0 core, without HTTP.

Each upload is `<id>.bin`, the bytes received, and `<id>.json`, what was said about them; it exists when the
.json does. The offset is the size of .bin and nothing else. A checksummed PATCH first writes `<id>.pend`, the
offset at which it began: whoever finds one after a crash cuts .bin back to it. Callers hold the upload's turn.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from fieldkit import disk
from fieldkit.model import Place, Sha256
from fieldkit.protocol import Part, part_id, read_part_id
from fieldkit.store.problems import Gone, Mismatch, TooLarge
from fieldkit.store.terms import Checksum, Terms, is_upload_id

_SYNC_EVERY = 4 * 1024 * 1024  # bytes that a power cut may cost inside one long PATCH


@dataclass(frozen=True, slots=True)
class Upload:
    """What was said about an upload when it was created, and what was found out since."""

    id: str
    length: int | None  # bytes; None until a deferred length is told
    metadata: str  # Upload-Metadata, verbatim
    place: Place | None = None
    concat: str = ""  # Upload-Concat, verbatim
    verified: Sha256 | None = None  # hashed from disk after the last byte, on its way to becoming a clip
    blocks: str = ""  # Fieldkit-Blocks, verbatim

    @property
    def partial(self) -> bool:
        """A part for a later concatenation; never a clip by itself."""
        return self.concat == "partial"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The reverse of `to_json`."""
        said = json.loads(text)
        place, verified = said.pop("place"), said.pop("verified")
        return cls(**said, place=place and Place(place), verified=verified and Sha256(verified))

    def to_json(self) -> str:
        """For `<id>.json`."""
        return json.dumps(asdict(self))


class Uploads:
    """The folder of unfinished uploads."""

    def __init__(self, folder: Path, terms: Terms, clock: Callable[[], float]) -> None:
        self.folder = folder
        self._terms = terms
        self._clock = clock

    def create(self, upload: Upload, content: Iterable[bytes] = ()) -> None:
        """From here on the upload exists, with `content`. Raises DiskFull."""
        path = self.bytes_of(upload.id)
        with (
            disk.translated(path),
            open(path, "wb", opener=lambda name, how: os.open(name, how, 0o600)) as file,
        ):
            file.writelines(content)
            file.flush()
            disk.fsync(file.fileno())
        self.record(upload)

    def content(self, upload_id: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """What was received from `start` on, in blocks."""
        with self.bytes_of(upload_id).open("rb") as file:
            file.seek(start)
            left = float("inf") if length is None else length
            while block := file.read(int(min(disk.BLOCK, left))):
                left -= len(block)
                yield block

    def record(self, upload: Upload) -> None:
        """Writes down what is now known about an upload. Raises DiskFull."""
        disk.write(self._said(upload.id), upload.to_json().encode())

    def find(self, upload_id: str) -> Upload | None:
        """None where there is no such upload. Raises Gone when it has just expired."""
        try:
            upload = Upload.from_json(self._said(upload_id).read_text())
        except FileNotFoundError:
            return None
        if self._clock() > self.expires(upload):
            self.forget(upload_id)
            raise Gone("This upload expired; start anew.")
        return upload

    def offset(self, upload: Upload) -> int:
        """Bytes that would survive a power cut now."""
        with disk.translated(self.bytes_of(upload.id)), self.bytes_of(upload.id).open("ab") as file:
            disk.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size

    def tell_length(self, upload: Upload, length: int | None) -> Upload:
        """Fixes a deferred length. Raises DiskFull."""
        if length == upload.length:
            return upload
        known = replace(upload, length=length)
        self.record(known)
        return known

    def expires(self, upload: Upload) -> float:
        """Unix seconds; every byte received puts it off."""
        try:
            return self.bytes_of(upload.id).stat().st_mtime + self._terms.keep_seconds
        except FileNotFoundError:  # its bytes are on their way into the media
            return float("inf")

    def forget(self, upload_id: str) -> None:
        """Removes an upload and its parts for good; a name goes first, so no half of it is ever found."""
        for name in (upload_id, *(part_id(upload_id, part) for part in self.parts(upload_id))):
            for path in (self._said(name), self._begun(name), self.bytes_of(name)):
                path.unlink(missing_ok=True)
        disk.fsync_folder(self.folder)

    def parts(self, upload_id: str) -> tuple[Part, ...]:
        """What is held of an upload beyond its offset, durably, in the order of place."""
        found = []
        for path in self.folder.glob(f"{upload_id}-*.json"):
            known = read_part_id(path.stem)
            part = self.find(path.stem) if known else None
            if known and part:
                found.append(replace(known[1], held=self.offset(part)))
        return tuple(sorted(found))

    def held(self, upload_id: str) -> tuple[int, float]:
        """Bytes of it and of its parts that have come, durable or not, and when the last one did (Unix seconds).

        Raises FileNotFoundError.
        """
        looks = [self.bytes_of(upload_id).stat()]
        looks += [path.stat() for path in self.folder.glob(f"{upload_id}-*.bin")]
        return sum(look.st_size for look in looks), max(look.st_mtime for look in looks)

    def all(self) -> Iterator[str]:
        """The IDs of every upload there is."""
        return (path.stem for path in sorted(self.folder.glob("*.json")) if is_upload_id(path.stem))

    def bytes_of(self, upload_id: str) -> Path:
        """Where the received bytes are."""
        return self.folder / f"{upload_id}.bin"

    def append(self, upload: Upload, start: int, checksum: Checksum | None) -> "Append":
        """Begins to append at `start`. Raises DiskFull."""
        begun = self._begun(upload.id) if checksum else None
        if begun:
            disk.write(begun, str(start).encode())
        limit = self._terms.largest if upload.length is None else upload.length
        return Append(self.bytes_of(upload.id), start, limit, checksum, begun)

    def recover(self) -> None:
        """After a crash: no unverified tail, no bytes without a name, no `.part` is left."""
        disk.sweep(self.folder)
        for begun in self.folder.glob("*.pend"):
            path = self.bytes_of(begun.stem)
            if path.exists():
                cut_back(path, int(begun.read_text()))
            begun.unlink()
        for path in self.folder.glob("*-*.json"):
            known = read_part_id(path.stem)
            if known and not self._said(known[0]).exists():
                path.unlink()  # its upload is a clip already, or was given up
        for path in self.folder.glob("*.bin"):
            if not self._said(path.stem).exists():
                path.unlink()
        disk.fsync_folder(self.folder)

    def _said(self, upload_id: str) -> Path:
        return self.folder / f"{upload_id}.json"

    def _begun(self, upload_id: str) -> Path:
        return self.folder / f"{upload_id}.pend"


class Append:
    """The bytes of one request on their way to the end of an upload. Ends with `keep` or `drop`."""

    def __init__(
        self, path: Path, start: int, limit: int, checksum: Checksum | None, begun: Path | None
    ) -> None:
        self._path = path
        self._start = start
        self._limit = limit
        self._checksum = checksum
        self._begun = begun
        self._digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115 - closed by `keep` and `drop`
        self._unsynced = 0
        self.offset = start

    def write(self, block: bytes) -> None:
        """Raises TooLarge before a byte beyond the upload's length is stored, DiskFull after what fitted."""
        if self.offset + len(block) > self._limit:
            raise TooLarge(f"The body goes beyond the {self._limit} bytes of this upload.")
        if self._digest:
            self._digest.update(block)
        rest = memoryview(block)
        with disk.translated(self._path):
            while rest:
                self._file.seek(self.offset)  # never append mode: the offset is ours to say
                written = self._file.write(rest)
                self.offset += written
                self._unsynced += written
                rest = rest[written:]
            if self._unsynced >= _SYNC_EVERY:
                disk.fsync(self._file.fileno())
                self._unsynced = 0

    def keep(self, *, whole: bool) -> int:
        """The new offset, durable. With a checksum only a whole body that matches is kept.

        Raises Mismatch after the body was discarded.
        """
        matches = self._digest is None or (whole and self._digest.digest() == self._sought())
        if not matches:
            self.drop()
            if whole:
                raise Mismatch("The body is not what its checksum says; it was discarded.")
            return self._start
        with self._file, disk.translated(self._path):
            disk.fsync(self._file.fileno())
        self._forget_start()
        return self.offset

    def drop(self) -> None:
        """As if the request had never been."""
        self._file.close()
        cut_back(self._path, self._start)
        self._forget_start()

    def _sought(self) -> bytes:
        return self._checksum.digest if self._checksum else b""

    def _forget_start(self) -> None:
        if self._begun:
            self._begun.unlink(missing_ok=True)
            disk.fsync_folder(self._begun.parent)


def cut_back(path: Path, size: int) -> None:
    with disk.translated(path), path.open("r+b") as file:
        if os.fstat(file.fileno()).st_size > size:
            file.truncate(size)
        disk.fsync(file.fileno())
