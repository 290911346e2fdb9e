"""What the line can carry, and how a rate is kept on it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """The measured line."""

    bits_per_second: float
    rtt_ms: float


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
