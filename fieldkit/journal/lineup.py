"""The queue in the journal: what is sent next, what waits behind it, and what the crew said of it."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from fieldkit.journal import database, rows
from fieldkit.model import TakeId, Upload

_ORDER = "l.due, l.first DESC, l.rank, l.circled DESC, l.entered, l.profile"
_LACKS_RECEIPT = """NOT EXISTS (SELECT 1 FROM receipts AS x WHERE x.take = l.take AND x.profile = l.profile
                                  AND x.sha256 = l.sha256 AND x.store = :store)
                    AND l.take NOT IN (SELECT take FROM handed_over)"""
_LASTS = "l.until > :now"  # the consent has not ended
_FREE = f"NOT (l.refused OR l.paused OR l.cancelled) AND {_LASTS}"
_WANTED = f"NOT (l.refused OR l.cancelled) AND {_LASTS}"
_UPLOAD = """SELECT t.*, c.*, r.profile, r.path, r.sha256, r.bytes, r.seconds, r.width, r.height
             FROM lineup AS l JOIN takes AS t USING (take) JOIN renditions AS r USING (take, profile)
                  JOIN consent_now AS c USING (take)"""
_LEADER = f"""SELECT l.take, l.profile, l.sha256 FROM lineup AS l
              WHERE {_FREE} AND {_LACKS_RECEIPT} ORDER BY {_ORDER} LIMIT 1"""  # noqa: S608 - words of this file
_WAITING = f"""SELECT l.take, l.tweet_id, l.profile, l.bytes,
                      CASE WHEN l.cancelled THEN 'cancelled' WHEN l.refused THEN 'refused'
                           WHEN l.paused THEN 'paused' ELSE 'waiting' END
               FROM lineup AS l WHERE {_LACKS_RECEIPT} AND {_LASTS} ORDER BY {_ORDER}"""  # noqa: S608 - the same


# One line of the queue: take, tweet ID, profile, bytes, and waiting, paused, refused or cancelled. No object, because
# there may be a hundred thousand.
Waiting = tuple[str, str, str, int, str]


class Word(StrEnum):
    """What a crew says of its queue."""

    FIRST = "first"  # before everything else; what was said last goes first
    PAUSE = "pause"  # not until `resume`
    RESUME = "resume"
    CANCEL = "cancel"  # not at all; what the store has of it is thrown away there
    RETRY = "retry"  # takes back a cancellation, and a refusal


@dataclass(frozen=True, slots=True)
class Meant:
    """The uploads that a word is about: of every take, of one take, or of one profile of a take."""

    take: TakeId | None = None
    profile: str | None = None


class Lineup:
    """The part of the journal that is the queue."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def next(self, store: str) -> Upload | None:
        """The most urgent upload that lacks this store's receipt and that nobody holds back."""
        found = self._uploads(_FREE, store, "LIMIT 1")
        return next(found, None)

    def leads(self, upload: Upload, store: str) -> bool:
        """Whether this upload is the next one; quicker than `next`."""
        with database.translated():
            found = self._db.execute(_LEADER, self._at(store)).fetchone()
        rendition = upload.rendition
        return found is not None and tuple(found) == (rendition.take, rendition.profile, rendition.sha256)

    def sendable(self, store: str, *, paused: bool = False) -> list[Upload]:
        """All uploads that nobody holds back, in the order of sending; with `paused` those as well."""
        return list(self._uploads(_WANTED if paused else _FREE, store))

    def waiting(self, store: str) -> list[Waiting]:
        """Every rendition that lacks this store's receipt, in the order of sending, whatever holds it back."""
        with database.translated(), closing(self._db.cursor()) as cursor:
            cursor.row_factory = None
            cursor.execute(_WAITING, self._at(store))
            return cursor.fetchall()

    def named(self, hashes: Iterable[str]) -> dict[str, dict[str, str]]:
        """{take: {profile: SHA-256}} of the uploads in the queue that have one of these hashes."""
        found: dict[str, dict[str, str]] = {}
        with database.translated():
            for row in self._db.execute(
                "SELECT l.take, l.profile, l.sha256 FROM json_each(?) AS h JOIN lineup AS l ON l.sha256 = h.value",
                (json.dumps(list(hashes)),),
            ):
                found.setdefault(row["take"], {})[row["profile"]] = row["sha256"]
        return found

    def is_cancelled(self, upload: Upload) -> bool:
        """Whether the crew cancelled it."""
        return self._is("cancelled", upload)

    def is_paused(self, upload: Upload) -> bool:
        """Whether the crew paused it."""
        return self._is("paused", upload)

    def say(self, word: Word, meant: Sequence[Meant]) -> None:
        """Puts the crew's word on record; of several put first the first named goes first."""
        with database.transaction(self._db):
            for each in reversed(meant):
                self._db.execute(
                    "INSERT INTO steers (take, profile, word, at) VALUES (?, ?, ?, ?)",
                    (each.take or "", each.profile or "", word, self._stamp()),
                )
                if word is Word.RETRY:
                    self._db.execute(
                        "DELETE FROM refusals WHERE station = 'push' AND take = coalesce(?, take) "
                        "AND profile IN ('', coalesce(?, profile))",
                        (each.take, each.profile),
                    )

    def why_refused(self) -> dict[tuple[str, str], str]:
        """{(take, profile): why} of what a station refused to send; the profile is empty for a whole take."""
        with database.translated():
            found = self._db.execute("SELECT take, profile, why FROM refusals WHERE station = 'push'")
            return {(row["take"], row["profile"]): row["why"] for row in found}

    def _at(self, store: str) -> dict[str, str]:
        return {"store": store, "now": self._stamp()}

    def _is(self, column: str, upload: Upload) -> bool:
        with database.translated():
            found = self._db.execute(
                f"SELECT 1 FROM lineup WHERE take = ? AND profile = ? AND {column}",  # noqa: S608 - a word of this file
                (upload.take.id, upload.rendition.profile),
            ).fetchone()
        return found is not None

    def _uploads(self, which: str, store: str, limit: str = "") -> Iterator[Upload]:
        with database.translated():
            found = self._db.execute(
                f"{_UPLOAD} WHERE {which} AND {_LACKS_RECEIPT} ORDER BY {_ORDER} {limit}", self._at(store)
            ).fetchall()
        return (Upload(rows.take_of(row), rows.rendition_of(row), rows.consent_of(row)) for row in found)
