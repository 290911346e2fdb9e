"""How many streams a line is worth, from what is measured. Pure.

A single TCP connection takes each loss for a full line and slows down. Where packets are lost although nothing waits
in the line's queue (its round trip is what it is at best), the line has room that one connection does not
find: BBR finds it where the kernel allows it, and several connections find it everywhere. The first such loss brings
them; half a minute without any takes them back. Where the queue fills up, or where still more streams carried no more
bytes, the line is full.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fieldkit.sync.tcp import Reading

MOST = 8  # streams: more gain nothing up to 5 % loss, and crowd out the crew's other needs
_STEPS = {1: 4, 4: 6, 6: MOST}
_GAIN = 1.1  # times the goodput that more streams must bring to stay
_REST = 20.0  # seconds without more streams, after more of them brought nothing
_QUEUE = 0.25  # of the least round trip: more than that waiting is a full line
_LEAST_QUEUE = 0.02  # seconds, where the round trip is next to nothing
_WINDOW = 3.0  # round trips over which losses and goodput are counted, and
_LEAST_WINDOW = 2.0  # seconds at least
_CALM = 30.0  # seconds without a packet sent again, after which the loss was bad luck
_RAMP = 2  # such windows until new streams have found their pace


@dataclass(frozen=True, slots=True)
class Look:
    """All streams at one moment: seconds on a monotonic clock, bytes acknowledged together."""

    at: float
    acknowledged: int
    readings: Sequence[Reading]


class Gauge:
    """What is known of a line; kept from one upload to the next."""

    def __init__(self) -> None:
        self.streams = 1
        self._last: Look | None = None
        self._from: Look | None = None  # where the window began
        self._lost = 0  # in the window, while nothing waited
        self._roomy_loss = False
        self._again_at: float | None = None
        self._ramp = 0  # windows until goodput counts
        self._before: tuple[int, float] | None = None  # streams and bytes a second, before there were more
        self._rest_until = 0.0

    @property
    def lossy(self) -> bool:
        """Packets vanish although the line is not full."""
        return self._roomy_loss

    def begin(self) -> None:
        """A new upload, or a new connection after a cut: what was counted counts no more."""
        self._last, self._from, self._before, self._lost, self._again_at = None, None, None, 0, None

    def look(self, look: Look) -> int:
        """How many streams there should be from now on."""
        if not look.readings:
            return self.streams
        last, self._last = self._last, look
        if last is None or self._from is None or look.acknowledged < self._from.acknowledged:
            self._from = look
            return self.streams
        least = min(reading.least_round_trip for reading in look.readings)
        lost = _again(look) - _again(last)
        if lost > 0 or self._again_at is None:
            self._again_at = look.at
        elif look.at - self._again_at > _CALM:
            self.streams, self._roomy_loss, self._before = 1, False, None
        if lost > 0 and _has_room(look, least) and _has_room(last, least):
            self._lost += lost
            self._roomy_loss = True
            if self.streams == 1:  # at once: one connection needs long to recover, and no loss comes alone
                self.streams, self._ramp, self._from, self._lost = _STEPS[1], _RAMP, look, 0
                return self.streams
        if look.at - self._from.at >= max(_LEAST_WINDOW, _WINDOW * least):
            self._end_window(look, self._from, least)
            self._from, self._lost = look, 0
        return self.streams

    def _end_window(self, look: Look, began: Look, least: float) -> None:
        if self._ramp:
            self._ramp -= 1
        elif self._lost and self.lossy and look.at >= self._rest_until and _has_room(look, least):
            self._grow(look.at, (look.acknowledged - began.acknowledged) / (look.at - began.at))

    def _grow(self, now: float, carried: float) -> None:
        if self._before is not None and carried < _GAIN * self._before[1]:
            self.streams, self._rest_until, self._before = self._before[0], now + _REST, None
            return
        self._before = self.streams, carried
        self.streams, self._ramp = _STEPS.get(self.streams, self.streams), _RAMP


def _has_room(look: Look, least: float) -> bool:
    waiting = sum(reading.round_trip for reading in look.readings) / len(look.readings) - least
    return waiting < max(_LEAST_QUEUE, _QUEUE * least)


def _again(look: Look) -> int:
    return sum(reading.again for reading in look.readings)
