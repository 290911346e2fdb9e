"""A TCP proxy that behaves like a link in the field: slow, cut, silent. For the demo, tests and benchmarks."""

import contextlib
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Self

_BLOCK = 4096  # bytes forwarded at a time
_BUFFER = 16 * 1024  # bytes of receive buffer: a link holds little
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class BadLink:
    """Forwards connections to `target`, upward at `rate` bits/s. Its worker threads die with the process.

    What is sent arrives `delay` seconds later, either way; to connect takes no time. `up_bytes` counts what crossed
    the link towards the target.
    """

    def __init__(self, target: tuple[str, int], *, rate: float | None = None, delay: float = 0.0) -> None:
        self._target, self._rate, self._delay = target, rate, delay
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._free_at = self._dead_until = 0.0
        self._passes = threading.Event()
        self._passes.set()
        self.up_bytes = 0
        self.cuts_made = 0
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, outage: float = 1.0) -> None:
        """Resets every connection, and new ones for `outage` seconds."""
        with self._lock:
            self._dead_until = time.monotonic() + outage
            doomed, self._open = self._open, set()
            self.cuts_made += 1
        for end in doomed:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            _close(end)

    def black_hole(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._passes.clear()

    def heal(self) -> None:
        """The black hole ends: what waited goes on."""
        self._passes.set()

    def forget_client(self) -> None:
        """The client vanishes without a word: its side is closed, the target's side stays open for ever."""
        with self._lock:
            clients = {end for end in self._open if end.getsockname()[1] == self.port}
            self._open -= clients
        for end in clients:
            _close(end)

    def close(self) -> None:
        """Ends the link."""
        _close(self._listener)
        self.heal()
        self.cut(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if time.monotonic() < self._dead_until:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                client.close()
                continue
            try:
                target = socket.create_connection(self._target, timeout=10)
            except OSError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                client.close()
                continue
            target.settimeout(None)
            with self._lock:
                self._open |= {client, target}
            for source, sink, up in ((client, target, True), (target, client, False)):
                threading.Thread(target=self._pump, args=(source, sink, up), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, up: bool) -> None:  # noqa: FBT001
        arrive = _later(sink, self._delay) if self._delay else lambda block: _give(sink, block)
        try:
            while block := source.recv(_BLOCK):
                self._passes.wait()
                if up:
                    self._cross(len(block))
                arrive(block)
            arrive(b"")
        except OSError:
            if source in self._open:  # not cut by us: the other end went away
                _close(sink)
                _close(source)

    def _cross(self, size: int) -> None:
        with self._lock:
            begin = max(self._free_at, time.monotonic())
            self._free_at = begin + (size * 8 / self._rate if self._rate else 0)
            free_at = self._free_at
        time.sleep(max(0.0, free_at - time.monotonic()))
        self.up_bytes += size


def _give(sink: socket.socket, block: bytes) -> None:
    """An empty block is the end of what is said."""
    if block:
        sink.sendall(block)
        return
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _later(sink: socket.socket, delay: float) -> Callable[[bytes], None]:
    """Gives `sink` each block `delay` seconds after it is told."""
    flying: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def land() -> None:
        block = b" "
        while block:
            due, block = flying.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                _give(sink, block)
            except OSError:  # the sink is closed; whoever speaks to it hears so from the other direction
                return

    threading.Thread(target=land, daemon=True).start()
    return lambda block: flying.put((time.monotonic() + delay, block))


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
