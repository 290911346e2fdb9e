"""Every second picture: what leaving it out saves, and what it costs to see each of the others twice."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from clips import Clip, all_clips
from measure import CACHE
from tables import row, table

from fieldkit.transcode import lab
from fieldkit.transcode.curve import Curve
from fieldkit.transcode.ffmpeg import Ffmpeg

_SIZE = 0.7  # of the full short side
_RATE_FACTORS = (26.0, 32.0, 38.0, 44.0)


def measure(clip: Clip, folder: Path) -> None:
    """A line for each rate factor: VMAF and bytes with all pictures and with half of them, and the gain."""
    ground, half = clip.ground, clip.ground.slower
    if half is None:
        return
    side = round(ground.full * _SIZE / 2) * 2
    ruler = lab.yardstick(ground, Ffmpeg())
    with lab.lab(ground, clip.path, folder, "fine", ruler) as trials:
        fluent, halved = ([trials.on(each)(side, crf) for crf in _RATE_FACTORS] for each in (ground, half))
    known = Curve(_SIZE, ground.pixels(side), points=tuple(fluent))
    for every, second in zip(fluent, halved, strict=True):
        gain = second.score - known.score(known.crf_for_bytes(second.bytes))
        numbers = (every.score, every.bytes / 1000, second.score, second.bytes / 1000)
        row(clip.name, f"{every.crf:g}", *(f"{number:.1f}" for number in numbers), f"{gain:+.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", help="names, with commas between")
    wanted = parser.parse_args().clips
    clips = all_clips()
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as folder:
        table("clip", "rate factor", "VMAF", "kB", "halved: VMAF", "kB", "gain at its bytes")
        for name in wanted.split(",") if wanted else clips:
            measure(clips[name], Path(folder))
