"""Files of at most so many bytes: were a hundred budgets met, and how much of each was used?"""

from math import exp, log
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from clips import Clip
from measure import CACHE, cached
from ours import STATE, Clocked, Ours, ours
from tables import row, table

from fieldkit.transcode.brief import Brief
from fieldkit.transcode.curve import FINEST
from fieldkit.transcode.lab import url
from fieldkit.transcode.plan import plan, usual
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.recipe import Recipe

_PAIRS, _LEAST, _MOST = 100, 150e3, 5e6
_REACHED = 0.9  # of what the finest rate factor gives
_CHEAP = (
    "grid-l",
    "grid-s",
    "asl",
    "nasa",
    "webcam-vfr",
    "bikes",
    "station",
    "bunny",
    "gopro",
)  # cheapest first
_TURNS = 4  # of the cheapest clips that can use a budget, so that many pairs stay affordable


def largest(clip: Clip) -> int:
    """Bytes at the finest rate factor: no budget can be used beyond that."""

    def encode() -> dict[str, int]:
        probe, profile = clip.ground.probe, PROFILES["tweet"]
        normal = usual(probe, profile)
        recipe = Recipe(normal.short_side, normal.fps, FINEST, "quick", normal.audio_rate)
        with TemporaryDirectory(dir=CACHE) as folder:
            made = Path(folder) / "made.mp4"
            Clocked().run(plan(probe, profile, recipe).arguments(url(clip.path), url(made)))
            return {"bytes": made.stat().st_size}

    return int(cached((STATE, clip.name, "largest"), encode)["bytes"])


def measure_size(clips: list[Clip], pairs: int = _PAIRS) -> None:
    """Each budget on the next clip that can use it; a budget refused as ruin goes to the one after.

    They go from end to end, ever closer, so that fewer `pairs` tell of all sizes too.
    """
    order = sorted((clip for clip in clips if clip.name in _CHEAP), key=lambda clip: _CHEAP.index(clip.name))
    able = {clip: _REACHED * largest(clip) for clip in order}
    budgets = [
        round(exp(log(_LEAST) + number / (_PAIRS - 1) * log(_MOST / _LEAST))) for number in range(_PAIRS)
    ]
    made: dict[str, list[tuple[int, Ours]]] = {}
    refused = 0
    wide = sorted(range(_PAIRS), key=lambda number: (number % 4, number))[:pairs]
    for turn, most in enumerate(budgets[number] for number in wide):
        fitting = [clip for clip, limit in able.items() if limit >= most][:_TURNS]
        for offset in range(len(fitting)):
            clip = fitting[(turn + offset) % len(fitting)]
            mine = ours(clip, Brief(max_bytes=most), judge=False)
            if mine.refused is None:
                made.setdefault(clip.name, []).append((most, mine))
                break
            refused += 1
    _told(made, refused)


def _told(made: dict[str, list[tuple[int, Ours]]], refused: int) -> None:
    print("\n## Files of at most so many bytes")
    table(
        "clip", "budgets", "from", "to", "met", "used, least", "used, mean", "encodes, mean", "most", "VMAF"
    )
    everything = [pair for pairs in made.values() for pair in pairs]
    for name, pairs in [*made.items(), ("all", everything)]:
        used = [mine.bytes / most for most, mine in pairs]
        encodes = [mine.encodes for _, mine in pairs]
        scores = [mine.told or 0.0 for _, mine in pairs]
        row(
            *(
                name,
                len(pairs),
                f"{pairs[0][0] / 1000:.0f} kB",
                f"{max(most for most, _ in pairs) / 1000:.0f} kB",
            ),
            *(sum(share <= 1 for share in used), f"{min(used):.3f}", f"{mean(used):.3f}"),
            *(f"{mean(encodes):.1f}", max(encodes), f"{min(scores):.0f} to {max(scores):.0f}"),
        )
    short = sum(mine.bytes < 0.95 * most for most, mine in everything)
    print(f"\n{short} used less than 95 %; {refused} pairs were refused as ruin and went to another clip.")
