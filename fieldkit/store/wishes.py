"""The command centre's requests in the catalogue, and what came of each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, or_, select, update

from fieldkit.errors import FieldkitError
from fieldkit.model import Decided, Place, Priority, Request, TakeId, TweetId, Withdrawal, tidy
from fieldkit.store import withdrawing
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.news import Kind, tell
from fieldkit.store.problems import NotFound, Problem
from fieldkit.store.review import Decision
from fieldkit.store.schema import clips, decisions, requests
from fieldkit.store.timing import Answered, Times, born_at
from fieldkit.wanted import read_request, read_timestamp, request_as_json

_MOST_OPEN = 500  # requests that a laptop is told of
_MOST_DECIDED = 40  # takes of whose last decision it is told
_LOOK_BACK = 2000  # decisions among which those are looked for
_LONGEST_WHY = 300  # characters of a reason that it is told
_MOST_ANSWERED = 10_000  # replies that the median is taken of, the newest
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_COLUMNS = ("tweet_id", "author", "text", "language", "place", "priority", "due", "added_at")


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as the store knows it. It is open as long as it was neither answered nor withdrawn."""

    request: Request
    added_by: str
    withdrawn_at: str | None
    times: Times

    @property
    def as_json(self) -> dict[str, Any]:
        """As the contract has it."""
        told = self.times
        return {
            **request_as_json(self.request),
            "added_by": self.added_by,
            "born_at": born_at(self.request.tweet_id),
            "open": self.withdrawn_at is None and told.posted_at is None,
            "withdrawn_at": self.withdrawn_at,
            "times": {name: getattr(told, name) for name in Times.__slots__},
        }


