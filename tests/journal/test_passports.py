"""How a rendition was made: with its fact, and gone with it."""

import sqlite3

import pytest
from support.facts import AGREED, TWEET, original, rendition, take_id

from fieldkit.journal import Journal, database


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


def made(journal, profile="tweet", **passport):
    """A rendition with its passport."""
    take = journal.begin(take_id(), TWEET, None, None, AGREED)
    journal.seal(original(take.id))
    fact = rendition(take.id, profile)
    journal.rendered(fact, passport)
    return fact


def test_a_passport_is_put_on_record_with_its_rendition_and_dropped_with_it(journal):
    fact = made(journal, source="a" * 64, recipe={"crf": 26.0})
    assert journal.entry(fact.take).passports == {"tweet": {"source": "a" * 64, "recipe": {"crf": 26.0}}}
    journal.drop_rendition(fact.take, "tweet")
    assert journal.entry(fact.take).passports == {}
    assert journal.passports(9) == []


def test_a_rendition_made_anew_has_its_new_passport(journal):
    fact = made(journal, took=1.0)
    journal.rendered(fact, {"took": 2.0})
    assert journal.entry(fact.take).passports == {"tweet": {"took": 2.0}}
    journal.rendered(fact)
    assert journal.entry(fact.take).passports == {}


def test_the_last_passports_come_first(journal):
    for took in range(4):
        made(journal, took=took)
    assert [passport["took"] for passport in journal.passports(3)] == [3, 2, 1]


def test_a_rendition_whose_passport_cannot_be_written_is_not_on_record_either(journal):
    take = journal.begin(take_id(), TWEET, None, None, AGREED)
    journal.seal(original(take.id))
    with pytest.raises(TypeError):
        journal.rendered(rendition(take.id, "tweet"), {"took": object()})
    assert journal.entry(take.id).renditions == []


def test_a_library_of_version_one_is_brought_up_with_all_it_holds(tmp_path):
    path, none = tmp_path / "journal.sqlite", tmp_path / "none"
    none.mkdir()
    database.connect(path, none).close()
    old = version_one(path)
    assert old == 1
    with Journal(path) as journal:
        (entry,) = journal.entries()
        assert [r.profile for r in entry.renditions] == ["tweet"]
        assert entry.passports == {}
        assert journal.passports(9) == []
        journal.rendered(entry.renditions[0], {"took": 1.0})
        assert journal.entry(entry.take.id).passports == {"tweet": {"took": 1.0}}


def version_one(path):
    """Fills an empty version 1 with a take and its rendition, as that version wrote them; returns the version."""
    take, at, sha256 = take_id(), "2026-11-01T00:00:00.000Z", "b" * 64
    db = sqlite3.connect(path)
    with db:
        db.execute("INSERT INTO takes VALUES (1, ?, ?, 1, ?, NULL, NULL)", (take, TWEET, at))
        db.execute(
            "INSERT INTO consents (take, state, language, manner, at) VALUES (?, 'agreed', 'sw', 'spoken', ?)",
            (take, at),
        )
        db.execute("INSERT INTO originals VALUES (?, 'originals/a.mp4', ?, 9, 1.0, 0, ?)", (take, sha256, at))
        db.execute(
            "INSERT INTO renditions VALUES (?, 'tweet', 'renditions/a.mp4', ?, 9, 1.0, 16, 16, ?)",
            (take, sha256, at),
        )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return version
