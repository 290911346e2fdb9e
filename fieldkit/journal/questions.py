"""What is known, and which consequences of it are missing: the journal's questions. They change nothing."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fieldkit.errors import NeedsCrew
from fieldkit.journal import database, rows
from fieldkit.journal.protection import Hidden
from fieldkit.model import (
    Consent,
    ConsentState,
    Decided,
    Draft,
    Original,
    Protection,
    Refusal,
    Rendition,
    Sha256,
    Slip,
    Station,
    Take,
    TakeId,
    Trait,
    TweetId,
    Verdict,
)
from fieldkit.model.release import why_kept


@dataclass(frozen=True, slots=True)
class Due:
    """A rendition that is to be made."""

    take: Take
    original: Original
    profile: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """What a store may have of an upload that nobody may finish; `rendition` is None once it was erased here."""

    sha256: Sha256
    tweet_id: TweetId
    url: str
    rendition: Rendition | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything the journal knows of one take."""

    take: Take
    consent: Consent
    original: Original | None
    circled: bool
    voided: bool
    renditions: list[Rendition] = field(default_factory=list)
    receipted: frozenset[str] = frozenset()  # profiles whose present bytes a store has
    refusals: list[Refusal] = field(default_factory=list)
    passports: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # by profile
    verdict: Verdict | None = None  # None for what was not recorded here
    decided: Decided | None = None  # the command centre's newest word
    kept: str | None = None  # why its consent keeps it here at this moment, a sentence
    erased: bool = False  # nothing is left of it but that it was
    sealed: str | None = None  # where the original lies sealed at rest, relative to the library
    handed_over: bool = False  # its renditions went from here once the store had them
    protection: Protection | None = None
    drafts: list[Draft] = field(default_factory=list)  # protected, and wait for a person's word
    slips: list[Slip] = field(default_factory=list)  # what a store had of it in the open


