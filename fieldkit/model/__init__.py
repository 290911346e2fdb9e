"""The nouns: frozen values checked at birth, so no other line checks again. No clock, disk or network."""

from fieldkit.model.consent import (
    Age,
    Consent,
    ConsentState,
    Manner,
    Risk,
    Scope,
    Told,
    Trait,
    Withdrawal,
    in_order,
)
from fieldkit.model.ids import Hours, Language, Place, Sha256, TakeId, TweetId, author_in
from fieldkit.model.nouns import (
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
    "Age",
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
    "Risk",
    "Scope",
    "Sha256",
    "Station",
    "Take",
    "TakeId",
    "Told",
    "Trait",
    "TweetId",
    "Upload",
    "Verdict",
    "Withdrawal",
    "author_in",
    "in_order",
    "tidy",
]
