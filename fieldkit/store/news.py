"""That something changed about a tweet, as a row of the change's own transaction.

Whoever writes to the catalogue, another process too, is heard by every board that is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select

from fieldkit.model import TweetId
from fieldkit.store.schema import news


class Kind(StrEnum):
    ARRIVAL = "arrival"  # a clip
    DECISION = "decision"
    WITHDRAWAL = "withdrawal"  # of a clip
    REQUEST = "request"  # made, changed or withdrawn


@dataclass(frozen=True, slots=True)
class Change:
    """What happened, and about which tweet."""

    number: int
    tweet_id: str
    kind: str


def tell(connection: Connection, tweet_id: TweetId, kind: Kind) -> None:
    """Notes a change, in the transaction that makes it."""
    connection.execute(insert(news).values(tweet_id=tweet_id, kind=kind.value))


def newest(connection: Connection) -> int:
    """The number of the last change; 0 where there was none."""
    return connection.scalar(select(func.max(news.c.number))) or 0


def since(connection: Connection, number: int, limit: int) -> Sequence[Change]:
    """The changes after that number, first to last."""
    query = select(news).where(news.c.number > number).order_by(news.c.number).limit(limit)
    return [Change(row.number, row.tweet_id, row.kind) for row in connection.execute(query)]
