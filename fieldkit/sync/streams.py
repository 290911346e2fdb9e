"""One upload on its way: one stream, and more of them where the line carries more so.

Each stream is a thread with a connection and one request. It asks before each block; the thread that called
`run` answers, and decides everything: who may send, what each stream has left, how many there are.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.errors import SetAside, WorthRetrying
from fieldkit.protocol import Part
from fieldkit.sync import parts, tcp
from fieldkit.sync.answers import Standing, Whole
from fieldkit.sync.body import Body
from fieldkit.sync.gauge import Gauge, Look
from fieldkit.sync.quiet import Quiet
from fieldkit.sync.tus import Tus

_TICK = 0.2  # seconds between two looks at what the line acknowledged
_GOODBYE = 5.0  # seconds for a stream's thread to end

Send = Callable[[Body], Standing]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What others have to say while an upload runs."""

    gate: Callable[[], None]  # raises where not one block more may go
    delay: Callable[[float, int], float]  # seconds that so many bytes must wait, at a moment
    tell: Callable[[int], None]  # hears how many bytes of the file the store's side has


class _Over(Exception):
    """Nobody waits for this stream any more."""


@dataclass(slots=True, eq=False)
class _Stream:
    """A request under way for the bytes from `start` to `end`; `part` is None for the upload itself."""

    part: Part | None
    start: int
    end: int
    body: Body | None = None
    position: int = field(init=False)  # bytes before it were handed to the kernel
    answers: "queue.SimpleQueue[tuple[int, float]]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.position = self.start

    @property
    def connection(self) -> socket.socket | None:
        """Where it travels, once it does."""
        return self.body.connection if self.body else None

    @property
    def acknowledged(self) -> int:
        """Bytes of this request that the other end's kernel has."""
        return max(0, self.position - self.start - tcp.unacknowledged(self.connection))


@dataclass(frozen=True, slots=True)
class _Asks:
    stream: _Stream
    size: int


@dataclass(frozen=True, slots=True)
class _Ended:
    stream: _Stream
    how: Standing | BaseException


