"""Pictures that are combed although their file does not say so: ffmpeg's idet looks at a second of them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from fieldkit.transcode import trials
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.material import Video
from fieldkit.transcode.plan import Plan

_LINES = frozenset({480, 486, 576, 1080})  # of television, which alone is interlaced
_RATES = frozenset({Fraction(25), Fraction(30_000, 1001)})  # as stored, two fields a picture
_ENOUGH = 8  # pictures that idet is sure of
_SHARE = 0.9  # of those that it is sure of; all of them on clips made so, none in ../shared/footage
_LOOK = 1.0  # seconds


def looked(plan: Plan, source: str, ffmpeg: Ffmpeg, tick: Callable[[], None] = lambda: None) -> Plan:
    """The plan with what was seen. `source` as `file:/absolute/path`. Raises as `Ffmpeg.run`."""
    video = plan.probe.video
    if video is None or not doubtful(video):
        return plan
    middle = max(0.0, (plan.probe.seconds - _LOOK) / 2)
    first = combed(ffmpeg.told(trials.looking(source, video, middle, _LOOK), tick=tick))
    if first is None:
        return plan
    return replace(plan, probe=replace(plan.probe, video=replace(video, combed=first)))


def doubtful(video: Video) -> bool:
    """Whether it could be television's pictures, and does not say that it is."""
    return not video.interlaced and video.coded[1] in _LINES and video.fps in _RATES


def combed(lines: Iterable[str]) -> str | None:
    """The field that is first, `tff` or `bff`; None where the pictures are whole, or nobody can tell. Pure."""
    counts = {"tff": 0.0, "bff": 0.0, "progressive": 0.0}
    for line in lines:
        key, _, value = line.strip().partition("=")
        kind = key.removeprefix("lavfi.idet.multiple.")
        if kind != key and kind in counts:
            counts[kind] = float(value)  # counted from the beginning
    sure = sum(counts.values())
    first = max(("tff", "bff"), key=lambda kind: counts[kind])
    return first if counts[first] >= max(_ENOUGH, _SHARE * sure) else None
