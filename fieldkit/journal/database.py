"""Opens the journal's SQLite file: durable, at the newest schema, its errors turned into sentences."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldkit.errors import Damaged, DiskFull, NeedsCrew, WorthRetrying

_HERE = Path(__file__).parent
SCHEMA = _HERE / "schema.sql"  # version 1
MIGRATIONS = _HERE / "migrations"  # 0002_what_it_does.sql and so on, each in one transaction
_BUSY_MS = 30_000


def connect(path: Path, migrations: Path = MIGRATIONS, *, any_thread: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode to the journal at `path`, made or migrated where needed.

    With `any_thread` other threads than this one may use it: SQLite keeps their calls apart.

    Raises Damaged, DiskFull, NeedsCrew (a journal of a newer fieldkit), WorthRetrying (locked for 30 s).
    """
    with translated():
        try:
            return _opened(path, migrations, any_thread=any_thread)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_IOERR:
                raise
            # the disk is full: without room for the shared index a lone connection can still read, and
            # that is what a crew needs to decide what may go (sqlite.org/wal.html, section 8)
            return _opened(path, migrations, "locking_mode = EXCLUSIVE", any_thread=any_thread)


def _opened(path: Path, migrations: Path, *first: str, any_thread: bool) -> sqlite3.Connection:
    with contextlib.suppress(OSError):  # SQLite has the words for what is wrong
        path.touch(mode=0o600)  # whose takes these are is nobody else's business on a shared laptop
    db = sqlite3.connect(
        path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=not any_thread
    )
    try:
        db.row_factory = sqlite3.Row
        # FULL: without it a commit in WAL mode does not survive a power cut (sqlite.org/pragma.html)
        for pragma in (
            *first,
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "fullfsync = ON",
        ):
            db.execute(f"PRAGMA {pragma}")
        _migrate(db, migrations)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One short write transaction: all of it is durable at the end, or none of it ever was."""
    with translated():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


@contextmanager
def translated() -> Iterator[None]:
    """Turns SQLite's errors into sentences for the crew."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # a full disk is an I/O error where SQLite can't grow its shared memory
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise DiskFull(
                "The disk is full (or fails), so the journal was not written; what was safe before is not lost. "
                "Free some space and run the same command again."
            ) from error
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise WorthRetrying(
                "Another fieldkit is writing to this library; run the same command again in a moment."
            ) from error
        raise NeedsCrew(
            f"The journal can't be used ({error}); check the disk and its permissions."
        ) from error
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise Damaged(
            f"The journal is damaged ({error}); the originals and renditions beside it are untouched: "
            "copy the library to another disk before anything else."
        ) from error


def _migrate(db: sqlite3.Connection, migrations: Path) -> None:
    steps = {1: SCHEMA} | {int(file.name[:4]): file for file in sorted(migrations.glob("[0-9]*.sql"))}
    if _version(db) == max(steps):
        return
    with transaction(db):
        known = _version(db)
        if known > max(steps):
            raise NeedsCrew(
                f"This library was made by a newer fieldkit (journal version {known}, this one knows "
                f"{max(steps)}); install the newer fieldkit, nothing is lost."
            )
        for number in sorted(step for step in steps if step > known):
            for statement in _statements(steps[number].read_text("utf-8")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number:d}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
