"""Clips over HTTP: what is told, the file in ranges, decisions, withdrawal."""

import random
from pathlib import Path

import pytest
from store.conftest import served
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.store.ranges import settled_range

BODY = random.Random(5).randbytes(5000)
TAKE = "0190e5a0-0000-7000-8000-000000000001"


def test_a_tweet_lists_its_clips_as_the_contract_says(store: Tus, tweet: str, video: bytes) -> None:
    about = {"take": TAKE, "place": "kakuma", "profile": "proxy", "recorded_at": "2026-11-22T12:00:00+02:00"}
    store.upload(video, tweet_id=tweet, sha256=sha256(video), operator="Amal", language="sw-KE", **about)
    told = store.ask("GET", f"/clips/{tweet}").json()
    received = told["clips"][0].pop("received_at")
    assert received.endswith("Z")
    assert told == {
        "tweet_id": tweet,
        "request": None,
        "clips": [
            {
                "sha256": sha256(video),
                "profile": "proxy",
                "bytes": len(video),
                "seconds": 2.0,
                "width": 320,
                "height": 180,
                "take": TAKE,
                "place": "kakuma",
                "recorded_at": "2026-11-22T10:00:00Z",
                "url": f"{store.url}/clips/{tweet}/{sha256(video)}",
                "decision": None,
                "consent": None,
            }
        ],
    }


def test_a_tweet_without_clips_is_not_found(store: Tus, tweet: str) -> None:
    answer = store.ask("GET", f"/clips/{tweet}")
    assert answer.status_code == 404
    assert tweet in answer.json()["detail"]


