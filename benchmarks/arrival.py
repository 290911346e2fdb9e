"""From the end of a take to the last byte: fieldkit's whole call against the best of many fixed recipes.

fieldkit's sends what it encodes meanwhile, the recipes are encoded and then sent.
"""

from collections.abc import Sequence
from itertools import product
from statistics import mean

from clips import Clip
from measure import Point, at_equal, crf_for, geometric
from ours import AT_ONCE, Ours, Step, ours, speed
from peers import fixed, x264
from tables import row, table

from fieldkit.transcode.brief import Brief
from fieldkit.transcode.ground import Conditions

RATES = {"64k": 64e3, "256k": 256e3, "1M": 1e6}
PRESETS = ("ultrafast", "veryfast", "faster", "medium", "slow")
SIZES = {1.0: 0, 0.75: 3, 0.5: 8}  # how much lower the rate factor is for the same VMAF
_AROUND, _AIM = 3, 85.0
_BESIDE = ("cut", "trial", "trial judged", "verification", "listening")
Recipe = tuple[str, float]


def recipes(clip: Clip) -> dict[Recipe, list[Point]]:
    """Each preset and size at two rate factors around the one that gives what fieldkit aims at."""
    near = crf_for(x264(clip), _AIM)
    return {
        (preset, size): fixed(
            clip, preset, size, [max(4, round(near - less) + by) for by in (-_AROUND, _AROUND)]
        )
        for preset, (size, less) in product(PRESETS, SIZES.items())
    }


def arrival(mine: Ours, points: Sequence[Point], rate: float) -> float:
    """Seconds by a recipe whose rate factor was told by an oracle: fieldkit's VMAF and fieldkit's sound."""
    size = at_equal(points, mine.mean, "mean", "picture")[0] + mine.bytes - mine.picture
    return mean(point.cpu for point in points) / AT_ONCE + size * 8 / rate


def seconds_of(mine: Ours, *kinds: str) -> float:
    """Seconds that fieldkit's own steps of those kinds would take on two idle processors."""
    return _seconds([step for step in mine.steps if step.what in kinds])


def _seconds(steps: Sequence[Step]) -> float:
    return sum(step.cpu / (1 if step.what == "listening" else AT_ONCE) for step in steps)


def flown(mine: Ours, rate: float) -> float:
    """Seconds to the last byte as `fieldkit run` does it: what the encoder has written is on its way meanwhile.

    The payload goes at the line's rate, never before it was seen in the file; the head goes once the file has been
    judged and has its name. Of two encodes the first one's bytes are no use, and none of the second's fly.
    """
    between = mine.wall - sum(step.wall for step in mine.steps)
    if mine.encodes != 1:
        return seconds_of(mine, *_BESIDE, "encode") + between + mine.bytes * 8 / rate
    number, encode = next((n, step) for n, step in enumerate(mine.steps) if step.what == "encode")
    begins = between + _seconds(mine.steps[:number])
    ends = begins + _seconds([encode])
    named = ends + _seconds(mine.steps[number + 1 :])
    scale, now, sent, there = _seconds([encode]) / encode.wall, begins, 0.0, 0.0
    for at, size in encode.grown:
        moment = begins + at * scale
        sent, now, there = min(there, sent + (moment - now) * rate / 8), moment, float(size)
    sent = min(there, sent + (ends - now) * rate / 8)
    arrived = ends + max(0.0, mine.bytes - mine.head - sent) * 8 / rate
    return max(arrived, named) + mine.head * 8 / rate


def measure_delivery(clips: list[Clip]) -> None:
    """Prints a line for each clip and link, then how the best of recipes for all clips would do."""
    conditions = Conditions(speed=speed(), overlapped=True)
    print(f"\n## Delivery (laptop measured at {conditions.speed / 1e6:.0f} million pixels/s)")
    heads = (
        "clip",
        "link",
        "VMAF",
        "recipe",
        "kB",
        "seconds",
        "looking, judging, listening",
        "encode, between, sending",
    )
    table(*heads, "best fixed", "its seconds", "ratio")
    ratios: dict[str, list[float]] = {name: [] for name in RATES}
    everyone: dict[tuple[str, Recipe], list[float]] = {}
    for clip, (link, rate) in product(clips, RATES.items()):
        mine = ours(clip, Brief(rate=rate), conditions)
        beside, encoding = seconds_of(mine, *_BESIDE), seconds_of(mine, "encode")
        between = mine.wall - sum(step.wall for step in mine.steps)
        sending = mine.bytes * 8 / rate
        seconds = flown(mine, rate)
        others = {recipe: arrival(mine, points, rate) for recipe, points in recipes(clip).items()}
        for recipe, other in others.items():
            everyone.setdefault((link, recipe), []).append(seconds / other)
        best = min(others, key=lambda recipe: others[recipe])
        ratios[link].append(seconds / others[best])
        chosen = mine.recipe or {}
        row(
            *(clip.name, link, f"{mine.mean:.0f}", f"{chosen['effort']} {chosen['short_side']}"),
            *(f"{mine.bytes / 1000:.0f}", f"{seconds:.1f}", f"{beside:.1f}"),
            f"{encoding:.1f}, {between:.1f}, {sending:.1f}",
            *(f"{best[0]} {best[1]:g}", f"{others[best]:.1f}", ratios[link][-1]),
        )
    for link, values in ratios.items():
        row("geometric mean", link, *[""] * 8, f"{geometric(values):.2f} (worst {max(values):.2f})")
    table(
        "link",
        "best of recipes that is the same for all clips",
        "fieldkit against it: geometric mean",
        "worst",
    )
    for link in RATES:
        recipe = max(product(PRESETS, SIZES), key=lambda each: geometric(everyone[link, each]))
        row(
            link, f"{recipe[0]} {recipe[1]:g}", geometric(everyone[link, recipe]), max(everyone[link, recipe])
        )
