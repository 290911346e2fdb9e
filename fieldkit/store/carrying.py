"""A catalogue from one kind of database into the other, whole or not at all."""

import contextlib
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, text

from fieldkit.errors import NeedsCrew
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.database import Database, postgresql_at, sqlite_at
from fieldkit.store.schema import replicas, schema, tables

_STAYS = (schema, replicas)  # which bucket holds what is said of this store alone
_HELPING = 1000  # rows


def carried_out(database: str, part: Path) -> None:
    """The catalogue in PostgreSQL, as it is at one moment, into a new file. Raises NeedsCrew, DiskFull, StoreBusy."""
    with (
        contextlib.closing(_opened(Database(postgresql_at(database)))) as source,
        contextlib.closing(_opened(Database(sqlite_at(part)))) as target,
        source.snapshot() as rows,
        target.writing() as made,
    ):
        _carry(rows, made)


def carried_in(part: Path, database: str) -> None:
    """The catalogue in a file into an empty PostgreSQL. Raises NeedsCrew where it is not empty, StoreBusy."""
    with (
        contextlib.closing(_opened(Database(sqlite_at(part)))) as source,
        contextlib.closing(_opened(Database(postgresql_at(database)))) as target,
        source.reading() as rows,
        target.writing() as made,
    ):
        for table in tables.sorted_tables:
            if table not in _STAYS and made.execute(select(table).limit(1)).first():
                raise NeedsCrew(
                    "There is a store in this database already, which is left as it is; name an empty one."
                )
        _carry(rows, made)
        for table in tables.sorted_tables:
            if "number" in table.c and table.c.number.primary_key:  # counted up by PostgreSQL from here on
                last = select(func.coalesce(func.max(table.c.number), 0) + 1).scalar_subquery()
                sequence = func.pg_get_serial_sequence(table.name, "number")
                made.execute(select(func.setval(sequence, last, text("false"))))


def forget_replicas(part: Path) -> None:
    """What a store of another bucket said of that."""
    with (
        contextlib.closing(_opened(Database(sqlite_at(part)))) as catalogue,
        catalogue.writing() as connection,
    ):
        connection.execute(delete(replicas))


def _opened(database: Database) -> Catalogue:
    return Catalogue(database, lambda: 0.0)


def _carry(source: Connection, target: Connection) -> None:
    for table in tables.sorted_tables:
        if table in _STAYS:
            continue
        rows = source.execution_options(yield_per=_HELPING).execute(select(table)).mappings()
        for helping in rows.partitions():
            target.execute(insert(table), [dict(row) for row in helping])
