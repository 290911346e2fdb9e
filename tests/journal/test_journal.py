"""Facts in, missing consequences out."""

import contextlib
import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
from support.facts import AGREED, NONE, TWEET, WITHDRAWN, original, rendition, sha256, take_id

from fieldkit.errors import Damaged, NeedsCrew
from fieldkit.journal import Journal, database
from fieldkit.model import Receipt, Refusal, Station, TweetId, Verdict
from fieldkit.pipeline import listen

STORE = "https://clips.example.org"
PROFILES = ("proxy", "tweet")


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


def taken(journal, tweet=TWEET, consent=AGREED):
    """A sealed take."""
    take = journal.begin(take_id(), tweet, None, None, consent)
    journal.seal(original(take.id))
    return take


def receipt(made, store=STORE):
    return Receipt(made.take, made.profile, made.sha256, store, datetime.now(UTC))


def due(journal):
    return [(d.take.number, d.profile) for d in journal.due_renditions(PROFILES)]


def test_a_take_that_was_begun_lacks_its_original(journal):
    take = journal.begin(take_id(), TWEET, None, "asha", AGREED)
    assert journal.unsealed() == [take]
    journal.seal(original(take.id))
    assert journal.unsealed() == []


def test_what_was_found_of_a_recording_is_kept_beside_it_and_never_changes(journal):
    take = journal.begin(take_id(), TWEET, None, None, AGREED)
    bad = Verdict(good=False, sentence="The picture is black for 6 s: uncover the lens.", again=True)
    made = original(take.id)
    journal.seal(made, bad)
    journal.seal(made, Verdict(good=True, sentence="Good."))
    assert journal.entry(take.id).verdict == bad


def test_what_was_not_recorded_here_has_no_verdict(journal):
    assert journal.entry(taken(journal).id).verdict is None


def test_takes_of_a_tweet_are_numbered_from_one(journal):
    assert [taken(journal).number for _ in range(3)] == [1, 2, 3]
    assert taken(journal, TweetId("5")).number == 1


def test_an_agreed_original_is_due_under_each_profile_circled_take_first(journal):
    taken(journal)
    taken(journal)
    assert due(journal) == [(2, "proxy"), (1, "proxy"), (2, "tweet"), (1, "tweet")]


def test_the_crew_circles_an_earlier_take(journal):
    first = taken(journal)
    taken(journal)
    journal.circle(first.id)
    assert due(journal)[0] == (1, "proxy")
    assert [entry.circled for entry in journal.entries()] == [True, False]


def test_without_consent_nothing_is_due_and_with_it_everything_is(journal):
    take = taken(journal, consent=NONE)
    assert due(journal) == []
    assert not journal.may_leave(take.id)
    journal.consent(take.id, AGREED)
    assert due(journal) == [(1, "proxy"), (1, "tweet")]
    assert journal.may_leave(take.id)


def test_withdrawal_stops_what_waits_and_is_final(journal):
    take = taken(journal)
    journal.rendered(rendition(take.id, "proxy"))
    journal.consent(take.id, WITHDRAWN)
    assert due(journal) == []
    assert journal.lineup.sendable(STORE) == []
    with pytest.raises(NeedsCrew, match="final"):
        journal.consent(take.id, AGREED)


def test_a_rendition_without_a_receipt_is_due_at_the_store(journal):
    take = taken(journal)
    made = [rendition(take.id, profile) for profile in ("tweet", "proxy")]
    for each in made:
        journal.rendered(each)
    assert [u.rendition.profile for u in journal.lineup.sendable(STORE)] == ["proxy", "tweet"]
    journal.received(receipt(made[1]))
    journal.received(receipt(made[1]))
    assert [u.rendition.profile for u in journal.lineup.sendable(STORE)] == ["tweet"]
    assert len(journal.lineup.sendable("https://another.example")) == 2


def test_a_rendition_made_anew_needs_a_new_receipt(journal):
    take = taken(journal)
    journal.rendered(rendition(take.id, "proxy", "one"))
    journal.received(receipt(rendition(take.id, "proxy", "one")))
    journal.rendered(rendition(take.id, "proxy", "two"))
    assert [u.rendition.sha256 for u in journal.lineup.sendable(STORE)] == [sha256("two")]


def test_a_discarded_take_is_neither_made_nor_sent(journal):
    take = taken(journal)
    journal.rendered(rendition(take.id, "proxy"))
    journal.void(take.id)
    assert due(journal) == []
    assert journal.lineup.sendable(STORE) == []


def test_a_refusal_is_not_tried_again_until_it_is_lifted(journal):
    take = taken(journal)
    journal.refuse(Refusal(take.id, Station.RENDER, "too long by 5 s", "tweet"))
    assert due(journal) == [(1, "proxy")]
    assert journal.forgive(Station.RENDER) == 1
    assert len(due(journal)) == 2


def test_a_dead_recording_that_holds_nothing_is_not_salvaged_for_ever(journal):
    take = journal.begin(take_id(), TWEET, None, None, AGREED)
    journal.refuse(Refusal(take.id, Station.SALVAGE, "nothing was recorded"))
    assert journal.unsealed() == []


