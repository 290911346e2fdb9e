"""Rows of the journal as facts, and facts as columns."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from fieldkit.model import (
    Age,
    Consent,
    ConsentState,
    Decided,
    Language,
    Manner,
    Original,
    Place,
    Rendition,
    Risk,
    Scope,
    Sha256,
    Take,
    TakeId,
    Told,
    Trait,
    TweetId,
    Verdict,
    in_order,
)


def columns(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__slots__}


def text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def consent_of(row: sqlite3.Row) -> Consent:
    return Consent(
        ConsentState(row["state"]),
        _language(row["language"]),
        Manner(row["manner"]) if row["manner"] else None,
        row["heard_at"],
        row["explained_by"],
        _language(row["interpreter"]),
        frozenset(map(Told, row["told"].split())),
        frozenset(map(Scope, row["scope"].split())),
        Age(row["age"]),
        bool(row["guardian"]),
        bool(row["assent"]),
        row["approved_by"],
        frozenset(map(Trait, row["hidden"].split())),
        Risk(row["risk"]),
        bool(row["at_home"]),
        datetime.fromisoformat(row["until"]) if row["until"] else None,
        Sha256(row["card"]) if row["card"] else None,
    )


def consent_columns(consent: Consent) -> dict[str, Any]:
    sets = {name: in_order(getattr(consent, name)) for name in ("told", "scope", "hidden")}
    flags = {name: int(getattr(consent, name)) for name in ("guardian", "assent", "at_home")}
    return columns(consent) | sets | flags | {"until": text(consent.until) if consent.until else None}


def _language(said: str | None) -> Language | None:
    return Language(said) if said else None


def take_of(row: sqlite3.Row) -> Take:
    return Take(
        TakeId(row["take"]),
        TweetId(row["tweet_id"]),
        row["number"],
        datetime.fromisoformat(row["begun_at"]),
        Place(row["place"]) if row["place"] else None,
        row["operator"],
    )


def verdict_of(row: sqlite3.Row) -> Verdict:
    return Verdict(bool(row["good"]), row["sentence"], bool(row["again"]))


def original_of(row: sqlite3.Row) -> Original:
    return Original(
        TakeId(row["take"]),
        row["path"],
        Sha256(row["sha256"]),
        row["bytes"],
        row["seconds"],
        bool(row["recovered"]),
    )


def rendition_of(row: sqlite3.Row) -> Rendition:
    return Rendition(
        TakeId(row["take"]),
        row["profile"],
        row["path"],
        Sha256(row["sha256"]),
        row["bytes"],
        row["seconds"],
        row["width"],
        row["height"],
    )


def decided_of(row: sqlite3.Row, at: str = "at") -> Decided:
    return Decided(TakeId(row["take"]), row["decision"], row["why"], datetime.fromisoformat(row[at]))
