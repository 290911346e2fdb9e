"""More connections than the store has files for, none of which ever asks anything."""

import asyncio
import queue
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from store.conftest import served
from support.site import at
from support.tus import Tus, sha256

from fieldkit.store.lines import quiet, raise_file_limit, room
from fieldkit.store.terms import Terms

resource = pytest.importorskip("resource")  # on Windows sockets are no files

HALF = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HASTY = Terms(head_seconds=0.3)


def _connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=10)


def _ended(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


def _alive(line: socket.socket) -> bool:
    line.sendall(HALF + b"\r\n\r\n")
    said = b""
    while not said.endswith(b"}"):
        said += line.recv(1000)
    return said.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("said", [b"", HALF], ids=["nothing", "half-a-head"])
def test_a_line_that_asks_nothing_is_dropped(tmp_path: Path, said: bytes) -> None:
    with served(tmp_path, HASTY) as store, _connect(store.url) as line:
        line.sendall(said)
        assert _ended(line)


def test_a_head_that_trickles_gains_no_time(tmp_path: Path) -> None:
    with served(tmp_path, HASTY) as store, _connect(store.url) as line:
        line.sendall(HALF)
        late = time.monotonic() + 5
        while not select.select([line], [], [], 0.02)[0]:  # nothing but its end can come
            assert time.monotonic() < late, "the store still listens"
            line.sendall(b"x")
        assert _ended(line)


def test_a_request_that_began_in_time_may_take_longer(tmp_path: Path, tweet: str) -> None:
    body = b"x" * 1000
    with served(tmp_path, HASTY) as store:
        path = store.create(len(body), tweet_id=tweet).headers["Location"]
        with store.half_open(path, 0, body[:400], len(body)) as line, _connect(store.url) as silent:
            assert _ended(silent)  # the limit has passed for both
            line.sendall(body[400:])
            assert line.recv(1000).startswith(b"HTTP/1.1 204")
        assert store.head(path).headers["Fieldkit-Receipt"] == sha256(body)


def test_a_line_is_kept_between_requests(tmp_path: Path) -> None:
    with served(tmp_path, HASTY) as store, _connect(store.url) as line, _connect(store.url) as silent:
        for _ in range(2):
            assert _alive(line)
            assert _ended(silent)


def test_beyond_the_cap_the_longest_silent_goes_and_who_works_stays(tmp_path: Path, tweet: str) -> None:
    with ExitStack() as open_lines:
        store = open_lines.enter_context(served(tmp_path, most=3))
        path = store.create(10, tweet_id=tweet).headers["Location"]
        store.session.close()
        working = open_lines.enter_context(store.half_open(path, 0, b"12345", 10))
        while not (tmp_path / "uploads" / f"{path[-32:]}.bin").stat().st_size:
            time.sleep(0.002)
        first, *others = [open_lines.enter_context(_connect(store.url)) for _ in range(4)]
        assert _ended(first)
        for line in others[-2:]:
            assert _alive(line)
        working.sendall(b"67890")
        assert working.recv(1000).startswith(b"HTTP/1.1 204")


@contextmanager
def _cramped(root: Path, files: int) -> Iterator[tuple[subprocess.Popen[str], Tus]]:
    serve = [sys.executable, "-m", "fieldkit", "store", "serve", *at(root), "--port", "0"]
    shell = ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh", *serve]
    process = subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said: queue.Queue[str] = queue.Queue()
    try:
        assert process.stdout
        threading.Thread(target=lambda out=process.stdout: said.put(out.readline()), daemon=True).start()
        yield process, Tus(re.sub(r".* at (\S+)\n", r"\1", said.get(timeout=30)))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_1300_half_heads_do_not_disable_a_store_of_1024_files(tmp_path: Path, tweet: str) -> None:
    body = b"a clip" * 500
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1500, "this test needs as many files itself"
    with _cramped(tmp_path, 1024) as (process, store), ExitStack() as open_lines:
        path = store.create(len(body), tweet_id=tweet).headers["Location"]
        for _ in range(1300):
            open_lines.enter_context(_connect(store.url)).sendall(HALF)
        for _ in range(5):
            began = time.monotonic()
            assert requests.get(f"{store.url}/healthz", timeout=5).status_code == 200
            assert time.monotonic() - began < 2
        assert Tus(store.url).patch(path, 0, body).headers["Fieldkit-Receipt"] == sha256(body)
        process.terminate()
        _, complaints = process.communicate(timeout=40)
        assert len(complaints.splitlines()) <= 3, complaints[:2000]


def test_no_number_of_files_is_too_small_to_serve() -> None:
    for files in (64, 256, 1024, 1_000_000):
        most, helping = room(files)
        assert most >= 1
        assert helping >= 1
        assert 2 * most + 4 * helping < files
    assert raise_file_limit() >= resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_store_out_of_files_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    quiet(loop)
    for _ in range(100):
        context = {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many")}
        loop.call_exception_handler(context)
    loop.call_exception_handler({"message": "something else"})
    loop.close()
    first, other = caplog.messages
    assert "no more connections" in first
    assert other == "something else"
