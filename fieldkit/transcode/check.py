"""Would X take this file? Rule by rule."""

from pathlib import Path

from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.probe import seen
from fieldkit.transcode.rulebook import Tier
from fieldkit.transcode.rules import Problem, Severity, judge, rejections

__all__ = ["Problem", "Severity", "check", "rejections"]


def check(path: Path, tier: Tier | None = None) -> list[Problem]:
    """What is wrong with the file, rejections first. Raises NotAVideo, NeedsCrew where there is nothing to judge."""
    return judge(seen(path), boxes(path), tier)
