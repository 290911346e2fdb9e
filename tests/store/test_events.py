"""The board's news: server-sent events that end when they should."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from store.conftest import served
from store.test_requests import guarded
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.store import events

BODY = b"a clip" * 100


@contextmanager
def listening(store: Tus) -> Iterator["queue.Queue[tuple[str, str, Any]]"]:
    """(event, id, data) of each as it comes; then ("end", "", None), or "cut" where it was not ended but broken off."""
    answer = store.ask("GET", "/events", stream=True)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    heard: queue.Queue[tuple[str, str, Any]] = queue.Queue()

    def hear() -> None:
        said: dict[str, str] = {}
        try:
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                key, _, value = line.partition(": ")
                if key:
                    said[key] = value
                elif "event" in said:
                    heard.put((said["event"], said.get("id", ""), json.loads(said["data"])))
                    said = {}
            heard.put(("end", "", None))
        except requests.RequestException:
            heard.put(("cut", "", None))

    thread = threading.Thread(target=hear)
    thread.start()
    try:
        yield heard
    finally:
        with suppress(RuntimeError):  # it has ended
            answer.raw.shutdown()
        answer.close()
        thread.join(10)


def test_each_change_is_told_once_and_in_order(tmp_path: Path) -> None:
    with StoreProcess(tmp_path) as process:
        store = Tus(process.url)
        store.ask("POST", "/requests", json={"tweet": "1"})
        with listening(store) as heard:
            assert heard.get(timeout=10) == ("hello", "1", {})
            store.ask("POST", "/requests", json={"tweet": "2"})
            store.upload(BODY, tweet_id="2")
            decision = {"decision": "approved"}
            store.ask("POST", f"/clips/2/{sha256(BODY)}/decisions", json=decision)
            store.ask("DELETE", f"/clips/2/{sha256(BODY)}")
            store.ask("DELETE", "/requests/2")
            told = [heard.get(timeout=10) for _ in range(5)]
        kinds = ["request", "arrival", "decision", "withdrawal", "request"]
        assert told == [
            ("change", str(number), {"tweet_id": "2", "kind": kind}) for number, kind in enumerate(kinds, 2)
        ]


def test_a_board_that_listens_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    with StoreProcess(tmp_path) as process, listening(Tus(process.url)) as heard:
        assert heard.get(timeout=10)[0] == "hello"
        assert process.stop() == 0
        assert heard.get(timeout=10)[0] == "end"


def test_only_the_command_centre_listens(tmp_path: Path) -> None:
    with guarded(tmp_path) as (kakuma, _, centre):
        assert kakuma.ask("GET", "/events").status_code == 403
        assert Tus(centre.url, "wrong").ask("GET", "/events").status_code == 401


def test_no_more_listen_than_the_store_can_bear_and_who_leaves_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST", 1)
    monkeypatch.setattr(events, "_HEARTBEAT", 0.05)
    with served(tmp_path) as store:
        with listening(store) as heard:
            assert heard.get(timeout=10)[0] == "hello"
            refused = Tus(store.url).ask("GET", "/events")
            assert (refused.status_code, refused.json()["error"]) == (503, "busy")
        while (answer := Tus(store.url).ask("GET", "/events", stream=True)).status_code == 503:
            pass
        assert answer.status_code == 200
        answer.raw.shutdown()
        answer.close()


def test_a_stream_ends_by_itself_so_that_a_revoked_token_does_not_listen_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_LONGEST", 0.0)
    with served(tmp_path) as store, listening(store) as heard:
        assert [heard.get(timeout=10)[0] for _ in range(2)] == ["hello", "end"]
