"""Rows of the journal as facts, and facts as columns."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from fieldkit.model import (
    Consent,
    ConsentState,
    Decided,
    Language,
    Manner,
    Original,
    Place,
    Rendition,
    Sha256,
    Take,
    TakeId,
    TweetId,
    Verdict,
)


def columns(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__slots__}


def text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def consent_of(row: sqlite3.Row) -> Consent:
    return Consent(
        ConsentState(row["state"]), language_of(row), Manner(row["manner"]) if row["manner"] else None
    )


def language_of(row: sqlite3.Row) -> Language | None:
    return Language(row["language"]) if row["language"] else None


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


def decided_of(row: sqlite3.Row) -> Decided:
    return Decided(TakeId(row["take"]), row["decision"], row["why"], datetime.fromisoformat(row["at"]))
