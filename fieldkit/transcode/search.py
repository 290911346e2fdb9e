"""Which size and which rate factor: a walk over sizes with few trials, towards whatever is aimed at; pure."""

from collections.abc import Callable, Mapping, Sequence
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

Pixels = Callable[[int], float]  # short side → pixels of the whole clip
Trial = Callable[[int, float], Point]  # short side, rate factor


class Aim(Protocol):
    """What is searched for."""

    def crf(self, curve: Curve) -> float:
        """The rate factor to use at that size."""

    def cost(self, curve: Curve) -> float:
        """What that size then costs; the lowest wins."""


@dataclass(frozen=True, slots=True)
class Found:
    """The size taken with its rate factor, and the curves of all sizes that were tried."""

    short_side: int
    crf: float
    curves: dict[int, Curve]

    @property
    def curve(self) -> Curve:
        """That of the size taken."""
        return self.curves[self.short_side]


def sizes(full: int, smallest: int) -> list[int]:
    """Short sides to choose from, the full one first; even, and none under `smallest` but the full one."""
    steps = [round(full * factor / 2) * 2 for factor in FACTORS]
    return [full, *(side for side in steps[1:] if side >= smallest)]


def search(aim: Aim, first: Curve, sides: Sequence[int], pixels: Pixels, trial: Trial | None) -> Found:
    """Tries the full size and one of 0.7, then the best by what both tell, as long as that is a new one.

    Without trials by `first`, what is known of the full size. `sides` are short sides, the full one first.
    """
    full = sides[0]
    curves = {full: _settled(aim, first, full, trial, _NEAR)}
    while trial is not None and len(curves) < _SIZES:
        best = _best(aim, _all(curves, sides, pixels))
        following = sides[min(2, len(sides) - 1)] if len(curves) == 1 else best
        if following in curves:
            break
        curves[following] = _settled(aim, _all(curves, sides, pixels)[following], following, trial, _NEAR)
    everything = _all(curves, sides, pixels)
    best = _best(aim, everything)
    everything[best] = _settled(aim, everything[best], best, trial, _NEARER)
    return Found(best, aim.crf(everything[best]), everything)


def _best(aim: Aim, curves: Mapping[int, Curve]) -> int:
    """The larger one where two are as good."""
    return min(curves, key=lambda side: (aim.cost(curves[side]), -side))


def _all(curves: Mapping[int, Curve], sides: Sequence[int], pixels: Pixels) -> dict[int, Curve]:
    """Curves of all sizes: those that were tried, and between them what the nearest two tell."""
    told = [(side, *curve.told) for side, curve in sorted(curves.items())]

    def between(side: int) -> Curve:
        number = sum(each[0] < side for each in told)
        below, above = told[max(0, min(number - 1, len(told) - 2))], told[min(max(number, 1), len(told) - 1)]
        share = log(side / below[0]) / log(above[0] / below[0]) if above[0] > below[0] else 0.0
        better = below[1] + share * (above[1] - below[1])
        away = min(abs(log(side / below[0])), abs(log(side / above[0])))
        heavier = below[2] + share * (above[2] - below[2]) + _DOUBT * away**2
        return Curve(side / sides[0], pixels(side), better, heavier)

    return {side: curves.get(side) or between(side) for side in sides}


def _settled(aim: Aim, curve: Curve, side: int, trial: Trial | None, near: float) -> Curve:
    """The curve, known about where the aim would use it."""
    while trial is not None and len(curve.points) < _TRIALS:
        crf = round(aim.crf(curve), 1)
        if curve.distance(crf) <= near:
            break
        curve = curve.plus(trial(side, crf))
    return curve
