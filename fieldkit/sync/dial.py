"""Opens connections quickly where a line is slow to answer, has just come back, or leads nowhere by one of its ways.

A store may have several addresses, and the way to one of them (IPv6, mostly) may be a black hole. So attempts go
side by side, each a SYN of 60 bytes, and the first that is answered wins (RFC 8305, with a longer patience).
"""

import contextlib
import errno
import os
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event

_OTHER = 0.3  # seconds until the next address is tried beside the first
_AGAIN = 2.0  # seconds until an address is tried anew: the kernel sends SYNs at 0, 1 and 3 s itself
_BRISK = 0.5  # the same after a loss of the line, so that its return is noticed
_TICK = 0.25  # seconds between two looks at whether the dialling was called off
_UNDER_WAY = errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY

Address = tuple[socket.AddressFamily, tuple[str, int]]
Option = tuple[int, int, int]


@dataclass(slots=True)
class Dial:
    """Remembers which address answered last, and whether the line was lost."""

    options: Sequence[Option]
    lost: bool = False  # since the last connection
    _known: dict[tuple[str, int], list[Address]] = field(default_factory=dict)

    def __call__(
        self, host: str, port: int, allowed: float, called_off: Event | None = None
    ) -> socket.socket:
        """A connected socket. Raises OSError (TimeoutError after `allowed` seconds, socket.gaierror)."""
        addresses = self._addresses(host, port)
        race = _Race(self.options, addresses, _BRISK if self.lost else _AGAIN)
        try:
            winner, address = race.run(time.monotonic() + allowed, called_off)
        except OSError:
            self.lost = True
            raise
        finally:
            race.close()
        self.lost = False
        self._known[host, port] = [address, *(other for other in addresses if other != address)]
        return winner

    def _addresses(self, host: str, port: int) -> list[Address]:
        known = self._known.get((host, port))
        if known:
            return known
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses: list[Address] = [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]
        # the families take turns, so that a second way is tried before a third address on the first
        first = [each for each in addresses if each[0] == addresses[0][0]]
        second = [each for each in addresses if each[0] != addresses[0][0]]
        paired = [each for pair in zip(first, second, strict=False) for each in pair]
        return paired + first[len(second) :] + second[len(first) :]


class _Race:
    def __init__(self, options: Sequence[Option], addresses: Sequence[Address], again: float) -> None:
        self._options, self._again = options, again
        self._count = len(addresses)
        self._left = cycle(addresses)
        self._refused: set[Address] = set()
        self._error: OSError = TimeoutError(errno.ETIMEDOUT, "timed out")
        self._waiting = selectors.DefaultSelector()

    def run(self, until: float, called_off: Event | None) -> tuple[socket.socket, Address]:
        """The first that connects. Raises OSError."""
        started, next_at = 0, 0.0
        while (now := time.monotonic()) < until:
            if called_off is not None and called_off.is_set():
                raise ConnectionAbortedError(errno.ECONNABORTED, "called off")
            if now >= next_at:
                started += 1
                self._start(next(self._left))
                next_at = now + (_OTHER if started < self._count else self._again)
            if len(self._refused) == self._count:
                raise self._error
            for key, _ in self._waiting.select(min(next_at, until, now + _TICK) - now):
                attempt = self._finished(key.fileobj, key.data)  # type: ignore[arg-type]
                if attempt is not None:
                    return attempt, key.data
            if self._refused and not self._waiting.get_map():
                next_at = min(next_at, time.monotonic() if started < self._count else next_at)
        raise self._error

    def close(self) -> None:
        """Ends every attempt that did not win."""
        for key in list(self._waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._waiting.close()

    def _start(self, address: Address) -> None:
        if address in self._refused:
            return
        try:
            attempt = socket.socket(address[0], socket.SOCK_STREAM)
        except OSError as error:  # this laptop has no such family
            self._lost(address, error)
            return
        attempt.settimeout(0)
        for option in self._options:
            with contextlib.suppress(OSError):
                attempt.setsockopt(*option)
        failed = attempt.connect_ex(address[1])
        if failed and failed not in _UNDER_WAY:
            attempt.close()
            self._lost(address, OSError(failed, errno.errorcode.get(failed, "")))
            return
        self._waiting.register(attempt, selectors.EVENT_WRITE, address)

    def _finished(self, attempt: socket.socket, address: Address) -> socket.socket | None:
        self._waiting.unregister(attempt)
        failed = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not failed:
            return attempt
        attempt.close()
        self._lost(address, OSError(failed, ""))
        return None

    def _lost(self, address: Address, error: OSError) -> None:
        self._refused.add(address)
        self._error = OSError(error.errno, os.strerror(error.errno or 0))