class Wishes:
    """The requests of one store."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def put(self, tweet_id: TweetId, said: Mapping[str, Any], by: str) -> bool:
        """Makes the request, or changes what is said of it and opens it again; True where it is new.

        Raises Problem (400) for anything that a request can't say.
        """
        with self._catalogue.writing() as connection:
            found = connection.execute(select(requests).where(requests.c.tweet_id == tweet_id)).first()
            known = request_as_json(as_request(found)) if found else {"added_at": self._catalogue.now()}
            try:
                wanted = read_request({**known, **said, "tweet_id": tweet_id, "added_at": known["added_at"]})
            except (FieldkitError, ValueError) as error:
                raise Problem(f"The request: {error}") from error
            values = request_as_json(wanted) | {"withdrawn_at": None}
            tell(connection, tweet_id, Kind.REQUEST)
            if found:
                changed = update(requests).where(requests.c.tweet_id == tweet_id).values(**values)
                connection.execute(changed)
                return False
            replied = (
                select(decisions.c.at.label("answered_at"), clips.c.place.label("answered_from"))
                .join(clips, clips.c.number == decisions.c.clip)
                .where(clips.c.tweet_id == tweet_id, decisions.c.decision == Decision.POSTED.value)
                .order_by(decisions.c.number)
            )
            answer = connection.execute(replied).mappings().first()
            connection.execute(insert(requests).values(**values, added_by=by, **(answer or {})))
            return True

    def withdraw(self, tweet_id: TweetId) -> None:
        """Nobody wants an answer any more. Raises NotFound."""
        known = requests.c.tweet_id == tweet_id
        with self._catalogue.writing() as connection:
            if connection.scalar(select(requests.c.number).where(known)) is None:
                raise NotFound(f"Nobody asked for an answer to tweet {tweet_id}.")
            still = update(requests).where(known, requests.c.withdrawn_at.is_(None))
            connection.execute(still.values(withdrawn_at=self._catalogue.now()))
            tell(connection, tweet_id, Kind.REQUEST)

    def open(self, place: Place | None = None) -> list[Request]:
        """What waits for an answer, the most urgent first; with a place its own, and what anybody may answer."""
        query = select(requests).where(*still_open(place)).order_by(*urgency()).limit(_MOST_OPEN)
        with self._catalogue.reading() as connection:
            return [as_request(row) for row in connection.execute(query)]

    def decided(self, place: Place | None = None) -> list[Decided]:
        """The last decision about each take that was decided of late, the newest first."""
        late = (
            select(decisions).order_by(decisions.c.number.desc()).limit(_LOOK_BACK).subquery("late")
        )  # so that a place of which nothing was decided costs no more than the others
        query = (
            select(clips.c.take, late.c.decision, late.c.why, late.c.at)
            .join(clips, clips.c.number == late.c.clip)
            .where(clips.c.take.is_not(None), *([clips.c.place == place] if place else []))
            .order_by(late.c.number.desc())
        )
        told: dict[str, Decided] = {}
        with self._catalogue.reading() as connection:
            for row in connection.execute(query):
                if row.take not in told:
                    told[row.take] = _decided(row)
                if len(told) == _MOST_DECIDED:
                    break
        return list(told.values())

    def withdrawn(self) -> list[Withdrawal]:
        """What was withdrawn, the newest first: every laptop is told, for any may have an old copy."""
        with self._catalogue.reading() as connection:
            return withdrawing.told(connection)

    def find(self, tweet_id: TweetId, place: Place | None = None) -> Wish | None:
        """The request for an answer to this tweet; with a place only if that may answer it."""
        query = select(requests).where(requests.c.tweet_id == tweet_id, *visible(place))
        with self._catalogue.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        times = self.times([tweet_id])[tweet_id]
        return Wish(
            as_request(row), row.added_by, row.withdrawn_at, replace(times, posted_at=row.answered_at)
        )

    def times(self, tweet_ids: Sequence[TweetId]) -> dict[TweetId, Times]:
        """When what answers each of these tweets came."""
        first = (
            select(
                clips.c.tweet_id,
                func.min(clips.c.recorded_at).label("recorded_at"),
                _first("proxy").label("proxy_at"),
                _first("tweet").label("ready_at"),
            )
            .where(clips.c.tweet_id.in_(tweet_ids))
            .group_by(clips.c.tweet_id)
        )
        posted = case((decisions.c.decision == Decision.POSTED.value, decisions.c.at))
        decided = (
            select(clips.c.tweet_id, func.min(decisions.c.at).label("decided_at"), func.min(posted).label("posted_at"))
            .join(decisions, decisions.c.clip == clips.c.number)
            .where(clips.c.tweet_id.in_(tweet_ids))
            .group_by(clips.c.tweet_id)
        )  # fmt: skip
        told = dict.fromkeys(tweet_ids, Times())
        with self._catalogue.reading() as connection:
            for query in (first, decided):
                for row in connection.execute(query).mappings():
                    tweet_id = TweetId(row["tweet_id"])
                    told[tweet_id] = replace(
                        told[tweet_id], **{name: row[name] for name in row if name != "tweet_id"}
                    )
        return told

    def answered(self, place: Place | None = None, most: int = _MOST_ANSWERED) -> list[Answered]:
        """The tweets that were asked for and answered, the last first."""
        query = select(requests.c.tweet_id, requests.c.answered_from, requests.c.answered_at)
        wanted = requests.c.answered_at.is_not(None)
        mine = wanted & (requests.c.answered_from == place) if place else wanted
        with self._catalogue.reading() as connection:
            rows = connection.execute(query.where(mine).order_by(requests.c.answered_at.desc()).limit(most))
            return [
                Answered(
                    TweetId(r.tweet_id), Place(r.answered_from) if r.answered_from else None, r.answered_at
                )
                for r in rows
            ]


def still_open(place: Place | None) -> list[ColumnElement[bool]]:
    """Neither answered nor withdrawn, and this place may answer it."""
    return [requests.c.answered_at.is_(None), requests.c.withdrawn_at.is_(None), *visible(place)]


def urgency() -> tuple[ColumnElement[Any], ...]:
    """The order in which people are shown requests: by priority, then what is due first, then the oldest."""
    rank = {priority.value: number for number, priority in enumerate(Priority)}
    return case(rank, value=requests.c.priority), func.coalesce(requests.c.due, "9999"), requests.c.number


def visible(place: Place | None) -> list[ColumnElement[bool]]:
    """Narrows requests down to what this place may answer."""
    return [or_(requests.c.place == place, requests.c.place.is_(None))] if place else []


def _first(profile: str) -> ColumnElement[str]:
    return func.min(case((clips.c.profile == profile, clips.c.received_at)))


def as_request(row: Any) -> Request:
    """A row of the table as the noun."""
    return read_request({name: getattr(row, name) for name in _COLUMNS})


def _decided(row: Any) -> Decided:
    why = tidy(_CONTROLS.sub(" ", row.why)[:_LONGEST_WHY])
    return Decided(TakeId(row.take), row.decision, why, read_timestamp(row.at))
