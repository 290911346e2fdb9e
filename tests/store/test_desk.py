"""What a shift has to do: which tweets and takes are shown, in which order, and how the next page is found."""

from pathlib import Path

import pytest
from sqlalchemy import text
from store.conftest import served
from store.test_requests import ask_for, guarded
from support.site import site
from support.tus import Tus, sha256

from fieldkit.model import Place, TweetId
from fieldkit.store.desk import Desk
from fieldkit.store.house import House
from fieldkit.store.reply import intent, reply_link
from fieldkit.store.takes import attempts
from fieldkit.store.words import length_of, minute, size, span

BODY = b"a clip" * 100
TAKE = "0190e5a0-0000-7000-8000-00000000000{}"


def decide(store: Tus, tweet: str, content: bytes, *decisions: str) -> None:
    for decision in decisions:
        path, said = f"/clips/{tweet}/{sha256(content)}/decisions", {"decision": decision, "why": "dark"}
        assert store.ask("POST", path, json=said).status_code == 201


def test_requests_wait_until_a_take_is_approved_then_the_reply_waits(tmp_path: Path) -> None:
    with served(tmp_path) as store, House(site(tmp_path)) as house:
        desk = Desk(house.catalogue)
        ask_for(store, "1")
        store.upload(BODY, tweet_id="1", take=TAKE.format(1), place="kakuma")

        def lists(place: Place | None = None) -> list[list[str]]:
            found = desk.to_answer(place, None, 9), desk.to_look_at(place, 0, 9), desk.to_post(place, 9)
            return [[each.tweet_id for each in every] for every in found]

        assert lists() == [["1"], ["1"], []]
        assert lists(Place("zaatari")) == [["1"], [], []]
        decide(store, "1", BODY, "retake")
        assert lists() == [["1"], [], []]
        decide(store, "1", BODY, "approved")
        assert lists() == [[], [], ["1"]]
        store.upload(BODY + b"2", tweet_id="1", take=TAKE.format(1))  # a rendition of what was decided
        store.upload(BODY + b"3", tweet_id="1", take=TAKE.format(2))  # another take
        assert lists() == [[], ["1"], ["1"]]
        decide(store, "1", BODY, "posted")
        assert lists() == [[], ["1"], []]
        store.ask("DELETE", f"/clips/1/{sha256(BODY + b'3')}")
        store.ask("DELETE", f"/clips/1/{sha256(BODY)}")
        assert lists() == [[], [], []]  # with one rendition goes the take


def test_the_pages_follow_on_one_another_by_key(tmp_path: Path) -> None:
    with served(tmp_path) as store, House(site(tmp_path)) as house:
        desk = Desk(house.catalogue)
        for number in range(7):
            due = {"due": f"2026-12-0{number}T00:00:00Z"} if number % 3 else {}
            ask_for(store, str(10 + number), priority=("low", "urgent")[number % 2], **due)
            store.upload(BODY, tweet_id=str(10 + number))
        whole = [each.tweet_id for each in desk.to_answer(None, None, 99)]
        assert whole == [each.tweet_id for each in house.wishes.open()]
        paged, after = [], None
        while page := desk.to_answer(None, after, 2):
            paged += [each.tweet_id for each in page]
            after = paged[-1]
        assert paged == whole
        seen, number = [], 0
        while waiting := desk.to_look_at(None, number, 2):
            seen += [each.tweet_id for each in waiting]
            number = waiting[-1].number
        assert seen == [str(10 + each) for each in range(7)]
        assert desk.to_answer(None, TweetId("999"), 9) == []  # a key that is none


def test_a_laptop_reads_the_board_of_its_place_and_decides_nothing(tmp_path: Path) -> None:
    with guarded(tmp_path) as (kakuma, zaatari, centre):
        ask_for(centre, "1", place="kakuma", text="Who?")
        kakuma.upload(BODY, tweet_id="1")
        assert "asked-1" in kakuma.ask("GET", "/").text
        assert "asked-1" not in zaatari.ask("GET", "/").text
        assert "data-decide" in centre.ask("GET", "/tweets/1").text
        assert "data-decide" not in kakuma.ask("GET", "/tweets/1").text
        assert "data-live" not in kakuma.ask("GET", "/tweets/1").text
        assert zaatari.ask("GET", "/tweets/1").status_code == 404
        for path in ("/tweets/0", "/tweets/x", "/tweets/2"):
            assert centre.ask("GET", path).status_code == 404
        for query in ("behind=x", "behind=7", "after=9"):
            assert centre.ask("GET", f"/?{query}").status_code == 200


