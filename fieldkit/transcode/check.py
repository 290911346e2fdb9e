"""Would X take this file? Rule by rule."""

from dataclasses import dataclass
from pathlib import Path

from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.probe import probe
from fieldkit.transcode.rules import RULES, Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that the file breaks."""

    rule: str
    severity: Severity
    found: str
    limit: str
    source: str


def check(path: Path) -> list[Problem]:
    """What is wrong with the file, the worst first. Raises NotAVideo, NeedsCrew where there is nothing to judge."""
    seen, parts = probe(path), boxes(path)
    broken = [
        Problem(rule.name, rule.severity, found, rule.limit, rule.source)
        for rule in RULES
        if (found := rule.found(seen, parts)) is not None
    ]
    return sorted(broken, key=lambda problem: problem.severity is not Severity.REJECT)


def rejects(problems: list[Problem]) -> list[Problem]:
    """Those for which the file is refused."""
    return [problem for problem in problems if problem.severity is Severity.REJECT]
