"""Connections on which nothing is asked yet: a time limit and a cap, so that they never use up the process.

uvicorn waits for a request's head as long as it takes, and takes in connections until no file can be opened.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_SECONDS = 75  # a kept connection without a request

_WANTED_FILES = 65_536  # descriptors; more than this store can use
_MOST_LINES = 4096
_COMPLAIN_EVERY = 60.0  # seconds
_log = logging.getLogger(__name__)


class Line(H11Protocol):
    """One connection. It is dropped unless a request begins in time; beyond the cap, the longest silent goes."""

    def __init__(self, *arguments: Any, head_seconds: float, most: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_seconds = head_seconds
        self._most = most
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """No request is running on it."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head(self._head_seconds)
        if len(self.connections) > self._most:
            # this one at the latest, if every other is at work
            _longest_waiting(self.connections).drop()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.waits:
            self._forget_deadline()

    def on_response_complete(self) -> None:
        self._await_head(IDLE_SECONDS + self._head_seconds)
        super().on_response_complete()  # a pipelined request may begin in here
        if not self.waits:
            self._forget_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The store goes down. What is idle goes at once: over TLS a close waits for the other side's word."""
        if self.waits:
            self.drop()
        else:
            super().shutdown()

    def drop(self) -> None:
        """Without a word: the other side may not even listen."""
        self._forget_deadline()
        self.connections.discard(self)  # at once, so that the next one to come counts right
        self.transport.abort()

    @property
    def deadline(self) -> float:
        """When it will be dropped, on the loop's clock."""
        return self._deadline.when() if self._deadline else float("inf")

    def _await_head(self, seconds: float) -> None:
        self._forget_deadline()
        self._deadline = self.loop.call_later(seconds, self.drop)

    def _forget_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def _longest_waiting(connections: Any) -> Line:
    waiting: list[Line] = [line for line in connections if line.waits]
    return min(waiting, key=lambda line: line.deadline)


def lines(head_seconds: float, most: int = _MOST_LINES) -> Callable[..., Line]:
    """What uvicorn calls for each connection."""
    return partial(Line, head_seconds=head_seconds, most=most)


def raise_file_limit() -> int:
    """As many open files as this process may have, from now on."""
    if sys.platform == "win32":  # sockets are no files there
        return _WANTED_FILES
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _WANTED_FILES
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, _WANTED_FILES)
    for limit in (wanted, 10_240):  # macOS says `unlimited` and means 10240
        if soft < limit:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            except (ValueError, OSError):
                continue
            soft = limit
    return soft


def room(files: int) -> tuple[int, int]:
    """How many connections at most, and how many are taken in at once, where so many files may be open.

    An upload is a connection and a file; and asyncio takes in four helpings before the first is dropped.
    """
    return min(_MOST_LINES, files // 4), max(1, min(128, files // 16))


def quiet(loop: asyncio.AbstractEventLoop) -> None:
    """asyncio tells hundreds of times a second that no connection can be taken in: once a minute is enough."""
    last = -_COMPLAIN_EVERY

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last
        if "out of system resource" not in context["message"]:
            loop.default_exception_handler(context)
        elif time.monotonic() - last > _COMPLAIN_EVERY:
            last = time.monotonic()
            _log.error("The store can take in no more connections for now (%s).", context.get("exception"))

    loop.set_exception_handler(tell)
