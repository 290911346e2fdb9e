"""A library of an older fieldkit is opened and the process dies at any line of it: nothing is lost, nothing half done."""

import contextlib
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from crash.killer import lines_of, run_killed_at
from support.facts import AGREED, TWEET, original, rendition, take_id

from fieldkit.journal import Journal, database


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_an_older_library_is_whole_wherever_its_migration_is_killed(tmp_path, record_property):
    old = tmp_path / "old"
    old.mkdir()
    version_one(old / "journal.sqlite")
    (tmp_path / "first").mkdir()
    first = tmp_path / "first"
    lines = lines_of(lambda: opened(old, first), [Path(database.__file__)], folders=[first])
    kills = 0
    for number, line in enumerate(lines):
        folder = tmp_path / str(number)
        folder.mkdir()
        kills += run_killed_at(lambda: opened(old, folder), line) == -9  # noqa: B023
        with Journal(folder / "journal.sqlite") as journal:
            (entry,) = journal.entries()
            assert [r.profile for r in entry.renditions] == ["tweet"], line
            journal.rendered(entry.renditions[0], {"took": 1.0})
            assert journal.passports(9) == [{"took": 1.0}], line
            assert [u.rendition.profile for u in journal.lineup.sendable("https://x.example")] == ["tweet"], (
                line
            )
        with contextlib.closing(sqlite3.connect(folder / "journal.sqlite")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", line
    record_property("kills", f"a migration was killed at {kills} of {len(lines)} lines")
    assert kills > 4


def opened(old: Path, folder: Path) -> None:
    """A copy of the old library, opened by this fieldkit."""
    shutil.copytree(old, folder, dirs_exist_ok=True)
    Journal(folder / "journal.sqlite").close()


def version_one(path: Path) -> None:
    """A library with a rendition, as version 1 would have made it."""
    newest, none = path.with_name("newest.sqlite"), path.with_name("migrations")
    with Journal(newest) as journal:
        take = journal.begin(take_id(), TWEET, None, None, AGREED)
        journal.seal(original(take.id))
        journal.rendered(rendition(take.id, "tweet"))
    none.mkdir()
    with contextlib.closing(database.connect(path, none)) as db:
        db.execute("ATTACH ? AS newest", (str(newest),))
        for table in ("takes", "consents", "originals", "renditions"):
            known = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
            db.execute(f"INSERT INTO {table} ({known}) SELECT {known} FROM newest.{table}")  # noqa: S608
    newest.unlink()
    none.rmdir()