class Questions:
    """Those that are asked over one connection."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def unsealed(self) -> list[Take]:
        """Takes that were begun and lack their original, oldest first; some may be rolling now."""
        return [rows.take_of(row) for row in self._rows("SELECT * FROM unsealed ORDER BY entered")]

    def due_renditions(self, profiles: Sequence[str]) -> list[Due]:
        """Renditions to be made: profile by profile as given, circled takes first, then the oldest."""
        found = self._rows(
            """
            SELECT t.*, o.path, o.sha256, o.bytes, o.seconds, o.recovered, p.value AS profile
            FROM json_each(?) AS p CROSS JOIN releasable AS t JOIN originals AS o USING (take)
            WHERE t.until > ?
              AND NOT EXISTS (SELECT 1 FROM renditions WHERE take = t.take AND profile = p.value)
              AND NOT EXISTS (SELECT 1 FROM drafts WHERE take = t.take AND profile = p.value)
              AND NOT EXISTS (SELECT 1 FROM refusals
                              WHERE take = t.take AND station = 'render' AND profile IN ('', p.value))
            ORDER BY p.key, t.circled DESC, t.entered
            """,
            json.dumps(list(profiles)),
            self._stamp(),
        )
        return [Due(rows.take_of(row), rows.original_of(row), row["profile"]) for row in found]

    def may_leave(self, take: TakeId) -> bool:
        """Whether the take is sealed, agreed to and not discarded, at this instant."""
        return bool(self._rows("SELECT 1 FROM releasable WHERE take = ? AND until > ?", take, self._stamp()))

    def forbids(self, take: str) -> bool:
        """Whether this is a take of this library that may not leave it (any more)."""
        return bool(
            self._rows(
                "SELECT 1 FROM takes WHERE take = ?1 "
                "AND NOT EXISTS (SELECT 1 FROM releasable WHERE take = ?1 AND until > ?2)",
                take,
                self._stamp(),
            )
        )

    def abandoned(self, store: str) -> list[Abandoned]:
        """Uploads there without a receipt that may no longer be made: hash, tweet, URL, and what is left here."""
        found = self._rows(
            """
            WITH mine AS (
                SELECT l.sha256, l.tweet_id, l.url, r.take, r.profile, r.path, r.bytes, r.seconds, r.width, r.height
                FROM locations AS l JOIN renditions AS r USING (sha256) JOIN takes AS t USING (take, tweet_id)
                WHERE l.store = ?1
                UNION ALL
                SELECT sha256, tweet_id, url, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                FROM (SELECT sha256, tweet_id FROM banned UNION SELECT sha256, tweet_id FROM recalled) AS b
                     CROSS JOIN locations USING (sha256, tweet_id)
                WHERE store = ?1 AND NOT EXISTS (SELECT 1 FROM renditions WHERE sha256 = b.sha256)
            )
            SELECT * FROM mine AS l
            WHERE NOT EXISTS (SELECT 1 FROM lineup AS q
                              WHERE q.sha256 = l.sha256 AND q.tweet_id = l.tweet_id AND NOT q.cancelled
                                AND q.until > ?2)
              AND NOT EXISTS (SELECT 1 FROM receipts WHERE sha256 = l.sha256 AND store = ?1)
            """,
            store,
            self._stamp(),
        )
        return [
            Abandoned(
                Sha256(row["sha256"]),
                TweetId(row["tweet_id"]),
                row["url"],
                rows.rendition_of(row) if row["take"] else None,
            )
            for row in found
        ]

    def location(self, sha256: Sha256, tweet_id: TweetId, store: str) -> str | None:
        """Where this store said that the upload of these bytes lives."""
        found = self._rows(
            "SELECT url FROM locations WHERE sha256 = ? AND tweet_id = ? AND store = ?",
            sha256,
            tweet_id,
            store,
        )
        return str(found[0]["url"]) if found else None

    def holder(self, tweet_id: TweetId, sha256: Sha256) -> Take | None:
        """The take of this tweet whose original has these bytes."""
        return self._holder(tweet_id, sha256)

    def entries(self, tweet_id: TweetId | None = None) -> list[Entry]:
        """Everything known of every take, or of one tweet's, in order of entry."""
        found = self._rows(
            """
            SELECT t.*, c.*, o.path, o.sha256, o.bytes, o.seconds, o.recovered,
                   t.take IN (SELECT take FROM circled) AS circled, v.take IS NOT NULL AS voided,
                   d.decision, d.why, d.at AS decided_at, j.good, j.sentence, j.again,
                   (SELECT group_concat(trait, ' ') FROM exposed WHERE take = t.take) AS exposed,
                   x.take IS NOT NULL AS erased, e.path AS sealed, h.take IS NOT NULL AS handed_over
            FROM takes AS t JOIN consent_now AS c USING (take)
                 LEFT JOIN originals AS o USING (take) LEFT JOIN voids AS v USING (take)
                 LEFT JOIN decisions AS d USING (take) LEFT JOIN verdicts AS j USING (take)
                 LEFT JOIN erasures AS x USING (take)
                 LEFT JOIN encrypted AS e USING (take) LEFT JOIN handed_over AS h USING (take)
            WHERE t.tweet_id = coalesce(?, t.tweet_id) ORDER BY t.entered
            """,
            tweet_id,
        )
        return [self._entry(row) for row in found]

    def entry(self, take: TakeId) -> Entry:
        """Everything known of one take. Raises NeedsCrew for one that is not there."""
        self._require(take)
        tweet_id = self.take(take).tweet_id
        return next(entry for entry in self.entries(tweet_id) if entry.take.id == take)

    def newest(self) -> datetime | None:
        """The latest date on record, by the clock of that time."""
        (row,) = self._rows("SELECT max(at) AS at FROM history")
        return datetime.fromisoformat(row["at"]) if row["at"] else None

    def take(self, prefix: str) -> Take:
        """The take whose ID is, or ends or begins with, `prefix`. Raises NeedsCrew for none or several."""
        text = prefix.strip().lower()
        found = self._rows(
            "SELECT * FROM takes WHERE take = ?1 OR length(?1) >= 6 "
            "AND (substr(take, 1, length(?1)) = ?1 OR substr(take, -length(?1)) = ?1)",
            text,
        )
        if len(found) != 1:
            several = "several takes are" if found else "no take is"
            raise NeedsCrew(f"{several.capitalize()} called “{prefix[:40]}”; `fieldkit takes` lists them.")
        return rows.take_of(found[0])

    def passports(self, limit: int) -> list[dict[str, Any]]:
        """How the last renditions were made, the newest first: what this laptop can do stands there."""
        found = self._rows("SELECT passport FROM passports ORDER BY entered DESC LIMIT ?", limit)
        return [json.loads(row["passport"]) for row in found]

    def _holder(self, tweet_id: TweetId, sha256: Sha256) -> Take | None:
        found = self._rows(
            "SELECT t.* FROM takes AS t JOIN originals AS o USING (take) "
            "WHERE t.tweet_id = ? AND o.sha256 = ? ORDER BY t.entered LIMIT 1",
            tweet_id,
            sha256,
        )
        return rows.take_of(found[0]) if found else None

    def _state(self, take: TakeId) -> ConsentState:
        self._require(take)
        return ConsentState(self._rows("SELECT state FROM consent_now WHERE take = ?", take)[0]["state"])

    def _require(self, take: TakeId) -> None:
        if not self._rows("SELECT 1 FROM takes WHERE take = ?", take):
            raise NeedsCrew(f"There is no take {take} in this library; `fieldkit takes` lists them.")

    def _entry(self, row: sqlite3.Row) -> Entry:
        take = rows.take_of(row)
        renditions = [
            rows.rendition_of(r)
            for r in self._rows("SELECT * FROM renditions WHERE take = ? ORDER BY profile", take.id)
        ]
        receipts = self._rows("SELECT profile, sha256 FROM receipts WHERE take = ?", take.id)
        held = {(r["profile"], r["sha256"]) for r in receipts}
        refusals = self._rows("SELECT * FROM refusals WHERE take = ? ORDER BY station, profile", take.id)
        consent = rows.consent_of(row)
        exposed = [Trait(word) for word in (row["exposed"] or "").split()]
        return Entry(
            take,
            consent,
            rows.original_of(row) if row["sha256"] else None,
            bool(row["circled"]),
            bool(row["voided"]),
            renditions,
            frozenset(r.profile for r in renditions if (r.profile, r.sha256) in held),
            [Refusal(take.id, Station(r["station"]), r["why"], r["profile"]) for r in refusals],
            {
                r["profile"]: json.loads(r["passport"])
                for r in self._rows("SELECT profile, passport FROM passports WHERE take = ?", take.id)
            },
            rows.verdict_of(row) if row["sentence"] else None,
            rows.decided_of(row, "decided_at") if row["decision"] else None,
            why_kept(consent, datetime.fromisoformat(self._stamp()), exposed, row["barred"]),
            bool(row["erased"]),
            row["sealed"],
            bool(row["handed_over"]),
            *self._hidden(take.id),
        )

    def _hidden(self, take: TakeId) -> tuple[Protection | None, list[Draft], list[Slip]]:
        hidden = Hidden(self._db)
        protection = hidden.of(take)
        return (protection, hidden.drafts(take), hidden.slips(take)) if protection else (None, [], [])

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with database.translated():
            return self._db.execute(query, values).fetchall()
