"""The words that a rendition shows: captions, a lower third, an end card. Values only; `script` draws them."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Self

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.captions import Cue, clock
from fieldkit.transcode.lettering import plain

_LONGEST = 200  # characters
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Card:
    """What follows the take: a line or two, and where to go. Colours as #rrggbb."""

    headline: str
    address: str
    seconds: float = 3.0
    background: str = "#141414"
    ink: str = "#ffffff"
    accent: str = "#ffe100"

    def __post_init__(self) -> None:
        for name in ("headline", "address"):
            _checked(getattr(self, name), f"The end card's {name}")
        if not 1 <= self.seconds <= 10:
            raise NeedsCrew(f"The end card's seconds are between 1 and 10, not {self.seconds:g}.")
        for name in ("background", "ink", "accent"):
            if not _COLOUR.fullmatch(getattr(self, name)):
                raise NeedsCrew(
                    f"The end card's {name} is a colour such as #ffe100, not “{getattr(self, name)}”."
                )

    @classmethod
    def read(cls, text: str, name: str) -> Self:
        """The card of a template in TOML. Raises NeedsCrew, naming the file."""
        try:
            values: dict[str, Any] = tomllib.loads(text)
        except ValueError as error:  # tomllib tells the line
            raise NeedsCrew(f"{name} is not a template in TOML: {error}.") from error
        known = {field.name: field.type for field in fields(cls)}
        if unknown := sorted(values.keys() - known.keys()):
            raise NeedsCrew(
                f"{name} says “{unknown[0]}”, which an end card has not; it knows {', '.join(known)}."
            )
        if missing := [key for key in ("headline", "address") if key not in values]:
            raise NeedsCrew(f"{name} lacks the end card's {missing[0]}.")
        for key, value in values.items():
            kinds = (int, float) if key == "seconds" else (str,)
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise NeedsCrew(f"{name}: {key} is a {'number' if key == 'seconds' else 'text in quotes'}.")
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Words:
    """All of it; each part may be missing."""

    cues: tuple[Cue, ...] = ()
    lower_third: str | None = None
    card: Card | None = None

    def __post_init__(self) -> None:
        if self.lower_third is not None:
            _checked(self.lower_third, "The lower third")

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each text, with the name that the crew knows it by."""
        for cue in self.cues:
            yield from ((f"the caption at {clock(cue.start)}", line) for line in cue.lines)
        if self.lower_third is not None:
            yield "the lower third", self.lower_third
        if self.card is not None:
            yield from (("the end card", text) for text in (self.card.headline, self.card.address))


def _checked(text: str, what: str) -> None:
    if not (plain(text) and len(text) <= _LONGEST):
        raise NeedsCrew(f"{what} is a text of up to {_LONGEST} characters.")
