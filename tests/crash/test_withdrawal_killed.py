"""A withdrawal is SIGKILLed around all that it changes, on the laptop and at the store: the next start goes on, nothing
that was said to be gone is there, and what was not withdrawn yet is whole.
"""

import contextlib
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crash.killer import Line, lines_of, run_killed_at, try_each
from support.facts import AGREED, TWEET, WITHDRAWN, original, rendition, sha256, take_id

import fieldkit
from fieldkit import disk, erase
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import TakeId, Withdrawal
from fieldkit.protocol import encode_metadata
from fieldkit.store import withdrawing
from fieldkit.store.house import House
from fieldkit.store.label import read_label
from fieldkit.store.passphrases import Cost
from fieldkit.store.uploads import Upload

pytestmark = [
    pytest.mark.xdist_group("crash"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs fork"),
]
CHEAP = Cost(n=2, r=1, p=1)
_HOME = Path(fieldkit.__file__).parent
STORE = "https://clips.example.org"
_AT_THE_STORE = ("withdrawing", "catalogue", "media", "uploads", "reception")


def killed_everywhere(
    tmp_path: Path, template: Path, action: Callable[[Path], object], files: list[Path], holds
) -> str:
    """Kills `action` around each change on disk, each time on a copy of `template`; returns what was done."""
    first = tmp_path / "first"
    shutil.copytree(template, first)
    lines = lines_of(lambda: action(first), files, folders=[first])
    kills = tmp_path / "kills"
    kills.mkdir(exist_ok=True)

    def trial(line: Line) -> str | None:
        folder = tmp_path / str(line).replace(":", "-").replace(" ", "")
        shutil.copytree(template, folder)
        killed = run_killed_at(lambda: action(folder), line) == -9
        (kills / folder.name).write_text(str(killed))
        complaint = holds(folder)
        shutil.rmtree(folder)
        return complaint

    assert try_each(lines, trial) == []
    done = sum(path.read_text() == "True" for path in kills.iterdir())
    assert done > 4
    return f"{done} of {len(lines)} lines"


def test_a_laptop_that_dies_while_it_forgets_goes_on_forgetting(tmp_path, record_property):
    take, other = take_id(), take_id()
    library = Library(tmp_path / "template")
    library.make()
    with Journal(library.journal) as journal:
        for each in (take, other):
            journal.begin(each, TWEET, None, "asha", AGREED)
            made = [original(each), rendition(each, "proxy"), rendition(each, "tweet")]
            for fact in made:
                (library.root / fact.path).write_bytes(b"a face")
            journal.seal(made[0])
            for fact in made[1:]:
                journal.rendered(fact)
    for folder in (library.keys, library.consents):
        folder.mkdir(exist_ok=True)
        (folder / f"{take}.age").write_bytes(b"sealed")

    def action(folder: Path) -> None:
        mine = Library(folder)
        with Journal(mine.journal) as journal:
            journal.consent(take, WITHDRAWN)
            erase.withdrawn(journal, mine)

    def holds(folder: Path) -> str | None:
        mine = Library(folder)
        with Journal(mine.journal) as journal:
            entry = journal.entry(take)
            withdrawn = entry.consent.state is WITHDRAWN.state
            if not withdrawn and len(left_of(mine, take)) != 5:
                return f"not withdrawn, and only {left_of(mine, take)} are there"
            if withdrawn and journal.may_leave(take):
                return "withdrawn, and it may leave"
            if entry.erased and left_of(mine, take):
                return f"said to be deleted, and {left_of(mine, take)} are there"
        action(folder)
        with Journal(mine.journal) as journal:
            if left_of(mine, take) or not journal.entry(take).erased or journal.farewell.unerased():
                return "not all is gone"
            (told,) = journal.farewell.untold(STORE)
            if set(told.hashes) != {sha256(take), sha256(f"{take}proxy"), sha256(f"{take}tweet")}:
                return "the store would not hear of every hash"
            if not all((mine.root / path).exists() for path in journal.farewell.files(other)):
                return "another take lost a file"
        with contextlib.closing(sqlite3.connect(mine.journal)) as db:
            sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return None if sound else "the journal is damaged"

    watched = [_HOME / "erase.py", _HOME / "disk.py", *(_HOME / "journal").glob("*.py")]
    kills = killed_everywhere(tmp_path, library.root, action, watched, holds)
    record_property("kills", f"a withdrawal on a laptop was killed at {kills}")


def left_of(library: Library, take: TakeId) -> list[str]:
    """The files that are this take's by their name or by what the test gave it."""
    mine = {original(take).path, rendition(take, "proxy").path, rendition(take, "tweet").path}
    return [
        path.name
        for path in library.root.rglob("*")
        if path.is_file() and (take in path.name or str(path.relative_to(library.root)) in mine)
    ]


def test_a_store_that_dies_while_it_forgets_goes_on_forgetting(tmp_path, record_property):
    take, root = take_id(), tmp_path / "template"
    bodies = {profile: f"a face in {profile}".encode() for profile in ("proxy", "tweet", "half")}
    hashes = {}
    with House(root, cost=CHEAP) as house:
        for profile, body in bodies.items():
            source = tmp_path / profile
            source.write_bytes(body)
            hashes[profile] = disk.hashed(source)[0]
            header = encode_metadata(
                {"tweet_id": TWEET, "take": take, "profile": profile, "sha256": hashes[profile]}
            )
            upload = Upload(profile.encode().hex().ljust(32, "0"), len(body), header)
            sent = body[:5] if profile == "half" else body
            house.uploads.create(upload, [sent])
            house.reception.standing(upload.id)
            assert read_label(header).take == take
    assert len(list((root / "media").rglob("*.bin"))) == 2

    def action(folder: Path) -> None:
        with House(folder, cost=CHEAP) as house:
            house.reception.recover()
            said = Withdrawal(TWEET, take, (sha256("the original"),))
            with house.catalogue.writing() as connection:
                gone = withdrawing.withdraw(connection, said, house.catalogue.now(), "console")
            for tweet_id, each in gone:
                house.media.delete(tweet_id, each)
            for name in house.reception.withdrawn_uploads():
                house.uploads.forget(name)

    def holds(folder: Path) -> str | None:
        with House(folder, cost=CHEAP) as house:
            house.reception.recover()
            listed = {clip.blob.sha256 for clip in house.catalogue.every_clip()}
            stored = {path.stem for path in house.media.files()}
            if stored != listed:
                return f"{stored ^ listed} in the catalogue or on the disk alone"
            if len(listed) not in (0, 2):
                return "half of a take"
            if not listed and (list(house.uploads.all()) or any((folder / "uploads").glob("*.bin"))):
                return "an upload of what was withdrawn"
        action(folder)
        left = [path for path in folder.rglob("*") if path.is_file() and b"a face" in path.read_bytes()]
        return f"left: {left}" if left else None

    watched = [_HOME / "disk.py", *((_HOME / "store" / f"{name}.py") for name in _AT_THE_STORE)]
    kills = killed_everywhere(tmp_path, root, action, watched, holds)
    record_property("kills", f"a withdrawal at a store was killed at {kills}")
