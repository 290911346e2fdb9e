"""How long it takes from a tweet to its reply. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from fieldkit.model import Place, TweetId
from fieldkit.wanted import read_timestamp, timestamp


@dataclass(frozen=True, slots=True)
class Times:
    """When what a request asks for came: UTC, ISO 8601; None where it did not come yet."""

    recorded_at: str | None = None  # the first take, by its laptop's clock
    proxy_at: str | None = None  # the first look was here
    ready_at: str | None = None  # the first file that X takes was here
    decided_at: str | None = None
    posted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A tweet whose reply was posted, and the place from which it came."""

    tweet_id: TweetId
    place: Place | None
    posted_at: str


def born_at(tweet_id: TweetId) -> str | None:
    """When the tweet was written; None where its ID does not tell."""
    return timestamp(tweet_id.born_at) if tweet_id.born_at else None


def seconds_to_reply(answered: Answered) -> float | None:
    """From the tweet to its reply; None where the tweet's ID does not tell its age."""
    born = answered.tweet_id.born_at
    return (read_timestamp(answered.posted_at) - born).total_seconds() if born else None


def medians(all_answered: Iterable[Answered]) -> dict[Place | None, tuple[int, float | None]]:
    """For each place how many tweets were answered, and the median of the seconds that took."""
    by_place: dict[Place | None, list[float | None]] = {}
    for answered in all_answered:
        by_place.setdefault(answered.place, []).append(seconds_to_reply(answered))
    return {place: (len(every), middle(every)) for place, every in by_place.items()}


def middle(values: Iterable[float | None]) -> float | None:
    """The median of those that are known; None where none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None
