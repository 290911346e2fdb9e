"""What a take is for."""

import secrets
import time
from dataclasses import dataclass

from fieldkit.model import Consent, Place, TakeId, TweetId


@dataclass(frozen=True, slots=True)
class Order:
    """The slate before there is a take: which tweet is answered, where, by whom, with what consent."""

    tweet_id: TweetId
    place: Place | None
    operator: str | None
    consent: Consent


def new_take() -> TakeId:
    """A take ID for this instant."""
    return TakeId.make(time.time_ns() // 1_000_000, secrets.token_bytes(10))
