"""Clips on their way from the local disk to a bucket and back."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store.conftest import served
from support import warm
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.errors import NeedsCrew
from fieldkit.model import Sha256, TweetId
from fieldkit.store import backup
from fieldkit.store.audit import differences
from fieldkit.store.bucket import Bucket, bucket_at
from fieldkit.store.house import House
from fieldkit.store.media import Blob
from fieldkit.store.replicas import replicated
from fieldkit.store.site import Site
from fieldkit.store.terms import Terms

BODY = b"a clip" * 5000
pytestmark = pytest.mark.usefixtures("s3")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A store with a bucket, whose prefix no other test has."""
    return Site(
        tmp_path / "root", bucket=f"s3://clips/{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:16]}"
    )


@pytest.fixture
def bucket(site: Site) -> Bucket:
    return bucket_at(str(site.bucket))


def until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + 20
    while not true():
        assert time.monotonic() < patience, "it never came true"
        time.sleep(0.02)


def blob(tweet: str, body: bytes = BODY) -> Blob:
    return Blob(TweetId(tweet), Sha256(sha256(body)), "bin")


def in_bucket(bucket: Bucket) -> set[str]:
    return {tweet for tweet, _ in bucket.names()}


def test_a_clip_reaches_the_bucket_and_leaves_the_disk_where_little_may_stay(
    site: Site, bucket: Bucket
) -> None:
    with served(site, Terms(cache=len(BODY))) as store:
        for tweet in ("1", "2", "3"):
            store.upload(BODY, tweet_id=tweet)
        until(lambda: len(list((site.root / "media").glob("*/*"))) == 1)
        assert in_bucket(bucket) == {"1", "2", "3"}
        clip = f"/clips/1/{sha256(BODY)}"
        whole = store.ask("GET", clip)
        assert (whole.status_code, whole.content) == (200, BODY)
        assert whole.headers["Content-Disposition"].endswith('.bin"')
        assert store.ask("HEAD", clip).headers["Content-Length"] == str(len(BODY))
        for said, first, last in (
            ("5-9", 5, 9),
            ("29990-", 29990, 29999),
            ("-3", 29997, 29999),
            ("0-99999", 0, 29999),
        ):
            part = store.ask("GET", clip, {"Range": f"bytes={said}"})
            assert part.content == BODY[first : last + 1]
            if (first, last) != (0, len(BODY) - 1):
                assert (part.status_code, part.headers["Content-Range"]) == (
                    206,
                    f"bytes {first}-{last}/{len(BODY)}",
                )
        assert store.ask("GET", clip, {"Range": "bytes=30000-"}).status_code == 416
        assert store.ask("GET", clip, {"Range": "bytes=0-1,5-6"}).content == BODY
        assert store.ask("GET", clip, {"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_a_withdrawal_takes_the_object_too_in_all_its_versions(
    site: Site, bucket: Bucket, tmp_path: Path
) -> None:
    bucket._client.put_bucket_versioning(Bucket="clips", VersioningConfiguration={"Status": "Enabled"})
    try:
        with served(site) as store:
            store.upload(BODY, tweet_id="1")
            until(lambda: in_bucket(bucket) == {"1"})
            same = tmp_path / "same"
            same.write_bytes(BODY)
            bucket.put(blob("1"), same)  # a second version
            store.ask("DELETE", f"/clips/1/{sha256(BODY)}")
            until(lambda: not versions(bucket))
            assert store.upload(BODY, tweet_id="1").status_code == 410
    finally:
        bucket._client.put_bucket_versioning(Bucket="clips", VersioningConfiguration={"Status": "Suspended"})


def versions(bucket: Bucket) -> int:
    pages = list(bucket._pages("list_object_versions", bucket._prefix))
    return sum(len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ())) for page in pages)


def test_what_was_left_behind_by_a_death_is_done_after_the_next_start(
    site: Site, bucket: Bucket, tmp_path: Path
) -> None:
    without = Site(site.root)
    with House(without) as house, served(without) as store:
        store.upload(BODY, tweet_id="1")
        store.upload(BODY, tweet_id="2")
        house.catalogue.withdraw(TweetId("2"), Sha256(sha256(BODY)))
    late = tmp_path / "late"
    late.write_bytes(BODY)
    bucket.put(blob("2"), late)  # by a process that died before it could know of the withdrawal
    assert in_bucket(bucket) == {"2"}
    with served(site):
        until(lambda: in_bucket(bucket) == {"1"})


def test_verify_reads_the_bucket_too(site: Site, bucket: Bucket) -> None:
    with served(site) as store:
        for tweet in ("1", "2", "3"):
            store.upload(BODY, tweet_id=tweet)
        with House(site) as house:
            until(lambda: held(house) == 3)
    bucket.erase(TweetId("1"), Sha256(sha256(BODY)))
    bucket._client.put_object(Bucket="clips", Key=bucket._key(blob("2")), Body=b"rot")
    bucket._client.put_object(Bucket="clips", Key=bucket._key(blob("9")), Body=b"stray")
    (site.root / "media" / "3" / f"{sha256(BODY)}.bin").unlink()
    with House(site) as house:
        told = list(differences(house.catalogue, house.media, house.bucket))
    assert [difference.split(": ")[1] for difference in told] == [
        "in the bucket it is missing",
        "in the bucket its bytes are not those of its SHA-256",
        "in the bucket no clip speaks of it",
    ]


def held(house: House) -> int:
    with house.catalogue.reading() as connection:
        return len(replicated(connection))


def test_a_backup_fetches_what_is_only_in_the_bucket(site: Site, tmp_path: Path) -> None:
    with served(site, Terms(cache=0)) as store:
        store.upload(BODY, tweet_id="1")
        until(lambda: not list((site.root / "media").glob("*/*")))
    assert backup.back_up(site, tmp_path / "copy").damaged == ()
    assert (tmp_path / "copy" / "media" / "1" / f"{sha256(BODY)}.bin").read_bytes() == BODY


def test_a_clip_whose_bytes_rotted_here_never_replaces_anything_there(site: Site, bucket: Bucket) -> None:
    without = Site(site.root)
    with served(without) as store:
        store.upload(BODY, tweet_id="1")
        store.upload(BODY, tweet_id="2")
    (site.root / "media" / "1" / f"{sha256(BODY)}.bin").write_bytes(b"rot")
    with served(site):
        until(lambda: in_bucket(bucket) == {"2"})


def test_a_bucket_that_is_away_costs_nobody_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with served(Site(tmp_path, bucket="s3://clips/away")) as store:
        assert store.upload(BODY, tweet_id="1").status_code == 204
        assert store.ask("GET", f"/clips/1/{sha256(BODY)}").content == BODY


def test_a_bucket_that_is_none_is_said_in_one_sentence(tmp_path: Path) -> None:
    for said in ("clips", "s3://", "https://clips"):
        with pytest.raises(NeedsCrew, match="--media is a bucket"):
            bucket_at(said)
    command = ["store", "serve", "--root", str(tmp_path), "--port", "0", "--media", "s3://nobody-has-this"]
    done = warm.run(command, os.environ)
    assert (done.returncode, "NoSuchBucket" in done.stderr) == (3, True)


@pytest.fixture
def running(site: Site) -> Iterator[StoreProcess]:
    with StoreProcess(site.root, where=["--media", str(site.bucket)]) as process:
        yield process


def test_the_command_replicates_until_it_is_stopped(running: StoreProcess, bucket: Bucket) -> None:
    Tus(running.url).upload(BODY, tweet_id="1")
    until(lambda: in_bucket(bucket) == {"1"})
    assert running.stop() == 0
