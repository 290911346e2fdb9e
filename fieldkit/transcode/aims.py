"""What a search can aim at: a quality, a number of bytes, the earliest arrival, a deadline; pure."""

from dataclasses import dataclass
from math import inf

from fieldkit.transcode.curve import COARSEST, Curve
from fieldkit.transcode.delivery import Delivery

ENOUGH = 93.0  # VMAF that nobody tells from the original on a phone: what is beyond it only takes time
_REACHED = 1.0  # VMAF that a size may fall short of what is asked
_OVER = 1.05  # a forecast of bytes that may yet fit
_EVEN = 1e-3  # among equal scores the sooner one


@dataclass(frozen=True, slots=True)
class ForScore:
    """That quality in the fewest bytes or, where the way to the store is known, at the earliest."""

    score: float
    delivery: Delivery | None = None

    def crf(self, curve: Curve) -> float:
        """The rate factor to use at that size."""
        return curve.crf_for_score(self.score)

    def cost(self, curve: Curve) -> float:
        """What that size then costs; the lowest wins."""
        crf = self.crf(curve)
        if curve.score(crf) < self.score - _REACHED:
            return inf
        size = curve.bytes(crf)
        return self.delivery.arrival(curve.pixels, size) if self.delivery else size


@dataclass(frozen=True, slots=True)
class ForBytes:
    """The best quality in so many bytes of picture."""

    most: float

    def crf(self, curve: Curve) -> float:
        """The rate factor to use at that size."""
        return curve.crf_for_bytes(self.most)

    def cost(self, curve: Curve) -> float:
        """What that size then costs; the lowest wins."""
        crf = self.crf(curve)
        size = curve.bytes(crf)
        return -curve.score(crf) if size <= self.most * _OVER else size  # where none fits, the smallest


@dataclass(frozen=True, slots=True)
class ForDeadline:
    """The best quality that arrives in so many seconds, none finer than anybody sees."""

    seconds: float
    delivery: Delivery

    def crf(self, curve: Curve) -> float:
        """The rate factor to use at that size."""
        room = self.delivery.room(curve.pixels, self.seconds)
        if room <= 0:
            return COARSEST
        return max(curve.crf_for_bytes(room), curve.crf_for_score(ENOUGH))

    def cost(self, curve: Curve) -> float:
        """What that size then costs; the lowest wins."""
        crf = self.crf(curve)
        arrival = self.delivery.arrival(curve.pixels, curve.bytes(crf))
        if arrival > self.seconds * 1.02:
            return inf
        return _EVEN * arrival - curve.score(crf)
