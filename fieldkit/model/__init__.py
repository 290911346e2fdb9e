"""The nouns: frozen values checked at birth, so no other line checks again. No clock, disk or network."""

from fieldkit.model.ids import Hours, Language, Place, Sha256, TakeId, TweetId, author_in
from fieldkit.model.nouns import (
    Consent,
    ConsentState,
    Manner,
    Original,
    Receipt,
    Refusal,
    Rendition,
    Station,
    Take,
    Upload,
    Verdict,
)
from fieldkit.model.request import Decided, Priority, Request, tidy

__all__ = [
    "Consent",
    "ConsentState",
    "Decided",
    "Hours",
    "Language",
    "Manner",
    "Original",
    "Place",
    "Priority",
    "Receipt",
    "Refusal",
    "Rendition",
    "Request",
    "Sha256",
    "Station",
    "Take",
    "TakeId",
    "TweetId",
    "Upload",
    "Verdict",
    "author_in",
    "tidy",
]
