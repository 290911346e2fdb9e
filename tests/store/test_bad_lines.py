"""Lines that break: what arrived is kept, and nobody waits for the dead."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store.conftest import served
from support.store import StoreProcess
from support.tus import Tus, checksum, sha256

from fieldkit.store.terms import Terms

BODY = random.Random(4).randbytes(400_000)


def _await(process: StoreProcess, path: str, size: int) -> None:
    """Until the store has that much. It is not asked, because HEAD ends a writer."""
    file = process.root / "uploads" / f"{path[-32:]}.bin"
    _until(lambda: file.stat().st_size >= size, "the bytes never came")


def _until(done: Callable[[], bool], otherwise: str) -> None:
    late = time.monotonic() + 10
    while not done():
        assert time.monotonic() < late, otherwise
        time.sleep(0.002)


def test_a_cut_body_is_kept_to_its_last_byte(store: Tus, tweet: str, process: StoreProcess) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    store.half_open(path, 0, BODY[:300_000], len(BODY)).close()
    _await(process, path, 300_000)
    assert store.patch(path, 300_000, BODY[300_000:]).headers["Fieldkit-Receipt"] == sha256(BODY)


def test_a_cut_body_with_a_checksum_is_discarded(store: Tus, tweet: str, process: StoreProcess) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    said = checksum(BODY)
    head = f"Upload-Checksum: {said['Upload-Checksum']}"
    pending = process.root / "uploads" / f"{path[-32:]}.pend"
    with store.half_open(f"{path} HTTP/1.1\r\n{head}\r\nX-Rest:", 0, BODY[:100_000], len(BODY)):
        _until(pending.exists, "the writer never began")
    assert store.offset(path) == 0
    _until(lambda: not pending.exists(), "the writer never cleared away")


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE", "POST"])
def test_a_half_open_peer_does_not_keep_its_lock(
    store: Tus, tweet: str, process: StoreProcess, method: str
) -> None:
    named = {"tweet_id": tweet, "sha256": sha256(BODY)}
    path = store.create(len(BODY), **named).headers["Location"]
    with store.half_open(path, 0, BODY[:100_000], len(BODY)):
        _await(process, path, 100_000)
        began = time.monotonic()
        match method:
            case "HEAD":
                assert store.offset(path) == 100_000
            case "PATCH":
                assert store.patch(path, 100_000, BODY[100_000:]).status_code == 204
            case "DELETE":
                assert store.ask("DELETE", path).status_code == 204
            case "POST":
                assert store.create(len(BODY), **named).headers["Upload-Offset"] == "100000"
        assert time.monotonic() - began < 2


def test_the_newer_writer_wins_and_the_older_is_told(store: Tus, tweet: str, process: StoreProcess) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    with store.half_open(path, 0, BODY[:50_000], len(BODY)) as older:
        _await(process, path, 50_000)
        assert store.patch(path, 50_000, BODY[50_000:]).headers["Fieldkit-Receipt"] == sha256(BODY)
        assert older.recv(1000).startswith(b"HTTP/1.1 409")


def test_a_body_that_stalls_is_kept_and_answered_408(tmp_path: Path, tweet: str) -> None:
    with served(tmp_path, Terms(stall_seconds=0.2)) as store:
        path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
        with store.half_open(path, 0, BODY[:1000], len(BODY)) as line:
            assert line.recv(1000).startswith(b"HTTP/1.1 408")
        assert store.offset(path) == 1000


def test_a_store_that_is_stopped_keeps_what_came(tmp_path: Path, tweet: str) -> None:
    with StoreProcess(tmp_path / "root") as process:
        store = Tus(process.url)
        path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
        with store.half_open(path, 0, BODY[:70_000], len(BODY)) as line:
            _await(process, path, 70_000)
            began = time.monotonic()
            assert process.stop() == 0
            assert time.monotonic() - began < 5
            assert line.recv(1000).startswith(b"HTTP/1.1 503")
        assert Tus(process.start().url).offset(path) == 70_000


def test_a_store_that_is_killed_keeps_what_came(tmp_path: Path, tweet: str) -> None:
    with StoreProcess(tmp_path / "root") as process:
        store = Tus(process.url)
        path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
        with store.half_open(path, 0, BODY[:70_000], len(BODY)):
            _await(process, path, 70_000)
            process.restart()
        store = Tus(process.url)
        assert store.offset(path) == 70_000
        assert store.patch(path, 70_000, BODY[70_000:]).headers["Fieldkit-Receipt"] == sha256(BODY)
