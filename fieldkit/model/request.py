"""What the command centre speaks of to a crew: tweets to answer, and what it decided about takes."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldkit.model.ids import Language, Place, TakeId, TweetId

LONGEST_TEXT = 1000  # characters of a tweet: enough to know it again
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}", re.ASCII)
_DECISION = re.compile(r"[a-z-]{1,16}", re.ASCII)
# embeddings, overrides and isolates: invisible, and what follows them may read as something else (UAX 9)
_STEERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ENDS_OF_LINE = {ord(mark): "\n" for mark in "\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"}


class Priority(StrEnum):
    """How much it matters; when it must be there is the due time's business."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Request:
    """The command centre's wish: answer this tweet."""

    tweet_id: TweetId
    author: str | None = None  # the handle, without @
    text: str | None = None
    language: Language | None = None
    place: Place | None = None  # None: whoever can answer
    priority: Priority = Priority.NORMAL
    due: datetime | None = None  # UTC
    added_at: datetime | None = None  # UTC

    def __post_init__(self) -> None:
        if self.author is not None and not _HANDLE.fullmatch(self.author):
            raise ValueError("an author is a handle of 1 to 20 letters, digits and underscores")
        if self.text is not None and (self.text != tidy(self.text) or len(self.text) > LONGEST_TEXT):
            raise ValueError(
                f"a text has at most {LONGEST_TEXT} characters, none of them a control character"
            )
        for time in (self.due, self.added_at):
            if time is not None and time.utcoffset() != timedelta(0):
                raise ValueError("times are UTC")


@dataclass(frozen=True, slots=True)
class Decided:
    """The newest decision about a take, as its crew is told."""

    take: TakeId
    decision: str  # approved, retake, rejected, posted
    why: str
    at: datetime  # UTC

    def __post_init__(self) -> None:
        if not _DECISION.fullmatch(self.decision):
            raise ValueError("a decision is one word")
        if self.why != tidy(self.why) or len(self.why) > LONGEST_TEXT:
            raise ValueError(f"a reason has at most {LONGEST_TEXT} characters")
        if self.at.utcoffset() != timedelta(0):
            raise ValueError("times are UTC")


def tidy(text: str) -> str:
    """Text that others may be shown: one sort of line end, nothing that steers a reader's eye or terminal.

    Raises ValueError for control characters and for halves of a surrogate pair, which no database takes.
    """
    text = text.replace("\r\n", "\n").replace("\t", " ").translate(_ENDS_OF_LINE | _STEERING)
    if any(letter != "\n" and unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValueError("the text holds control characters or halves of letters")
    return text.strip()
