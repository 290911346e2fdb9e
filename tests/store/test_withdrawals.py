"""A withdrawal at the store, from whichever side and in whichever order it comes."""

import threading
from pathlib import Path

import pytest
from store.conftest import CHEAP, served
from support.facts import sha256 as sha256_of
from support.facts import take_id
from support.site import site
from support.tus import Tus, sha256

from fieldkit.model import Place
from fieldkit.model.card import card_of, new_code
from fieldkit.store.house import House
from fieldkit.store.tokens import Role

CODE = new_code(b"sevenby")
BODY, PROXY = b"the reply " * 400, b"a first look " * 40


def agreed(**more: str) -> dict[str, str]:
    return {"consent_scope": "reply", "consent_age": "adult", **more}


def asked(store: Tus, tweet: str) -> list[str]:
    answer = store.ask("GET", f"/clips/{tweet}")
    return [clip["sha256"] for clip in answer.json()["clips"]] if answer.status_code == 200 else []


def told(store: Tus) -> list[dict[str, object]]:
    return store.ask("GET", "/requests").json().get("withdrawn", [])


def test_what_was_agreed_to_is_shown_and_nothing_is_made_up(store: Tus, tweet: str) -> None:
    said = agreed(
        consent_hidden="face place", consent_until="2027-06-30T00:00:00Z", consent_scope="press reply"
    )
    store.upload(BODY, tweet_id=tweet, **said)
    store.upload(PROXY, tweet_id=tweet)
    by_hash = {
        clip["sha256"]: clip["consent"] for clip in store.ask("GET", f"/clips/{tweet}").json()["clips"]
    }
    assert by_hash[sha256(BODY)] == {
        "scope": ["press", "reply"],
        "hidden": ["face", "place"],
        "age": "adult",
        "until": "2027-06-30T00:00:00Z",
    }
    assert by_hash[sha256(PROXY)] is None
    page = store.ask("GET", f"/tweets/{tweet}").text
    assert "not to be shown: face, place · until 2027-06-30" in page
    assert "No consent stated" in page


@pytest.mark.parametrize("wrong", [{"consent_scope": "fame"}, agreed(consent_until="soon"), agreed(card="7")])
def test_a_consent_that_makes_no_sense_is_refused(store: Tus, tweet: str, wrong: dict[str, str]) -> None:
    assert store.create(len(BODY), tweet_id=tweet, **wrong).status_code == 400


def test_one_rendition_takes_the_whole_take_with_it(store: Tus, tweet: str) -> None:
    take, other = take_id(), take_id()
    store.upload(BODY, tweet_id=tweet, take=take, profile="tweet")
    store.upload(PROXY, tweet_id=tweet, take=take, profile="proxy")
    store.upload(b"another person", tweet_id=tweet, take=other)
    assert store.ask("DELETE", f"/clips/{tweet}/{sha256(PROXY)}").status_code == 204
    assert asked(store, tweet) == [sha256(b"another person")]
    assert store.ask("GET", f"/clips/{tweet}/{sha256(BODY)}").status_code == 410
    answer = store.create(100, tweet_id=tweet, take=take)
    assert (answer.status_code, answer.json()["error"]) == (410, "withdrawn")


def test_a_crews_withdrawal_reaches_what_is_here_what_is_under_way_and_what_is_yet_to_come(
    store: Tus, tweet: str
) -> None:
    take = take_id()
    store.upload(PROXY, tweet_id=tweet, take=take, profile="proxy")
    made = store.create(len(BODY), tweet_id=tweet, take=take, sha256=sha256(BODY))
    store.patch(made.headers["Location"], 0, BODY[:1000])
    hashes = [sha256(BODY), sha256_of("the original")]
    said = {"tweet_id": tweet, "take": take, "sha256": hashes}
    assert store.ask("POST", "/withdrawals", json=said).status_code == 200
    assert asked(store, tweet) == []
    assert store.patch(made.headers["Location"], 1000, BODY[1000:]).status_code == 404
    assert store.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY)).status_code == 410  # without its take
    (entry,) = [each for each in told(store) if each.get("take") == take]
    assert set(entry["sha256"]) == {*hashes, sha256(PROXY)}  # type: ignore[call-overload]


def test_what_is_sent_while_it_is_encoded_goes_too_and_never_comes_back(store: Tus, tweet: str) -> None:
    take, early = take_id(), {"Upload-Concat": "partial"}
    path = store.create(None, early, tweet_id=tweet, take=take, profile="tweet").headers["Location"]
    store.patch(path, 0, BODY)
    assert store.ask("POST", "/withdrawals", json={"tweet_id": tweet, "take": take}).status_code in (200, 202)
    assert store.head(path).status_code in (404, 410)
    again = store.create(None, early, tweet_id=tweet, take=take, profile="tweet")
    assert (again.status_code, again.json()["error"]) == (410, "withdrawn")


