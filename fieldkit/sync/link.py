"""What the line can carry, from what the store acknowledged and when. Pure."""

from dataclasses import dataclass, field

_WINDOW = (
    20.0  # seconds looked back: long enough for a satellite's bursts, short enough for a truck in the way
)


@dataclass(frozen=True, slots=True)
class Link:
    """The measured line."""

    bits_per_second: float
    rtt_ms: float


@dataclass(slots=True)
class Meter:
    """Samples of (seconds on a monotonic clock, bytes acknowledged so far)."""

    _samples: list[tuple[float, int]] = field(default_factory=list)

    def add(self, at: float, acknowledged: int) -> None:
        """One more reading; a reading below the last one (a new file, a cut) starts anew."""
        if self._samples and acknowledged < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((at, acknowledged))
        while len(self._samples) > 2 and self._samples[1][0] < at - _WINDOW:
            self._samples.pop(0)

    def bits_per_second(self) -> float | None:
        """Goodput over the last 20 s, or None before there is a second's worth of samples."""
        if len(self._samples) < 2:
            return None
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        if ended - began < 1 or last <= first:
            return None
        return (last - first) * 8 / (ended - began)


def eta_seconds(bytes_left: int, bits_per_second: float | None) -> float | None:
    """Seconds until so many bytes are sent; None where the line was not measured."""
    return bytes_left * 8 / bits_per_second if bits_per_second else None


class Pace:
    """Spreads blocks so that a rate in bits/s is kept; `wait` sleeps, `now` is a monotonic clock."""

    __slots__ = ("_free_at", "_rate")

    def __init__(self, rate: int | None) -> None:
        self._rate, self._free_at = rate, 0.0

    def delay(self, now: float, size: int) -> float:
        """Seconds to wait before `size` bytes may go."""
        if self._rate is None:
            return 0.0
        begin = max(self._free_at, now)
        self._free_at = begin + size * 8 / self._rate
        return begin - now
