"""Small makers of facts, for tests that need a journal but no camera."""

import hashlib
import itertools

from fieldkit.model import (
    Consent,
    ConsentState,
    Language,
    Manner,
    Original,
    Rendition,
    Sha256,
    TakeId,
    TweetId,
)

TWEET = TweetId("826412345678901234")
AGREED = Consent(ConsentState.AGREED, Language("sw"), Manner.SPOKEN)
NONE = Consent(ConsentState.NONE)
WITHDRAWN = Consent(ConsentState.WITHDRAWN)

_count = itertools.count(1)


def take_id() -> TakeId:
    """A take ID that was not given before."""
    number = next(_count)
    return TakeId.make(number, hashlib.sha256(str(number).encode()).digest()[:10])


def sha256(text: str) -> Sha256:
    return Sha256(hashlib.sha256(text.encode()).hexdigest())


def original(take: TakeId, content: str | None = None) -> Original:
    """An original whose bytes nobody looks at."""
    return Original(take, f"originals/{take}.mkv", sha256(content or take), 1000, 12.5)


def rendition(take: TakeId, profile: str, content: str | None = None) -> Rendition:
    """A rendition whose bytes nobody looks at."""
    name = content or f"{take}{profile}"
    return Rendition(take, profile, f"renditions/{sha256(name)}.mp4", sha256(name), 500, 12.5, 640, 360)
