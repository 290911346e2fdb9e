"""Bytes that survive: the one module that fsyncs and renames.

Bytes go into a `.part` with a name of its own for each attempt, are fsynced, renamed, and the folder is
fsynced; only then may a row speak of them. A file without `.part` in its name is therefore always whole.
"""

import errno
import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from fieldkit.errors import Damaged, DiskFull, NeedsCrew, Unready
from fieldkit.model import Sha256

BLOCK = 1024 * 1024  # bytes read at a time
Source = Path | tuple[Path, ...]  # a file, or files whose bytes in a row are meant
_PART = ".part"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

    # macOS: fsync(2) leaves the bytes in the drive's cache; only F_FULLFSYNC reaches the medium
    _FULLFSYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def part_for(final: Path) -> Path:
    """A `.part` path beside `final` that no other attempt has; it keeps the suffix, which ffmpeg reads."""
    return final.with_name(f".{final.stem}.{secrets.token_hex(4)}{_PART}{final.suffix}")


def publish(part: Path, final: Path) -> None:
    """`part` becomes `final`, for good: fsync, rename, fsync the folder. Raises DiskFull, NeedsCrew."""
    with translated(final):
        with part.open("rb+") as file:
            fsync(file.fileno())
        os.replace(part, final)
        fsync_folder(final.parent)


def write(final: Path, content: bytes, *, mode: int = 0o600) -> None:
    """A small file, whole or not at all. Raises DiskFull, NeedsCrew."""
    part = part_for(final)
    with translated(final), discarded_on_error(part):
        with open(part, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            file.write(content)
        publish(part, final)


def remove(path: Path) -> None:
    """The file's name is gone, durably; a missing file is no error. Raises NeedsCrew."""
    with translated(path):
        if path.is_symlink() or path.exists():
            path.unlink(missing_ok=True)
            fsync_folder(path.parent)


def copy(source: Source, part: Path, progress: Callable[[int], None] = lambda _: None) -> tuple[Sha256, int]:
    """Copies into `part` and returns the SHA-256 and size in bytes of what was read.

    `progress` is given the bytes of each block. The source is only read. Raises DiskFull, NeedsCrew.
    """
    digest, size = hashlib.sha256(), 0
    with translated(_first(source)), part.open("xb") as writer:
        for block in _read(source):
            writer.write(block)
            digest.update(block)
            size += len(block)
            progress(len(block))
        writer.flush()
        fsync(writer.fileno())
    return Sha256(digest.hexdigest()), size


def hashed(source: Source, progress: Callable[[int], None] = lambda _: None) -> tuple[Sha256, int]:
    """The SHA-256 and size in bytes of a file, read from the disk. Raises NeedsCrew if unreadable.

    `progress` is given the bytes of each block.
    """
    digest, size = hashlib.sha256(), 0
    for block in _read(source, anew=True):
        digest.update(block)
        size += len(block)
        progress(len(block))
    return Sha256(digest.hexdigest()), size


def same(source: Source, copy: Path) -> bool:
    """Whether both, read from their disks again, hold the same bytes. Raises NeedsCrew if unreadable.

    Costs no hash: side by side the bytes themselves are compared.
    """
    with translated(copy), copy.open("rb") as back:
        _forget(back)
        return all(back.read(len(block)) == block for block in _read(source, anew=True)) and not back.read(1)


def verify(path: Path, sha256: Sha256) -> None:
    """Raises Damaged where the file's bytes are not those of `sha256`."""
    found, _ = hashed(path)
    if found != sha256:
        raise Damaged(
            f"{path.name} is not what was written: its SHA-256 is {found[:12]}… instead of {sha256[:12]}…; "
            "the disk may be failing, so copy the library to another one."
        )


def destroy(path: Path) -> None:
    """A small secret goes: overwritten on the medium, then removed. Raises NeedsCrew.

    A flash drive may keep the old block for a while all the same, which only encryption of the whole disk cures.
    """
    with translated(path):
        if path.is_file() and not path.is_symlink():
            with path.open("rb+") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                fsync(file.fileno())
    remove(path)


@contextmanager
def reread(path: Path) -> Iterator[BinaryIO]:
    """The file, to be read from the medium where the kernel allows it. Raises NeedsCrew if unreadable."""
    with translated(path), path.open("rb") as file:
        _forget(file)
        yield file


def sweep(folder: Path, stem: str = "*") -> int:
    """Removes the `.part` files of dead attempts; returns how many. The caller holds the folder's lock.

    With a stem, those for `<stem>.*` alone: where others keep files too, their parts are none of our business.
    """
    dead = [path for path in folder.glob(f".{stem}{_PART}*") if path.is_file()]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead)


