"""What the crew side speaks of: takes, originals, renditions, receipts, refusals."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldkit.model.consent import Consent
from fieldkit.model.ids import Place, Sha256, TakeId, TweetId


class Station(StrEnum):
    """Where on the line a refusal was given."""

    SALVAGE = "salvage"
    RENDER = "render"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Take:
    """One attempt at answering one tweet, as its slate says."""

    id: TakeId
    tweet_id: TweetId
    number: int  # counts from 1 within a tweet on one laptop
    begun_at: datetime  # UTC
    place: Place | None = None
    operator: str | None = None

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("takes are numbered from 1")
        if self.begun_at.utcoffset() != timedelta(0):
            raise ValueError("times are UTC")


@dataclass(frozen=True, slots=True)
class TakeWords:
    """What one take's reply shows beside its picture: captions as their SRT file has them, and a lower third."""

    srt: bytes | None = None
    lower_third: str | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """The camera file, sealed. `path` is relative to the library."""

    take: TakeId
    path: str
    sha256: Sha256
    bytes: int
    seconds: float | None = None  # None where the file does not tell
    recovered: bool = False  # salvaged from a recording that died


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a recording: one sentence to the crew, and whether to record `again`."""

    good: bool
    sentence: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Rendition:
    """A take encoded under a profile. `path` is relative to the library."""

    take: TakeId
    profile: str
    path: str
    sha256: Sha256
    bytes: int
    seconds: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A rendition that lacks its receipt: derived by a query, never stored."""

    take: Take
    rendition: Rendition
    consent: Consent


@dataclass(frozen=True, slots=True)
class Receipt:
    """The store's word that it holds the verified bytes."""

    take: TakeId
    profile: str
    sha256: Sha256
    store: str  # the store's URL
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Permanent trouble at one station, so that it is not tried for ever."""

    take: TakeId
    station: Station
    why: str
    profile: str = ""  # empty where the whole take is refused
