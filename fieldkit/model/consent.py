"""What a speaker agreed to, in summary. Whoever they are is never said here: that is a separate, sealed record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fieldkit.errors import NeedsCrew
from fieldkit.model.ids import Language, Sha256, TakeId, TweetId

_LONGEST = 40  # characters of a crew member's code


class ConsentState(StrEnum):
    AGREED = "agreed"  # the speaker agreed to this reply being published
    NONE = "none"  # not asked, or not yet: recorded, but stays on the laptop
    WITHDRAWN = "withdrawn"  # agreed once, and took it back


class Manner(StrEnum):
    SPOKEN = "spoken"  # said on camera or to the crew
    WRITTEN = "written"  # signed on paper
    MARK = "mark"  # a thumb or another mark on paper, by somebody who does not write
    WITNESSED = "witnessed"  # said before a witness who is not of the crew


class Scope(StrEnum):
    """Where it may appear."""

    REPLY = "reply"  # this reply on X
    CAMPAIGN = "campaign"  # other accounts and pages of the campaign
    PRESS = "press"
    ARCHIVE = "archive"  # kept after the campaign


class Trait(StrEnum):
    """What can tell who somebody is, and may be shown or not."""

    FACE = "face"
    VOICE = "voice"
    NAME = "name"
    PLACE = "place"  # the exact place: the camp


class Age(StrEnum):
    ADULT = "adult"
    MINOR = "minor"
    UNKNOWN = "unknown"


class Risk(StrEnum):
    """What the crew weighed for this person, whatever they agreed to."""

    ORDINARY = "ordinary"
    VULNERABLE = "vulnerable"
    HIGH = "high"


class Told(StrEnum):
    """What was said to them before they answered."""

    VOLUNTARY = "voluntary"  # no is a good answer, and aid does not depend on it
    PUBLIC = "public"  # anyone can see it and copy it, and it can't be called back for certain
    ASYLUM = "asylum"  # what they say may be held against them in their own case
    WITHDRAWAL = "withdrawal"  # they can take it back, and how


@dataclass(frozen=True, slots=True)
class Consent:
    """What is on record for a take. With nothing said: an adult, for this reply, all shown, no special risk."""

    state: ConsentState
    language: Language | None = None  # in which it was explained
    manner: Manner | None = None
    heard_at: float | None = None  # seconds into the take at which they say so
    explained_by: str | None = None  # a crew member's code
    interpreter: Language | None = None  # the language on the interpreter's other side
    told: frozenset[Told] = frozenset()
    scope: frozenset[Scope] = frozenset({Scope.REPLY})
    age: Age = Age.ADULT
    guardian: bool = False  # a minor's guardian agreed
    assent: bool = False  # and so did the child
    approved_by: str | None = None  # the code of a second crew member who approved
    hidden: frozenset[Trait] = frozenset()  # what must not be shown
    risk: Risk = Risk.ORDINARY
    at_home: bool = True  # may be seen in the country they fled
    until: datetime | None = None  # UTC; nothing leaves from then on
    card: Sha256 | None = None  # of the code on their paper card

    def __post_init__(self) -> None:
        if self.until is not None and self.until.utcoffset() != timedelta(0):
            raise ValueError("times are UTC")
        if self.heard_at is not None and not 0 <= self.heard_at < 86_400:
            raise NeedsCrew("The time at which consent is heard is in the take: seconds from its beginning.")
        for code in (self.explained_by, self.approved_by):
            if code is not None and not (code.isprintable() and 0 < len(code) <= _LONGEST):
                raise NeedsCrew(f"A crew member's code is one line of up to {_LONGEST} characters.")


def in_order(words: Iterable[StrEnum]) -> str:
    """A set of words as one text, always in the same order."""
    return " ".join(sorted(words))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That a take was withdrawn, as laptop and store say it to each other; any of it may be all that is known."""

    tweet_id: TweetId | None = None
    take: TakeId | None = None
    hashes: tuple[Sha256, ...] = ()  # of its original and its renditions, as far as they are known
    card: Sha256 | None = None  # of the code on the paper card

    def __post_init__(self) -> None:
        if self.tweet_id is None and (self.take or self.hashes):
            raise ValueError("a take and its bytes belong to a tweet")
