"""A TCP proxy that changes bytes on their way up: what plain HTTP over a broken modem does."""

import contextlib
import socket
import threading
from typing import Self


class Flipping:
    """Forwards connections to `target`; the bytes at these places of all that went up are changed, each once."""

    def __init__(self, target: tuple[str, int], places: set[int]) -> None:
        self._target, self._places = target, places
        self._lock = threading.Lock()
        self.up_bytes = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            _end(each)
        for thread in self._threads:
            thread.join(10)
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            target = socket.create_connection(self._target, timeout=20)
            self._sockets += (client, target)
            for source, sink, up in ((client, target, True), (target, client, False)):
                self._threads.append(
                    threading.Thread(target=self._pump, args=(source, sink, up), daemon=True)
                )
                self._threads[-1].start()

    def _pump(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(16_384):
                sink.sendall(self._changed(block) if up else block)
        for end in (source, sink):
            _end(end)

    def _changed(self, block: bytes) -> bytes:
        with self._lock:
            began = self.up_bytes
            self.up_bytes += len(block)
            changed = bytearray(block)
            for place in [at for at in self._places if began <= at < self.up_bytes]:
                changed[place - began] ^= 0x10
                self._places.discard(place)
            return bytes(changed)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
