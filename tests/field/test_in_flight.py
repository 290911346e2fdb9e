"""A clip is on its way before it is finished: nothing goes twice, nothing wrong arrives, whatever dies."""

import json
import os
import random
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from support.crew import AGREED, TWEET, Crew
from support.footage import clip, make
from support.store import StoreProcess

from fieldkit.demo.bad_link import BadLink

RATE = 800_000  # bits/s: the encoder is ahead of it


class Flight:
    """A crew that left `run` running, over a slow link to a store of its own."""

    def __init__(self, folder: Path, store: StoreProcess, link: BadLink) -> None:
        self.store, self.link, self.crew = store, link, Crew(folder / "laptop", link.url)
        self.running = None

    def run(self) -> None:
        self.running = self.crew.begins("run", start_new_session=True)

    def kill(self) -> None:
        """Encoder and uploader at once, as when the power goes."""
        for process in (*children(self.running.pid), self.running.pid):
            os.kill(process, signal.SIGKILL)
        self.running.wait()
        self.running.stderr.close()

    def asked(self, question: str, *about: str) -> list[tuple]:
        path = self.crew.folder / "journal.sqlite"
        with closing(sqlite3.connect(path, timeout=10)) as journal:
            return journal.execute(question, about).fetchall()

    def until(self, question: str, *about: str, seconds: float = 60) -> list[tuple]:
        """What the journal answers, once it answers anything."""
        deadline = time.monotonic() + seconds
        while not (found := self.asked(question, *about)):
            assert time.monotonic() < deadline, self.asked("SELECT at, fact, detail FROM history")
            if self.running is not None and self.running.poll() is not None:
                raise AssertionError(f"`run` ended by itself: {self.running.stderr.read()}")
            time.sleep(0.02)
        return found

    def seen_aloft(self, profile: str) -> dict[str, Any]:
        """What another terminal is told of a clip that is sent while it is encoded."""
        while True:
            aloft = json.loads(self.crew.done("queue", "--json"))["aloft"]
            if aloft and aloft["profile"] == profile and aloft["sent"]:
                return aloft
            assert self.running.poll() is None

    def received(self) -> None:
        self.until("SELECT 1 WHERE (SELECT count(*) FROM receipts) = 2")


@pytest.fixture
def flight(tmp_path: Path) -> Iterator[Flight]:
    with StoreProcess(tmp_path / "central") as store, BadLink(("127.0.0.1", store.port), rate=RATE) as link:
        made = Flight(tmp_path, store, link)
        try:
            yield made
        finally:
            if made.running is not None:
                made.running.send_signal(signal.SIGINT)
                made.running.communicate(timeout=20)


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Path:
    """Four seconds of a real recording."""
    return make(
        tmp_path_factory.mktemp("card") / "a.mp4", "-i", str(clip("bigbuckbunny")), "-t", "3", "-c", "copy"
    )


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def sizes(flight: Flight) -> int:
    ((total,),) = flight.asked("SELECT sum(bytes) FROM renditions")
    return int(total)


def test_what_is_encoded_is_on_its_way_and_arrives_as_the_very_file(flight, speech, arrived, renditions):
    flight.crew.done("ingest", str(speech), "--tweet", TWEET, *AGREED)
    flight.run()
    aloft = flight.seen_aloft("tweet")
    assert 0 < aloft["sent"] < aloft["bytes"]
    assert aloft["tweet_id"] == TWEET
    board = requests.get(flight.store.url, timeout=10).text
    assert re.search(r"the MP4 for X, [0-9.]+ kB of about [0-9.]+ kB here", board)
    flight.received()
    assert arrived(TWEET, flight.store.url) == renditions(flight.crew)
    flown = flight.asked("SELECT detail FROM history WHERE fact = 'sent while it is encoded'")
    assert ("tweet",) in flown
    assert flight.link.up_bytes <= 1.03 * sizes(flight) + 20_000  # with all that is said around them
    assert flight.asked("SELECT * FROM tails") == []
    assert list((flight.store.root / "uploads").iterdir()) == []


def test_after_sigkill_the_encode_runs_again_and_its_upload_goes_on(
    flight, speech, arrived, renditions
) -> None:
    flight.crew.done("ingest", str(speech), "--tweet", TWEET, *AGREED)
    flight.run()
    for profile in ("proxy", "tweet"):
        flight.until(
            "SELECT 1 FROM tails JOIN flights USING (flight) WHERE profile = ?1 "
            "UNION ALL SELECT 1 FROM renditions WHERE profile = ?1",
            profile,
        )
        before = flight.link.up_bytes
        while flight.link.up_bytes < before + random.randrange(5_000, 40_000) and not named(flight, profile):
            time.sleep(0.01)
        flight.kill()
        flight.store.restart()
        flight.run()
    flight.received()
    assert arrived(TWEET, flight.store.url) == renditions(flight.crew)
    # what the kernels held when they died is sent again, and the head of each request
    assert flight.link.up_bytes <= 1.03 * sizes(flight) + 4 * 70_000
    assert flight.asked("SELECT * FROM tails") == []
    assert list((flight.store.root / "uploads").iterdir()) == []


def test_ctrl_c_ends_it_at_once(flight, speech) -> None:
    flight.crew.done("ingest", str(speech), "--tweet", TWEET, *AGREED)
    flight.run()
    flight.seen_aloft("tweet")
    flight.running.send_signal(signal.SIGINT)
    _, said = flight.running.communicate(timeout=15)  # the line holds more than it carries by then
    assert (flight.running.returncode, b"Stopped." in said) == (130, True)


def named(flight: Flight, profile: str) -> bool:
    return bool(flight.asked("SELECT 1 FROM renditions WHERE profile = ?", profile))


def test_what_may_not_leave_any_more_is_thrown_away_at_the_store(flight, speech) -> None:
    flight.crew.done("ingest", str(speech), "--tweet", TWEET, *AGREED)
    flight.run()
    flight.until("SELECT 1 FROM tails JOIN flights USING (flight)")
    (take,) = flight.crew.takes()
    flight.crew.done("consent", take["take"], "--withdraw")
    flight.until("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM tails)")
    assert list((flight.store.root / "uploads").iterdir()) == []
    crossed = flight.link.up_bytes
    time.sleep(1.5)
    assert flight.link.up_bytes - crossed < 2_000
    # what was whole before may have been received before the crew said so
    assert not flight.asked(
        "SELECT 1 FROM receipts WHERE at > (SELECT max(at) FROM consents WHERE state = 'withdrawn')"
    )
