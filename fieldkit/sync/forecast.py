"""When the queue will be empty, from what was confirmed so far. Pure."""

from collections import deque
from dataclasses import dataclass, field
from math import sqrt

_WINDOW = (
    60.0  # seconds looked back: long enough for an outage to count, short enough to notice a better line
)
_WARM_UP = 4.0  # seconds after a start that say little: a connection begins slowly
_BIN = 4.0  # seconds of one sample of the rate, for its spread
_LEAST = 2.0  # seconds before anything is said
_IDLE = 5.0  # seconds between two uploads beyond which the line was not wanted
_EIGHTY = 1.28  # standard errors on either side that hold four of five
_FLOOR = 0.03  # of the rate: no line is known better


@dataclass(frozen=True, slots=True)
class Rate:
    """Goodput in bits/s, and between which bounds it lies four times out of five."""

    mean: float
    low: float
    high: float


@dataclass(slots=True)
class Goodput:
    """Confirmed bytes over time, whichever upload they belong to; what goes between two uploads counts as well."""

    _samples: deque[tuple[float, int]] = field(default_factory=deque)
    _began: float | None = None
    _total: int = 0
    _last: tuple[str, int] | None = None  # upload, confirmed

    def add(self, at: float, upload: str, confirmed: int) -> None:
        """At `at` seconds `confirmed` of the upload's bytes were confirmed."""
        same = self._last is not None and self._last[0] == upload
        before = self._last[1] if same and self._last else confirmed
        if self._samples and self._last and not same and at - self._samples[-1][0] > _IDLE:
            self._samples.clear()  # nothing was to be sent for a while
        if not self._samples:
            self._began = at
        self._total += max(0, confirmed - before)
        self._last = (upload, confirmed)
        self._samples.append((at, self._total))
        while len(self._samples) > 2 and self._samples[1][0] <= at - _WINDOW:
            self._samples.popleft()

    def rate(self) -> Rate | None:
        """None before there are two seconds of anything."""
        samples = self._settled()
        if len(samples) < 2 or samples[-1][0] - samples[0][0] < _LEAST:
            return None
        mean = _slope(samples[0], samples[-1])
        if mean <= 0:
            return None
        spread = max(_FLOOR, _EIGHTY * _error(samples) / mean)
        return Rate(mean, mean / (1 + spread), mean * (1 + spread))

    def _settled(self) -> list[tuple[float, int]]:
        """The samples without the warm-up, once there are enough others."""
        samples = list(self._samples)
        if self._began is None or not samples:
            return samples
        settled = [sample for sample in samples if sample[0] >= self._began + _WARM_UP]
        return settled if len(settled) > 1 and settled[-1][0] - settled[0][0] >= 2 * _BIN else samples


def _slope(first: tuple[float, int], last: tuple[float, int]) -> float:
    return (last[1] - first[1]) * 8 / (last[0] - first[0])


def _error(samples: list[tuple[float, int]]) -> float:
    """The standard error of the mean rate, in bits/s, from the rates of the bins."""
    rates, begin = [], samples[0]
    for sample in samples:
        if sample[0] - begin[0] >= _BIN:
            rates.append(_slope(begin, sample))
            begin = sample
    if len(rates) < 2:
        return rates[0] / 2 if rates else 0.0
    mean = sum(rates) / len(rates)
    return sqrt(sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1) / len(rates))
