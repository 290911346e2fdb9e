"""The same clips by other tools: plain x264, HandBrake's presets, and ab-av1's way to a quality."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import ffmpeg as graph
from clips import EVERY, Clip
from measure import CACHE, Point, ffmpeg, mean_vmaf, packets, point, run

from fieldkit.transcode import picture

CRFS = (20, 25, 30, 35, 40)
HANDBRAKE = "Fast 720p30"
HANDBRAKE_QUALITIES = (22, 27, 32, 37)
_SAMPLE = 20.0  # seconds that ab-av1 looks at in a clip of less than 12 minutes
_FINEST, _COARSEST, _STEP = 10.0, 46.0, 0.1  # its rate factors for x264


def x264(clip: Clip) -> list[Point]:
    """`ffmpeg -c:v libx264 -crf N -preset medium -c:a aac`."""

    def encode(crf: int, made: Path) -> Sequence[object]:
        options = ("-c:v", "libx264", "-crf", crf, "-preset", "medium", "-c:a", "aac")
        return ("ffmpeg", "-i", clip.reference, *options, made)

    return [_point(clip, crf, encode(crf, Path("made.mp4"))) for crf in CRFS]


def handbrake(clip: Clip) -> list[Point]:
    """HandBrake's preset with its quality turned; no cropping, and the source's own rate, so that pictures pair."""
    words = ("HandBrakeCLI", "--preset", HANDBRAKE, "--crop", "0:0:0:0", "--cfr", "-i", clip.reference)
    rate = ("-r", f"{float(clip.ground.shape(clip.ground.full).fps):g}")
    return [
        _point(clip, crf, (*words, *rate, "-q", crf, "-o", Path("made.mp4"))) for crf in HANDBRAKE_QUALITIES
    ]


def fixed(clip: Clip, preset: str, factor: float, crfs: Sequence[int]) -> list[Point]:
    """Plain x264 and AAC at a preset and a share of the full size, from the source: what a fixed recipe could give.

    Upright and in the right colours, as fieldkit's own way there would make it.
    """
    shape = clip.ground.shape(round(clip.ground.full * factor / 2) * 2)
    source, audio = graph.input(str(clip.path)), clip.ground.probe.audio
    streams = [picture.filtered(source[str(clip.ground.video.index)], clip.ground.video, shape)]
    streams += [source[str(audio.index)]] if audio else []

    def encode(crf: int) -> Sequence[object]:
        coded = {"c:v": "libx264", "crf": crf, "preset": preset, "threads": 2, "r": picture.text(shape.fps)}
        made = graph.output(*streams, "made.mp4", **coded, **{"c:a": "aac", "b:a": "48k", "ac": 1})
        return ("ffmpeg", *(Path(word) if word == "made.mp4" else word for word in made.get_args()))

    return [_point(clip, crf, encode(crf)) for crf in crfs]


@dataclass(frozen=True, slots=True)
class Search:
    """How ab-av1 would find a rate factor, and what its file then scores."""

    runs: int
    frames: int
    crf: float
    mean: float


def ab_av1(clip: Clip, points: Sequence[Point], target: float) -> Search:
    """ab-av1's interpolated binary search (its crf_search.rs) on x264 medium, on one sample of 20 s.

    Each run's score is read off the measured curve of x264 in the place of an encode of its own; the frames are those
    it would encode.
    """
    shape = clip.ground.shape(clip.ground.full)
    frames = round(min(clip.ground.seconds, _SAMPLE) * float(shape.fps))
    seen: dict[float, float] = {}
    crf, runs = (_FINEST + _COARSEST) / 2, 0
    while True:
        runs += 1
        seen[crf] = mean_vmaf(points, crf)
        following = _following(seen, crf, target, 0.1 * 2 ** (runs - 1), runs)
        if following is None:
            best = max((tried for tried, score in seen.items() if score > target), default=crf)
            return Search(runs, runs * frames, best, seen[best])
        crf = following


def _following(
    seen: dict[float, float], crf: float, target: float, tolerance: float, runs: int
) -> float | None:
    good = seen[crf] > target
    if good and seen[crf] < target + tolerance:
        return None
    beyond = [tried for tried in seen if (tried > crf if good else tried < crf)]
    end = _COARSEST if good else _FINEST
    if not beyond:
        if crf == end:
            return None
        return round((crf + end) / 2, 1) if runs == 1 else end
    other = min(beyond, key=lambda tried: abs(tried - crf))
    if abs(other - crf) < 1.5 * _STEP:
        return None
    better, worse = sorted((crf, other))
    share = (target - seen[worse]) / max(seen[better] - seen[worse], 1e-6)
    return round(min(max(worse - share * (worse - better), better + _STEP), worse - _STEP), 1)


def _point(clip: Clip, crf: float, command: Sequence[object]) -> Point:
    def make() -> Point:
        with TemporaryDirectory(dir=CACHE) as folder:
            made = Path(folder) / "made.mp4"
            words = [made if word == Path("made.mp4") else word for word in command]
            spent = ffmpeg(*words[1:]) if words[0] == "ffmpeg" else run(words)
            quality = clip.quality(made)
            return Point(
                crf,
                packets(made)[1],
                made.stat().st_size,
                quality.mean,
                quality.p5,
                spent.cpu,
                spent.wall,
            )

    return point((clip.name, EVERY, *map(str, command)), make)
