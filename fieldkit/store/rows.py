"""Clips and arrivals as rows, and rows as clips."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Row, Select, select

from fieldkit.model import Sha256, TweetId
from fieldkit.store.media import Blob
from fieldkit.store.nouns import Arrival, Clip, Wanted
from fieldkit.store.review import Decision
from fieldkit.store.schema import clips, decisions, latest


def last_of(column: Column[str], clip: Any) -> Select[str]:
    return select(column).where(decisions.c.clip == clip).order_by(decisions.c.number.desc()).limit(1)


def the_wanted(wanted: Wanted) -> Select[Any]:
    last = last_of(decisions.c.decision, clips.c.number).scalar_subquery()
    why = last_of(decisions.c.why, clips.c.number).scalar_subquery()
    return select(clips, last.label("decision"), why.label("why")).where(*matching(clips, wanted))


def matching(table: FromClause, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    last = select(latest.c.decision).where(latest.c.clip == table.c.number).scalar_subquery()
    if wanted.place is not None:
        yield table.c.place == wanted.place
    if wanted.decision is not None:
        yield last == wanted.decision.value
    if wanted.undecided:
        yield last.is_(None)
    if wanted.after is not None:
        yield table.c.number < wanted.after


def clip_row(arrival: Arrival) -> dict[str, Any]:
    said = {
        name: getattr(arrival.label, name)
        for name in ("profile", "take", "operator", "language", "recorded_at")
    }
    place = arrival.upload.place or arrival.label.place
    return said | asdict(arrival.blob) | asdict(arrival.looks) | {"place": place, "bytes": arrival.bytes}


def arrival_row(arrival: Arrival) -> dict[str, Any]:
    return {
        "upload_id": arrival.upload.id,
        "tweet_id": arrival.blob.tweet_id,
        "sha256": arrival.blob.sha256,
        "metadata": arrival.upload.metadata,
        "concat": arrival.upload.concat,
    }


def as_clip(row: Row[Any]) -> Clip:
    said = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name for it
    blob = Blob(TweetId(said.pop("tweet_id")), Sha256(said.pop("sha256")), said.pop("kind"))
    decision = said.pop("decision")
    del said["operator"], said["language"]
    return Clip(blob=blob, decision=Decision(decision) if decision else None, **said)
