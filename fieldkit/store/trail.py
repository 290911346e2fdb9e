"""The audit trail: who did what, when. Appended in the same transaction as the deed, and never changed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from fieldkit.store.catalogue import Catalogue
from fieldkit.store.deeds import Deed, note
from fieldkit.store.schema import trail

_ONE_SHOWING = 3600.0  # seconds in which all of a player's ranges are one download
_MOST_SHOWINGS = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail. `at` is UTC, ISO 8601."""

    number: int
    at: str
    who: str
    did: str
    about: str
    address: str | None


class Trail:
    """The trail of one store."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._showings: dict[tuple[str, str], float] = {}

    def note(self, who: str, did: Deed, about: str = "", *, address: str | None = None) -> None:
        """A deed that changes nothing else; durable when this returns."""
        with self._catalogue.writing() as connection:
            note(connection, self._catalogue.now(), who, did, about, address=address)

    def downloaded(self, who: str, clip: str) -> None:
        """Whoever asked for a clip's bytes; a player asks for many ranges, which are noted once an hour."""
        now = time.monotonic()
        if now - self._showings.get((who, clip), -_ONE_SHOWING) < _ONE_SHOWING:
            return
        self.note(who, Deed.DOWNLOADED, clip)
        self._showings.pop((who, clip), None)
        self._showings[who, clip] = now
        while len(self._showings) > _MOST_SHOWINGS:
            self._showings.pop(next(iter(self._showings)), None)

    def page(self, after: int | None = None, since: str = "", limit: int = 100) -> list[Entry]:
        """Entries, newest first: those before number `after`, none older than `since` (ISO 8601, or its start)."""
        query = select(trail).where(trail.c.at >= since).order_by(trail.c.number.desc()).limit(limit)
        if after is not None:
            query = query.where(trail.c.number < after)
        with self._catalogue.reading() as connection:
            return [Entry(*row) for row in connection.execute(query)]


def every_entry(trail: Trail, since: str) -> Iterator[Entry]:
    """All entries not older than `since`, newest first, in small helpings."""
    after = None
    while helping := trail.page(after, since):
        yield from helping
        after = helping[-1].number
