"""What an upload says about its clip: Upload-Metadata, checked. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from fieldkit.errors import FieldkitError
from fieldkit.model import Consent, Language, Place, Sha256, TakeId, TweetId
from fieldkit.protocol import METADATA_KEYS, decode_metadata, read_consent
from fieldkit.store.problems import Problem

_PROFILE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_LONGEST = 200  # characters of free text


@dataclass(frozen=True, slots=True)
class Label:
    """The checked part of Upload-Metadata; what else a client sends is echoed, not used."""

    tweet_id: TweetId
    sha256: Sha256 | None = None  # of the whole file
    profile: str | None = None
    take: TakeId | None = None
    place: Place | None = None
    operator: str | None = None
    recorded_at: str | None = None  # ISO 8601, UTC
    language: Language | None = None
    consent: Consent | None = None  # in summary; None where none is stated


def read_label(metadata: str) -> Label:
    """The label in an Upload-Metadata header. Raises Problem (400) for anything that is not valid."""
    try:
        said = decode_metadata(metadata)
        for key in METADATA_KEYS:
            _check_text(key, said.get(key, ""))
        if not said.get("tweet_id"):
            raise Problem("Upload-Metadata must name the `tweet_id` that the clip answers.")
        return Label(
            tweet_id=TweetId(said["tweet_id"]),
            sha256=Sha256(said["sha256"]) if said.get("sha256") else None,
            profile=_matching("profile", said.get("profile"), _PROFILE),
            take=TakeId(said["take"]) if said.get("take") else None,
            place=Place(said["place"]) if said.get("place") else None,
            operator=said.get("operator") or None,
            recorded_at=_utc(said.get("recorded_at")),
            language=Language(said["language"]) if said.get("language") else None,
            consent=read_consent(said),
        )
    except (ValueError, FieldkitError) as error:
        raise Problem(f"Upload-Metadata: {error}") from error


def _check_text(key: str, text: str) -> None:
    if len(text) > _LONGEST or not text.isprintable():
        raise ValueError(f"`{key}` is longer than {_LONGEST} characters or holds control characters")


def _matching(key: str, text: str | None, pattern: re.Pattern[str]) -> str | None:
    if text and not pattern.fullmatch(text):
        raise ValueError(f"`{key}` is not valid")
    return text or None


def _utc(text: str | None) -> str | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("`recorded_at` has no time zone; write UTC, as in 2026-11-22T14:02:38Z")
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError as error:
        raise ValueError("`recorded_at` is out of range") from error
