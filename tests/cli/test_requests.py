"""What a crew sees of the command centre's requests, with a line and without, and how it chooses one."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.crew import AGREED, TWEET, Crew
from support.laptop import Laptop, noise
from support.store import StoreProcess
from support.tus import Tus

from fieldkit.cli import requests as wanted
from fieldkit.cli import say
from fieldkit.cli.options import TWEET as TWEET_TYPE
from fieldkit.errors import NeedsCrew
from fieldkit.journal import Asked, Journal
from fieldkit.model import Place, Request, TweetId
from fieldkit.wanted import timestamp

OTHER = "926412345678905678"


@pytest.fixture
def store(tmp_path):
    with StoreProcess(tmp_path / "store") as running:
        yield running


@pytest.fixture
def crew(tmp_path, store):
    """A laptop that has fetched two requests."""
    soon = timestamp(datetime.now(UTC) + timedelta(hours=2, minutes=30))
    for said in (
        {"tweet": f"https://x.com/amnesty/status/{TWEET}", "text": "Let\nthem \u202ein!", "due": soon},
        {"tweet": OTHER, "priority": "urgent", "language": "ar"},
    ):
        assert Tus(store.url).ask("POST", "/requests", json=said).status_code == 201
    made = Crew(tmp_path / "laptop", store)
    made.done("requests")
    return made


def test_requests_are_shown_the_most_urgent_first(crew):
    shown = crew.done("requests")
    assert shown.index(OTHER) < shown.index(TWEET)
    for part in ("@amnesty", "in 2 h", "urgent", "Let them in!"):
        assert part in shown
    told = json.loads(crew.done("requests", "--json"))
    assert told["fresh"]
    assert [each["tweet_id"] for each in told["requests"]] == [OTHER, TWEET]
    first, second = told["requests"]
    assert (first["priority"], first["due"], first["author"], first["takes"]) == ("urgent", None, None, 0)
    assert second["born_at"] == timestamp(TweetId(TWEET).born_at)
    assert second["age_seconds"] > 9 * 365 * 86_400


def test_without_a_line_the_list_that_is_kept_is_shown_with_its_age(crew, store):
    store.kill()
    offline = crew.types("requests")
    assert offline.returncode == 0
    assert TWEET in offline.stdout
    assert "can't be reached" in offline.stderr
    assert "This is the list of less than a minute ago." in offline.stderr
    told = json.loads(crew.done("requests", "--json"))
    assert (told["fresh"], len(told["requests"])) == (False, 2)
    with Journal(crew.folder / "journal.sqlite", lambda: datetime.now(UTC) - timedelta(hours=3.5)) as journal:
        contact = journal.centre.contact()
        journal.centre.heard_again(contact.store, contact.etag)
    assert "the list of 3 h ago" in crew.types("requests").stderr


def test_where_nothing_was_ever_fetched_the_reason_is_the_answer(tmp_path):
    nowhere = Crew(tmp_path / "laptop", "http://127.0.0.1:1")
    assert nowhere.types("requests").returncode == 4
    bare = Crew(tmp_path / "bare", "http://127.0.0.1:1")
    (bare.folder / "fieldkit.toml").write_text("")
    said = bare.types("requests")
    assert said.returncode == 3
    assert "No store is set" in said.stderr


def test_status_tells_what_is_open_what_is_due_and_what_to_record_again(crew, store):
    laptop = Laptop.at(crew.folder)
    made = laptop.make(noise(900), tweet=TweetId(OTHER), place=Place("kakuma"))
    laptop.close()
    crew.done("sync")
    path = f"/clips/{OTHER}/{made.sha256}/decisions"
    assert (
        Tus(store.url).ask("POST", path, json={"decision": "retake", "why": "too\ndark"}).status_code == 201
    )
    assert "retake" not in crew.done("status")
    crew.done("sync")
    store.kill()
    shown = crew.done("status")
    assert "Requests 2 open, 1 urgent, as of less than a minute ago" in shown
    assert f"due in 2 h: {TWEET}  @amnesty" in shown
    assert f"retake {OTHER}: too dark (take {made.take[-6:]})" in shown
    assert "tweet arrived, retake" in shown
    told = json.loads(crew.done("status", "--json"))
    assert [(take["decision"], take["why"]) for take in told["takes"]] == [("retake", "too\ndark")]
    assert [each["tweet_id"] for each in told["requests"]] == [OTHER, TWEET]
    assert [(each["take"], each["why"]) for each in told["retakes"]] == [(made.take, "too\ndark")]


def test_a_tweet_may_be_named_by_the_end_of_its_id(crew, tmp_path):
    source = _clip(tmp_path)
    crew.done("ingest", str(source), "--tweet", "5678", *AGREED)
    assert [take["tweet_id"] for take in crew.takes()] == [OTHER]


def _clip(folder: Path) -> Path:
    from support.footage import card

    return card(folder / "clip.mp4", seconds=0.6)


def test_in_a_script_a_missing_tweet_is_wrong_usage(crew):
    result = crew.types("record")
    assert result.returncode == 2
    assert "Missing argument 'TWEET'" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("answer", "tweet"), [("2", TWEET), ("5678", OTHER), ("https://x.com/i/status/77777", "77777")]
)
def test_at_a_terminal_the_list_is_offered(crew, tmp_path, answer, tweet):
    """`ingest` and `record` ask alike; of the two this one needs no camera."""
    said, code = at_a_terminal(crew, answer, "ingest", str(_clip(tmp_path)), *AGREED)
    assert code == 0, said
    assert "The command centre wants (as of less than a minute ago):" in said
    assert f"1  {OTHER}" in said
    assert [take["tweet_id"] for take in crew.takes()] == [tweet]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_number_that_is_not_in_the_list_begins_nothing(crew):
    said, code = at_a_terminal(crew, "7", "record", "--camera", "test:", "--no-preview", "--seconds", "1")
    assert code == 3, said
    assert "no number 7" in said
    assert crew.takes() == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_enter_leaves_it_to_the_slates(crew, tmp_path):
    said, code = at_a_terminal(crew, "", "ingest", str(_clip(tmp_path)), *AGREED)
    assert code == 3, said
    assert "slate" in said
    assert crew.takes() == []


def at_a_terminal(crew: Crew, answer: str, *words: str) -> tuple[str, int]:
    """What is shown where somebody types `answer` at a terminal, and the exit code."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fieldkit", *words],
        env=crew.environment,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        said = b""
        with contextlib.suppress(OSError):  # Linux: the other end is closed
            while block := os.read(ours, 4096):
                said += block
        code = process.wait(60)
    os.close(ours)
    return said.decode(), code


