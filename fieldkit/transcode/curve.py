"""Quality and bytes against x264's rate factor, for one clip at one size: measured where it can be, else learned."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, log
from typing import Self

FINEST, COARSEST = 8.0, 46.0  # rate factors that a search may use
_LOWEST, _HIGHEST = 1.0, 99.6  # beyond these VMAF tells nothing more
_MIDDLE = 30.0  # the rate factor that the learned constants speak of


@dataclass(frozen=True, slots=True)
class Point:
    """One trial. `bytes` is the whole clip's picture."""

    crf: float
    score: float  # VMAF, 0 to 100
    bytes: float


@dataclass(frozen=True, slots=True)
class Curve:
    """One clip at one size, `factor` being its side against the full size and `pixels` all the clip's pixels at it.

    Between two trials the score's logit and the bytes' logarithm run straight (facts/transcode.md 2.4: mean error 1.0
    against 3.4 for straight VMAF); beyond them with slopes learned from 14 clips (benchmarks/README.md, "The curve"),
    never with those of two trials, which miss by up to 20. `better` and `heavier` are how the clip differs from those,
    as trials at another size showed it.
    """

    factor: float
    pixels: float
    better: float = 0.0  # in logits of the score
    heavier: float = 0.0  # in logarithms of the bytes
    points: tuple[Point, ...] = ()

    def plus(self, point: Point) -> Self:
        """With one more trial."""
        return replace(self, points=tuple(sorted((*self.points, point), key=lambda each: each.crf)))

    def lighter(self, pixels: float, share: float) -> Self:
        """The same quality with that many pixels, in that share of the bytes."""
        points = tuple(replace(point, bytes=point.bytes * share) for point in self.points)
        before = log(self.pixels / pixels)  # what is learned weighs by pixels
        return replace(self, pixels=pixels, heavier=self.heavier + before + log(share), points=points)

    @property
    def told(self) -> tuple[float, float]:
        """How the clip differs from others, `better` and `heavier`, as the trial in the middle tells it."""
        if not self.points:
            return self.better, self.heavier
        near = self.points[len(self.points) // 2]
        plain = Curve(self.factor, self.pixels)
        return _logit(near.score) - plain._quality(near.crf), log(near.bytes) - plain._weight(near.crf)

    def score(self, crf: float) -> float:
        """VMAF at a rate factor."""
        return 100 / (1 + exp(-self._quality(crf)))

    def bytes(self, crf: float) -> float:
        """The picture's bytes at a rate factor."""
        return exp(self._weight(crf))

    def crf_for_score(self, score: float) -> float:
        """The rate factor for a VMAF, within what a search may use."""
        return _where(lambda crf: self._quality(crf) > _logit(score))

    def crf_for_bytes(self, most: float) -> float:
        """The rate factor at which the picture takes that many bytes, within what a search may use."""
        return _where(lambda crf: self._weight(crf) > log(max(most, 1.0)))

    def distance(self, crf: float) -> float:
        """How far the next trial is from a rate factor."""
        return min((abs(point.crf - crf) for point in self.points), default=COARSEST)

    def _quality(self, crf: float) -> float:
        learned = 2.0 + 1.85 * log(self.factor) + self.better
        slope = -(0.120 + 0.048 * max(0.0, 2 * self.factor - 1) ** 2)
        return _along(crf, [(p.crf, _logit(p.score)) for p in self.points], learned, slope)

    def _weight(self, crf: float) -> float:
        learned = log(self.pixels / 8) - 3.43 - 0.44 * log(self.factor) + self.heavier
        return _along(crf, [(p.crf, log(p.bytes)) for p in self.points], learned, -0.128)


def _along(crf: float, points: list[tuple[float, float]], learned: float, slope: float) -> float:
    if not points:
        return learned + slope * (crf - _MIDDLE)
    for (left, above), (right, below) in pairwise(points):
        if left <= crf <= right and right > left:
            return above + (below - above) * (crf - left) / (right - left)
    end, value = points[0] if crf < points[0][0] else points[-1]
    return value + slope * (crf - end)


def _where(above: Callable[[float], bool]) -> float:
    """The largest rate factor at which that still holds: both quality and weight fall along it."""
    low, high = FINEST, COARSEST
    if not above(low):
        return low
    if above(high):
        return high
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) else (low, middle)
    return low


def _logit(score: float) -> float:
    share = min(max(score, _LOWEST), _HIGHEST) / 100
    return log(share / (1 - share))
