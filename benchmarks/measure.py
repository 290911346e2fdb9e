"""What the benchmarks measure with: seconds, bytes, VMAF, and bytes at equal VMAF; each encode is kept in a cache."""

import hashlib
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import exp, log
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg

CACHE = Path(tempfile.gettempdir()) / "fieldkit-benchmark"
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: of the processors, this process included, and of the wall clock."""

    cpu: float
    wall: float


class Stopwatch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._cpu, self._wall = _cpu(), time.monotonic()

    def read(self) -> Spent:
        """Since then."""
        return Spent(round(_cpu() - self._cpu, 3), round(time.monotonic() - self._wall, 3))


@dataclass(frozen=True, slots=True)
class Point:
    """One encode. `picture` is the sum of its picture packets, `bytes` the file; seconds are the encode's."""

    crf: float
    picture: int
    bytes: int
    mean: float
    p5: float
    cpu: float
    wall: float


def run(command: Sequence[object]) -> Spent:
    """Runs a program to its end."""
    watch = Stopwatch()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    return watch.read()


def ffmpeg(*arguments: object) -> Spent:
    """Runs fieldkit's own ffmpeg."""
    return run([FFMPEG, "-hide_banner", "-nostdin", "-y", "-loglevel", "error", *arguments])


def cached(key: Iterable[object], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make` gave the first time it was asked for under that key."""
    name = hashlib.sha256(repr(list(key)).encode()).hexdigest()[:24]
    path = CACHE / f"{name}.json"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        text = json.dumps(make())
        path.write_text(text)
    return dict(json.loads(path.read_text()))


def point(key: Iterable[object], make: Callable[[], Point]) -> Point:
    """The same for one encode."""
    return Point(**cached(key, lambda: asdict(make())))


def packets(path: Path) -> tuple[int, int]:
    """Pictures of a file, and the bytes of their packets."""
    with av.open(str(path)) as container:
        sizes = [packet.size for packet in container.demux(video=0) if packet.size]
    return len(sizes), sum(sizes)


def at_equal(points: Sequence[Point], score: float, by: str, what: str) -> tuple[float, bool]:
    """Bytes on a curve where its VMAF (`by`: mean or p5) is `score`, and whether that lies within what was measured.

    Between two encodes the logarithm of the bytes runs straight along the logit of VMAF.
    """
    known = sorted((logit(getattr(each, by)), log(getattr(each, what))) for each in points)
    at = logit(score)
    within = known[0][0] <= at <= known[-1][0]
    pairs = list(pairwise(known))
    low, high = next((pair for pair in pairs if at <= pair[1][0]), pairs[-1])
    slope = (high[1] - low[1]) / max(high[0] - low[0], 1e-6)
    return exp(low[1] + slope * (at - low[0])), within


def crf_for(points: Sequence[Point], score: float) -> float:
    """The rate factor at which a curve has that mean VMAF, by the same rule."""
    known = sorted((logit(each.mean), each.crf) for each in points)
    at = logit(score)
    pairs = list(pairwise(known))
    low, high = next((pair for pair in pairs if at <= pair[1][0]), pairs[-1])
    return low[1] + (high[1] - low[1]) * (at - low[0]) / max(high[0] - low[0], 1e-6)


def mean_vmaf(points: Sequence[Point], crf: float) -> float:
    """The mean VMAF of a curve at a rate factor, by the same rule."""
    known = sorted((each.crf, logit(each.mean)) for each in points)
    pairs = list(pairwise(known))
    low, high = next((pair for pair in pairs if crf <= pair[1][0]), pairs[-1])
    value = low[1] + (high[1] - low[1]) * (crf - low[0]) / (high[0] - low[0])
    return 100 / (1 + exp(-value))


def logit(score: float) -> float:
    """Straightens VMAF along rate factors and logarithms of bytes."""
    share = min(max(score, 0.5), 99.8) / 100
    return log(share / (1 - share))


def geometric(ratios: Sequence[float]) -> float:
    """Their geometric mean."""
    return exp(sum(log(ratio) for ratio in ratios) / len(ratios))


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    return sum(used.ru_utime + used.ru_stime for used in both)
