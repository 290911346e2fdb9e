"""What must be hidden of a take, which protected renditions wait for a person's word, and who gave it."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fieldkit.errors import NeedsCrew
from fieldkit.journal import database, rows
from fieldkit.model import Draft, Kept, Method, Protection, Region, Rendition, Sha256, Slip, TakeId, Voice


class Overtaken(NeedsCrew):
    """The take was protected, or protected otherwise, while this was made: it is made anew."""


class Hidden:
    """Questions about what is hidden."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, take: TakeId) -> Protection | None:
        """The protection that counts; None where the take may be seen and heard."""
        found = self._rows("SELECT * FROM protected WHERE take = ?", take)
        return _protection_of(found[0]) if found else None

    def demand(self, take: TakeId, made_for: Protection | None) -> None:
        """Raises Overtaken where the take's protection is another one than what was made for."""
        if self.of(take) != made_for:
            raise Overtaken("This take was protected meanwhile; what was made of it is thrown away.")

    def drafts(self, take: TakeId | None = None) -> list[Draft]:
        """What waits for a person's word, of one take or of all."""
        found = self._rows(
            "SELECT d.* FROM drafts AS d JOIN takes AS t USING (take) WHERE take = coalesce(?, take) "
            "ORDER BY t.entered, d.profile",
            take,
        )
        return [Draft(rows.rendition_of(row), row["sheet"], row["shown_at"] is not None) for row in found]

    def slips(self, take: TakeId) -> list[Slip]:
        """What a store had of the take in the open."""
        found = self._rows("SELECT DISTINCT profile, store FROM slips WHERE take = ? ORDER BY 1", take)
        return [Slip(take, row["profile"], row["store"]) for row in found]

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with database.translated():
            return self._db.execute(query, values).fetchall()


class Protections(Hidden):
    """The part of the journal that keeps people from being seen or heard."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        super().__init__(db)
        self._stamp = stamp

    def put(self, take: TakeId, protection: Protection) -> list[Slip]:
        """From now on the take is protected so: renditions and drafts made before are none any more.

        Returns what a store has of it in the open. Raises NeedsCrew where something hidden would be shown again.
        """
        with database.transaction(self._db):
            self.enter(take, protection)
        return self.slips(take)

    def enter(self, take: TakeId, protection: Protection) -> None:
        """The row alone, within a transaction of whoever calls."""
        before = self.of(take)
        if before is not None and (
            (before.method is not None and protection.method is None)
            or (before.voice is not None and protection.voice is None)
        ):
            raise NeedsCrew(
                "What is hidden of this take stays hidden; record another one if they wish to be seen."
            )
        self._db.execute(
            "INSERT INTO protections (take, method, region, voice, spoken, spoken_sha256, captions, "
            "captions_sha256, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                take,
                protection.method,
                str(protection.region) if protection.region else None,
                protection.voice,
                *_columns(protection.spoken),
                *_columns(protection.captions),
                protection.by,
                self._stamp(),
            ),
        )

    def drafted(
        self, rendition: Rendition, sheet: str, made_for: Protection, passport: Mapping[str, Any]
    ) -> Draft:
        """A protected rendition and its sheet are safe on disk. Raises Overtaken."""
        with database.transaction(self._db):
            self.demand(rendition.take, made_for)
            self._db.execute(
                "DELETE FROM drafts WHERE take = ? AND profile = ?", (rendition.take, rendition.profile)
            )
            row = rows.columns(rendition)
            self._db.execute(
                f"INSERT INTO drafts ({', '.join(row)}, protection, sheet, passport, made_at) "  # noqa: S608
                f"VALUES ({', '.join('?' * len(row))}, (SELECT entered FROM protected WHERE take = ?), ?, ?, ?)",
                (*row.values(), rendition.take, sheet, json.dumps(dict(passport)), self._stamp()),
            )
        return Draft(rendition, sheet)

    def shown(self, drafts: Iterable[Draft]) -> None:
        """Somebody was shown the sheets of these very bytes."""
        with database.transaction(self._db):
            for draft in drafts:
                made = draft.rendition
                self._db.execute(
                    "UPDATE drafts SET shown_at = ? WHERE take = ? AND profile = ? AND sha256 = ?",
                    (self._stamp(), made.take, made.profile, made.sha256),
                )

    def sign(self, take: TakeId, profile: str, sha256: Sha256, by: str) -> None:
        """A person answers for exactly these bytes: the draft becomes a rendition. Raises NeedsCrew."""
        with database.transaction(self._db):
            found = self._db.execute(
                "SELECT d.* FROM drafts AS d JOIN protected AS p ON p.take = d.take AND p.entered = d.protection "
                "WHERE d.take = ? AND d.profile = ? AND d.sha256 = ? AND d.shown_at IS NOT NULL",
                (take, profile, sha256),
            ).fetchone()
            if found is None:
                raise NeedsCrew(
                    f"The sheet of this {profile} was not looked at, or it was made anew since: look at it first "
                    f"with `fieldkit protect {take[-6:]} --sheet`."
                )
            self._db.execute(
                "INSERT INTO signatures (take, profile, protection, sha256, by, at) VALUES (?, ?, ?, ?, ?, ?)",
                (take, profile, found["protection"], sha256, by, self._stamp()),
            )
            self._db.execute(
                "INSERT INTO renditions (take, profile, path, sha256, bytes, seconds, width, height, made_at) "
                "SELECT take, profile, path, sha256, bytes, seconds, width, height, made_at FROM drafts "
                "WHERE take = ? AND profile = ?",
                (take, profile),
            )
            self._db.execute(
                "INSERT INTO passports (take, profile, passport) VALUES (?, ?, ?)",
                (take, profile, found["passport"]),
            )
            self._db.execute("DELETE FROM drafts WHERE take = ? AND profile = ?", (take, profile))
            self._db.execute("DELETE FROM leftovers WHERE path = ?", (found["path"],))

    def reject(self, take: TakeId, profile: str) -> None:
        """The draft's bytes are damaged or unwanted: it is due again."""
        with database.transaction(self._db):
            self._db.execute("DELETE FROM drafts WHERE take = ? AND profile = ?", (take, profile))

    def leftovers(self) -> list[str]:
        """Files that must go, relative to the library."""
        return [row["path"] for row in self._rows("SELECT path FROM leftovers")]

    def gone(self, path: str) -> None:
        """That file has gone."""
        with database.transaction(self._db):
            self._db.execute("DELETE FROM leftovers WHERE path = ?", (path,))


def _columns(kept: Kept | None) -> tuple[str | None, str | None]:
    return (kept.path, kept.sha256) if kept else (None, None)


def _protection_of(row: sqlite3.Row) -> Protection:
    return Protection(
        Method(row["method"]) if row["method"] else None,
        Region.parse(row["region"]) if row["region"] else None,
        Voice(row["voice"]) if row["voice"] else None,
        Kept(row["spoken"], Sha256(row["spoken_sha256"])) if row["spoken"] else None,
        Kept(row["captions"], Sha256(row["captions_sha256"])) if row["captions"] else None,
        row["by"],
    )