def test_what_was_decided_before_this_version_is_known_after_it(tmp_path: Path) -> None:
    with served(tmp_path) as store:
        store.upload(BODY, tweet_id="1")
        store.upload(BODY + b"2", tweet_id="2")
        decide(store, "1", BODY, "retake", "approved")
    with House(site(tmp_path)) as house, house.catalogue.writing() as connection:
        for statement in ("DROP TABLE latest", "DROP TABLE news", "UPDATE schema SET version = 2"):
            connection.execute(text(statement))
    with House(site(tmp_path)) as house:
        desk = Desk(house.catalogue)
        assert [each.tweet_id for each in desk.to_post(None, 9)] == ["1"]
        assert [each.tweet_id for each in desk.to_look_at(None, 0, 9)] == ["2"]


def test_a_take_is_decided_as_a_whole_and_one_of_two_minds_is_open(tmp_path: Path) -> None:
    with served(tmp_path) as store, House(site(tmp_path)) as house:
        for number, profile in enumerate(("original", "tweet", "proxy")):
            store.upload(BODY + bytes([number]), tweet_id="1", take=TAKE.format(1), profile=profile)
        decide(store, "1", BODY + bytes([2]), "retake")
        (take,) = attempts(house.catalogue.of_tweets([TweetId("1")]))
        assert [clip.profile for clip in take.clips] == ["proxy", "tweet", "original"]
        assert (take.decision, take.why, take.ready) == ("retake", "dark", take.clips[1])
        assert take.moves == {"approved", "rejected"}
        decide(store, "1", BODY + bytes([1]), "approved")
        (take,) = attempts(house.catalogue.of_tweets([TweetId("1")]))
        assert take.decision is None
        assert take.moves == {"approved", "retake", "rejected", "posted"}


def test_what_was_made_anew_is_the_one_to_post(tmp_path: Path) -> None:
    with served(tmp_path) as store, House(site(tmp_path)) as house:
        for content in (BODY, BODY + b"with captions"):
            store.upload(content, tweet_id="1", take=TAKE.format(1), profile="tweet")
        (take,) = attempts(house.catalogue.of_tweets([TweetId("1")]))
        assert take.ready
        assert take.ready.bytes == len(BODY + b"with captions")


def test_the_way_to_x_carries_the_tweet_and_any_text() -> None:
    assert intent(TweetId("1"), "") == "https://x.com/intent/post?in_reply_to=1"
    assert intent(TweetId("1"), "a & b?") == "https://x.com/intent/post?in_reply_to=1&text=a+%26+b%3F"


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("https://twitter.com/amnesty/status/20?s=20", "https://x.com/amnesty/status/20"),
        ("x.com/i/status/20", "https://x.com/i/status/20"),
        ("javascript:alert(1)//x.com/a/status/20", None),
        ("https://example.org/a/status/20", None),
        ("20", None),
        ("", None),
    ],
)
def test_only_the_address_of_a_post_becomes_a_link(said: str, link: str | None) -> None:
    assert reply_link(said) == link


def test_figures_are_said_as_people_say_them() -> None:
    spans = [span(each) for each in (0, 59, 60, 3600, 5400, 36_000 + 1800, 86_400 * 2 + 3600, 86_400 * 40)]
    assert spans == [
        "under a minute",
        "under a minute",
        "1 min",
        "1 h",
        "1 h 30 min",
        "10 h",
        "2 d 1 h",
        "40 d",
    ]
    assert [size(each) for each in (999, 1500, 2_500_000, 3e9)] == ["999 B", "1.5 kB", "2.5 MB", "3.0 GB"]
    assert (length_of(61.9), minute("2026-11-23T01:02:03Z")) == ("1:01", "2026-11-23 01:02")
