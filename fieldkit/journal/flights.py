"""The part of the journal that is about renditions on their way before they are finished."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldkit.journal import database
from fieldkit.journal.protection import Hidden
from fieldkit.model import TakeId

_STEERED = """
    SELECT coalesce((SELECT word = 'pause' FROM steers
                     WHERE take IN ('', :take) AND profile IN ('', :profile) AND word IN ('pause', 'resume')
                     ORDER BY entered DESC LIMIT 1), 0)
        OR coalesce((SELECT word = 'cancel' FROM steers
                     WHERE take IN ('', :take) AND profile IN ('', :profile) AND word IN ('cancel', 'retry')
                     ORDER BY entered DESC LIMIT 1), 0)
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """A rendition that may travel while it is encoded; `recipe` is what decides about its bytes."""

    number: int
    take: TakeId
    profile: str
    recipe: Mapping[str, Any]

    @property
    def expected(self) -> int | None:
        """Bytes that the file will have, about; None where nobody knows."""
        told = self.recipe.get("expected")
        return told if isinstance(told, int) else None


class Flights:
    """Intents, and what came of them at a store."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def begun(self, take: TakeId, profile: str, recipe: Mapping[str, Any]) -> Flight:
        """Before the encode: the same flight again where the recipe is the same, a new one where it is not.

        Raises Overtaken where the take was protected meanwhile: nothing of those travels before it is signed.
        """
        known = self.of(take, profile)
        if known is not None and known.recipe == recipe:
            return known
        with database.transaction(self._db):
            Hidden(self._db).demand(take, None)
            self._db.execute("DELETE FROM flights WHERE take = ? AND profile = ?", (take, profile))
            number = self._db.execute(
                "INSERT INTO flights (take, profile, recipe, at) VALUES (?, ?, ?, ?)",
                (take, profile, json.dumps(recipe, sort_keys=True), self._stamp()),
            ).lastrowid
        assert number is not None
        return Flight(number, take, profile, recipe)

    def of(self, take: TakeId, profile: str) -> Flight | None:
        """The one that counts."""
        with database.translated():
            row = self._db.execute(
                "SELECT * FROM flights WHERE take = ? AND profile = ?", (take, profile)
            ).fetchone()
        if row is None:
            return None
        return Flight(row["flight"], take, profile, json.loads(row["recipe"]))

    def given_up(self, take: TakeId, profile: str) -> None:
        """What was sent of it is not what was made."""
        with database.transaction(self._db):
            self._db.execute("DELETE FROM flights WHERE take = ? AND profile = ?", (take, profile))

    def is_wanted(self, flight: Flight) -> bool:
        """Whether it still counts, may leave, and nobody holds it back."""
        with database.translated():
            counts = self._db.execute(
                "SELECT 1 FROM flights AS f JOIN releasable AS r USING (take) WHERE f.flight = ? AND r.until > ?",
                (flight.number, self._stamp()),
            ).fetchone()
            steered = self._db.execute(_STEERED, {"take": flight.take, "profile": flight.profile}).fetchone()
            refused = self._db.execute(
                "SELECT 1 FROM refusals WHERE take = ? AND station = 'push' AND profile IN ('', ?)",
                (flight.take, flight.profile),
            ).fetchone()
        return counts is not None and not steered[0] and refused is None

    def tail(self, flight: Flight, store: str) -> str | None:
        """Where that store keeps what was sent of it."""
        with database.translated():
            row = self._db.execute(
                "SELECT url FROM tails WHERE flight = ? AND store = ?", (flight.number, store)
            ).fetchone()
        return str(row["url"]) if row else None

    def sent_to(self, flight: Flight, store: str, url: str) -> None:
        """The store keeps it there."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO tails (flight, store, url, at) VALUES (?, ?, ?, ?)",
                (flight.number, store, url, self._stamp()),
            )

    def forget_tail(self, number: int, store: str) -> None:
        """The store has none of it any more, or has taken it over."""
        with database.transaction(self._db):
            self._db.execute("DELETE FROM tails WHERE flight = ? AND store = ?", (number, store))

    def adrift(self, store: str) -> list[tuple[int, str]]:
        """What that store keeps for nobody: number and URL."""
        with database.translated():
            found = self._db.execute(
                """
                SELECT flight, url FROM tails
                WHERE store = ? AND flight NOT IN (
                    SELECT f.flight FROM flights AS f JOIN releasable AS r USING (take) WHERE r.until > ?)
                """,
                (store, self._stamp()),
            ).fetchall()
        return [(row["flight"], row["url"]) for row in found]
