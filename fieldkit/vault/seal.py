"""One original becomes an age file that was read back before anybody relies on it; and back again for an encode."""

import hashlib
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldkit import age, disk
from fieldkit.errors import Damaged
from fieldkit.model import Sha256

SUFFIX = ".age"


class Digest:
    """Stands where a file would be written, and keeps nothing but the hash, reckoned beside whoever writes.

    Decrypting keeps one core busy, hashing what comes out another: a third less time for each original.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0  # bytes of what waits
        self._blocks: queue.Queue[list[bytes] | None] = queue.Queue(8)
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    def write(self, block: bytes) -> int:
        self._waiting.append(block)
        self._size += len(block)
        if self._size >= disk.BLOCK:
            self.flush()
        return len(block)

    def flush(self) -> None:
        """Hands on what waits."""
        self._blocks.put(self._waiting)
        self._waiting, self._size = [], 0

    def end(self) -> Sha256:
        """The hash of all that was written; nothing may be written after it."""
        self.flush()
        self._blocks.put(None)
        self._worker.join()
        return Sha256(self._digest.hexdigest())

    def _work(self) -> None:
        while (blocks := self._blocks.get()) is not None:
            self._digest.update(b"".join(blocks))  # one long step: each one waits for the interpreter's lock


def seal(plain: Path, sha256: Sha256, part: Path, pair: age.Pair) -> int:
    """Encrypts `plain` into `part`, reads it back from the medium and decrypts it; returns its bytes.

    Raises Damaged where what comes out is not `sha256`, DiskFull, NeedsCrew; then `part` is gone.
    """
    with disk.discarded_on_error(part):
        with disk.translated(plain), plain.open("rb") as source, part.open("xb") as target:
            age.seal(source, target, [pair.recipient])
            target.flush()
            disk.fsync(target.fileno())
        back = Digest()
        try:
            with disk.reread(part) as sealed:
                age.unseal(sealed, back, [pair.identity])  # type: ignore[arg-type]  # it writes, and that is all
        finally:
            found = back.end()
        if found != sha256:
            disk.verify(plain, sha256)  # is it the plain one that changed?
            raise Damaged(
                f"{plain.name} came back changed from the disk when it was sealed; the plain one is safe here. The "
                "disk may be failing: copy the library to another one."
            )
        return part.stat().st_size


@contextmanager
def opened(sealed: Path, sha256: Sha256, part: Path, identity: str) -> Iterator[Path]:
    """The original as `part`, for as long as it is needed. Raises Damaged, WrongKey, DiskFull, NeedsCrew."""
    try:
        unseal(sealed, part, identity)
        disk.verify(part, sha256)
        yield part
    finally:
        disk.remove(part)


def unseal(sealed: Path, part: Path, identity: str) -> None:
    """Decrypts `sealed` into `part`. Raises Damaged, WrongKey, DiskFull, NeedsCrew; then `part` is gone."""
    with (
        disk.discarded_on_error(part),
        disk.translated(part),
        sealed.open("rb") as source,
        part.open("xb") as target,
    ):
        age.unseal(source, target, [identity])
        target.flush()
        disk.fsync(target.fileno())
