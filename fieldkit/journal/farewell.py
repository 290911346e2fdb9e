"""What must go from this laptop, and what of it must be refused for ever: withdrawals and erasures in the journal."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fieldkit.errors import NeedsCrew
from fieldkit.journal import database, rows
from fieldkit.model import Sha256, Take, TakeId, TweetId, Withdrawal


class Why(StrEnum):
    """Why a take was erased."""

    WITHDRAWN = "withdrawn"
    NO_CONSENT = "no consent"


@dataclass(frozen=True, slots=True)
class Unagreed:
    """A take without consent, and when the crew was shown that it will be erased."""

    take: Take
    noticed_at: datetime | None


class Farewell:
    """The part of the journal that says what is to be forgotten, and remembers only that it was."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def unerased(self) -> list[Take]:
        """Withdrawn takes of which something is left here; none that still rolls."""
        return [rows.take_of(row) for row in self._rows("SELECT * FROM unerased ORDER BY entered")]

    def unagreed(self) -> list[Unagreed]:
        """Takes that nobody agreed to, the oldest first; none that still rolls."""
        return [
            Unagreed(
                rows.take_of(row),
                datetime.fromisoformat(row["noticed_at"]) if row["noticed_at"] else None,
            )
            for row in self._rows("SELECT * FROM unagreed ORDER BY entered")
        ]

    def notice(self, takes: Iterable[TakeId]) -> None:
        """The crew was shown that these will be erased."""
        with database.transaction(self._db):
            self._db.executemany(
                "INSERT OR IGNORE INTO notices (take, at) VALUES (?, ?)",
                [(take, self._stamp()) for take in takes],
            )

    def files(self, take: TakeId) -> list[str]:
        """The paths of a take's original and renditions and of what protects it, relative to the library."""
        found = self._rows(
            """
            SELECT path FROM originals WHERE take = ?1 UNION ALL SELECT path FROM renditions WHERE take = ?1
            UNION ALL SELECT path FROM drafts WHERE take = ?1 UNION ALL SELECT sheet FROM drafts WHERE take = ?1
            UNION ALL SELECT spoken FROM protections WHERE take = ?1 AND spoken IS NOT NULL
            UNION ALL SELECT captions FROM protections WHERE take = ?1 AND captions IS NOT NULL
            """,
            take,
        )
        return [row["path"] for row in found]

    def erased(self, take: TakeId, why: Why) -> None:
        """Its bytes are gone: all that was known of it goes too, but its ID, its tweet, its time, and this."""
        state = "withdrawn" if why is Why.WITHDRAWN else "none"
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO erasures (take, why, at) VALUES (?, ?, ?)", (take, why, self._stamp())
            )
            for table in ("receipts", "passports", "renditions", "verdicts", "originals", "refusals"):
                self._db.execute(f"DELETE FROM {table} WHERE take = ?", (take,))  # noqa: S608 - names from this file
            for table in ("decisions", "notices", "consents", "history"):
                self._db.execute(f"DELETE FROM {table} WHERE take = ?", (take,))  # noqa: S608 - the same
            self._db.execute("UPDATE takes SET place = NULL, operator = NULL WHERE take = ?", (take,))
            self._db.execute(
                "INSERT INTO consents (take, state, at) VALUES (?, ?, ?)", (take, state, self._stamp())
            )
            self._db.execute("INSERT INTO history (take, fact, detail) VALUES (?, 'erased', ?)", (take, why))

    def orphans(self, names: Iterable[str]) -> list[str]:
        """Those of these files of renditions that no row speaks of and that begin with a withdrawn tweet."""
        tweets = {
            row["tweet_id"] for row in self._rows("SELECT DISTINCT tweet_id FROM banned WHERE take != ''")
        }
        spoken_of = "SELECT path FROM renditions UNION SELECT path FROM drafts UNION SELECT sheet FROM drafts"
        known = {row["path"].rpartition("/")[2] for row in self._rows(spoken_of)}
        return [name for name in names if name.partition("-")[0] in tweets and name not in known]

    def bans(self, tweet_id: TweetId, sha256: Sha256) -> bool:
        """Whether these bytes were withdrawn as an answer to this tweet."""
        return bool(self._rows("SELECT 1 FROM banned WHERE tweet_id = ? AND sha256 = ?", tweet_id, sha256))

    def refuse(self, tweet_id: TweetId, sha256: Sha256) -> None:
        """Raises NeedsCrew where these bytes were withdrawn."""
        if self.bans(tweet_id, sha256):
            raise NeedsCrew(
                "The person on this clip withdrew it, so it is not taken in again; delete it from the card as well."
            )

    def holders_of(self, card: Sha256) -> list[Take]:
        """The takes on whose speaker's card this code stands, as its hash."""
        return [
            rows.take_of(row)
            for row in self._rows(
                "SELECT * FROM takes WHERE take IN (SELECT take FROM consents WHERE card = ?) ORDER BY entered",
                card,
            )
        ]

    def withdraw_card(self, card: Sha256) -> list[Take]:
        """Withdraws what that code stands for here; the store is told of the code, for what others may have."""
        holders = self.holders_of(card)
        with database.transaction(self._db):
            self._withdraw([take.id for take in holders])
            self._db.execute("INSERT OR IGNORE INTO codes (card, at) VALUES (?, ?)", (card, self._stamp()))
        return holders

    def untold(self, store: str) -> list[Withdrawal]:
        """Withdrawals that this store has not heard of from here."""
        found = self._rows(
            "SELECT t.take, t.tweet_id FROM withdrawals AS w JOIN takes AS t USING (take) "
            "WHERE NOT EXISTS (SELECT 1 FROM told WHERE take = w.take AND store = ?) ORDER BY t.entered",
            store,
        )
        told = [
            Withdrawal(TweetId(row["tweet_id"]), TakeId(row["take"]), self._hashes(row["take"]))
            for row in found
        ]
        return told + [Withdrawal(card=Sha256(row["card"])) for row in self._rows("SELECT card FROM codes")]

    def told(self, withdrawal: Withdrawal, store: str) -> None:
        """The store knows; a hash that was found since is told with the next."""
        with database.transaction(self._db):
            if withdrawal.card is not None:
                self._db.execute("DELETE FROM codes WHERE card = ?", (withdrawal.card,))
            if withdrawal.take is not None and self._hashes(withdrawal.take) == withdrawal.hashes:
                self._db.execute(
                    "INSERT OR IGNORE INTO told (take, store, at) VALUES (?, ?, ?)",
                    (withdrawal.take, store, self._stamp()),
                )

    def heard(self, withdrawals: Sequence[Withdrawal]) -> None:
        """The store said that these were withdrawn: so are the takes here that they speak of, and that have the
        same bytes.
        """
        with database.transaction(self._db):
            for each in withdrawals:
                self._db.executemany(
                    "INSERT OR IGNORE INTO banned (tweet_id, sha256) VALUES (?, ?)",
                    [(each.tweet_id, sha256) for sha256 in each.hashes],
                )
                found = self._rows(
                    """
                    SELECT take FROM takes WHERE take = ?1 AND tweet_id = ?2
                    UNION SELECT take FROM consents WHERE card = ?3
                    """,
                    each.take,
                    each.tweet_id,
                    each.card,
                )
                self._withdraw([TakeId(row["take"]) for row in found])
            same = self._rows(
                """
                SELECT t.take FROM banned AS b JOIN takes AS t USING (tweet_id)
                WHERE EXISTS (SELECT 1 FROM originals WHERE take = t.take AND sha256 = b.sha256)
                   OR EXISTS (SELECT 1 FROM renditions WHERE take = t.take AND sha256 = b.sha256)
                """
            )
            self._withdraw([TakeId(row["take"]) for row in same])

    def _withdraw(self, takes: Iterable[TakeId]) -> None:
        for take in dict.fromkeys(takes):
            self._db.execute(
                "INSERT INTO consents (take, state, at) SELECT ?1, 'withdrawn', ?2 "
                "WHERE NOT EXISTS (SELECT 1 FROM withdrawals WHERE take = ?1)",
                (take, self._stamp()),
            )

    def _hashes(self, take: str) -> tuple[Sha256, ...]:
        found = self._rows("SELECT sha256 FROM banned WHERE take = ? ORDER BY sha256", take)
        return tuple(Sha256(row["sha256"]) for row in found)

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with database.translated():
            return self._db.execute(query, values).fetchall()
