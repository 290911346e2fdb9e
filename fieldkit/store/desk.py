"""What a shift has to do, asked of the catalogue: tweets to answer, takes to look at, replies to post."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, tuple_

from fieldkit.model import Place, Request, TweetId
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.news import newest
from fieldkit.store.review import Decision
from fieldkit.store.schema import clips, latest, requests
from fieldkit.store.wishes import as_request, still_open, urgency


@dataclass(frozen=True, slots=True)
class Waiting:
    """A tweet with a take that waits; `number` is its first clip's, the key of the next page."""

    number: int
    tweet_id: TweetId


class Desk:
    """The lists of one store. Each comes in helpings, found by key."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def to_answer(self, place: Place | None, after: TweetId | None, limit: int) -> list[Request]:
        """Open requests of which no take is approved, the most urgent first; from behind the tweet `after`."""
        approved = _decided(requests.c.tweet_id, Decision.APPROVED, Decision.POSTED)
        query = select(requests).where(*still_open(place), ~approved)
        if after:
            key = select(*urgency()).where(requests.c.tweet_id == after).subquery()
            query = query.join(key, tuple_(*urgency()) > tuple_(*key.c))
        with self._catalogue.reading() as connection:
            return [as_request(row) for row in connection.execute(query.order_by(*urgency()).limit(limit))]

    def to_look_at(self, place: Place | None, after: int, limit: int) -> list[Waiting]:
        """Tweets with a take about which nobody decided, the longest waiting first; from behind that clip."""
        other, word = clips.alias(), latest.alias()
        same_take = exists().where(
            other.c.number == word.c.clip,
            other.c.tweet_id == clips.c.tweet_id,
            other.c.take == clips.c.take,
            word.c.decision.is_not(None),
        )
        return self._first_of_each_tweet(latest.c.decision.is_(None), [~same_take], place, after, limit)

    def to_post(self, place: Place | None, limit: int) -> list[Waiting]:
        """Tweets with an approved take and no reply, the longest waiting first."""
        posted = _decided(clips.c.tweet_id, Decision.POSTED)
        approved = latest.c.decision == Decision.APPROVED.value
        return self._first_of_each_tweet(approved, [~posted], place, 0, limit)

    def wishes(self, tweet_ids: Sequence[TweetId]) -> dict[TweetId, Request]:
        """What was asked about these tweets, of those about which somebody did."""
        query = select(requests).where(requests.c.tweet_id.in_(tweet_ids))
        with self._catalogue.reading() as connection:
            return {TweetId(row.tweet_id): as_request(row) for row in connection.execute(query)}

    def edition(self) -> int:
        """The number of the last change that the lists may speak of."""
        with self._catalogue.reading() as connection:
            return newest(connection)

    def _first_of_each_tweet(
        self,
        state: ColumnElement[bool],
        more: list[ColumnElement[bool]],
        place: Place | None,
        after: int,
        limit: int,
    ) -> list[Waiting]:
        wanted = [state, *more, latest.c.clip > after, *_of(place)]
        query = (
            select(clips.c.number, clips.c.tweet_id)
            .join(latest, latest.c.clip == clips.c.number)
            .where(*wanted)
            .order_by(latest.c.clip)
        )
        found: dict[TweetId, int] = {}
        with (
            self._catalogue.reading() as connection,
            connection.execution_options(yield_per=100).execute(query) as rows,
        ):
            # a tweet has few clips, so reading on until enough tweets are found is short
            for row in rows:
                found.setdefault(TweetId(row.tweet_id), row.number)
                if len(found) == limit:
                    break
        return [Waiting(number, tweet_id) for tweet_id, number in found.items()]


def _decided(tweet_id: ColumnElement[str], *words: Decision) -> ColumnElement[bool]:
    other, word = clips.alias(), latest.alias()
    said = [each.value for each in words]
    return exists().where(
        other.c.tweet_id == tweet_id, other.c.number == word.c.clip, word.c.decision.in_(said)
    )


def _of(place: Place | None) -> list[ColumnElement[bool]]:
    # hidden from the index of places: what waits is short, what ever came from a place is not
    return [func.coalesce(clips.c.place, "") == place] if place else []
