"""Facts in: each method is one transaction. What follows from them is asked in questions.py."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from fieldkit.errors import NeedsCrew, NoConsent
from fieldkit.journal import database, rows
from fieldkit.journal.centre import Centre
from fieldkit.journal.farewell import Farewell
from fieldkit.journal.flights import Flights
from fieldkit.journal.lineup import Lineup
from fieldkit.journal.protection import Protections
from fieldkit.journal.questions import Questions
from fieldkit.journal.sealing import Sealing
from fieldkit.journal.words import TakesWords
from fieldkit.model import (
    Consent,
    ConsentState,
    Original,
    Place,
    Protection,
    Receipt,
    Refusal,
    Rendition,
    Sha256,
    Station,
    Take,
    TakeId,
    TakeWords,
    TweetId,
    Verdict,
)
from fieldkit.model.release import why_barred


class Journal(Questions):
    """One connection to a library's journal; each thread opens its own. `now` returns UTC.

    With `any_thread` others than the one that opened it may read: SQLite keeps their calls apart.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        any_thread: bool = False,
    ) -> None:
        super().__init__(database.connect(path, any_thread=any_thread), lambda: rows.text(now()))
        self.lineup = Lineup(self._db, self._stamp)
        self.centre = Centre(self._db, self._stamp)
        self.flights = Flights(self._db, self._stamp)
        self.protection = Protections(self._db, self._stamp)
        self.farewell = Farewell(self._db, self._stamp)
        self.sealing = Sealing(self._db, self._stamp)
        self.words = TakesWords(self._db, self._stamp)

    def close(self) -> None:
        """Ends the connection; what was written is durable already."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def version(self) -> tuple[int, int]:
        """Differs from an earlier answer of this connection where a fact came or went since, whoever wrote it."""
        with database.translated():
            # data_version tells of the others, total_changes of our own (sqlite.org/pragma.html)
            return int(self._db.execute("PRAGMA data_version").fetchone()[0]), self._db.total_changes

    # ── facts in ────────────────────────────────────────────────────────────────────────────────────

    def begin(
        self,
        take: TakeId,
        tweet_id: TweetId,
        place: Place | None,
        operator: str | None,
        consent: Consent,
        *,
        protection: Protection | None = None,
    ) -> Take:
        """The intent, before the camera rolls: returns the take with its number within the tweet."""
        with database.transaction(self._db):
            return self._begin(take, tweet_id, place, operator, consent, protection=protection)

    def seal(self, original: Original, verdict: Verdict | None = None) -> None:
        """The take's original is safe on disk, and this was found of it. Sealing it twice is nothing."""
        with database.transaction(self._db):
            if self._seal(original) and verdict is not None:
                self._insert("verdicts", take=original.take, **rows.columns(verdict))

    def ingest(
        self,
        original: Original,
        tweet_id: TweetId,
        place: Place | None,
        operator: str | None,
        consent: Consent,
        *,
        protection: Protection | None = None,
    ) -> tuple[Take, bool]:
        """A take and its original at once; (take, False) where this tweet already has these bytes."""
        with database.transaction(self._db):
            known = self._holder(tweet_id, original.sha256)
            if known is not None:
                return known, False
            self.farewell.refuse(tweet_id, original.sha256)
            take = self._begin(original.take, tweet_id, place, operator, consent, protection=protection)
            self._seal(original)
            return take, True

    def consent(self, take: TakeId, consent: Consent) -> None:
        """What the speaker said about this take; the latest counts, and their card stays theirs.

        Raises NeedsCrew: withdrawn stays withdrawn, erased is gone.
        """
        with database.transaction(self._db):
            if self._state(take) is ConsentState.WITHDRAWN and consent.state is not ConsentState.WITHDRAWN:
                raise NeedsCrew(
                    "Consent for this take was withdrawn, which is final; record a new take if they wish."
                )
            if self._rows("SELECT 1 FROM erasures WHERE take = ?", take):
                if consent.state is ConsentState.WITHDRAWN:
                    consent = Consent(ConsentState.WITHDRAWN)
                else:
                    raise NeedsCrew("This take was erased; record a new one if they wish.")
            elif consent.card is None:
                known = self._rows("SELECT card FROM consent_now WHERE take = ?", take)[0]["card"]
                consent = replace(consent, card=Sha256(known)) if known else consent
            self._consent(take, consent)

    def rendered(
        self,
        rendition: Rendition,
        passport: Mapping[str, Any] | None = None,
        words: TakeWords | None = None,
    ) -> None:
        """The rendition is safe on disk; it takes the place of an earlier one of its profile.

        `passport` says how it was made, in values that JSON takes, `words` what it shows of its take's own. Raises
        NoConsent where the take was withdrawn meanwhile, and Overtaken where a `tweet` should show other words, or
        where it is protected, of which only what was signed becomes a rendition: then the file must go.
        """
        row = rows.columns(rendition)
        with database.transaction(self._db):
            if self._rows("SELECT 1 FROM withdrawals WHERE take = ?", rendition.take):
                raise NoConsent("Consent was withdrawn while the rendition was made; it is thrown away.")
            self.protection.demand(rendition.take, None)
            if rendition.profile == "tweet":
                self.words.demand(rendition.take, words)
            self._drop(rendition.take, rendition.profile)
            self._insert("renditions", **row, made_at=self._stamp())
            if passport is not None:
                self._insert(
                    "passports",
                    take=rendition.take,
                    profile=rendition.profile,
                    passport=json.dumps(dict(passport)),
                )

    def drop_rendition(self, take: TakeId, profile: str) -> None:
        """The rendition's bytes are damaged or unwanted: it is due again."""
        with database.transaction(self._db):
            self._drop(take, profile)

    def located(self, sha256: Sha256, tweet_id: TweetId, store: str, url: str) -> None:
        """A store said where the upload of these bytes lives."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO locations (sha256, tweet_id, store, url, at) VALUES (?, ?, ?, ?, ?)",
                (sha256, tweet_id, store, url, self._stamp()),
            )

    def dislocated(self, sha256: Sha256, tweet_id: TweetId, store: str) -> None:
        """The store has thrown that upload away."""
        with database.transaction(self._db):
            self._db.execute(
                "DELETE FROM locations WHERE sha256 = ? AND tweet_id = ? AND store = ?",
                (sha256, tweet_id, store),
            )

    def received(self, receipt: Receipt) -> None:
        """The store holds the verified bytes. Receiving it twice is nothing."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO receipts (take, profile, sha256, store, at) VALUES (?, ?, ?, ?, ?)",
                (receipt.take, receipt.profile, receipt.sha256, receipt.store, rows.text(receipt.at)),
            )

    def refuse(self, refusal: Refusal) -> None:
        """This will not work until a person does something."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO refusals (take, station, profile, why, at) VALUES (?, ?, ?, ?, ?)",
                (refusal.take, refusal.station, refusal.profile, refusal.why, self._stamp()),
            )

    def forgive(self, station: Station, take: TakeId | None = None) -> int:
        """Lifts refusals at a station, of one take or of all; returns how many."""
        with database.transaction(self._db):
            return self._db.execute(
                "DELETE FROM refusals WHERE station = ? AND take = coalesce(?, take)", (station, take)
            ).rowcount

    def circle(self, take: TakeId) -> None:
        """The crew's choice among its tweet's takes; one that was discarded is taken back."""
        self._require(take)
        with database.transaction(self._db):
            self._db.execute("DELETE FROM voids WHERE take = ?", (take,))
            self._insert("circles", take=take, at=self._stamp())

    def void(self, take: TakeId) -> None:
        """The crew discards the take: nothing more is made of it or sent."""
        self._require(take)
        with database.transaction(self._db):
            self._db.execute("INSERT OR IGNORE INTO voids (take, at) VALUES (?, ?)", (take, self._stamp()))

    # ── one row each ────────────────────────────────────────────────────────────────────────────────

    def _begin(
        self,
        take: TakeId,
        tweet_id: TweetId,
        place: Place | None,
        operator: str | None,
        consent: Consent,
        *,
        protection: Protection | None,
    ) -> Take:
        last = self._rows("SELECT coalesce(max(number), 0) AS n FROM takes WHERE tweet_id = ?", tweet_id)
        begun_at = datetime.fromisoformat(self._stamp())
        made = Take(take, tweet_id, last[0]["n"] + 1, begun_at, place, operator)
        self._insert(
            "takes",
            take=take,
            tweet_id=tweet_id,
            number=made.number,
            begun_at=rows.text(made.begun_at),
            place=place,
            operator=operator,
        )
        self._consent(take, consent)
        if protection is not None:
            self.protection.enter(take, protection)
        return made

    def _seal(self, original: Original) -> bool:
        if self._rows("SELECT 1 FROM originals WHERE take = ?", original.take):
            return False
        self._insert("originals", **rows.columns(original), sealed_at=self._stamp())
        return True

    def _consent(self, take: TakeId, consent: Consent) -> None:
        operator = self._rows("SELECT operator FROM takes WHERE take = ?", take)[0]["operator"]
        barred = why_barred(consent, operator)
        self._insert("consents", take=take, **rows.consent_columns(consent), barred=barred, at=self._stamp())

    def _drop(self, take: TakeId, profile: str) -> None:
        for table in ("receipts", "passports", "renditions"):
            self._db.execute(f"DELETE FROM {table} WHERE take = ? AND profile = ?", (take, profile))  # noqa: S608

    def _insert(self, table: str, **columns: Any) -> None:
        marks = ", ".join("?" * len(columns))
        self._db.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - names from this file
            tuple(columns.values()),
        )
