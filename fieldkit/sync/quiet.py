"""Notices that a line went dead, and that it is back, long before TCP would.

TCP doubles its patience with each packet that is lost: after an outage of eight seconds it may wait eight more.
So while nothing is acknowledged a second connection is tried twice a second; where the kernel lets us, it is told to
try the old one every second, too. Whichever gets through first carries on.
"""

import socket
import threading
import time
from collections.abc import Sequence

from fieldkit.errors import LinkDown
from fieldkit.sync import tcp
from fieldkit.sync.patience import BackAgain
from fieldkit.sync.tus import Tus

_QUIET = 2.0  # seconds without an acknowledgement, or
_ROUNDS = 2.5  # round trips, before the line is looked after
_GRACE = 1.3  # seconds that old connections get once the line is back, where they try every second
_NO_GRACE = 0.3  # seconds, where they don't
_ANSWER = 8.0  # seconds for the answer after the last byte was acknowledged
_NEVER = 120.0  # seconds: the kernel's own limit between two tries


class Quiet:
    """Watches one upload."""

    def __init__(self, tus: Tus) -> None:
        self._tus = tus
        self._acknowledged, self._moved_at = -1, time.monotonic()
        self._hurried = False
        self._called_off = threading.Event()
        self._probe: threading.Thread | None = None
        self._back_at: float | None = None

    def look(
        self, now: float, acknowledged: int, sockets: Sequence[socket.socket | None], *, all_sent: bool
    ) -> None:
        """Raises BackAgain when a new connection is open and the old ones are still silent, and LinkDown."""
        outstanding = any(tcp.unacknowledged(each) for each in sockets)
        if acknowledged != self._acknowledged or not (outstanding or all_sent):
            self._acknowledged, self._moved_at = acknowledged, now
            self._calm(sockets)
            return
        silent = now - self._moved_at
        if not outstanding:
            if tcp.TELLS and silent > _ANSWER:
                raise LinkDown("No answer came after the last byte; the store is asked where it stands.")
            return
        readings = [reading for each in sockets if (reading := tcp.reading(each))]
        round_trip = max((reading.round_trip for reading in readings), default=0.0)
        if silent > max(_QUIET, _ROUNDS * round_trip):
            self._worry(sockets, round_trip)
        grace = _GRACE + round_trip if self._hurried else _NO_GRACE
        if self._back_at is not None and now - self._back_at > grace:
            raise BackAgain("The line was gone and is back; the store is asked where it stands.")

    def close(self) -> None:
        """The upload has ended, one way or the other; a connection that was found stays."""
        self._called_off.set()

    def _worry(self, sockets: Sequence[socket.socket | None], round_trip: float) -> None:
        if self._probe is None:
            self._hurried = all(tcp.hurry(each, 2 * round_trip) for each in sockets)
            self._called_off = threading.Event()
            self._probe = threading.Thread(target=self._try, args=(self._called_off,), daemon=True)
            self._probe.start()

    def _try(self, called_off: threading.Event) -> None:
        if self._tus.dial(called_off) and not called_off.is_set():
            self._back_at = time.monotonic()

    def _calm(self, sockets: Sequence[socket.socket | None]) -> None:
        if self._probe is not None:
            self._called_off.set()
            self._tus.forget_spare()
            for each in sockets:
                tcp.hurry(each, _NEVER)
            self._probe, self._back_at = None, None
