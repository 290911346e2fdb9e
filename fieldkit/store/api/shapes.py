"""The JSON that the store takes and gives, as types: what the document's schemas are made of. Pure.

What a route answers is checked against these in `tests/store/test_api.py`, so that they can't drift apart.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from fieldkit.model import Age, Scope, Trait
from fieldkit.store.review import Decision
from fieldkit.store.timing import Times
from fieldkit.store.trail import Entry

TWEET_ID = r"^[1-9][0-9]{0,18}$"
SHA256 = r"^[0-9a-f]{64}$"
PLACE = r"^([0-9][0-9-]*)?[a-z]([a-z0-9-]*[a-z0-9])?$"
UPLOAD_ID = r"^[0-9a-f]{32}(-[0-9]{1,18}-[0-9]{1,18})?$"

TweetText = Annotated[str, Field(pattern=TWEET_ID, examples=["826412345678901234"])]
HashText = Annotated[str, Field(pattern=SHA256)]
PlaceText = Annotated[str, Field(pattern=PLACE, max_length=40, examples=["kakuma"])]
Moment = Annotated[str, Field(description="ISO 8601, UTC", examples=["2026-11-22T14:02:38Z"])]
Priority = Literal["urgent", "normal", "low"]
Taken = Literal["approved", "retake", "rejected", "posted"]
Why = Annotated[str, Field(max_length=2000)]


@dataclass
class Error:
    """Why not: a word for machines and a sentence for people."""

    error: str
    detail: str


@dataclass
class State:
    """That it is so."""

    status: Literal["ok"]


@dataclass
class Clip:
    """A rendition in the catalogue. `seconds`, `width` and `height` are null where the file does not tell."""

    sha256: HashText
    profile: str | None
    bytes: int
    seconds: float | None
    width: int | None
    height: int | None
    take: str | None
    place: str | None
    recorded_at: str | None
    received_at: Moment
    url: str
    decision: Decision | None


@dataclass
class ClipOfTweet(Clip):
    """A clip, and the tweet that it answers."""

    tweet_id: TweetText


@dataclass
class Clips:
    """A page, newest first. `next` goes into `after` for the page behind this one."""

    clips: list[ClipOfTweet]
    next: int | None


@dataclass
class Decided:
    """One decision about a clip."""

    decision: Decision
    by: str
    why: str
    at: Moment


@dataclass
class Decisions:
    """Every decision about a clip, first to last."""

    decisions: list[Decided]


@dataclass
class NewDecision:
    """What is decided. A retake says why; `by` is who decided, where a token and no person is signed in."""

    decision: Taken
    why: Why | None = None
    by: Why | None = None


@dataclass
class Request:
    """What the command centre wants answered."""

    tweet_id: TweetText
    author: str | None
    text: str | None
    language: str | None
    place: str | None
    priority: Priority
    due: Moment | None
    added_at: Moment | None


@dataclass
class Wish(Request):
    """A request, and when what answers it came."""

    added_by: str
    born_at: Moment | None
    open: bool
    withdrawn_at: Moment | None
    times: Times


@dataclass
class NewRequest:
    """What is wanted. What is left out stays as it was, or is not set."""

    tweet: Annotated[str, Field(description="the tweet’s link or its ID", examples=["826412345678901234"])]
    author: Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,20}$")] | None = None
    text: Annotated[str, Field(max_length=1000)] | None = None
    language: Annotated[str, Field(description="BCP 47", examples=["ar"])] | None = None
    place: PlaceText | None = None
    priority: Priority | None = None
    due: Moment | None = None


@dataclass
class Word:
    """The newest decision about a take."""

    take: str
    decision: Decision
    why: str
    at: Moment


@dataclass
class Gone:
    """A withdrawal, as far as it is known: what is not is left out."""

    tweet_id: TweetText | None = None
    take: str | None = None
    sha256: list[HashText] | None = None
    card: HashText | None = None


@dataclass
class Wanted:
    """What a laptop fetches at each contact."""

    requests: list[Request]
    decisions: list[Word]
    withdrawn: list[Gone] | None = None


@dataclass
class Agreed:
    """What a clip's speaker agreed to, in summary."""

    scope: list[Scope]
    hidden: list[Trait]
    age: Age
    until: Moment | None


@dataclass
class AgreedClip(Clip):
    """A clip, and what its speaker agreed to; null where no consent was stated."""

    consent: Agreed | None


@dataclass
class NewWithdrawal:
    """What is withdrawn: the code of a card or its hash, or a take or its bytes with their tweet."""

    code: Annotated[str, Field(max_length=40, examples=["7K2M-9QRT-4XV3"])] | None = None
    card: HashText | None = None
    tweet_id: TweetText | None = None
    take: str | None = None
    sha256: Annotated[list[HashText], Field(max_length=100)] | None = None


@dataclass
class Withdrawn:
    """How many clips went; none where what was withdrawn is not here (yet)."""

    clips: int


@dataclass
class TweetClips:
    """Every clip that answers a tweet, and the request for it."""

    tweet_id: TweetText
    request: Wish | None
    clips: list[AgreedClip]


@dataclass
class PlaceTimes:
    """From the tweet to the reply, for one place."""

    place: str | None
    answered: int
    median_seconds: float | None


@dataclass
class ReplyTimes:
    """From the tweet to the reply, in all and for each place."""

    answered: int
    median_seconds: float | None
    places: list[PlaceTimes]


@dataclass
class Audit:
    """A page of the audit trail, newest first."""

    entries: list[Entry]
    next: int | None


@dataclass
class SignIn:
    """The form of the sign-in."""

    name: Annotated[str, Field(max_length=40)]
    passphrase: str
    to: str = "/"


@dataclass
class SignOut:
    """The form of the sign-out: its proof stands in the page."""

    csrf: str
