"""How good a picture came out: one number from many, and where libvmaf is missing an estimate of it; pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, log10
from types import MappingProxyType
from typing import Any

# A second more than a just noticeable difference (6 VMAF, facts/transcode.md) under the mean is what people remember:
# a quarter of what it lies beyond that is taken off.
_NOTICEABLE, _SHARE = 6.0, 0.25
_ALIKE = 60.0  # decibels: two pictures that are the same have infinitely many


@dataclass(frozen=True, slots=True)
class Quality:
    """VMAF against the source at the profile's size, 0 to 100. `metric` is what was measured."""

    mean: float
    p5: float  # the 5th percentile of the pictures
    worst: float  # the mean of the worst second
    metric: str = "vmaf"

    @property
    def score(self) -> float:
        """The number that is aimed at: the mean, or less where one second is bad."""
        return self.mean - _SHARE * max(0.0, self.mean - self.worst - _NOTICEABLE)


def pooled(scores: list[float], per_second: float, metric: str = "vmaf") -> Quality:
    """From the scores of pictures, `per_second` of them to a second. Raises ValueError where there is none."""
    if not scores:
        raise ValueError("no picture was compared")
    step = max(1, round(per_second))
    # a rest shorter than half a second belongs to the second before it
    starts = range(0, max(1, len(scores) - step // 2), step)
    seconds = [_mean(scores[start : start + step]) for start in starts]
    return Quality(_mean(scores), sorted(scores)[len(scores) // 20], min(seconds), metric)


@dataclass(frozen=True, slots=True)
class Metric:
    """One of ffmpeg's filters that compare two streams."""

    name: str
    filter: str
    read: Callable[[str], list[float]]  # from the log that it writes to scores on VMAF's scale
    log: str  # the name of its option for the log


def _vmaf(log: str) -> list[float]:
    frames: list[Mapping[str, Any]] = json.loads(log)["frames"]
    return [float(frame["metrics"]["vmaf"]) for frame in frames]


def _column(name: str, scale: Callable[[float], float]) -> Callable[[str], list[float]]:
    """Reads the figure of that name from each line that tells of a picture: those begin with `n:`."""

    def read(log: str) -> list[float]:
        lines = (line.replace(": ", ":").split() for line in log.splitlines() if line.startswith("n:"))
        return [
            scale(float(word.removeprefix(name))) for line in lines for word in line if word.startswith(name)
        ]

    return read


def _estimate(middle: float, width: float) -> Callable[[float], float]:
    """VMAF from decibels, fitted on eight real clips: off by 6 in the mean, by 8 from SSIM (benchmarks/README.md)."""
    return lambda decibels: 100 / (1 + exp((middle - min(decibels, _ALIKE)) / width))


def _decibels(ssim: float) -> float:
    return -10 * log10(max(1 - ssim, 1e-6))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "vmaf": Metric("vmaf", "libvmaf", _vmaf, "log_path"),
        "xpsnr": Metric("xpsnr", "xpsnr", _column("y:", _estimate(22.8, 4.9)), "stats_file"),
        "ssim": Metric(
            "ssim", "ssim", _column("Y:", lambda ssim: _estimate(8.2, 3.6)(_decibels(ssim))), "stats_file"
        ),
    }
)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
