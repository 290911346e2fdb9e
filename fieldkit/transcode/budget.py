"""Fits a file into a number of bytes by trying whole encodes: within 2 % below, never above; pure."""

from collections.abc import Callable
from math import log

from fieldkit.transcode.curve import COARSEST

USED = 0.98  # of the budget, at least
_AIMED = 0.992
_TRIES = 9
_FINEST = 1.0  # a rate factor that no search would use, because nobody sees the difference: who names a size gets it
_SLOPE = -0.128  # of the bytes' logarithm along the rate factor, where nothing else is known (curve.py)


def fit(most: int, first: float, encode: Callable[[float], int]) -> float | None:
    """The rate factor whose file comes nearest to `most` bytes without going over; None where nothing fits.

    `encode` makes the file and returns its bytes. x264's bytes are a smooth function of its rate factor, so each try
    is laid between the nearest one that fits and the nearest one that does not.
    """
    tried: dict[float, int] = {}
    crf = _within(first)
    while crf not in tried and len(tried) < _TRIES:
        tried[crf] = encode(crf)
        if USED * most <= tried[crf] <= most:
            return crf
        crf = _next(most, tried)
    return min((crf for crf, size in tried.items() if size <= most), default=None)


def _next(most: int, tried: dict[float, int]) -> float:
    goal = log(most * _AIMED)
    over = max((crf for crf, size in tried.items() if size > most), default=None)
    under = min((crf for crf, size in tried.items() if size <= most), default=None)
    if over is None or under is None:
        near = min(tried, key=lambda crf: abs(log(tried[crf]) - goal))
        return _within(near + (goal - log(tried[near])) / _SLOPE)
    above, below = log(tried[over]), log(tried[under])
    share = (above - goal) / (above - below) if above > below else 0.5
    return _within(over + (under - over) * min(max(share, 0.03), 0.97))


def _within(crf: float) -> float:
    return round(min(max(crf, _FINEST), COARSEST), 2)
