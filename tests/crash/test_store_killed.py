"""The store is SIGKILLed before and after all that it writes while it receives an upload; nothing may be lost."""

import base64
import contextlib
import hashlib
import http.client
import random
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from crash.killer import Child, Line, fork, lines_of, run_killed_at, try_each
from support.warm import store_imported

import fieldkit.store
from fieldkit import disk
from fieldkit.model import Sha256, TweetId
from fieldkit.protocol import OFFSET_TYPE, encode_metadata, upload_id
from fieldkit.store.serve import serve

TWEET = TweetId("826412345678901234")
CLIP = random.Random(2).randbytes(150_000)
SHA256 = Sha256(hashlib.sha256(CLIP).hexdigest())
WATCHED = [*Path(fieldkit.store.__file__).parent.glob("*.py"), Path(disk.__file__)]
_FIRST_PORT = 12_000
PATIENCE = 20.0  # seconds until a store that neither answers nor dies fails the test


class Laptop:
    """A small client that does what a laptop does, and remembers what it was told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged = 0
        self.receipt: str | None = None

    def upload(self, child: Child) -> None:
        """All of it; ends early when the store dies."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.await_store(child)
            offset = self.create()
            self.cut_off(offset, CLIP[offset : offset + 30_000])
            offset = self.head()
            offset = self.patch(offset, CLIP[offset : offset + 40_000], checked=True)
            while self.receipt is None:
                offset = self.patch(offset, CLIP[offset : offset + 60_000])
            self.head()
            self.create()

    def upload_and_stop(self, child: Child) -> None:
        self.upload(child)
        if child.alive():
            child.terminate()

    def await_store(self, child: Child) -> None:
        late = time.monotonic() + PATIENCE
        while child.alive():
            with contextlib.suppress(ConnectionRefusedError):
                self.ask("GET", "/healthz", {})
                return
            assert time.monotonic() < late, "the store neither answers nor dies"
            time.sleep(0.002)
        raise ConnectionError("the store died before it answered")

    def create(self) -> int:
        about = {"tweet_id": TWEET, "sha256": SHA256, "profile": "tweet", "place": "kakuma"}
        headers = {"Upload-Length": str(len(CLIP)), "Upload-Metadata": encode_metadata(about)}
        return self.told(201, *self.ask("POST", "/files", headers))

    def head(self) -> int:
        return self.told(200, *self.ask("HEAD", self.path, {}))

    def patch(self, offset: int, block: bytes, checked: bool = False) -> int:
        headers = {"Upload-Offset": str(offset), "Content-Type": OFFSET_TYPE}
        if checked:
            digest = base64.b64encode(hashlib.sha256(block).digest()).decode()
            headers["Upload-Checksum"] = f"sha256 {digest}"
        status, answer = self.ask("PATCH", self.path, headers, block)
        if status == 409:  # what was cut off may come in late: ask, as every client must
            return self.head()
        return self.told(204, status, answer)

    def cut_off(self, offset: int, block: bytes) -> None:
        """Announces more than it sends and goes away."""
        connection = self.connection()
        connection.putrequest("PATCH", self.path)
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": offset, "Content-Type": OFFSET_TYPE}
        for name, value in {**headers, "Content-Length": len(CLIP) - offset}.items():
            connection.putheader(name, str(value))
        connection.endheaders(block)
        connection.close()

    @property
    def path(self) -> str:
        return f"/files/{upload_id(TWEET, SHA256)}"

    def told(self, expected: int, status: int, headers: http.client.HTTPMessage) -> int:
        assert status == expected, f"{status} instead of {expected}"
        offset = int(headers["Upload-Offset"])
        assert offset >= self.acknowledged, f"the store forgot {self.acknowledged - offset} bytes"
        self.acknowledged = offset
        self.receipt = headers["Fieldkit-Receipt"]
        return offset

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, http.client.HTTPMessage]:
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, path, body, {"Tus-Resumable": "1.0.0", **headers})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers


@pytest.mark.timeout(400)
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_nothing_is_lost_wherever_the_store_is_killed(record_property: Callable[[str, object], None]) -> None:
    store_imported()
    with tempfile.TemporaryDirectory() as folder:
        laptop = Laptop(_port(0))
        root = Path(folder)
        lines = lines_of(lambda: _serving(root, laptop.port), WATCHED, laptop.upload_and_stop, folders=[root])
        assert laptop.receipt == SHA256
    began = time.monotonic()
    numbers = {line: number for number, line in enumerate(lines, 1)}
    complaints = try_each(lines, lambda line: _killed_there(line, numbers[line]))
    not_reached = [text for text in complaints if text.endswith(": not reached")]
    kills, seconds = len(lines) - len(not_reached), time.monotonic() - began
    record_property("kills", f"the store was killed at {kills} of {len(lines)} lines in {seconds:.0f} s")
    assert [text for text in complaints if text not in not_reached] == []
    assert len(not_reached) <= len(lines) // 5, "moments that only a race reaches are few"


def _killed_there(line: Line, number: int) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        root, laptop = Path(folder), Laptop(_port(number))
        code = run_killed_at(lambda: _serving(root, laptop.port), line, laptop.upload_and_stop)
        laptop.receipt = None
        again = fork(lambda: _serving(root, laptop.port))
        try:
            laptop.upload(again)
        finally:
            again.kill()
            again.wait()
        if laptop.receipt != SHA256:
            return f"no receipt after exit {code}"
        return _lost_or_doubled(root) or (None if code == -9 else "not reached")


def _lost_or_doubled(root: Path) -> str | None:
    with contextlib.closing(sqlite3.connect(root / "catalogue.sqlite")) as rows:
        clips = rows.execute("select tweet_id, sha256, bytes from clips").fetchall()
        whole = rows.execute("pragma integrity_check").fetchone()[0]
    blobs = [path for path in (root / "media").rglob("*") if path.is_file()]
    left = [path.name for path in (root / "uploads").iterdir()]
    if clips != [(TWEET, SHA256, len(CLIP))] or whole != "ok":
        return f"the catalogue has {clips}, {whole}"
    if [disk.hashed(path) for path in blobs] != [(SHA256, len(CLIP))]:
        return f"the media are {blobs}"
    return f"left over: {left}" if left else None


def _serving(root: Path, port: int) -> None:
    with open("/dev/null", "w") as nowhere, contextlib.redirect_stdout(nowhere):
        serve(root, "127.0.0.1", port)


def _port(number: int) -> int:
    """One for each trial, below the ports that the kernel hands out: two stores must never meet at one."""
    for candidate in range(_FIRST_PORT + number, 30_000, 1_000):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", candidate))
            return candidate
    raise AssertionError("no port is free")
