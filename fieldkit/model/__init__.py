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
from fieldkit.model.protection import Draft, Kept, Method, Protection, Region, Slip, Voice, coded
from fieldkit.model.request import Decided, Priority, Request, tidy

__all__ = [
    "Consent",
    "ConsentState",
    "Decided",
    "Draft",
    "Hours",
    "Kept",
    "Language",
    "Manner",
    "Method",
    "Original",
    "Place",
    "Priority",
    "Protection",
    "Receipt",
    "Refusal",
    "Region",
    "Rendition",
    "Request",
    "Sha256",
    "Slip",
    "Station",
    "Take",
    "TakeId",
    "TweetId",
    "Upload",
    "Verdict",
    "Voice",
    "author_in",
    "coded",
    "tidy",
]
