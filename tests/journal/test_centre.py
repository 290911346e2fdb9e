"""What the command centre said, as the laptop keeps it: the whole list or the one before it, wherever it dies."""

import contextlib
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crash.killer import lines_of, run_killed_at
from support.facts import AGREED, TWEET, original, rendition, take_id

from fieldkit.journal import Asked, Journal, Meant, Word, centre, database
from fieldkit.model import Decided, Language, Place, Priority, Request, TweetId

STORE = "https://clips.example.org"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OTHER = TweetId("5")


def wanted(tweet: TweetId, **more: object) -> Request:
    return Request(tweet, **more)  # type: ignore[arg-type]


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite", lambda: NOON) as opened:
        yield opened


def taken(journal: Journal, tweet: TweetId = TWEET) -> str:
    """A sealed take with both renditions."""
    take = journal.begin(take_id(), tweet, None, None, AGREED).id
    journal.seal(original(take))
    for profile in ("tweet", "proxy"):
        journal.rendered(rendition(take, profile))
    return take


def order(journal: Journal) -> list[tuple[str, str]]:
    return [(u.take.id, u.rendition.profile) for u in journal.lineup.sendable(STORE)]


def test_the_list_is_kept_as_it_was_said_and_replaced_by_the_next(journal):
    assert journal.centre.contact() is None
    first = Request(
        TWEET, "amnesty", "Let them in!", Language("en"), Place("kakuma"), Priority.URGENT, NOON, NOON
    )
    journal.centre.heard(STORE, "one", [first, wanted(OTHER)], [])
    assert journal.centre.requests() == [Asked(first, 0), Asked(wanted(OTHER), 0)]
    taken(journal)
    journal.centre.heard(STORE, "two", [wanted(OTHER), wanted(TWEET)], [])
    assert journal.centre.requests() == [Asked(wanted(OTHER), 0), Asked(wanted(TWEET), 1)]
    journal.centre.heard("https://other.example", "three", [], [])
    contact = journal.centre.contact()
    assert (contact.store, contact.etag, contact.at) == ("https://other.example", "three", NOON)
    assert journal.centre.requests() == []


def test_that_nothing_changed_is_a_contact_too(tmp_path):
    times = iter([NOON, NOON + timedelta(hours=1)])
    with Journal(tmp_path / "journal.sqlite", lambda: next(times)) as journal:
        journal.centre.heard(STORE, "one", [wanted(TWEET)], [])
        journal.centre.heard_again(STORE, "one")
        assert journal.centre.contact().at == NOON + timedelta(hours=1)
        assert len(journal.centre.requests()) == 1


def test_what_is_due_goes_first_then_what_the_crew_says(journal):
    plain, due, sooner = (taken(journal, TweetId(tweet)) for tweet in ("1", "2", "3"))
    journal.lineup.say(Word.FIRST, [Meant(plain, "tweet")])
    said = [wanted(TweetId("2"), due=NOON), wanted(TweetId("3"), due=NOON - timedelta(days=1))]
    journal.centre.heard(STORE, "one", said, [])
    assert order(journal) == [
        (sooner, "proxy"),
        (sooner, "tweet"),
        (due, "proxy"),
        (due, "tweet"),
        (plain, "tweet"),
        (plain, "proxy"),
    ]
    journal.centre.heard(STORE, "two", [wanted(TweetId("2"), due=NOON), wanted(TweetId("3"))], [])
    assert order(journal)[0] == (due, "proxy")
    late = taken(journal, TweetId("2"))
    assert order(journal)[:4] == [(late, "proxy"), (due, "proxy"), (late, "tweet"), (due, "tweet")]
    journal.centre.heard(STORE, "three", [], [])
    assert order(journal)[0] == (plain, "tweet")


def test_a_decision_is_kept_where_its_take_is_and_the_newest_counts(journal):
    take = taken(journal)
    retake = Decided(take, "retake", "too dark", NOON)
    journal.centre.heard(STORE, "one", [], [retake, Decided(take_id(), "approved", "", NOON)])
    assert [entry.decided for entry in journal.entries()] == [retake]
    approved = Decided(take, "approved", "", NOON + timedelta(hours=1))
    journal.centre.heard(STORE, "two", [], [approved])
    assert journal.entry(take).decided == approved
    journal.centre.heard(STORE, "three", [], [])  # of late nothing was decided about it
    assert journal.entry(take).decided == approved


def test_a_retake_is_wanted_until_there_is_one_or_another_is_approved(journal):
    take = taken(journal)
    journal.centre.heard(STORE, "one", [], [Decided(take, "retake", "too dark", NOON)])
    assert [(each.tweet_id, each.decided.take) for each in journal.centre.retakes()] == [(TWEET, take)]
    taken(journal, OTHER)
    assert len(journal.centre.retakes()) == 1
    again = taken(journal)
    assert journal.centre.retakes() == []
    journal.void(again)
    assert len(journal.centre.retakes()) == 1
    journal.centre.heard(STORE, "two", [], [Decided(again, "approved", "", NOON)])
    assert journal.centre.retakes() == []


@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_the_list_is_the_old_one_or_the_new_one_wherever_it_is_killed(tmp_path, record_property):
    def made(folder: Path) -> Path:
        folder.mkdir()
        with Journal(folder / "journal.sqlite") as journal:
            journal.begin(take_id(), TWEET, None, None, AGREED)
            journal.centre.heard(STORE, "old", [wanted(TWEET, due=NOON), wanted(TweetId("6"))], [])
        return folder / "journal.sqlite"

    def hear(path: Path) -> None:
        with Journal(path) as journal:
            take = journal.entries()[0].take.id
            said = [wanted(OTHER, due=NOON), wanted(TWEET)]
            journal.centre.heard(STORE, "new", said, [Decided(take, "retake", "too dark", NOON)])
            journal.centre.heard_again(STORE, "new")

    first = made(tmp_path / "first")
    files = [Path(module.__file__) for module in (centre, database)]
    lines = lines_of(lambda: hear(first), files, folders=[first.parent])
    kills, seen = 0, set()
    for number, line in enumerate(lines):
        path = made(tmp_path / str(number))
        kills += run_killed_at(lambda: hear(path), line) == -9  # noqa: B023
        with Journal(path) as journal:
            etag = journal.centre.contact().etag
            listed = [each.request.tweet_id for each in journal.centre.requests()]
            told = {"old": ([TWEET, "6"], 0), "new": ([OTHER, TWEET], 1)}[etag]
            assert (listed, len(journal.centre.retakes())) == told, line
            seen.add(etag)
        hear(path)
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", line
    assert seen == {"old", "new"}
    record_property(
        "kills", f"a list was killed on its way into the journal at {kills} of {len(lines)} lines"
    )
    assert kills > 4
