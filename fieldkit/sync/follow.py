"""Sends a rendition's payload while the encoder still writes it, for as long as nothing else is to be sent.

What arrives is the end of a file that has no name yet: nothing of it is catalogued. Once the rendition is on record the
push says under which name those bytes belong and sends what is missing; the whole file's hash decides, as ever.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

from fieldkit import protocol
from fieldkit.errors import Withdrawn
from fieldkit.growing import Runway
from fieldkit.journal import Journal
from fieldkit.journal.flights import Flight
from fieldkit.model import Withdrawal
from fieldkit.sync import tcp
from fieldkit.sync.answers import Gone, Standing, Whole
from fieldkit.sync.body import Stream
from fieldkit.sync.gauge import Gauge, Look
from fieldkit.sync.patience import Patience
from fieldkit.sync.push import Pacing, Stopped
from fieldkit.sync.quiet import Quiet
from fieldkit.sync.tail import Tail
from fieldkit.sync.tus import Tus

_LEAST = 16 * 1024  # bytes that are ready before a word is said to the store
_LOOK = 0.05  # seconds between two looks at what is not there yet
_TICK = 0.2  # seconds between two looks at the line


@dataclass(frozen=True, slots=True)
class Follow:
    """Follows what grows on the runway. `held` gives the sentence of what keeps everything back, or None."""

    journal: Journal
    tus: Tus
    store: str
    runway: Runway
    stop: threading.Event
    patience: Patience
    held: Callable[[], str | None]
    pace: Pacing
    gauge: Gauge  # what is known of the line
    tell: Callable[
        [float, Flight, int, bool], None
    ]  # the time, of what, bytes confirmed, whether the line is behind

    def __call__(self) -> None:
        """Returns when nothing grows any more, when it has got its name, or when something else is to be sent.

        Raises WorthRetrying, NotAuthorised, Held; what the store has by then it keeps.
        """
        growing = self.runway.now()
        if growing is None or self.runway.closed:
            return
        flight = self.journal.flights.of(growing.take, growing.profile)
        if flight is None:
            return
        try:
            self._await(lambda: growing.path.exists() or growing.done.is_set(), flight)
            with growing.path.open("rb") as file:
                tail = Tail(file, growing, 0, lambda size: self._gate(flight, size))
                self.patience.moved()
                if self.patience(lambda: self._send(flight, tail)):
                    # its name comes within seconds: nobody sleeps through that
                    self._await(lambda: self.runway.now() is not growing, flight)
        except FileNotFoundError:  # not there yet, or done
            return
        except Whole:
            self.runway.closed = True
        except Withdrawn:
            tweet_id = self.journal.take(flight.take).tweet_id
            self.journal.farewell.heard([Withdrawal(tweet_id, flight.take)])

    def clear_away(self) -> None:
        """Has the store throw away what it keeps of encodes that came to nothing, or may no longer leave."""
        for number, location in self.journal.flights.adrift(self.store):
            self.tus.terminate(location)
            self.journal.flights.forget_tail(number, self.store)

    def _may(self, flight: Flight) -> bool:
        free = not self.stop.is_set() and self.held() is None
        return free and self._is_next(flight) and self.journal.flights.is_wanted(flight)

    def _is_next(self, flight: Flight) -> bool:
        """Nothing else is to be sent; and of a file that has its name by now, one stream is all the line needs."""
        upload = self.journal.lineup.next(self.store)
        if upload is None:
            return True
        itself = (upload.take.id, upload.rendition.profile) == (flight.take, flight.profile)
        return itself and self.gauge.streams == 1

    def _await(self, ready: Callable[[], bool], flight: Flight) -> bool:
        """Waits for it; False where the flight may not go on."""
        while not ready():
            if not self._may(flight) or self.stop.wait(_LOOK):
                return False
        return True

    def _gate(self, flight: Flight, size: int) -> float | None:
        if not self._may(flight):
            return None
        return self.pace.delay(time.monotonic(), size) if size else 0.0

    def _send(self, flight: Flight, tail: Tail) -> bool:
        """One request. True where the payload is at the store, False where it ended on purpose."""
        if not self._may(flight):
            return False
        standing = self._found(flight)
        tail.position = standing.offset
        if not self._await(lambda: tail.ready >= _LEAST or tail.growing.done.is_set(), flight):
            return False
        if tail.is_over:
            return True
        self.gauge.begin()
        body = Stream(tail.blocks())
        with ThreadPoolExecutor(1) as thread, closing(Quiet(self.tus)) as quiet:
            answer = thread.submit(self.tus.append, standing.location, body, standing.offset)
            try:
                while not answer.done():
                    with suppress(TimeoutError):
                        answer.exception(_TICK)
                    self._go_on()
                    now, confirmed = time.monotonic(), tail.position - tcp.unacknowledged(body.connection)
                    quiet.look(now, confirmed, [body.connection], all_sent=False)
                    self._look(now, confirmed, body)
                    self.tell(now, flight, confirmed, tail.ready >= _LEAST)
            except BaseException:
                tail.end()
                tcp.end(body.connection)
                raise
        if tail.trouble is not None:
            raise tail.trouble
        answer.result()
        self.patience.moved()
        return tail.is_over

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise Stopped("Stopped; the store keeps what it has and the upload goes on from there.")

    def _look(self, now: float, confirmed: int, body: Stream) -> None:
        if self.tus.line.bbr or (reading := tcp.reading(body.connection)) is None:
            return
        self.gauge.look(Look(now, confirmed, [reading]))
        if self.gauge.lossy and self.tus.use_bbr([body.connection]):
            self.gauge.streams = 1

    def _found(self, flight: Flight) -> Standing:
        location = self.journal.flights.tail(flight, self.store)
        if location is not None:
            try:
                return self.tus.head(location)
            except Gone:
                self.journal.flights.forget_tail(flight.number, self.store)
        entry = self.journal.entry(flight.take)
        # with what a withdrawal goes by, so that the store knows these bytes, too, when one comes
        about = {"tweet_id": entry.take.tweet_id, "take": flight.take, "profile": flight.profile}
        about |= protocol.consent_metadata(entry.consent)
        if flight.expected:
            about[protocol.EXPECTED] = str(flight.expected)
        standing = self.tus.create_tail(about)
        self.journal.flights.sent_to(flight, self.store, standing.location)
        return standing
