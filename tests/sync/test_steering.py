"""A crew steers its queue from another terminal, while a real `fieldkit sync` sends over a slow link."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from support.facts import TWEET
from support.laptop import noise

from fieldkit.demo.bad_link import BadLink
from fieldkit.journal import Journal, Meant, Word
from fieldkit.model import Refusal, Station, TweetId

BULK, URGENT = 1_500_000, 60_000
RATE = 2_000_000  # bits/s: the bulk alone takes six seconds
OTHER = TweetId("20")


@pytest.fixture
def bad_link(store):
    with BadLink(("127.0.0.1", store.port), rate=RATE) as link:
        yield link


@pytest.fixture
def crew(laptop, bad_link):
    """Types commands at the laptop."""
    laptop.knows(bad_link.url)

    def types(*words):
        command = [sys.executable, "-m", "fieldkit", *words, "--library", str(laptop.library.root)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    return types


@pytest.fixture
def sender(laptop, crew):
    """`fieldkit sync …` in another process."""

    @contextmanager
    def begin(*words):
        command = [sys.executable, "-m", "fieldkit", "sync", *words, "--library", str(laptop.library.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGKILL)

    return begin


def until(what, process=None):
    """Waits for something another process does."""
    deadline = time.monotonic() + 60
    while not what():
        assert process is None or process.poll() is None, "it ended before"
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def queued(crew):
    return {line["profile"]: line for line in json.loads(crew("queue", "--json").stdout)["uploads"]}


def received(laptop, made):
    return made.profile in laptop.journal.entry(made.take).receipted


def test_an_urgent_clip_goes_first_and_the_other_finishes_with_nothing_sent_twice(
    laptop, bad_link, clips, crew, sender
):
    bulk = laptop.make(noise(BULK))
    with sender() as process:
        until(lambda: bad_link.up_bytes > BULK / 2, process)
        urgent = laptop.make(noise(URGENT), "proxy", OTHER)
        until(lambda: received(laptop, urgent), process)
        assert not received(laptop, bulk)
        assert queued(crew)["tweet"]["sent"] >= BULK * 0.4  # what it had when it made way
        assert process.wait(60) == 0
    assert [clip["sha256"] for clip in clips(TWEET)] == [bulk.sha256]
    assert [clip["sha256"] for clip in clips(OTHER)] == [urgent.sha256]
    assert bad_link.up_bytes < (BULK + URGENT) * 1.01 + 8_000


def test_first_outranks_a_proxy_and_the_last_word_outranks_both(laptop, bad_link, crew, sender):
    bulk = laptop.make(noise(BULK))
    late = [laptop.make(noise(30_000), "tweet", TweetId(str(tweet))) for tweet in (30, 31)]
    with sender() as process:
        until(lambda: bad_link.up_bytes > BULK / 4, process)
        said = crew("queue", "first", late[1].take[-8:], f"{late[0].take}:tweet")
        assert said.returncode == 0, said.stderr
        until(lambda: all(received(laptop, made) for made in late), process)
        assert not received(laptop, bulk)
        assert process.wait(60) == 0
    order = laptop.journal.entries()
    assert all(entry.receipted for entry in order)


def test_pause_stops_at_once_and_resume_goes_on_where_it_stood(laptop, bad_link, crew, sender):
    bulk = laptop.make(noise(BULK))
    with sender("--watch") as process:
        until(lambda: bad_link.up_bytes > BULK / 3, process)
        assert crew("queue", "pause").returncode == 0
        until(lambda: queued(crew)["tweet"]["state"] == "paused", process)
        until(still(lambda: bad_link.up_bytes), process)
        assert bad_link.up_bytes < BULK * 0.9
        assert crew("queue", "resume", bulk.take[-6:]).returncode == 0
        until(lambda: received(laptop, bulk), process)
    assert bad_link.up_bytes < BULK * 1.01 + 8_000


def test_what_is_cancelled_is_not_sent_and_thrown_away_until_it_is_tried_again(
    laptop, store, bad_link, crew, sender
):
    bulk = laptop.make(noise(BULK))
    with sender("--watch") as process:
        until(lambda: bad_link.up_bytes > BULK / 3, process)
        assert crew("queue", "cancel", f"{bulk.take[-6:]}:tweet").returncode == 0
        until(lambda: not any((store.root / "uploads").iterdir()), process)
        line = queued(crew)["tweet"]
        assert (line["state"], line["why"]) == ("refused", "Cancelled by the crew.")
        assert not received(laptop, bulk)
        assert crew("queue", "retry").returncode == 0
        until(lambda: received(laptop, bulk), process)


def test_retry_lifts_a_refusal_of_the_store(laptop, crew):
    made = laptop.make(noise(1000))
    laptop.journal.refuse(Refusal(made.take, Station.PUSH, "The store refuses this clip.", "tweet"))
    assert queued(crew)["tweet"]["why"] == "The store refuses this clip."
    assert crew("sync").returncode == 0
    assert not received(laptop, made)
    assert crew("queue", "retry", made.take[-6:], "--json").returncode == 0
    assert crew("sync").returncode == 0
    assert received(laptop, made)


@pytest.mark.parametrize("word", ["first", "cancel"])
def test_what_is_meant_must_be_named_where_all_would_be_a_mistake(crew, word):
    assert crew("queue", word).returncode == 2


@pytest.mark.parametrize("name", ["ffffff", "1f", "a:b:c", "ffffff:", "'; DROP TABLE takes", ""])
def test_an_id_that_is_none_is_said_and_nothing_is_steered(laptop, crew, name):
    laptop.make(noise(10))
    said = crew("queue", "pause", name)
    assert said.returncode == 3, said
    assert len(said.stderr.splitlines()) == 1
    assert queued(crew)["tweet"]["state"] == "waiting"


def test_a_word_said_before_the_rendition_is_made_counts_for_it(laptop):
    made = laptop.make(noise(10))
    laptop.journal.drop_rendition(made.take, made.profile)
    laptop.journal.lineup.say(Word.CANCEL, [Meant(made.take)])
    laptop.journal.rendered(made)
    with Journal(laptop.library.journal) as journal:
        assert journal.lineup.next("https://x.example") is None


def still(measure):
    """True once a measure has not moved for half a second."""
    last, since = measure(), time.monotonic()

    def is_still():
        nonlocal last, since
        if (now := measure()) != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > 0.5

    return is_still


def test_scripts_read_an_event_a_line(laptop, bad_link, crew, sender):
    bulk = laptop.make(noise(BULK))
    with sender("--watch", "--json") as process:
        events = []
        while not events or events[-1]["event"] != "arrived":
            events.append(json.loads(process.stdout.readline()))
    sending = [event for event in events if event["event"] == "sending"]
    assert [event["event"] for event in events] == ["sending"] * len(sending) + ["arrived"]
    assert [event["sent"] for event in sending] == sorted(event["sent"] for event in sending)
    assert {event["take"] for event in events} == {bulk.take}
    assert all(event["bytes"] == BULK for event in sending)
    assert events[-1]["sha256"] == bulk.sha256


def test_sync_says_that_all_is_paused(laptop, crew):
    laptop.make(noise(10_000))
    assert crew("queue", "pause").returncode == 0
    said = crew("sync")
    assert (said.returncode, said.stderr) == (
        0,
        "Paused: 1 in the queue; `fieldkit queue resume` lets them go on.\n",
    )
