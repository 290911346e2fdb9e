"""What an output folder remembers in its `.fieldkit`: passports, and the hashes of sources seen before.

A passport is written before its rendition is published, so that no rendition lacks one; where a batch died between
the two, it speaks of a file that is not there, and nobody asks. The hashes only save reading: see `Hashes`.
"""

import json
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from fieldkit import disk
from fieldkit.model import Sha256

FOLDER = ".fieldkit"
_FRESH_NS = 3_000_000_000  # FAT counts in steps of two seconds: a file may change again within one
_TABLE = """
CREATE TABLE IF NOT EXISTS hashes (
    path BLOB PRIMARY KEY, bytes INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, sha256 TEXT
) STRICT
"""


class Stamp(NamedTuple):
    """What changes when a file does, as far as its folder tells."""

    bytes: int
    mtime: int  # nanoseconds
    ctime: int
    inode: int


def stamp(path: Path) -> Stamp:
    """Raises NeedsCrew where the file is not there."""
    with disk.translated(path):
        found = path.stat()
    inode = found.st_ino & 0x7FFF_FFFF_FFFF_FFFF  # SQLite's integers have a sign
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, inode)


def remember(root: Path, key: str, about: Mapping[str, Any]) -> None:
    """Keeps what is known of the rendition with that key. Raises DiskFull, NeedsCrew."""
    disk.make_folder(root / FOLDER)
    disk.write(root / FOLDER / f"{key}.json", json.dumps(dict(about), indent=1).encode())


def recall(root: Path, key: str) -> dict[str, Any] | None:
    """What was known of the rendition with that key."""
    try:
        found = json.loads((root / FOLDER / f"{key}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


class Hashes:
    """The SHA-256 of sources by path, size, times and inode, so that the next start need not read them all.

    A wrong one must do no harm: it may only say that a rendition is there already. Whoever makes one reads the source
    anew. Losing it all is no loss, so nothing here raises.
    """

    def __init__(self, path: Path | None) -> None:
        """None remembers nothing."""
        self._db: sqlite3.Connection | None = None
        for _ in range(2):
            try:
                self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
                self._db.execute("PRAGMA synchronous = OFF")
                self._db.execute(_TABLE)
            except sqlite3.Error:
                self.close()
                if path is not None:
                    with suppress(OSError):
                        path.unlink(missing_ok=True)
            else:
                return

    def known(self, path: Path, stamp: Stamp) -> Sha256 | None:
        """The hash of a file that has not changed since."""
        with suppress(sqlite3.Error):
            if self._db is not None:
                row = self._db.execute(
                    "SELECT sha256 FROM hashes"
                    " WHERE path = ? AND bytes = ? AND mtime = ? AND ctime = ? AND inode = ?",
                    (os.fsencode(path.absolute()), *stamp),
                ).fetchone()
                return Sha256(row[0]) if row else None
        return None

    def note(self, path: Path, stamp: Stamp, sha256: Sha256) -> None:
        """Remembers it, unless the file is so young that it may change without showing it."""
        if abs(time.time_ns() - stamp.mtime) < _FRESH_NS or self._db is None:
            return
        with suppress(sqlite3.Error):
            self._db.execute(
                "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?)",
                (os.fsencode(path.absolute()), *stamp, sha256),
            )

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
