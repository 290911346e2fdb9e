"""From the last byte to a clip: verified, once, and told again to whoever missed the answer."""

import random
from pathlib import Path

import pytest
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.model import Sha256, TweetId
from fieldkit.protocol import upload_id

BODY = random.Random(3).randbytes(20_000)
HASH = sha256(BODY)


def test_the_last_byte_brings_the_receipt_and_the_clip(store: Tus, tweet: str) -> None:
    done = store.upload(BODY, tweet_id=tweet, sha256=HASH, profile="tweet", place="kakuma")
    assert done.status_code == 204
    assert done.headers["Upload-Offset"] == str(len(BODY))
    assert done.headers["Fieldkit-Receipt"] == HASH
    assert [c["sha256"] for c in store.ask("GET", f"/clips/{tweet}").json()["clips"]] == [HASH]


def test_the_place_of_an_upload_is_a_function_of_tweet_and_hash(store: Tus, tweet: str) -> None:
    made = store.create(len(BODY), tweet_id=tweet, sha256=HASH)
    assert made.headers["Location"] == f"/files/{upload_id(TweetId(tweet), Sha256(HASH))}"


def test_creating_again_finds_the_upload_where_it_stands(store: Tus, tweet: str) -> None:
    first = store.create(len(BODY), tweet_id=tweet, sha256=HASH)
    store.patch(first.headers["Location"], 0, BODY[:7000])
    again = store.create(len(BODY), tweet_id=tweet, sha256=HASH, place="kakuma")
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "7000")
    assert again.headers["Location"] == first.headers["Location"]


def test_creating_again_with_bytes_takes_them_only_from_the_start(store: Tus, tweet: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet, sha256=HASH).headers["Location"]
    store.patch(path, 0, BODY[:7000])
    said = {"Content-Type": "application/offset+octet-stream"}
    again = store.create(len(BODY), said, tweet_id=tweet, sha256=HASH)
    assert again.headers["Upload-Offset"] == "7000"
    assert store.patch(path, 7000, BODY[7000:]).headers["Fieldkit-Receipt"] == HASH


def test_creating_again_with_another_length_is_a_conflict(store: Tus, tweet: str) -> None:
    store.create(len(BODY), tweet_id=tweet, sha256=HASH)
    answer = store.create(len(BODY) + 1, tweet_id=tweet, sha256=HASH)
    assert answer.status_code == 409
    assert str(len(BODY)) in answer.json()["detail"]


def test_creating_what_is_a_clip_already_brings_the_receipt_without_a_byte(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)  # under a name of its own
    again = store.create(len(BODY), tweet_id=tweet, sha256=HASH)
    assert again.status_code == 201
    assert again.headers["Upload-Offset"] == str(len(BODY))
    assert again.headers["Fieldkit-Receipt"] == HASH
    assert store.head(again.headers["Location"]).headers["Fieldkit-Receipt"] == HASH
    assert len(store.ask("GET", f"/clips/{tweet}").json()["clips"]) == 1


def test_a_wrong_sha256_never_enters_the_catalogue(store: Tus, tweet: str, process: StoreProcess) -> None:
    wrong = sha256(b"something else")
    made = store.create(len(BODY), tweet_id=tweet, sha256=wrong)
    path = made.headers["Location"]
    assert store.patch(path, 0, BODY).status_code == 460
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404
    assert store.head(path).status_code == 404
    assert not list((process.root / "uploads").glob(f"{path[-32:]}*"))
    assert not (process.root / "media" / tweet).exists()


def test_a_file_that_is_not_a_video_is_kept_as_it_is(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    clip = store.ask("GET", f"/clips/{tweet}").json()["clips"][0]
    assert (clip["seconds"], clip["width"], clip["height"]) == (None, None, None)
    assert store.ask("GET", clip["url"]).content == BODY


def test_the_same_bytes_may_answer_two_tweets(store: Tus, tweet: str) -> None:
    other = str(int(tweet) + 1_000_000)
    for answered in (tweet, other):
        assert store.upload(BODY, tweet_id=answered, sha256=HASH).headers["Fieldkit-Receipt"] == HASH
        assert len(store.ask("GET", f"/clips/{answered}").json()["clips"]) == 1


@pytest.mark.parametrize("named", [True, False], ids=["with-sha256", "without"])
def test_a_receipt_is_told_again_after_a_restart(tmp_path: Path, tweet: str, named: bool) -> None:
    about = {"tweet_id": tweet, "profile": "tweet", **({"sha256": HASH} if named else {})}
    with StoreProcess(tmp_path / "root") as process:
        store = Tus(process.url)
        path = store.create(len(BODY), **about).headers["Location"]
        store.patch(path, 0, BODY)
        process.restart()
        store = Tus(process.url)
        told = store.head(path)
        assert told.headers["Upload-Offset"] == told.headers["Upload-Length"] == str(len(BODY))
        assert told.headers["Fieldkit-Receipt"] == HASH
        assert not list((tmp_path / "root" / "uploads").iterdir())


def test_what_was_complete_but_not_yet_a_clip_is_finished_at_the_next_start(
    tmp_path: Path, tweet: str
) -> None:
    root = tmp_path / "root"
    with StoreProcess(root) as process:
        path = Tus(process.url).create(len(BODY), tweet_id=tweet, sha256=HASH).headers["Location"]
        process.kill()
        (root / "uploads" / f"{path[-32:]}.bin").write_bytes(BODY)  # died between the last byte and the row
        store = Tus(process.start().url)
        assert store.head(path).headers["Fieldkit-Receipt"] == HASH
        assert len(store.ask("GET", f"/clips/{tweet}").json()["clips"]) == 1


def test_bytes_without_a_name_and_dead_parts_are_swept_at_the_next_start(tmp_path: Path) -> None:
    left = tmp_path / "root" / "uploads"
    left.mkdir(parents=True)
    for name in (f"{'a' * 32}.bin", f".{'b' * 32}.0123abcd.part.json", f"{'c' * 32}.pend"):
        (left / name).write_text("0")
    with StoreProcess(tmp_path / "root"):
        assert list(left.iterdir()) == []


def test_an_unverified_tail_is_cut_back_at_the_next_start(tmp_path: Path, tweet: str) -> None:
    root = tmp_path / "root"
    with StoreProcess(root) as process:
        store = Tus(process.url)
        path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
        store.patch(path, 0, BODY[:6000])
        process.kill()
        (root / "uploads" / f"{path[-32:]}.pend").write_text("5000")  # died inside a checksummed PATCH
        store = Tus(process.start().url)
        assert store.offset(path) == 5000
