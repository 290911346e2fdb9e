"""What the command centre said last, in the journal: the tweets it wants answered, its decisions about takes."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldkit.journal import database, rows
from fieldkit.model import Decided, Language, Place, Priority, Request, TweetId


@dataclass(frozen=True, slots=True)
class Contact:
    """When a store was last heard, and the ETag of what it said then."""

    store: str
    etag: str
    at: datetime  # UTC, by this laptop's clock


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and how many takes answer it here already."""

    request: Request
    takes: int


@dataclass(frozen=True, slots=True)
class Retake:
    """A take that is to be recorded again."""

    tweet_id: TweetId
    decided: Decided


class Centre:
    """The part of the journal that comes from the command centre."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def contact(self) -> Contact | None:
        """The last one; None before the first."""
        found = self._rows("SELECT store, etag, at FROM contacts")
        return Contact(found[0]["store"], found[0]["etag"], _time(found[0]["at"])) if found else None

    def heard(self, store: str, etag: str, requests: Sequence[Request], decisions: Iterable[Decided]) -> None:
        """The store's list takes the place of the one before; of decisions those about takes that are here."""
        with database.transaction(self._db):
            self._contacted(store, etag)
            self._db.execute(
                "DELETE FROM requests WHERE tweet_id NOT IN (SELECT value FROM json_each(?))",
                (json.dumps([request.tweet_id for request in requests]),),
            )
            for number, request in enumerate(requests):
                self._list(number, request)
            for decided in decisions:
                self._db.execute(
                    """
                    INSERT INTO decisions (take, decision, why, at)
                    SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM takes WHERE take = ?1)
                    ON CONFLICT (take) DO UPDATE SET decision = ?2, why = ?3, at = ?4
                    WHERE (decision, why, at) IS NOT (?2, ?3, ?4)
                    """,
                    (decided.take, decided.decision, decided.why, rows.text(decided.at)),
                )

    def heard_again(self, store: str, etag: str) -> None:
        """The store said that nothing has changed."""
        with database.transaction(self._db):
            self._contacted(store, etag)

    def requests(self) -> list[Asked]:
        """What it wants answered, the most urgent first, as it was said last."""
        found = self._rows(
            """
            SELECT r.*, (SELECT count(*) FROM takes AS t
                         WHERE t.tweet_id = r.tweet_id AND t.take NOT IN (SELECT take FROM voids)) AS takes
            FROM requests AS r ORDER BY r.listed
            """
        )
        return [Asked(_request(row), row["takes"]) for row in found]

    def retakes(self) -> list[Retake]:
        """Takes to be recorded again, because it said so and no other has come since; the last decided first."""
        found = self._rows("SELECT * FROM retakes ORDER BY at DESC, take")
        return [Retake(TweetId(row["tweet_id"]), rows.decided_of(row)) for row in found]

    def _contacted(self, store: str, etag: str) -> None:
        self._db.execute("DELETE FROM contacts WHERE store != ?", (store,))
        self._db.execute(
            "INSERT OR REPLACE INTO contacts (store, etag, at) VALUES (?, ?, ?)", (store, etag, self._stamp())
        )

    def _list(self, number: int, request: Request) -> None:
        self._db.execute(
            """
            INSERT INTO requests (tweet_id, listed, author, text, language, place, priority, due, added_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (tweet_id) DO UPDATE SET
                listed = ?2, author = ?3, text = ?4, language = ?5, place = ?6, priority = ?7, due = ?8, added_at = ?9
            """,
            (
                request.tweet_id,
                number,
                request.author,
                request.text,
                request.language,
                request.place,
                request.priority,
                rows.text(request.due) if request.due else None,
                rows.text(request.added_at) if request.added_at else None,
            ),
        )

    def _rows(self, query: str) -> list[sqlite3.Row]:
        with database.translated():
            return self._db.execute(query).fetchall()


def _request(row: sqlite3.Row) -> Request:
    return Request(
        TweetId(row["tweet_id"]),
        row["author"],
        row["text"],
        Language(row["language"]) if row["language"] else None,
        Place(row["place"]) if row["place"] else None,
        Priority(row["priority"]),
        _time(row["due"]) if row["due"] else None,
        _time(row["added_at"]) if row["added_at"] else None,
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
