"""Draws what a recipe was chosen from as a picture; the only module that imports matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from fieldkit import disk
from fieldkit.transcode import explain

_BLUE, _GREY, _RED = "#1d70b8", "#8a9199", "#c62828"


def draw(
    why: Sequence[str], options: Sequence[Mapping[str, Any]], path: Path, deadline: float | None
) -> None:
    """Quality against the time of arrival or, where no line is known, against bytes.

    `why` is the plan in two lines; each option is an `Option` as a mapping. Raises DiskFull, NeedsCrew.
    """
    timed = all(option["sending"] is not None for option in options)
    fluent = max(option["fps"] for option in options)
    figure = Figure(figsize=(7.2, 4.4), dpi=150, layout="constrained")
    axes = figure.subplots()
    for option in options:
        across = [_across(point, option, timed=timed) for point in option["curve"]]
        chosen = option["chosen"]
        colour, width = (_BLUE, 2.5) if chosen else (_GREY, 1.2)
        scores = [point[0] for point in option["curve"]]
        axes.plot(across, scores, color=colour, linewidth=width, zorder=3 if chosen else 2)
        axes.annotate(
            explain.size(option["short_side"], option["fps"], fluent),
            (across[0], scores[0]),
            textcoords="offset points",
            xytext=(4, 2),
            color=colour,
            fontsize=9,
        )
        if chosen:
            here = _across((option["score"], option["bytes"]), option, timed=timed)
            axes.plot([here], [option["score"]], "o", color=_BLUE, markersize=9, zorder=4)
    if timed and deadline is not None:
        axes.axvline(deadline, color=_RED, linestyle="--", linewidth=1.2)
        axes.annotate("deadline", (deadline, 22), color=_RED, rotation=90, fontsize=9, ha="right")
    axes.set_xlabel("seconds until the last byte has arrived" if timed else "kB")
    axes.set_ylabel("VMAF")
    axes.set_ylim(20, 100)
    axes.set_xlim(left=0)
    axes.set_title("\n".join(why), fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    part = disk.part_for(path.with_suffix(".png"))
    with disk.translated(path), disk.discarded_on_error(part):
        figure.savefig(part, format="png")
        disk.publish(part, path)


def _across(point: tuple[float, float], option: Any, *, timed: bool) -> float:
    """Where a quality in so many bytes lies: arrival in seconds, or kB."""
    if not timed:
        return point[1] / 1000
    return float(option["making"] + option["sending"] * point[1] / option["bytes"])