def room(folder: Path) -> int:
    """Free bytes for an ordinary user on the disk of `folder`."""
    if sys.platform == "win32":
        import shutil  # noqa: PLC0415 - only Windows lacks statvfs

        return shutil.disk_usage(folder).free
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def make_folder(folder: Path) -> None:
    """The folder and its parents, private to the user, durable. Raises DiskFull, NeedsCrew."""
    with translated(folder):
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
            fsync_folder(path.parent)


def fsync(descriptor: int) -> None:
    """Returns when the file's bytes are on the medium."""
    if sys.platform != "win32" and _FULLFSYNC is not None:
        fcntl.fcntl(descriptor, _FULLFSYNC)
    else:
        os.fsync(descriptor)


def fsync_folder(folder: Path) -> None:
    """Returns when the folder's names are on the medium; Windows journals them itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fsync(descriptor)
    finally:
        os.close(descriptor)


class Lock:
    """A lock on a file that the kernel frees when its last holder dies, however it dies.

    On POSIX a child that inherits `fileno()` holds it too, so a lock outlives a killed parent for as long
    as the ffmpeg it started.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def take(self) -> bool:
        """True if the lock is now held here; False if somebody else holds it."""
        if self._file is not None:
            return False
        with translated(self._path):
            file = open(self._path, "ab")  # noqa: SIM115 - held until `free`
        try:
            if sys.platform == "win32":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not self._names(file):  # unlinked between our open and our lock: nobody else would see it
                    file.close()
                    return self.take()
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _names(self, file: BinaryIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def fileno(self) -> int:
        """The descriptor that holds the lock, to be inherited by a child."""
        if self._file is None:
            raise ValueError("the lock is not held")
        return self._file.fileno()

    def free(self) -> None:
        """Gives the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()


@contextmanager
def discarded_on_error(part: Path) -> Iterator[None]:
    """Removes `part` when the block fails; a killed process leaves it to `sweep`."""
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns the operating system's errors about `path` into sentences for the crew."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                f"The disk is full, so {path.name} was not written; nothing that was safe before is lost. "
                "Free some space and run the same command again."
            ) from error
        if error.errno == errno.EIO:
            raise Damaged(
                f"{path} can't be read: the disk, card or cable is failing; try another reader."
            ) from error
        # one name that leads nowhere is that file's trouble; anything else is the laptop's
        nowhere = error.errno in (errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP)
        kind = NeedsCrew if nowhere else Unready
        raise kind(f"{path} can't be read or written: {error.strerror or error}.") from error


def _first(source: Source) -> Path:
    return source if isinstance(source, Path) else source[0]


def _read(source: Source, *, anew: bool = False) -> Iterator[bytes]:
    """The bytes, block by block; `anew` from the disk."""
    for path in (source,) if isinstance(source, Path) else source:
        with translated(path), path.open("rb") as reader:
            if anew:
                _forget(reader)
            while block := reader.read(BLOCK):
                yield block


def _forget(file: BinaryIO) -> None:
    """Has the kernel read from the medium where it allows it: a copy checked in the page cache proves little."""
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