def test_what_is_being_sent_stops(store: Tus, tweet: str) -> None:
    take, body = take_id(), b"x" * 200_000
    made = store.create(len(body), tweet_id=tweet, take=take, sha256=sha256(body))
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        yield body[:1000]
        begun.set()
        go_on.wait(10)
        yield body[1000:]

    answers = []
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sender = threading.Thread(
        target=lambda: answers.append(
            store.ask("PATCH", made.headers["Location"], headers=headers, data=slowly()).status_code
        )
    )
    sender.start()
    begun.wait(10)
    assert store.ask("POST", "/withdrawals", json={"tweet_id": tweet, "take": take}).status_code == 202
    go_on.set()
    sender.join(10)
    assert answers
    assert answers[0] in (404, 409)
    assert store.head(made.headers["Location"]).status_code == 404
    assert store.create(len(body), tweet_id=tweet, take=take, sha256=sha256(body)).status_code == 410


def test_a_code_withdraws_what_it_stands_for_however_it_is_typed(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet, take=take_id(), **agreed(card=card_of(CODE)))
    typed = CODE.replace("-", " ").lower()
    assert store.ask("POST", "/withdrawals", json={"code": typed}).json() == {"clips": 1}
    assert asked(store, tweet) == []
    assert any(each.get("card") == card_of(CODE) for each in told(store))


def test_a_code_takes_what_came_before_there_was_a_card(store: Tus, tweet: str) -> None:
    take, code = take_id(), new_code(b"a later")
    store.upload(PROXY, tweet_id=tweet, take=take, profile="proxy", **agreed())
    store.upload(BODY, tweet_id=tweet, take=take, profile="tweet", **agreed(card=card_of(code)))
    assert store.ask("POST", "/withdrawals", json={"code": code}).json() == {"clips": 2}
    assert asked(store, tweet) == []


def test_a_code_that_comes_before_its_clip_is_not_forgotten(store: Tus, tweet: str) -> None:
    code = new_code(b"another")
    assert store.ask("POST", "/withdrawals", json={"code": code}).status_code == 202
    answer = store.create(100, tweet_id=tweet, take=take_id(), **agreed(card=card_of(code)))
    assert answer.status_code == 410


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"code": "7K2M"},
        {"take": str(take_id())},
        {"tweet_id": "1"},
        {"tweet_id": "1", "sha256": ["x"]},
        {"code": 7},
    ],
)
def test_a_withdrawal_of_nothing_is_refused(store: Tus, said: dict[str, object]) -> None:
    assert store.ask("POST", "/withdrawals", json=said).status_code == 400


def test_the_reply_is_listed_until_somebody_says_that_it_is_deleted(store: Tus, tweet: str) -> None:
    path, link = f"/clips/{tweet}/{sha256(BODY)}", "https://x.com/campaign/status/12345"
    store.upload(BODY, tweet_id=tweet, take=take_id())
    for decision in ("approved", "posted"):
        assert (
            store.ask("POST", f"{path}/decisions", json={"decision": decision, "why": link}).status_code
            == 201
        )
    assert link not in store.ask("GET", "/").text
    store.ask("DELETE", path)
    page = store.ask("GET", "/").text
    assert link in page
    number = page.partition(link)[2].partition('data-took-down="')[2].partition('"')[0]
    assert store.ask("DELETE", f"/takedowns/{number}").status_code == 204
    assert store.ask("DELETE", f"/takedowns/{number}").status_code == 204
    assert link not in store.ask("GET", "/").text
    assert store.ask("DELETE", "/takedowns/99999").status_code == 404


def test_withdrawing_twice_is_withdrawing_once(store: Tus, tweet: str) -> None:
    take = take_id()
    store.upload(BODY, tweet_id=tweet, take=take)
    said = {"tweet_id": tweet, "take": take}
    answers = [store.ask("POST", "/withdrawals", json=said).status_code for _ in range(3)]
    assert answers == [200, 202, 202]
    assert len([each for each in told(store) if each.get("take") == take]) == 1


def test_a_laptop_withdraws_what_its_place_sent_and_no_more(tmp_path: Path, tweet: str) -> None:
    take = take_id()
    with served(tmp_path) as store, House(site(tmp_path), cost=CHEAP) as house:
        kakuma, zaatari = (
            Tus(store.url, house.tokens.add(Role.LAPTOP, Place(name))[0]) for name in ("kakuma", "zaatari")
        )
        kakuma.upload(BODY, tweet_id=tweet, take=take)
        said = {"tweet_id": tweet, "take": take}
        assert zaatari.ask("POST", "/withdrawals", json=said).status_code == 403
        assert zaatari.ask("DELETE", "/takedowns/1").status_code == 403
        assert asked(kakuma, tweet) == [sha256(BODY)]
        assert kakuma.ask("POST", "/withdrawals", json=said).status_code == 200
        assert any(each.get("take") == take for each in told(zaatari))  # who may have an old copy
