"""Tries encodes on a sample of a clip, and measures how good what came out is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from fieldkit import disk
from fieldkit.transcode import trials
from fieldkit.transcode.curve import Point
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Ground
from fieldkit.transcode.picture import Shape
from fieldkit.transcode.quality import METRICS, Metric, Quality, pooled
from fieldkit.transcode.recipe import Recipe
from fieldkit.transcode.search import Trial
from fieldkit.transcode.windows import Window, windows

Tick = Callable[[], None]  # called now and then while ffmpeg works; what it raises ends the work
# Of a long clip one picture of seven is compared: a number that x264's patterns of B-frames (periods of 2 to 4, and 5
# now and then) don't share, or only the good or the bad ones are seen (by up to 1 VMAF, benchmarks/README.md)
_EVERY, _LONG = 7, 300


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Compares files with a source; the shape is the source's."""

    ffmpeg: Ffmpeg
    shape: Shape
    metric: Metric
    every: int
    tick: Tick = lambda: None

    def run(self, arguments: Sequence[str]) -> None:
        """Runs ffmpeg to its end, ticking."""
        self.ffmpeg.run(arguments, progress=lambda _: self.tick())

    def measure(self, made: Path, fps: Fraction, reference: Any, parts: Sequence[Window] = ()) -> Quality:
        """The quality of a file against a reference stream; of a sample's parts without their beginnings.

        Where its `fps` are fewer than the reference's, each of its pictures stands for several, as on a screen.
        Each part begins with a key frame, better than what follows: more of those than a whole clip has. Raises
        FfmpegFailed.
        """
        with TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            self.run(
                trials.comparing(
                    url(made), fps, reference, self.shape, self.metric, log.as_posix(), self.every
                )
            )
            scores = self.metric.read(log.read_text("utf-8"))
        rate = float(self.shape.fps) / (self.every if self.metric.name == "vmaf" else 1)
        return pooled(_settled(scores, rate, parts) or scores, rate, self.metric.name)


@dataclass(slots=True)
class Lab:
    """One clip's sample on disk, at the full size. `encoded` counts the pictures of each trial."""

    ground: Ground
    sample: Path
    effort: str
    parts: list[Window]
    yardstick: Yardstick
    encoded: list[int] = field(default_factory=list)

    def on(self, ground: Ground) -> Trial:
        """Tries it with as many pictures/s as that has."""
        return partial(self.trial, ground)

    def trial(self, ground: Ground, short_side: int, crf: float) -> Point:
        """One encode of the sample. Raises FfmpegFailed."""
        shape = ground.shape(short_side)
        recipe = Recipe(short_side, ground.fps, crf, self.effort, self.ground.profile.audio_rate)
        joins = [sum(part.length for part in self.parts[:number]) for number in range(1, len(self.parts))]
        made = disk.part_for(self.sample.with_name(f"{self.ground.profile.name}.mp4"))
        try:
            self.yardstick.run(trials.trying(url(self.sample), url(made), shape, recipe, joins))
            pictures, size = _weighed(
                made, len(self.parts), self.ground.seconds * float(shape.fps), shape.gop
            )
            self.encoded.append(pictures)
            whole = len(self.parts) == 1 and self.parts[0].start == 0
            quality = self.yardstick.measure(
                made, shape.fps, trials.sample(url(self.sample)), () if whole else self.parts
            )
        finally:
            made.unlink(missing_ok=True)
        return Point(crf, quality.score, size)


@contextmanager
def lab(ground: Ground, source: Path, folder: Path, effort: str, yardstick: Yardstick) -> Iterator[Lab]:
    """Cuts the sample into `folder` and takes it away afterwards. Raises FfmpegFailed, DiskFull."""
    parts = windows(ground.seconds)
    sample = disk.part_for(folder / f"{ground.profile.name}.nut")
    try:
        yardstick.run(trials.cutting(url(source), url(sample), ground.video, yardstick.shape, parts))
        yield Lab(ground, sample, effort, parts, replace(yardstick, every=1))
    finally:
        sample.unlink(missing_ok=True)


def yardstick(ground: Ground, ffmpeg: Ffmpeg, tick: Tick = lambda: None) -> Yardstick:
    """The best that this ffmpeg has, against the source at the profile's size."""
    known = ffmpeg.listing(["-filters"]).split()
    metric = next((metric for metric in METRICS.values() if metric.filter in known), METRICS["ssim"])
    shape = ground.shape(ground.full)
    every = _EVERY if ground.seconds * float(shape.fps) > _LONG else 1
    return Yardstick(ffmpeg, shape, metric, every, tick)


def judged(  # noqa: PLR0917
    made: Path, fps: Fraction, source: Path, ground: Ground, yardstick: Yardstick, script: str | None = None
) -> Quality:
    """How good a finished file with so many pictures/s is against its source, with the same words on it.

    Raises FfmpegFailed.
    """
    return yardstick.measure(made, fps, trials.original(url(source), ground.video, yardstick.shape, script))


def url(path: Path) -> str:
    """Never an option or another protocol, however the file is called."""
    return f"file:{path.absolute()}"


def _settled(scores: list[float], rate: float, parts: Sequence[Window]) -> list[float]:
    kept: list[float] = []
    at = 0.0
    for part in parts:
        kept += scores[round((at + part.length / 4) * rate) : round((at + part.length) * rate)]
        at += part.length
    return kept


def _weighed(made: Path, parts: int, pictures: float, gop: int) -> tuple[int, float]:
    """How many pictures a trial has, and the bytes of a whole clip of so many `pictures` at its rate.

    Each part of a sample begins with a key frame, which a whole clip has but once in `gop` pictures.
    """
    with av.open(url(made)) as container:
        packets = [(packet.size, packet.is_keyframe) for packet in container.demux(video=0) if packet.size]
    keys = sorted((size for size, key in packets if key), reverse=True)[:parts]
    between = max(sum(size for size, _ in packets) - sum(keys), 1)
    usual = between / max(len(packets) - len(keys), 1)
    starts = 1 + pictures / gop
    return len(packets), starts * sum(keys) / max(len(keys), 1) + usual * max(pictures - starts, 0)
