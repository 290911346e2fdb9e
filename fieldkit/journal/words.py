"""The words that the replies of single takes show."""

import sqlite3
from collections.abc import Callable

from fieldkit.journal import database
from fieldkit.journal.protection import Overtaken
from fieldkit.model import TakeId, TakeWords


class TakesWords:
    """The part of the journal that knows them."""

    def __init__(self, db: sqlite3.Connection, stamp: Callable[[], str]) -> None:
        self._db, self._stamp = db, stamp

    def put(self, take: TakeId, words: TakeWords) -> None:
        """From now on its reply shows these: the one that was made before is due again."""
        with database.transaction(self._db):
            self._db.execute(
                "INSERT INTO words (take, srt, lower_third, at) VALUES (?, ?, ?, ?)",
                (take, words.srt, words.lower_third, self._stamp()),
            )

    def of(self, take: TakeId) -> TakeWords | None:
        """The latest; None where none were given."""
        with database.translated():
            row = self._db.execute(
                "SELECT srt, lower_third FROM words WHERE take = ? ORDER BY entered DESC LIMIT 1", (take,)
            ).fetchone()
        return TakeWords(row["srt"], row["lower_third"]) if row else None

    def demand(self, take: TakeId, made_for: TakeWords | None) -> None:
        """Raises Overtaken where other words count by now."""
        if self.of(take) != made_for:
            raise Overtaken("Other words were given for this take meanwhile; it is made anew with those.")
