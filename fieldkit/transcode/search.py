"""Which size and which rate factor: a walk over sizes with few trials, towards whatever is aimed at; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from typing import Protocol

from fieldkit.transcode.curve import Curve, Point

# of the full size's short side; the steps lie about a tenth of the bytes apart
FACTORS = (1.0, 0.84, 0.7, 0.58, 0.48)
_NEAR = 2.5  # steps of the rate factor within which one trial tells enough to compare sizes
_NEARER = 1.2  # the same for the size that is taken
# A size that was not tried costs up to twice as much on clips full of detail as it saves on soft ones: logarithms of
# the bytes for the square of its distance, in logarithms of the side
_DOUBT = 0.6
_TRIALS = 3  # at one size
_SIZES = 4  # that are tried

Trial = Callable[[int, float], Point]  # short side, rate factor


class Aim(Protocol):
    """What is searched for."""

    def crf(self, curve: Curve) -> float:
        """The rate factor to use at that size."""

    def cost(self, curve: Curve) -> float:
        """What that size then costs; the lowest wins."""


@dataclass(frozen=True, slots=True)
class Found:
    """The size taken with its rate factor, and the curves of all sizes."""

    short_side: int
    crf: float
    curves: dict[int, Curve]

    @property
    def curve(self) -> Curve:
        """That of the size taken."""
        return self.curves[self.short_side]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What may be chosen from: short sides, the full one first; `pixels` tells how many the whole clip has at one."""

    sides: tuple[int, ...]
    pixels: Callable[[int], float]

    def away(self, side: int) -> int:
        """The full size, or from there the middle one: what lies between follows from both."""
        return self.sides[0] if side != self.sides[0] else self.middle

    @property
    def middle(self) -> int:
        """Two steps under the full size."""
        return self.sides[min(2, len(self.sides) - 1)]


def steps(full: int, smallest: float) -> tuple[int, ...]:
    """Short sides to choose from, the full one first; even, and none under `smallest` but the full one."""
    sides = [round(full * factor / 2) * 2 for factor in FACTORS]
    return (full, *(side for side in sides[1:] if side >= smallest))


def learned(aim: Aim, known: Curve, sizes: Sizes) -> Found:
    """Without trials: by what other clips needed and what is `known` of the full size."""
    return _found(aim, {sizes.sides[0]: known}, sizes)


def again(aim: Aim, found: Found) -> Found:
    """The same knowledge with another aim."""
    side = _best(aim, found.curves)
    return Found(side, aim.crf(found.curves[side]), found.curves)


def glance(aim: Aim, known: Curve, sizes: Sizes, trial: Trial, *, further: bool) -> Found:
    """One trial: how this clip differs from others.

    At the size that others would take or, where a search goes `further`, at a middle one: with the full one it tells
    most.
    """
    guess = learned(aim, known, sizes)
    side = sizes.middle if further else guess.short_side
    curve = guess.curves[side]
    return _found(aim, {side: curve.plus(trial(side, round(aim.crf(curve), 1)))}, sizes)


def search(aim: Aim, found: Found, sizes: Sizes, trial: Trial) -> Found:
    """On from a glance: tries a size well away, then the best by what both tell, as long as that is a new one."""
    curves = {side: curve for side, curve in found.curves.items() if curve.points}

    def settle(side: int, near: float) -> None:
        curves[side] = _settled(aim, _all(curves, sizes)[side], side, trial, near)

    settle(next(iter(curves)), _NEAR)
    while len(curves) < _SIZES:
        following = sizes.away(next(iter(curves))) if len(curves) == 1 else _best(aim, _all(curves, sizes))
        if following in curves:
            break
        settle(following, _NEAR)
    settle(best := _best(aim, _all(curves, sizes)), _NEARER)
    return _found(aim, curves, sizes, best)


def once_more(aim: Aim, found: Found, sizes: Sizes, trial: Trial) -> Found:
    """The size that was found, as trials of another kind tell it, whose results differ from what is known by little."""
    side = found.short_side
    first = Curve(side / sizes.sides[0], sizes.pixels(side)).plus(trial(side, round(found.crf, 1)))
    return _found(aim, {side: _settled(aim, first, side, trial, _NEARER)}, sizes, side)


def _found(aim: Aim, tried: Mapping[int, Curve], sizes: Sizes, best: int | None = None) -> Found:
    curves = _all(tried, sizes)
    side = best or _best(aim, curves)
    return Found(side, aim.crf(curves[side]), curves)


def _best(aim: Aim, curves: Mapping[int, Curve]) -> int:
    """The larger one where two are as good."""
    return min(curves, key=lambda side: (aim.cost(curves[side]), -side))


def _all(curves: Mapping[int, Curve], sizes: Sizes) -> dict[int, Curve]:
    """Curves of all sizes: those that were tried, and of the others what the nearest two tell."""
    told = [(side, *curve.told) for side, curve in sorted(curves.items())]

    def between(side: int) -> Curve:
        number = sum(each[0] < side for each in told)
        below, above = told[max(0, min(number - 1, len(told) - 2))], told[min(max(number, 1), len(told) - 1)]
        share = log(side / below[0]) / log(above[0] / below[0]) if above[0] > below[0] else 0.0
        better = below[1] + share * (above[1] - below[1])
        away = min(abs(log(side / below[0])), abs(log(side / above[0])))
        heavier = below[2] + share * (above[2] - below[2]) + _DOUBT * away**2
        return Curve(side / sizes.sides[0], sizes.pixels(side), better, heavier)

    return {side: curves.get(side) or between(side) for side in sizes.sides}


def _settled(aim: Aim, curve: Curve, side: int, trial: Trial, near: float) -> Curve:
    """The curve, known about where the aim would use it."""
    while len(curve.points) < _TRIALS:
        crf = round(aim.crf(curve), 1)
        if curve.distance(crf) <= near:
            break
        curve = curve.plus(trial(side, crf))
    return curve
