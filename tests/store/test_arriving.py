"""What is on its way is on the board: for which tweet, how much is here, and about when the rest will be."""

import os
from pathlib import Path
from typing import Any

import pytest
from store.test_events import listening
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit import protocol
from fieldkit.model import Place, TweetId
from fieldkit.store.arriving import Arrivals
from fieldkit.store.terms import Terms
from fieldkit.store.uploads import Upload, Uploads
from fieldkit.store.words import arriving

TWEET, LENGTH = "826412345678901234", 1_000_000
NAME = "a" * 32


class Hall:
    """A store's unfinished uploads, with a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.time = 1_800_000_000.0
        self.uploads = Uploads(folder, Terms(), lambda: self.time)
        self.arrivals = Arrivals(self.uploads, lambda: self.time)

    def begin(self, length: int | None = LENGTH, *, place: str = "kakuma", **said: str) -> None:
        metadata = protocol.encode_metadata({"tweet_id": TWEET, "profile": "proxy", **said})
        concat = "" if length else "partial"
        self.uploads.create(Upload(NAME, length, metadata, Place(place), concat))
        self.come(0)

    def come(self, size: int) -> None:
        with self.uploads.bytes_of(NAME).open("ab") as file:
            file.write(bytes(size))
        os.utime(self.uploads.bytes_of(NAME), (self.time, self.time))

    def said(self) -> list[str]:
        return [arriving(each) for each in self.arrivals.now()]


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


def test_how_much_is_here_and_how_long_it_will_take(hall: Hall) -> None:
    hall.begin()
    assert hall.said() == ["the first look, 0 B of 1.0 MB here"]
    for _ in range(10):
        hall.time += 1
        hall.come(10_000)
    assert hall.said() == ["the first look, 100.0 kB of 1.0 MB here, 1 min to go"]
    hall.time += 20
    hall.come(600_000)
    assert hall.said() == ["the first look, 700.0 kB of 1.0 MB here, about 13 s to go"]


def test_a_line_that_went_silent_promises_nothing(hall: Hall) -> None:
    hall.begin()
    hall.said()
    hall.time += 10
    hall.come(50_000)
    hall.time += 200
    assert hall.said() == ["the first look, 50.0 kB of 1.0 MB here, silent for 3 min"]


def test_of_what_is_still_encoded_it_says_about(hall: Hall) -> None:
    hall.begin(None, expected="400000")
    hall.said()
    hall.time += 10
    hall.come(200_000)
    assert hall.said() == ["the first look, 200.0 kB of about 400.0 kB here, about 10 s to go"]


@pytest.mark.parametrize("expected", ["", "-1", "9" * 40, "٣"])
def test_what_a_laptop_expects_is_not_believed_blindly(hall: Hall, expected: str) -> None:
    hall.begin(None, expected=expected)
    hall.come(200_000)
    assert hall.said() == ["the first look, 200.0 kB here"]


def test_each_place_and_tweet_has_its_own(hall: Hall) -> None:
    hall.begin()
    arrivals = hall.arrivals
    assert len(arrivals.now(Place("kakuma"))) == len(arrivals.now(tweet_id=TweetId(TWEET))) == 1
    assert arrivals.now(Place("beirut")) == arrivals.now(tweet_id=TweetId("1")) == []


def test_what_says_no_tweet_is_nobodys_news(hall: Hall) -> None:
    hall.uploads.create(Upload(NAME, None, "", Place("kakuma"), "partial"))
    assert hall.said() == []


def test_the_board_shows_it_coming_and_gone(tmp_path: Path) -> None:
    with StoreProcess(tmp_path) as process:
        store = Tus(process.url)
        with listening(store) as heard:
            assert heard.get(timeout=10)[0] == "hello"
            made = store.create(2000, tweet_id=TWEET, sha256=sha256(b"a" * 2000), profile="tweet")
            path = made.headers["Location"]
            store.patch(path, 0, b"a" * 500)
            told = _until(heard, lambda coming: coming and "500 B of 2.0 kB" in coming[0]["said"])
            assert told[0]["tweet_id"] == TWEET
            for page in ("/", f"/tweets/{TWEET}"):
                assert "the MP4 for X, 500 B of 2.0 kB here" in store.ask("GET", page).text
            store.ask("DELETE", path, {"Tus-Resumable": "1.0.0"})
            _until(heard, lambda coming: not coming)
        assert "500 B" not in store.ask("GET", "/").text


def _until(heard: Any, holds: Any) -> list[dict[str, str]]:
    while True:
        kind, _, data = heard.get(timeout=15)
        if kind == "arriving" and holds(data):
            return list(data)
