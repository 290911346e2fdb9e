"""Requests over HTTP: made, changed, listed, asked for again, and what came of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text
from store.conftest import served
from support.site import site
from support.tus import Tus, sha256

from fieldkit.model import TweetId
from fieldkit.store.house import House
from fieldkit.store.tokens import Role

BODY = b"a clip" * 500
TAKE = "0190e5a0-0000-7000-8000-00000000000{}"
LINK = "https://x.com/amnesty/status/{}?s=20"
BORN = "2017-01-31T12:29:32Z"  # of tweet 826412345678901234


@contextmanager
def guarded(root: Path) -> Iterator[tuple[Tus, Tus, Tus]]:
    """Two laptops' views of a store of their own, and the command centre's."""
    with House(site(root)) as house:
        made = [house.tokens.add(Role.LAPTOP, place)[0] for place in ("kakuma", "zaatari")]
        made.append(house.tokens.add(Role.COMMAND_CENTRE, None)[0])
    with served(root) as store:
        kakuma, zaatari, centre = (Tus(store.url, token) for token in made)
        yield kakuma, zaatari, centre


def ask_for(store: Tus, tweet: str, **said: Any) -> dict[str, Any]:
    """A request that must be taken."""
    answer = store.ask("POST", "/requests", json={"tweet": tweet, **said})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def listed(store: Tus, query: str = "") -> list[str]:
    return [each["tweet_id"] for each in store.ask("GET", f"/requests{query}").json()["requests"]]


def test_a_request_is_made_from_a_link_and_told_as_it_is(store: Tus, tweet: str) -> None:
    answer = store.ask(
        "POST",
        "/requests",
        json={
            "tweet": LINK.format(tweet),
            "text": "Let them in!\r\nWhen?",
            "language": "en",
            "place": "kakuma",
            "priority": "urgent",
            "due": "2026-11-23T12:00:00+02:00",
        },
    )
    assert answer.status_code == 201
    told = answer.json()
    assert told.pop("added_at").endswith("Z")
    assert told == {
        "tweet_id": tweet,
        "author": "amnesty",
        "text": "Let them in!\nWhen?",
        "language": "en",
        "place": "kakuma",
        "priority": "urgent",
        "due": "2026-11-23T10:00:00Z",
        "added_by": "open",
        "born_at": told["born_at"],
        "open": True,
        "withdrawn_at": None,
        "times": dict.fromkeys(("recorded_at", "proxy_at", "ready_at", "decided_at", "posted_at")),
    }
    assert told["born_at"][:10] == BORN[:10]
    assert store.ask("GET", f"/requests/{tweet}").json()["text"] == "Let them in!\nWhen?"


def test_asking_again_changes_what_is_said_and_nothing_else(store: Tus, tweet: str) -> None:
    first = ask_for(store, tweet, author="@amnesty", text="one", due="2026-11-23T10:00:00Z")
    again = store.ask("POST", "/requests", json={"tweet": tweet, "text": "two", "due": None})
    assert again.status_code == 200
    assert again.json() == {**first, "text": "two", "due": None}
    assert ask_for(store, tweet, text="two") == again.json()
    assert listed(store).count(tweet) == 1


def test_a_request_that_is_withdrawn_leaves_the_list_until_somebody_asks_again(
    store: Tus, tweet: str
) -> None:
    assert store.ask("DELETE", f"/requests/{tweet}").status_code == 404
    ask_for(store, tweet, text="first")
    for _ in range(2):
        assert store.ask("DELETE", f"/requests/{tweet}").status_code == 204
    assert tweet not in listed(store)
    assert not store.ask("GET", f"/requests/{tweet}").json()["open"]
    assert ask_for(store, tweet)["text"] == "first"
    assert tweet in listed(store)


def test_the_most_urgent_come_first_and_among_them_what_is_due_soonest(tmp_path: Path) -> None:
    with served(tmp_path) as store:
        for tweet, more in {
            "11": {"priority": "low", "due": "2026-11-22T00:00:00Z"},
            "12": {},
            "13": {"due": "2026-11-24T00:00:00Z"},
            "14": {"due": "2026-11-23T00:00:00Z"},
            "15": {"priority": "urgent"},
            "16": {},
        }.items():
            ask_for(store, tweet, **more)
        assert listed(store) == ["15", "14", "13", "12", "16", "11"]


def test_a_laptop_sees_what_its_place_may_answer_and_asks_for_nothing_itself(tmp_path: Path) -> None:
    with guarded(tmp_path) as (kakuma, zaatari, centre):
        for tweet, place in (("1", "kakuma"), ("2", "zaatari"), ("3", None)):
            ask_for(centre, tweet, place=place)
        assert (listed(kakuma), listed(zaatari)) == (["1", "3"], ["2", "3"])
        assert listed(kakuma, "?place=kakuma") == ["1", "3"]
        assert kakuma.ask("GET", "/requests?place=zaatari").status_code == 403
        assert (listed(centre), listed(centre, "?place=zaatari")) == (["1", "2", "3"], ["2", "3"])
        assert kakuma.ask("GET", "/requests/2").status_code == 404
        assert kakuma.ask("POST", "/requests", json={"tweet": "4"}).status_code == 403
        assert kakuma.ask("DELETE", "/requests/1").status_code == 403
        assert Tus(kakuma.url).ask("GET", "/requests").status_code == 401


def test_an_unchanged_list_costs_a_few_hundred_bytes_both_ways(tmp_path: Path) -> None:
    with guarded(tmp_path) as (kakuma, _, centre):
        for number in range(30):
            ask_for(centre, str(100 + number), text="Why do they not let them in? " * 5, author="amnesty")
        first = kakuma.ask("GET", "/requests", {"Accept-Encoding": "gzip"})
        assert len(first.json()["requests"]) == 30
        assert int(first.headers["Content-Length"]) < 1000 < len(first.content)
        etag = first.headers["ETag"]
        again = kakuma.ask("GET", "/requests", {"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        head = "".join(f"{name}: {value}\r\n" for name, value in again.headers.items())
        assert len(head) < 200
        assert again.headers["ETag"] == etag
        for same in (etag.removeprefix("W/"), f'"other", {etag}', "*"):
            assert kakuma.ask("GET", "/requests", {"If-None-Match": same}).status_code == 304
        ask_for(centre, "100", priority="urgent")
        assert kakuma.ask("GET", "/requests", {"If-None-Match": etag}).status_code == 200


def test_a_browser_gets_the_headers_of_a_page(tmp_path: Path) -> None:
    with served(tmp_path) as store:
        answer = requests.get(f"{store.url}/requests", timeout=10)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Tus-Resumable" not in answer.headers


def test_decisions_travel_back_the_newest_of_each_take(tmp_path: Path) -> None:
    with guarded(tmp_path) as (kakuma, zaatari, centre):
        for number, (store, profile) in enumerate(
            [(kakuma, "proxy"), (kakuma, "tweet"), (kakuma, "proxy"), (zaatari, "proxy")]
        ):
            take = TAKE.format(max(number, 1))
            store.upload(BODY[number:], tweet_id="7", take=take, profile=profile)
        etag = kakuma.ask("GET", "/requests").headers["ETag"]

        def decide(number: int, decision: str, why: str = "") -> None:
            path = f"/clips/7/{sha256(BODY[number:])}/decisions"
            said = {"decision": decision, "why": why}
            assert centre.ask("POST", path, json=said).status_code == 201

        decide(0, "retake", "too dark\x07\x9b and the wind" + "!" * 500)
        decide(3, "approved")
        changed = kakuma.ask("GET", "/requests", {"If-None-Match": etag})
        (told,) = changed.json()["decisions"]
        assert (told["take"], told["decision"]) == (TAKE.format(1), "retake")
        assert told["why"].startswith("too dark   and the wind!!")
        assert len(told["why"]) == 300
        decide(1, "approved")
        decide(2, "rejected", "another was better")
        assert [(d["take"][-1], d["decision"], d["why"]) for d in decisions(kakuma)] == [
            ("2", "rejected", "another was better"),
            ("1", "approved", ""),
        ]
        assert [d["take"][-1] for d in decisions(zaatari)] == ["3"]
        assert len(decisions(centre)) == 3


def decisions(store: Tus) -> list[dict[str, str]]:
    return store.ask("GET", "/requests").json()["decisions"]


def test_a_request_knows_what_came_of_it_and_closes_with_the_reply(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()]
    tweet = "826412345678901234"
    with served(tmp_path, clock=lambda: now[0]) as store:

        def later(minutes: int) -> str:
            now[0] += minutes * 60
            return (
                f"2026-11-22T{12 + (now[0] - 1795348800) // 3600:02.0f}:{now[0] % 3600 // 60:02.0f}:00.000Z"
            )

        ask_for(store, tweet)
        proxy_at = later(10)
        about = {"tweet_id": tweet, "take": TAKE.format(1), "place": "kakuma"}
        store.upload(BODY, profile="proxy", recorded_at="2026-11-22T12:05:00Z", **about)
        ready_at = later(10)
        store.upload(BODY[1:], profile="tweet", recorded_at="2026-11-22T12:04:00Z", **about)
        path = f"/clips/{tweet}/{sha256(BODY[1:])}"
        decided_at = later(10)
        store.ask("POST", f"{path}/decisions", json={"decision": "approved"})
        assert listed(store) == [tweet]
        posted_at = later(10)
        store.ask("POST", f"{path}/decisions", json={"decision": "posted"})
        told = store.ask("GET", f"/clips/{tweet}").json()["request"]
        assert told == store.ask("GET", f"/requests/{tweet}").json()
        assert told["times"] == {
            "recorded_at": "2026-11-22T12:04:00Z",
            "proxy_at": proxy_at,
            "ready_at": ready_at,
            "decided_at": decided_at,
            "posted_at": posted_at,
        }
        assert (told["open"], listed(store)) == (False, [])
        times = store.ask("GET", "/requests/times").json()
        seconds = now[0] - datetime(2017, 1, 31).timestamp()
        assert times["answered"] == 1
        assert abs(times["median_seconds"] - seconds) < 86_400
        assert times["places"] == [
            {"place": "kakuma", "answered": 1, "median_seconds": times["median_seconds"]}
        ]
        assert store.ask("GET", "/requests/times?place=zaatari").json()["answered"] == 0
        # that it was answered stays known when the clip is withdrawn, and nothing of the clip
        store.ask("DELETE", path)
        assert store.ask("GET", "/requests/times").json() == times
        assert store.ask("GET", f"/requests/{tweet}").json()["times"]["ready_at"] is None


def test_what_was_answered_before_anybody_asked_is_not_open(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet, profile="tweet")
    for decision in ("approved", "posted"):
        path = f"/clips/{tweet}/{sha256(BODY)}/decisions"
        assert store.ask("POST", path, json={"decision": decision}).status_code == 201
    assert not ask_for(store, tweet)["open"]
    assert tweet not in listed(store)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"tweet": 826412345678901234}, 400),
        ({"tweet": "https://evil.example/status/1"}, 400),
        ({"tweet": "half a letter \ud800"}, 400),
        ({"tweet": "1", "author": "two words"}, 400),
        ({"tweet": "1", "author": 7}, 400),
        ({"tweet": "1", "text": "bell \x07"}, 400),
        ({"tweet": "1", "text": "nothing\0"}, 400),
        ({"tweet": "1", "text": "\ud83d alone"}, 400),
        ({"tweet": "1", "text": "x" * 1001}, 400),
        ({"tweet": "1", "text": "x" * 20_000}, 413),
        ({"tweet": "1", "text": ["list"]}, 400),
        ({"tweet": "1", "language": "not a language"}, 400),
        ({"tweet": "1", "place": "36.2,37.1"}, 400),
        ({"tweet": "1", "place": "\udfff"}, 400),
        ({"tweet": "1", "priority": "now"}, 400),
        ({"tweet": "1", "priority": True}, 400),
        ({"tweet": "1", "due": "tomorrow"}, 400),
        ({"tweet": "1", "due": "2026-11-23T10:00:00"}, 400),
        ({"tweet": "1", "due": "0001-01-01T00:00:00+14:00"}, 400),
        ({"tweet": "1", "due": "٢٠٢٦-11-23T10:00:00Z"}, 400),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(tmp_path: Path, said: object, status: int) -> None:
    with served(tmp_path) as store:
        answer = store.ask("POST", "/requests", json=said)
        assert (answer.status_code, set(answer.json())) == (status, {"error", "detail"})
        assert listed(store) == []


def test_a_request_is_json_and_no_form_of_another_site(store: Tus) -> None:
    form = {"Content-Type": "text/plain"}
    assert store.ask("POST", "/requests", form, data=json.dumps({"tweet": "1"})).status_code == 415
    foreign = {"Origin": "https://evil.example"}
    assert store.ask("POST", "/requests", foreign, json={"tweet": "1"}).status_code == 403


def test_what_would_steer_a_readers_eye_is_taken_out_and_arabic_stays(store: Tus, tweet: str) -> None:
    arabic = "دعوهم يدخلون\u200f \u0627\u0644\u0622\u0646! 👨\u200d👩\u200d👧"
    assert ask_for(store, tweet, text=f"\u202e{arabic}\u2066")["text"] == arabic


def test_a_store_of_an_earlier_fieldkit_takes_requests(tmp_path: Path) -> None:
    with House(site(tmp_path)) as house, house.catalogue.writing() as connection:
        connection.execute(text("DROP TABLE requests"))
        connection.execute(text("UPDATE schema SET version = 1"))
    for _ in range(2):
        with House(site(tmp_path)) as house:
            assert house.wishes.put(TweetId("1"), {}, "centre") in (True, False)
            assert [each.tweet_id for each in house.wishes.open()] == ["1"]
