"""What X accepts of what was measured: the rule book's tier, held against one file. Pure."""

from dataclasses import dataclass

from fieldkit.transcode.bookfile import packaged
from fieldkit.transcode.boxes import Boxes
from fieldkit.transcode.material import Probe
from fieldkit.transcode.rulebook import Severity, Tier

__all__ = ["Problem", "Severity", "judge", "rejections"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that the file breaks, and what to do; `disputed` are limits that other texts of X tell."""

    rule: str
    severity: Severity
    found: str
    limit: str
    source: str
    url: str
    since: str
    advice: str
    disputed: tuple[str, ...] = ()


def judge(probe: Probe, boxes: Boxes | None, tier: Tier | None = None) -> list[Problem]:
    """The rules that a file breaks, rejections first; without a tier, those of the packaged book's default."""
    broken = [
        Problem(
            rule=rule.name,
            severity=rule.severity,
            found=rule.measure.text(value),
            limit=rule.limit.text(rule.measure.unit),
            source=rule.source.name,
            url=rule.source.where,
            since=rule.since,
            advice=rule.advice,
            disputed=rule.disputed,
        )
        for rule in (tier or packaged().tier()).rules
        if (value := rule.measure.of(probe, boxes)) is not None and rule.limit.broken(value)
    ]
    return sorted(broken, key=lambda problem: problem.severity is not Severity.REJECT)


def rejections(problems: list[Problem]) -> list[Problem]:
    """Those for which the file is refused."""
    return [problem for problem in problems if problem.severity is Severity.REJECT]