def test_the_shell_completes_requested_tweets(crew):
    context = click.Context(click.Command("record"))
    context.params["folder"] = str(crew.folder)
    found = TWEET_TYPE.shell_complete(context, click.Argument(["tweet"]), "82")
    assert [(each.value, each.help) for each in found] == [(TWEET, "Let them in!")]
    context.params["folder"] = str(crew.folder / "nowhere")
    assert TWEET_TYPE.shell_complete(context, click.Argument(["tweet"]), "") == []


@given(
    st.sets(
        st.tuples(st.integers(1, 10**9), st.integers(1000, 1003)).map(lambda two: f"{two[0]}{two[1]}"),
        max_size=6,
    ),
    st.integers(1, 10**15).map(str) | st.integers(1000, 1003).map(str),
)
def test_a_tail_means_the_one_requested_tweet_or_is_taken_as_typed(ids, tail):
    asked = [Asked(Request(TweetId(each)), 0) for each in sorted(ids)]
    fits = [each for each in ids if each.endswith(tail)]
    short = 4 <= len(tail) <= 14
    if short and len(fits) > 1 and tail not in fits:
        with pytest.raises(NeedsCrew, match=fits[0]):
            wanted._whole(TweetId(tail), asked)
        return
    found = wanted._whole(TweetId(tail), asked)
    assert found == (fits[0] if short and len(fits) == 1 else tail)


@given(st.text())
def test_what_is_shown_is_one_line_and_steers_no_terminal(text):
    assert say.plain(wanted.shown(text)).isprintable()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "less than a minute"), (59, "less than a minute"), (60, "1 min"), (7199, "1 h"), (172_800, "2 d")],
)
def test_an_age_is_told_as_people_say_it(seconds, said):
    assert say.age(seconds) == said