def test_a_page_goes_from_new_to_old_and_on(tmp_path: Path) -> None:
    with served(tmp_path) as store:
        hashes = []
        for number in range(5):
            store.upload(
                BODY[number:], tweet_id=str(100 + number), place="kakuma" if number % 2 else "zaatari"
            )
            hashes.insert(0, sha256(BODY[number:]))
        seen, after = [], ""
        while True:
            page = store.ask("GET", f"/clips?limit=2{after}").json()
            seen += [clip["sha256"] for clip in page["clips"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == hashes
        kakuma = store.ask("GET", "/clips?place=kakuma").json()["clips"]
        assert [clip["tweet_id"] for clip in kakuma] == ["103", "101"]
        store.ask("POST", f"/clips/102/{hashes[2]}/decisions", json={"decision": "approved"})
        approved = store.ask("GET", "/clips?decision=approved").json()["clips"]
        assert [(clip["tweet_id"], clip["decision"]) for clip in approved] == [("102", "approved")]


def test_a_file_comes_with_a_safe_name_and_type(store: Tus, tweet: str, video: bytes) -> None:
    store.upload(video, tweet_id=tweet, profile="tweet", filename='"; rm -rf /.html', filetype="text/html")
    file = store.ask("GET", f"/clips/{tweet}/{sha256(video)}")
    assert file.content == video
    assert file.headers["Content-Type"] == "video/mp4"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        file.headers["Content-Disposition"]
        == f'attachment; filename="{tweet}-tweet-{sha256(video)[:12]}.mp4"'
    )


def test_a_file_comes_in_ranges(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    path, etag = f"/clips/{tweet}/{sha256(BODY)}", f'"{sha256(BODY)}"'
    part = store.ask("GET", path, {"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, BODY[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(BODY)}"
    assert store.ask("GET", path, {"Range": "bytes=-10"}).content == BODY[-10:]
    assert store.ask("GET", path, {"Range": "bytes=4000-"}).content == BODY[4000:]
    assert store.ask("GET", path, {"Range": "bytes=0-9", "If-Range": etag}).status_code == 206
    assert store.ask("GET", path, {"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    assert store.ask("HEAD", path).headers["Content-Length"] == str(len(BODY))


@pytest.mark.parametrize(
    "said",
    [
        "bytes=5-2",
        "items=0-1",
        "bytes=a-b",
        "bytes=",
        "bytes",
        "bytes=0-1,5-2",
        "bytes=--1",
        "bytes=٣-",
        "5-9",
    ],
)
def test_a_range_that_makes_no_sense_is_ignored(store: Tus, tweet: str, said: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    whole = store.ask("GET", f"/clips/{tweet}/{sha256(BODY)}", {"Range": said.encode()})  # type: ignore[dict-item]
    assert (whole.status_code, whole.content) == (200, BODY)


@pytest.mark.parametrize("said", ["bytes=5000-", "bytes=9000-9001", "bytes=-0", "bytes=5000-,6000-"])
def test_a_range_behind_the_end_is_answered_416(store: Tus, tweet: str, said: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    beyond = store.ask("GET", f"/clips/{tweet}/{sha256(BODY)}", {"Range": said})
    assert (beyond.status_code, set(beyond.json())) == (416, {"error", "detail"})
    assert beyond.headers["Content-Range"] == f"bytes */{len(BODY)}"


@pytest.mark.parametrize(
    ("said", "settled"),
    [
        ("bytes=0-1", "bytes=0-1"),
        ("Bytes= 0-1 , -3,", "bytes=0-1,-3"),
        ("bytes=0-1,900-", "bytes=0-1"),
        ("bytes=-900", "bytes=-900"),
        ("bytes=" + "0-1," * 500, None),
    ],
)
def test_a_range_is_cut_down_to_what_the_file_has(said: str, settled: str | None) -> None:
    assert settled_range(said, 500) == settled


def test_a_file_that_the_browser_has_is_not_sent_again(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    path = f"/clips/{tweet}/{sha256(BODY)}"
    etag = store.ask("GET", path).headers["ETag"]
    assert etag == f'"{sha256(BODY)}"'
    for said in (etag, f'"other", {etag}', "*", f"W/{etag}"):
        for method in ("GET", "HEAD"):
            answer = store.ask(method, path, {"If-None-Match": said})
            assert (answer.status_code, answer.content) == (304, b"")
    assert store.ask("GET", path, {"If-None-Match": 'W/"other"'}).status_code == 200


def test_decisions_are_appended_and_the_last_counts(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    path = f"/clips/{tweet}/{sha256(BODY)}"
    wish = {"decision": "retake", "by": "Amal", "why": "the wind drowns her voice"}
    first = store.ask("POST", f"{path}/decisions", json=wish)
    assert first.status_code == 201
    assert {**wish, "at": first.json()["at"]} == first.json()
    assert (
        store.ask("POST", f"{path}/decisions", json={"decision": "approved", "by": "Bo"}).status_code == 201
    )
    assert store.ask("GET", f"/clips/{tweet}").json()["clips"][0]["decision"] == "approved"
    history = store.ask("GET", f"{path}/decisions").json()["decisions"]
    assert [(entry["decision"], entry["by"]) for entry in history] == [("retake", "Amal"), ("approved", "Bo")]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"decision": "liked"}, 400),
        ({}, 400),
        ([], 400),
        ({"decision": "retake"}, 400),
        ({"decision": "withdrawn"}, 400),
        ({"decision": "posted"}, 409),
        ({"decision": "approved", "by": 7}, 400),
        ({"decision": "approved", "why": "x" * 3000}, 400),
        ({"decision": "retake", "why": "half a letter: \ud800"}, 400),
        ({"decision": "approved", "by": "\udfff"}, 400),
        ({"decision": "approved", "why": "x" * 30_000}, 413),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(store: Tus, tweet: str, said: object, status: int) -> None:
    store.upload(BODY, tweet_id=tweet)
    path = f"/clips/{tweet}/{sha256(BODY)}"
    assert store.ask("POST", f"{path}/decisions", json=said).status_code == status
    assert store.ask("GET", f"{path}/decisions").json() == {"decisions": []}


def test_a_withdrawn_clip_is_gone_for_ever_but_the_fact(
    store: Tus, tweet: str, process: StoreProcess
) -> None:
    made = store.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY), place="kakuma", operator="Amal Q")
    store.patch(made.headers["Location"], 0, BODY)
    path = f"/clips/{tweet}/{sha256(BODY)}"
    store.ask("POST", f"{path}/decisions", json={"decision": "approved", "why": "she speaks well"})
    assert store.ask("DELETE", path).status_code == 204
    assert not list((process.root / "media" / tweet).iterdir())
    assert store.ask("GET", path).status_code == 410
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404
    assert store.head(made.headers["Location"]).status_code == 410
    assert store.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY)).status_code == 410
    assert store.ask("DELETE", path).status_code == 204  # whoever missed the answer may ask again


def test_a_withdrawn_clip_does_not_come_back_without_its_hash(
    store: Tus, tweet: str, process: StoreProcess
) -> None:
    store.upload(BODY, tweet_id=tweet)
    store.ask("DELETE", f"/clips/{tweet}/{sha256(BODY)}")
    assert store.upload(BODY, tweet_id=tweet).status_code == 410
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404
    assert not list((process.root / "media" / tweet).iterdir())


def test_what_was_never_there_is_not_withdrawn(store: Tus, tweet: str) -> None:
    assert store.ask("DELETE", f"/clips/{tweet}/{sha256(BODY)}").status_code == 404


def test_a_wrong_method_names_the_right_ones(store: Tus) -> None:
    answer = store.ask("PUT", f"/clips/12/{sha256(BODY)}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET, HEAD"
    assert set(answer.json()) == {"error", "detail"}


def test_figures_are_told_to_operators(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    figures = dict(
        line.rsplit(" ", 1) for line in store.ask("GET", "/metrics").text.splitlines() if line[0] != "#"
    )
    assert float(figures["fieldkit_clips"]) >= 1
    assert float(figures["fieldkit_disk_free_bytes"]) > 0
    assert (
        float(figures['fieldkit_requests_total{method="PATCH",route="/files/{upload_id}",status="204"}']) >= 1
    )
    assert float(figures["fieldkit_received_bytes_total"]) >= len(BODY)
    assert not any(tweet in name for name in figures)  # nor anything else that points at a person
    assert store.ask("GET", "/healthz").json() == store.ask("GET", "/readyz").json() == {"status": "ok"}
