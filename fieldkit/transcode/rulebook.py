"""The rule book as values: what X accepts of each kind of account, as of a date. Pure; `bookfile.py` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.limits import Limit
from fieldkit.transcode.measures import Measure


class Severity(StrEnum):
    REJECT = "reject"  # X refuses the file, or we do
    ADVICE = "advice"  # X takes it, and makes something worse of it or advises against it


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so, and the address or thread where it stands."""

    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it holds for one tier; `disputed` are limits that other sources tell."""

    name: str
    measure: Measure
    limit: Limit
    severity: Severity
    source: Source
    since: str  # documented from then on: a year, a month or a day
    advice: str
    disputed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """The rules for one kind of account."""

    name: str
    title: str
    as_of: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    as_of: str
    default: str
    tiers: Mapping[str, Tier]

    def tier(self, name: str | None = None) -> Tier:
        """The tier of that name, or the default one. Raises NeedsCrew where the book has none."""
        name = name or self.default
        if name not in self.tiers:
            raise NeedsCrew(f"The rule book has no tier “{name}”; choose one of {', '.join(self.tiers)}.")
        return self.tiers[name]
