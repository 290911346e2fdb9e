"""The database under the catalogue: SQLite in a file, or PostgreSQL. What differs between the two is here.

Writers take turns on both. SQLite knows no other way; on PostgreSQL each transaction that writes begins with one
advisory lock, held until after its commit. So numbers come in the order of the commits, whoever reads misses none, and
what was looked up in a transaction is still so when it writes. A commit costs milliseconds: hundreds in a second are
more than any command centre decides.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from fieldkit.errors import DiskFull, NeedsCrew, StoreBusy

_TURN = text("SELECT pg_advisory_xact_lock(826412, hashtext(current_schema()))")
# `off` would lose commits that were acknowledged; `remote_apply` and the like are the administrator's choice
_SESSION = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
SELECT set_config('lock_timeout', '30s', false), set_config('idle_in_transaction_session_timeout', '60s', false);
"""
_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}  # seconds; the last: milliseconds
_PG_FULL = "53100"  # SQLSTATE disk_full
_PG_READ_ONLY = "25006"  # a standby that is not the primary yet, or no more


class Database:
    """One engine. Raises DiskFull where there is no room, StoreBusy where PostgreSQL does not answer."""

    def __init__(self, url: URL) -> None:
        self._queues = url.get_backend_name() == "postgresql"
        # SQLite has one writer, and waiting here is fairer than in its busy loop; PostgreSQL needs fewer connections
        self._writing = threading.Lock()
        self._engine = _postgresql(url) if self._queues else _sqlite(url)

    def close(self) -> None:
        """Gives the database back."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing."""
        with _translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that sees the database as it is at one moment, however long it reads."""
        with _translated(), self._engine.connect() as connection:
            if self._queues:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ends."""
        with _translated(), self._writing, self._engine.begin() as connection:
            if self._queues:
                connection.execute(_TURN)
            yield connection


def sqlite_at(path: Path) -> URL:
    """The database in a file, which is made if there is none."""
    return URL.create("sqlite", database=str(path))


def postgresql_at(said: str) -> URL:
    """What the administrator wrote, `postgresql://…`. Raises NeedsCrew for anything else."""
    try:
        url = make_url(said)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise NeedsCrew(
            "--database is the address of a PostgreSQL, such as `postgresql://user@host/fieldkit`."
        )
    return url.set(drivername="postgresql+psycopg")


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30}, max_overflow=40)
    event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgresql(url: URL) -> Engine:
    try:
        engine = create_engine(url, connect_args=_LINE, pool_size=10, max_overflow=20, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise NeedsCrew("PostgreSQL needs fieldkit’s extra: `pip install 'fieldkit[postgresql]'`.") from error
    event.listen(engine, "connect", _prepared)
    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        where, why = url.render_as_string(hide_password=True), " ".join(str(error.orig).split())
        raise StoreBusy(f"The store’s database at {where} does not answer: {why}") from error
    return engine


def _prepared(connection: Any, _record: object) -> None:
    connection.execute(_SESSION)
    connection.commit()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolEmpty as error:
        raise StoreBusy("The store’s database answers too slowly just now; try again in a moment.") from error
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None)
        if code == _PG_FULL or getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise DiskFull("The store’s disk is full; nothing that was safe before is lost.") from error
        away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
        if code == _PG_READ_ONLY or (away and not isinstance(error.orig, sqlite3.Error)):
            raise StoreBusy(
                "The store’s database does not answer just now; nothing that was acknowledged is lost, so try again."
            ) from error
        raise
