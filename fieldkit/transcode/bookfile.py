"""Reads the rule book: `rulebook.toml`, or a crew's own file laid over it, checked before a file is judged.

A private file changes what it names and leaves the rest: a rule's limit or severity, for all tiers or one; a tier
of its own that is `like` another; `drop = true` takes a rule or a tier out.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.limits import LIMITS, Limit
from fieldkit.transcode.measures import MEASURES, Measure
from fieldkit.transcode.rulebook import Rule, RuleBook, Severity, Source, Tier

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_BOOK_KEYS = {"as_of", "default", "sources", "tiers", "rules"}
_TIER_KEYS = {"title", "like", "drop"}
_CHANGES = {"severity", "source", "since", "advice", "disputed", "drop", *LIMITS}  # what a tier may say anew
_RULE_KEYS = {"measure", "tiers", "tier"} | _CHANGES
_PRIVATE = "private"  # the source of what a private file says without naming one


@cache
def packaged() -> RuleBook:
    """The book that comes with fieldkit."""
    return _Reader("rulebook.toml").book(_packaged())


def read(path: Path) -> RuleBook:
    """The packaged book with a private file laid over it. Raises NeedsCrew, naming file and line or rule."""
    reader = _Reader(str(path))
    return reader.book(reader.laid_over(_packaged(), reader.parsed(path)))


def _packaged() -> dict[str, Any]:
    return tomllib.loads(files("fieldkit.transcode").joinpath("rulebook.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns tables into a book; what it finds wrong is one sentence that begins with the file's name."""

    file: str

    def parsed(self, path: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise NeedsCrew(f"{self.file} can't be read: {error.strerror}.") from error
        except ValueError as error:  # tomllib tells the line
            raise NeedsCrew(f"{self.file} is not a rule file in TOML: {error}.") from error

    def laid_over(self, book: dict[str, Any], private: dict[str, Any]) -> dict[str, Any]:
        """The book's tables with the private ones merged in."""
        self._known(private, _BOOK_KEYS, "the file")
        as_of = self._date(private, "as_of", "the file")
        sources = self._tables(private, "sources", "the file")
        rules = self._tables(private, "rules", "the file")
        for name, rule in rules.items():
            for change in (rule, *self._tables(rule, "tier", f"the rule “{name}”").values()):
                if change.keys() & LIMITS.keys():
                    change.setdefault("source", _PRIVATE)
                    change.setdefault("since", as_of)
        return {
            "as_of": max(as_of, self._date(book, "as_of", "the book")),
            "default": private.get("default", book["default"]),
            "sources": book["sources"]
            | {_PRIVATE: {"name": f"the rule file {Path(self.file).name}", "where": self.file}}
            | sources,
            "tiers": _merged(book["tiers"], self._tables(private, "tiers", "the file")),
            "rules": _merged(book["rules"], rules),
        }

    def book(self, raw: dict[str, Any]) -> RuleBook:
        self._known(raw, _BOOK_KEYS, "the file")
        as_of = self._date(raw, "as_of", "the file")
        sources = {
            key: Source(*(self._text(source, part, f"the source “{key}”") for part in ("name", "where")))
            for key, source in self._tables(raw, "sources", "the file").items()
        }
        tiers = self._tables(raw, "tiers", "the file")
        rules = self._tables(raw, "rules", "the file")
        for name, tier in tiers.items():
            self._known(tier, _TIER_KEYS, f"the tier “{name}”")
        for name, rule in rules.items():
            self._shape(name, rule, tiers)
        kept = {
            name: Tier(
                name,
                self._text(tier, "title", f"the tier “{name}”"),
                as_of,
                self._rules(rules, self._line(name, tiers), sources, as_of),
            )
            for name, tier in tiers.items()
            if not tier.get("drop")
        }
        default = self._text(raw, "default", "the file")
        if default not in kept:
            self._wrong("the file", f"has no tier “{default}”, the default; name another (default = …)")
        return RuleBook(as_of, default, MappingProxyType(kept))

    def _line(self, name: str, tiers: dict[str, Any]) -> tuple[str, ...]:
        """The tiers that this one is like, the furthest first, then itself."""
        line = [name]
        while "like" in tiers[line[0]]:
            like = self._text(tiers[line[0]], "like", f"the tier “{name}”")
            if like not in tiers or like in line:
                self._wrong(f"the tier “{name}”", f"is like “{like}”, which is no other tier")
            line.insert(0, like)
        return tuple(line)

    def _shape(self, name: str, rule: dict[str, Any], tiers: dict[str, Any]) -> None:
        """What can be told of a rule before a tier is chosen."""
        here = f"the rule “{name}”"
        self._known(rule, _RULE_KEYS, here)
        changes = self._tables(rule, "tier", here)
        holds = rule.get("tiers", [])
        if not (isinstance(holds, list) and all(isinstance(tier, str) for tier in holds)):
            self._wrong(here, "has “tiers” that are no list of names")
        if unknown := sorted((set(holds) | changes.keys()) - tiers.keys()):
            self._wrong(here, f"speaks of a tier that is not there: {', '.join(unknown)}")
        for tier, change in changes.items():
            self._known(change, _CHANGES, f"{here} for {tier}")
            if change.keys() & LIMITS.keys() and not {"source", "since"} <= change.keys():
                self._wrong(f"{here} for {tier}", "has a limit without a source and a date (since)")

    def _rules(
        self, rules: dict[str, Any], line: tuple[str, ...], sources: Mapping[str, Source], as_of: str
    ) -> tuple[Rule, ...]:
        found = (self._row(name, rule, line) for name, rule in rules.items())
        return tuple(self._rule(name, row, sources, as_of) for name, row in found if not row.get("drop"))

    def _row(self, name: str, rule: dict[str, Any], line: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        """The rule's table as it stands for the last tier of the line."""
        row = {key: value for key, value in rule.items() if key != "tier"}
        if not set(line) & set(rule.get("tiers", line)):
            row["drop"] = True
        for tier in line:
            row = _changed(row, rule.get("tier", {}).get(tier, {}))
        return name, row

    def _rule(self, name: str, row: dict[str, Any], sources: Mapping[str, Source], as_of: str) -> Rule:
        here = f"the rule “{name}”"
        wanted = self._text(row, "measure", here) if "measure" in row else name
        if (measure := MEASURES.get(wanted)) is None:
            self._wrong(here, f"measures “{wanted}”, which fieldkit does not know")
        severity = row.get("severity")
        if severity not in tuple(Severity):
            self._wrong(here, f"needs a severity: {' or '.join(Severity)}")
        return Rule(
            name=name,
            measure=measure,
            limit=self._limit(here, row, measure),
            severity=Severity(severity),
            source=self._source(here, row, sources),
            since=self._date(row, "since", here, as_of),
            advice=self._text(row, "advice", here),
            disputed=tuple(self._claims(here, row.get("disputed", []), sources, as_of)),
        )

    def _limit(self, here: str, row: dict[str, Any], measure: Measure) -> Limit:
        fitting = [key for key, fit in LIMITS.items() if measure.kind in fit.kinds]
        given = sorted(row.keys() & LIMITS.keys())
        if len(given) != 1 or given[0] not in fitting:
            self._wrong(here, f"measures {measure.kind} and needs one limit: {' or '.join(fitting)}")
        try:
            return LIMITS[given[0]].read(row[given[0]])
        except ValueError as error:
            self._wrong(here, f"has a wrong {given[0]}: it {error}")

    def _claims(self, here: str, claims: Any, sources: Mapping[str, Source], as_of: str) -> Iterable[str]:
        if not (isinstance(claims, list) and all(isinstance(claim, dict) for claim in claims)):
            self._wrong(here, "has a “disputed” that is no list of tables")
        for claim in claims:
            self._known(claim, {"limit", "source", "since"}, f"{here}, disputed,")
            limit, source = self._text(claim, "limit", here), self._source(here, claim, sources)
            yield f"{limit}, says {source.name} since {self._date(claim, 'since', here, as_of)}"

    def _source(self, here: str, row: dict[str, Any], sources: Mapping[str, Source]) -> Source:
        key = self._text(row, "source", here)
        if key not in sources:
            self._wrong(here, f"names a source that is not among [sources]: “{key}”")
        return sources[key]

    def _date(self, table: dict[str, Any], key: str, here: str, as_of: str | None = None) -> str:
        given = table.get(key)
        text = given.isoformat() if type(given) is date else given
        if not (isinstance(text, str) and _DATE.fullmatch(text)):
            self._wrong(here, f"needs “{key}”: a date such as 2026-08-22, or in quotes a month or a year")
        if as_of is not None and text[: len(as_of)] > as_of:
            self._wrong(here, f"has a “{key}” later than the book itself ({as_of})")
        return text

    def _text(self, table: dict[str, Any], key: str, here: str) -> str:
        text = table.get(key)
        if not (isinstance(text, str) and text.strip()):
            self._wrong(here, f"needs “{key}” in words")
        return text

    def _tables(self, table: dict[str, Any], key: str, here: str) -> dict[str, dict[str, Any]]:
        found = table.get(key, {})
        if not (isinstance(found, dict) and all(isinstance(each, dict) for each in found.values())):
            self._wrong(here, f"has a “{key}” that is no table of tables")
        return found

    def _known(self, table: Mapping[str, Any], keys: set[str], here: str) -> None:
        if not isinstance(table.get("drop", False), bool):
            self._wrong(here, "has a “drop” that is neither true nor false")
        if unknown := sorted(table.keys() - keys):
            self._wrong(here, f"has a key that fieldkit does not know: {', '.join(unknown)}")

    def _wrong(self, here: str, why: str) -> NoReturn:
        raise NeedsCrew(f"{self.file}: {here} {why}.")


def _changed(row: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """A new limit takes the place of the old one, whatever kind that was, and of what was disputed about it."""
    if change.keys() & LIMITS.keys():
        row = {key: value for key, value in row.items() if key not in LIMITS and key != "disputed"}
    return row | change


def _merged(base: dict[str, Any], private: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, change in private.items():
        old = merged.get(name, {})
        merged[name] = _changed(old, change)
        if "tier" in old and "tier" in change:
            merged[name]["tier"] = _merged(old["tier"], change["tier"])
    return merged