class Streams:
    """Sends what the store lacks of one file."""

    def __init__(self, tus: Tus, gauge: Gauge, path: Path, length: int, wishes: Wishes) -> None:
        self._tus, self._gauge, self._wishes = tus, gauge, wishes
        self._path, self._length = path, length
        self._events: queue.SimpleQueue[_Asks | _Ended] = queue.SimpleQueue()
        self._live: list[_Stream] = []
        self._over = threading.Event()
        self._location = ""
        self._main: _Stream | None = None
        self._waiting: list[Part] = []
        self._dealt = 0
        self._shared = False  # whether others than the main stream sent something
        self._divisible = True
        self._settled = 0  # bytes that the store had before, and of streams that have ended

    def run(self, standing: Standing, send: Send) -> Standing | None:
        """The standing that the last answer told, or None where the store must be asked.

        `send` is the request that carries the upload itself from its offset on. Raises what the gate
        raises, and everything that Tus does.
        """
        plan = parts.plan(self._length, standing.offset, standing.parts)
        self._location, self._waiting = standing.location, list(plan.waiting)
        self._settled = standing.offset + sum(part.held for part in standing.parts)
        self._dealt = len(standing.parts)
        self._divisible = plan.end - plan.offset >= parts.WORTH_IT or bool(self._waiting)
        self._gauge.begin()
        self._main = self._begin(None, plan.offset, plan.end, send)
        quiet, last = Quiet(self._tus), None
        try:
            next_look = time.monotonic() + _TICK
            while self._live:
                event = self._next(next_look)
                if isinstance(event, _Asks):
                    self._grant(event)
                elif isinstance(event, _Ended):
                    last = self._ended(event) or last
                    if last is not None and last.receipt is not None:
                        break
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + _TICK
                    self._look(quiet)
        finally:
            quiet.close()
            self._end_all()
            self._wishes.tell(self.acknowledged)
        return last if last is not None and (last.receipt or not self._shared) else None

    @property
    def acknowledged(self) -> int:
        """Bytes of the file that the store's side has."""
        return min(self._length, self._settled + sum(stream.acknowledged for stream in self._live))

    def _next(self, until: float) -> "_Asks | _Ended | None":
        try:
            return self._events.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None

    def _grant(self, asks: _Asks) -> None:
        stream = asks.stream
        size = min(asks.size, stream.end - stream.position)
        delay = 0.0
        if size:
            with self._heard():
                self._wishes.gate()
                delay = self._wishes.delay(time.monotonic(), size)
            stream.position += size
        stream.answers.put((size, delay))

    def _look(self, quiet: Quiet) -> None:
        with self._heard():
            self._wishes.gate()
        acknowledged = self.acknowledged
        self._wishes.tell(acknowledged)
        now, sockets = time.monotonic(), [stream.connection for stream in self._live]
        readings = [reading for each in sockets if (reading := tcp.reading(each))]
        quiet.look(now, acknowledged, sockets, all_sent=all(s.position == s.end for s in self._live))
        if not self._tus.line.bbr:
            self._gauge.look(Look(now, acknowledged, readings))
            if self._gauge.lossy and self._tus.use_bbr(sockets):
                self._gauge.streams = 1
        if acknowledged > self._settled:  # the upload is known at the store, so parts of it may be made
            while self._divisible and len(self._live) < self._gauge.streams and self._share():
                pass

    def _share(self) -> bool:
        """One more stream, if there is anything for it to do."""
        part = self._waiting.pop(0) if self._waiting else self._deal()
        if part is None:
            return False
        self._shared = True
        self._begin(part, part.start + part.held, part.end, lambda body: self._send_part(part, body))
        return True

    def _deal(self) -> Part | None:
        main = self._main
        if main is None:
            return None
        part = parts.deal(main.position, main.end, self._gauge.streams, self._dealt)
        if part is not None:
            main.end = part.start
            self._dealt += 1
        return part

    def _send_part(self, part: Part, body: Body) -> Standing:
        if not part.held:
            return self._tus.create_part(self._location, part, body)
        return self._tus.patch(self._tus.part_at(self._location, part), body, part.held)

    def _begin(self, part: Part | None, start: int, end: int, send: Send) -> _Stream:
        stream = _Stream(part, start, end)
        self._live.append(stream)
        threading.Thread(target=self._carry, args=(stream, send), daemon=True).start()
        return stream

    def _carry(self, stream: _Stream, send: Send) -> None:
        """A stream's thread: one request from beginning to end."""

        def claim(size: int) -> int:
            self._events.put(_Asks(stream, size))
            while True:
                try:
                    granted, delay = stream.answers.get(timeout=_TICK)
                    break
                except queue.Empty:
                    if self._over.is_set():
                        raise _Over from None
            if self._over.wait(delay) if delay > 0 else self._over.is_set():
                raise _Over
            return granted

        how: Standing | BaseException
        try:
            with self._path.open("rb") as file:
                stream.body = Body(file, stream.start, stream.end, claim)
                how = send(stream.body)
        except BaseException as error:
            how = error
        self._events.put(_Ended(stream, how))

    def _ended(self, event: _Ended) -> Standing | None:
        stream, how = event.stream, event.how
        self._live.remove(stream)
        if isinstance(how, Whole):
            self._undivided()
            return None
        if isinstance(how, BaseException):
            raise how
        self._settled += stream.position - stream.start
        if stream is self._main:
            self._main = None
        return how

    def _undivided(self) -> None:
        """The server takes no parts: the upload goes up in one piece, as it would have."""
        self._divisible = False
        if self._main is not None:
            self._main.end = self._length

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """Around what others say: set aside over a line that works, what the kernel has may still arrive."""
        try:
            yield
        except (WorthRetrying, SetAside):
            for stream in self._live:
                tcp.drop_on_close(stream.connection, drop=False)
            raise

    def _end_all(self) -> None:
        self._over.set()
        for stream in self._live:
            tcp.end(stream.connection)
        until = time.monotonic() + _GOODBYE
        left = list(self._live)
        while left and time.monotonic() < until:
            event = self._next(until)
            if isinstance(event, _Ended):
                left.remove(event.stream)
