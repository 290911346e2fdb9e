"""A tus client for tests, one method a request, which never does more than it is told."""

import base64
import hashlib
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from fieldkit.protocol import OFFSET_TYPE, encode_metadata

VERSION = {"Tus-Resumable": "1.0.0"}


@dataclass
class Tus:
    """One laptop talking to one store."""

    url: str
    token: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """Any request, with the token and the tus version unless `headers` has another."""
        carried = {
            **VERSION,
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
            **(headers or {}),
        }
        address = path if path.startswith("http") else self.url + path
        return self.session.request(
            method, address, headers=carried, timeout=20, allow_redirects=False, **more
        )

    def create(
        self, length: int | None, headers: dict[str, str] | None = None, **about: str
    ) -> requests.Response:
        """POST /files; `about` becomes Upload-Metadata."""
        said = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        if about:
            said["Upload-Metadata"] = encode_metadata(about)
        return self.ask("POST", "/files", {**said, **(headers or {})})

    def head(self, path: str) -> requests.Response:
        """HEAD."""
        return self.ask("HEAD", path)

    def offset(self, path: str) -> int:
        """What HEAD says."""
        answer = self.head(path)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def patch(
        self, path: str, offset: int, body: Any, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """PATCH."""
        said = {"Upload-Offset": str(offset), "Content-Type": OFFSET_TYPE, **(headers or {})}
        return self.ask("PATCH", path, said, data=body)

    def upload(self, content: bytes, **about: str) -> requests.Response:
        """POST and one PATCH; the last answer."""
        path = self.create(len(content), **about).headers["Location"]
        return self.patch(path, 0, content)

    def half_open(self, path: str, offset: int, body: bytes, announced: int) -> socket.socket:
        """A PATCH that sends `body`, announced more, and now says nothing; the caller closes it."""
        host, port = urlsplit(self.url).hostname, urlsplit(self.url).port
        line = socket.create_connection((host, port), timeout=20)
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: {host}:{port}\r\nTus-Resumable: 1.0.0\r\n"
            f"Upload-Offset: {offset}\r\nContent-Type: {OFFSET_TYPE}\r\nContent-Length: {announced}\r\n\r\n"
        )
        line.sendall(head.encode() + body)
        return line


def checksum(body: bytes, algorithm: str = "sha256") -> dict[str, str]:
    """The Upload-Checksum header of a body."""
    digest = base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {digest}"}


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()
