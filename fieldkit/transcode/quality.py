"""How good a picture came out: one number from many, and where libvmaf is missing an estimate of it; pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from types import MappingProxyType
from typing import Any

# A second more than a just noticeable difference (6 VMAF, facts/transcode.md) under the mean is what people remember:
# a quarter of what it lies beyond that is taken off.
_NOTICEABLE, _SHARE = 6.0, 0.25


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
    def read(log: str) -> list[float]:
        words = (word for line in log.splitlines() for word in line.replace(": ", ":").split())
        values = (word.removeprefix(name) for word in words if word.startswith(name))
        return [scale(min(float(value), 100.0)) for value in values]

    return read


def _estimate(middle: float, width: float) -> Callable[[float], float]:
    """Logistic curves fitted to VMAF on the real clips of benchmarks/README.md ("Without libvmaf")."""
    return lambda value: 100 / (1 + exp((middle - value) / width))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "vmaf": Metric("vmaf", "libvmaf", _vmaf, "log_path"),
        "xpsnr": Metric("xpsnr", "xpsnr", _column("y:", _estimate(29.0, 3.2)), "stats_file"),
        "ssim": Metric("ssim", "ssim", _column("Y:", _estimate(0.90, 0.028)), "stats_file"),
    }
)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
