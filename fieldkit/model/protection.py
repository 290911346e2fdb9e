"""What must be hidden of a take, and by which means; values only."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from fieldkit.errors import NeedsCrew
from fieldkit.model.ids import Sha256, TakeId
from fieldkit.model.nouns import Rendition

_LONGEST = 40  # characters of a crew member's code


class Method(StrEnum):
    """How a face is kept from being seen."""

    COVER = "cover"  # a solid fill, over a region or over the whole picture, from the first frame to the last
    AUDIO_CARD = "audio-card"  # no picture at all: a card with the captions
    SILHOUETTE = "silhouette"  # filmed so: any face that is found is an error
    HANDS = "hands"  # the same


class Voice(StrEnum):
    """How a voice is kept from being heard. A filtered voice is none: a filter can be undone."""

    MUTE = "mute"  # no sound; captions say what was said
    REVOICE = "revoice"  # another person speaks it


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture as it is played, in per cent of its width and height."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        inside = self.left >= 0 and self.top >= 0 and self.right <= 100 and self.bottom <= 100
        if not (inside and self.width > 0 and self.height > 0):
            raise NeedsCrew(
                "A region is X,Y,W,H in per cent of the picture, such as 25,10,50,60; it lies within 0 and 100."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The region of `X,Y,W,H`. Raises NeedsCrew."""
        try:
            left, top, width, height = (float(part) for part in text.split(","))
        except ValueError:
            raise NeedsCrew(
                f"“{text[:40]}” is not a region: X,Y,W,H in per cent of the picture, such as 25,10,50,60."
            ) from None
        return cls(left, top, width, height)

    def __str__(self) -> str:
        return f"{self.left:g},{self.top:g},{self.width:g},{self.height:g}"

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def holds(self, other: "Region") -> bool:
        """Whether the other lies within this one."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that a protection needs. `path` is relative to the library."""

    path: str
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class Protection:
    """At least one of `method` and `voice`. Without a region a cover hides the whole picture."""

    method: Method | None = None
    region: Region | None = None
    voice: Voice | None = None
    spoken: Kept | None = None  # another voice's recording
    captions: Kept | None = None
    by: str | None = None  # the code of who asked for it

    def __post_init__(self) -> None:
        if self.method is None and self.voice is None:
            raise NeedsCrew("Say what is hidden: --protect for the face, --voice for the voice, or both.")
        if self.region is not None and self.method is not Method.COVER:
            raise NeedsCrew("A region belongs to --protect cover.")
        if (self.voice is Voice.REVOICE) != (self.spoken is not None):
            raise NeedsCrew(
                "--voice revoice takes --voice-file FILE, another person's recording of the words."
            )
        if self.by is not None:
            coded(self.by)


@dataclass(frozen=True, slots=True)
class Draft:
    """A protected rendition that nobody has signed for, and its contact sheet, relative to the library."""

    rendition: Rendition
    sheet: str
    shown: bool = False  # whether somebody was shown the sheet


@dataclass(frozen=True, slots=True)
class Slip:
    """What a store had of a take in the open before it was protected."""

    take: TakeId
    profile: str
    store: str


def coded(text: str) -> str:
    """A crew member's code. Raises NeedsCrew."""
    if not (text.isprintable() and 0 < len(text.strip()) <= _LONGEST):
        raise NeedsCrew(
            f"Who signs or asks is one line of up to {_LONGEST} characters, better a code than a name."
        )
    return text.strip()