def test_the_same_bytes_under_the_same_tweet_are_one_take(journal):
    first, fresh = journal.ingest(original(take_id(), "bytes"), TWEET, None, None, AGREED)
    again, fresh_again = journal.ingest(original(take_id(), "bytes"), TWEET, None, None, AGREED)
    assert (fresh, fresh_again) == (True, False)
    assert again == first
    _, elsewhere = journal.ingest(original(take_id(), "bytes"), TweetId("7"), None, None, AGREED)
    assert elsewhere


def test_a_clock_that_jumps_two_years_back_changes_no_order(tmp_path):
    times = iter([datetime(2026, 11, 22, tzinfo=UTC), *[datetime(2024, 11, 22, tzinfo=UTC)] * 20])
    with Journal(tmp_path / "journal.sqlite", lambda: next(times)) as journal:
        taken(journal)
        taken(journal)
        assert [(e.take.number, e.circled) for e in journal.entries()] == [(1, False), (2, True)]


def test_a_take_is_found_by_a_piece_of_its_id(journal):
    take = taken(journal)
    assert journal.take(take.id) == journal.take(take.id[-6:]) == take
    for wrong in ("", "abc", "%", take.id[-5:], "ffffffff"):
        with pytest.raises(NeedsCrew, match="No take is called"):
            journal.take(wrong)


def test_history_is_written_by_itself(journal, tmp_path):
    take = taken(journal)
    journal.circle(take.id)
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        facts = [row[0] for row in db.execute("SELECT fact FROM history ORDER BY entered")]
    db.close()
    assert facts == ["take begun", "consent agreed", "original sealed", "circled"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE takes SET tweet_id = '5'",
        "UPDATE originals SET sha256 = replace(sha256, 'a', 'b')",
        "UPDATE consents SET state = 'agreed'",
        "DELETE FROM consents",
        "INSERT INTO takes (take, tweet_id, number, begun_at) VALUES ('x', '5', 1, '')",
        "INSERT INTO takes (take, tweet_id, number, begun_at) SELECT upper(take), '05', 1, '' FROM takes",
        "INSERT INTO consents (take, state, at) SELECT take, 'perhaps', '' FROM takes",
    ],
)
def test_the_schema_itself_refuses_to_bend_facts(journal, tmp_path, statement):
    taken(journal)
    db = sqlite3.connect(tmp_path / "journal.sqlite")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    db.close()


def test_migrations_run_once_in_order_and_keep_the_facts(tmp_path):
    path, steps = tmp_path / "journal.sqlite", tmp_path / "migrations"
    with Journal(path) as journal:
        taken(journal)
    steps.mkdir()
    (steps / "0101_notes.sql").write_text(
        "CREATE TABLE notes (take TEXT);\nINSERT INTO notes SELECT take FROM takes;\n"
    )
    (steps / "0102_more.sql").write_text("ALTER TABLE notes ADD COLUMN text TEXT;\n")
    for _ in range(2):
        db = database.connect(path, steps)
        assert db.execute("PRAGMA user_version").fetchone()[0] == 102
        assert db.execute("SELECT count(text IS NULL) FROM notes").fetchone()[0] == 1
        db.close()


def test_a_migration_that_fails_leaves_the_journal_as_it_was(tmp_path):
    path, steps = tmp_path / "journal.sqlite", tmp_path / "migrations"
    Journal(path).close()
    steps.mkdir()
    (steps / "0101_broken.sql").write_text(
        "CREATE TABLE notes (take TEXT);\nINSERT INTO nowhere VALUES (1);\n"
    )
    with pytest.raises(NeedsCrew):
        database.connect(path, steps)
    with Journal(path) as journal:
        assert journal.entries() == []


def test_a_journal_of_a_newer_fieldkit_is_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NeedsCrew, match="newer fieldkit"):
        Journal(path)


def test_a_damaged_journal_is_said_to_be_damaged(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(Damaged, match="copy the library"):
        Journal(tmp_path / "journal.sqlite")


def test_times_are_kept_in_utc(tmp_path):
    with Journal(tmp_path / "journal.sqlite") as journal:
        take = taken(journal)
        assert take.begun_at.utcoffset() == timedelta(0)
        assert journal.entries()[0].take == take


def test_the_journal_is_readable_by_its_owner_only(journal, tmp_path):
    taken(journal)
    for path in tmp_path.glob("journal.sqlite*"):
        assert path.stat().st_mode & 0o077 == 0


def test_who_listens_hears_what_another_process_puts_on_record(tmp_path):
    path, stop, heard, opened = tmp_path / "journal.sqlite", *(threading.Event() for _ in range(3))

    @contextlib.contextmanager
    def listening():
        with Journal(path) as mine:
            opened.set()
            yield mine

    listener = threading.Thread(target=listen, args=(listening, heard.set, stop))
    with Journal(path) as other:
        listener.start()
        assert opened.wait(10)
        for _ in range(500):
            other.begin(take_id(), TWEET, None, None, AGREED)
            if heard.wait(0.02):  # what came before the first look is no news
                break
        stop.set()
        listener.join()
    assert heard.is_set()
