"""What a take is for."""

import secrets
import time
from dataclasses import dataclass

from fieldkit.model import Consent, Place, Protection, TakeId, TweetId


@dataclass(frozen=True, slots=True)
class Order:
    """The slate before there is a take: which tweet is answered, where, by whom, with what consent and protection."""

    tweet_id: TweetId
    place: Place | None
    operator: str | None
    consent: Consent
    protection: Protection | None = None


def new_take() -> TakeId:
    """A take ID for this instant."""
    return TakeId.make(time.time_ns() // 1_000_000, secrets.token_bytes(10))
