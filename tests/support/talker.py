"""A server that says what it is told to, over real sockets: for answers no good store gives."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Talker:
    """Answers request after request with (status, headers), or cuts the connection for None."""

    answers: list[tuple[int, dict[str, str]] | None]
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with contextlib.suppress(OSError):
            if self._open is not None:
                self._open.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        left = iter(self.answers)
        while True:
            try:
                connection, _ = self._listener.accept()
                self._open = connection
            except OSError:
                return
            with connection, connection.makefile("rb") as reader:
                try:
                    while (request := self._read(reader)) is not None:
                        self.requests.append(request)
                        answer = next(left, None)
                        if answer is None:
                            break
                        connection.sendall(self._bytes(request.method, *answer))
                except OSError:
                    continue

    def _read(self, reader) -> Request | None:
        line = reader.readline().decode()
        if not line:
            return None
        method, path, _ = line.split(" ", 2)
        headers = {}
        while header := reader.readline().decode().strip():
            name, _, value = header.partition(": ")
            headers[name] = value
        return Request(method, path, headers, reader.read(int(headers.get("Content-Length", 0))))

    def _bytes(self, method: str, status: int, headers: dict[str, str]) -> bytes:
        lines = [f"HTTP/1.1 {status} so", *(f"{name}: {value}" for name, value in headers.items())]
        if status != 204:
            lines.append("Content-Length: 0")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()
