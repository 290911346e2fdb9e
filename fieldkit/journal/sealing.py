"""What is sealed at rest, in the journal: which originals are still plain, and which takes are all handed over."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fieldkit.journal import database, rows
from fieldkit.model import Original, TakeId

# every profile that is due has its receipt, for the bytes that are here
_DELIVERED = """NOT EXISTS (SELECT 1 FROM json_each(:profiles) AS p
                            WHERE NOT EXISTS (SELECT 1 FROM renditions AS r
                                                   JOIN receipts AS x USING (take, profile, sha256)
                                              WHERE r.take = o.take AND r.profile = p.value))"""
# no profile waits for the original
_IDLE = """NOT EXISTS (SELECT 1 FROM json_each(:profiles) AS p JOIN releasable AS l ON l.take = o.take
                       WHERE NOT EXISTS (SELECT 1 FROM renditions WHERE take = o.take AND profile = p.value)
                         AND NOT EXISTS (SELECT 1 FROM refusals WHERE take = o.take AND station = 'render'
                                                                  AND profile IN ('', p.value)))"""
_KEPT = "EXISTS (SELECT 1 FROM consent_now WHERE take = o.take AND state != 'withdrawn')"
_PLAIN = f"""SELECT o.* FROM originals AS o
             WHERE o.take NOT IN (SELECT take FROM encrypted) AND {_KEPT}
               AND ({_DELIVERED} OR :early AND {_IDLE})"""  # noqa: S608 - words of this file


@dataclass(frozen=True, slots=True)
class When:
    """When an original is sealed: once these profiles have receipts, or `early`, once none of them waits for it."""

    profiles: Sequence[str]
    early: bool

    def columns(self) -> dict[str, object]:
        return {"profiles": json.dumps(list(self.profiles)), "early": int(self.early)}


class Sealing:
    """The part of the journal that knows what is sealed at rest."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def plain(self, when: When) -> list[Original]:
        """Originals that are to be sealed and are not, the oldest first."""
        found = self._rows(f"{_PLAIN} ORDER BY o.rowid", when.columns())
        return [rows.original_of(row) for row in found]

    def sealed(self, take: TakeId, path: str, size: int, when: When) -> bool:
        """The sealed file and its key are safe. False, and no fact, where the take is not to be sealed any more."""
        with database.transaction(self._db):
            if not self._db.execute(
                f"{_PLAIN} AND o.take = :take", when.columns() | {"take": take}
            ).fetchone():
                return False
            self._db.execute(
                "INSERT INTO encrypted (take, path, bytes, at) VALUES (?, ?, ?, ?)",
                (take, path, size, self._stamp()),
            )
            return True

    def delivered(self, profiles: Sequence[str]) -> list[TakeId]:
        """Sealed takes of which the store has all that is due, and that are not yet handed over."""
        found = self._rows(
            f"""SELECT o.take FROM encrypted AS o
                WHERE o.take NOT IN (SELECT take FROM handed_over) AND {_DELIVERED}""",  # noqa: S608 - as above
            {"profiles": json.dumps(list(profiles))},
        )
        return [TakeId(row["take"]) for row in found]

    def hand_over(self, take: TakeId) -> None:
        """Nothing more is sent of the take, and this laptop will not open it again. Doing it twice is nothing."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO handed_over (take, at) VALUES (?, ?)", (take, self._stamp())
            )

    def path(self, take: TakeId) -> str | None:
        """Where the take's sealed original lies, relative to the library; None while it is plain."""
        found = self._rows("SELECT path FROM encrypted WHERE take = :take", {"take": take})
        return str(found[0]["path"]) if found else None

    def superseded(self) -> dict[str, TakeId]:
        """{path: take} of plain originals that have a sealed file, relative to the library."""
        found = self._rows("SELECT o.take, o.path FROM originals AS o JOIN encrypted USING (take)", {})
        return {row["path"]: TakeId(row["take"]) for row in found}

    def shed(self) -> dict[str, TakeId]:
        """{path: take} of renditions of takes that were handed over."""
        found = self._rows("SELECT r.take, r.path FROM renditions AS r JOIN handed_over USING (take)", {})
        return {row["path"]: TakeId(row["take"]) for row in found}

    def handed_over(self) -> list[TakeId]:
        """Takes that only headquarters may open."""
        return [TakeId(row["take"]) for row in self._rows("SELECT take FROM handed_over", {})]

    def forgotten(self) -> list[TakeId]:
        """Takes that were withdrawn, or whose original is no fact any more: nothing of them may open again."""
        found = self._rows(
            """SELECT take FROM takes WHERE take NOT IN (SELECT take FROM originals)
                                         OR take IN (SELECT take FROM consent_now WHERE state = 'withdrawn')""",
            {},
        )
        return [TakeId(row["take"]) for row in found]

    def without_receipts(self, profiles: Sequence[str]) -> int:
        """How many takes with an original lack a receipt that is due."""
        found = self._rows(
            f"SELECT count(*) AS n FROM originals AS o WHERE NOT {_DELIVERED}",  # noqa: S608 - as above
            {"profiles": json.dumps(list(profiles))},
        )
        return int(found[0]["n"])

    def _rows(self, query: str, values: dict[str, object]) -> list[sqlite3.Row]:
        with database.translated():
            return self._db.execute(query, values).fetchall()
