"""What nobody sane would send is answered 4xx, and nothing comes of it."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.store import StoreProcess
from support.tus import Tus

from fieldkit.protocol import encode_metadata


@pytest.mark.parametrize(
    ("length", "status"),
    [("-1", 400), ("", 400), ("1e3", 400), ("12 34", 400), ("9" * 19, 413), ("9" * 5000, 413), ("0x10", 400)],
)
def test_a_senseless_length_is_refused(store: Tus, tweet: str, length: str, status: int) -> None:
    said = {"Upload-Length": length, "Upload-Metadata": encode_metadata({"tweet_id": tweet})}
    answer = store.ask("POST", "/files", said)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}


@pytest.mark.parametrize(
    "said", [{}, {"Upload-Length": "1", "Upload-Defer-Length": "1"}, {"Upload-Defer-Length": "2"}]
)
def test_a_length_is_said_once_or_deferred(store: Tus, tweet: str, said: dict[str, str]) -> None:
    metadata = {"Upload-Metadata": encode_metadata({"tweet_id": tweet})}
    assert store.ask("POST", "/files", {**said, **metadata}).status_code == 400


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "tweet_id",
        "tweet_id %%%",
        "tweet_id MTI=,tweet_id MTI=",
        "tweet_id /w==",
        encode_metadata({"tweet_id": "0"}),
        encode_metadata({"tweet_id": "../../etc/passwd"}),
        encode_metadata({"tweet_id": "12\0"}),
        encode_metadata({"tweet_id": "9" * 19}),
        encode_metadata({"tweet_id": "12", "sha256": "ABC"}),
        encode_metadata({"tweet_id": "12", "sha256": "A" * 64}),
        encode_metadata({"tweet_id": "12", "place": "36.2,37.1"}),
        encode_metadata({"tweet_id": "12", "take": "7"}),
        encode_metadata({"tweet_id": "12", "language": "not a language"}),
        encode_metadata({"tweet_id": "12", "recorded_at": "yesterday"}),
        encode_metadata({"tweet_id": "12", "recorded_at": "2026-11-22T10:00:00"}),
        encode_metadata({"tweet_id": "12", "recorded_at": "0001-01-01T00:00:00+14:00"}),
        encode_metadata({"tweet_id": "12", "profile": "../x"}),
        encode_metadata({"tweet_id": "12", "operator": "a\nb"}),
        encode_metadata({"tweet_id": "12", "filename": "x" * 300}),
    ],
)
def test_metadata_that_is_not_valid_is_refused(store: Tus, metadata: str) -> None:
    answer = store.ask("POST", "/files", {"Upload-Length": "5", "Upload-Metadata": metadata})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Upload-Metadata")


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fcatalogue.sqlite",
        "%00",
        "a" * 31,
        "A" * 32,
        "g" * 32,
        "a" * 32 + ".json",
        "a" * 32 + "%00",
        ".",
        "%2e%2e",
    ],
)
def test_a_name_that_the_store_never_gave_is_unknown(store: Tus, name: str) -> None:
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        assert store.ask(method, f"/files/{name}", headers, data=b"x").status_code in (404, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/clips/..%2f..%2fetc%2fpasswd",
        "/clips/%00",
        "/clips/12/..%2f..%2fcatalogue.sqlite",
        "/clips/12/" + "A" * 64,
        "/clips/-1",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/%00",
        "/%ff%fe",
    ],
)
def test_a_path_that_leads_astray_is_not_found(store: Tus, path: str) -> None:
    answer = store.ask("GET", path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "detail"}


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=" + "9" * 30, "limit=x", "place=1,2", "decision=liked", "after=٣"]
)
def test_a_senseless_query_is_refused(store: Tus, query: str) -> None:
    assert store.ask("GET", f"/clips?{query}").status_code == 400


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + "y" * 200_000 + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n",
        "PATCH /files/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        "PATCH /files/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "NONSENSE\r\n\r\n",
    ],
    ids=["huge-header", "nul-in-header", "negative-length", "two-lengths", "no-http"],
)
def test_what_is_not_http_is_answered_400(store: Tus, request_text: str) -> None:
    address = urlsplit(store.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(request_text.encode())
        assert line.recv(100).startswith(b"HTTP/1.1 400")


def test_nothing_of_all_this_was_written(process: StoreProcess) -> None:
    assert {path.name for path in process.root.iterdir()} <= {
        "catalogue.elsewhere",
        "catalogue.sqlite",
        "catalogue.sqlite-shm",
        "catalogue.sqlite-wal",
        "media",
        "store.lock",
        "uploads",
    }
    assert not (Path(process.root).parent / "catalogue.sqlite").exists()
