"""Where the tests' stores keep their things: in their folder, or where the environment says.

FIELDKIT_TEST_DATABASE, a PostgreSQL in which each store gets a schema of its own, and FIELDKIT_TEST_MEDIA, a bucket in
which each gets a prefix: so the same tests run over both kinds. `scripts/conformance.py` starts them and sets these.
"""

import functools
import hashlib
import os
from pathlib import Path

import pytest

from fieldkit.store.house import House
from fieldkit.store.schema import tables
from fieldkit.store.site import Site

DATABASE, BUCKET = os.environ.get("FIELDKIT_TEST_DATABASE"), os.environ.get("FIELDKIT_TEST_MEDIA")

# tests that look into SQLite's file, or at a disk that holds all the bytes
folder_only = pytest.mark.skipif(
    bool(DATABASE or BUCKET), reason="looks into the folder of a store that needs no more"
)


def site(root: Path) -> Site:
    """The store over `root`; always the same for the same folder."""
    name = f"t{hashlib.sha256(str(root.absolute()).encode()).hexdigest()[:20]}"
    return Site(root, DATABASE and _schema(DATABASE, name), BUCKET and f"{BUCKET}/{name}")


def written(root: Path) -> bytes:
    """All that the catalogue of the store over `root` holds, and for SQLite its file as it lies on the disk."""
    files = b"".join(path.read_bytes() for path in root.glob("catalogue.sqlite*"))
    with House(site(root)) as house, house.catalogue.reading() as connection:
        rows = [tuple(row) for table in tables.sorted_tables for row in connection.execute(table.select())]
    return files + repr(rows).encode()


def at(root: Path) -> list[str]:
    """The same for a command line."""
    where = site(root)
    more = {"--database": where.database, "--media": where.bucket}
    return ["--root", str(root), *(word for option, said in more.items() if said for word in (option, said))]


@functools.cache
def _schema(database: str, name: str) -> str:
    import psycopg

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"'.encode())
    return f"{database}{'&' if '?' in database else '?'}options=-csearch_path%3D{name}"
