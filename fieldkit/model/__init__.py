"""The nouns: frozen values checked at birth, so no other line checks again. No clock, disk or network."""

from fieldkit.model.ids import Hours, Language, Place, Sha256, TakeId, TweetId
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

__all__ = [
    "Consent",
    "ConsentState",
    "Hours",
    "Language",
    "Manner",
    "Original",
    "Place",
    "Receipt",
    "Refusal",
    "Rendition",
    "Sha256",
    "Station",
    "Take",
    "TakeId",
    "TweetId",
    "Upload",
    "Verdict",
]
