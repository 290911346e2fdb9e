"""The kinds of limit a rule can set: each judges a measured value and says itself. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Bits per second beside the short side of the picture they are spent on."""

    kbits: float
    side: int


Value = float | str | tuple[str, ...] | Size | Rate


class Kind(StrEnum):
    """What a measurement yields; each kind of limit fits some of them."""

    NUMBER = "a number"
    SHAPE = "a shape"
    WORD = "a word"
    NAMES = "a list of names"
    SIZE = "a size"
    RATE = "a rate for a size"


class Limit(Protocol):
    """Made by `read` from what the rule book holds, which raises ValueError with the end of a sentence."""

    @classmethod
    def read(cls, data: Any) -> Self: ...

    def broken(self, value: Any) -> bool: ...

    def text(self, unit: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class AtMost:
    most: float

    @classmethod
    def read(cls, data: Any) -> Self:
        return cls(_number(data))

    def broken(self, value: float) -> bool:
        return value > self.most

    def text(self, unit: str) -> str:
        return plain(self.most, unit)


@dataclass(frozen=True, slots=True)
class AtLeast:
    least: float

    @classmethod
    def read(cls, data: Any) -> Self:
        return cls(_number(data))

    def broken(self, value: float) -> bool:
        return value < self.least

    def text(self, unit: str) -> str:
        return f"at least {plain(self.least, unit)}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """The most that the long side may be of the short one."""

    most: float

    @classmethod
    def read(cls, data: Any) -> Self:
        if (most := _number(data)) < 1:
            raise ValueError("is 1 or above")
        return cls(most)

    def broken(self, value: float) -> bool:
        return value > self.most

    def text(self, _: str) -> str:
        return f"1:{plain(self.most)} to {plain(self.most)}:1"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Words or numbers, one of which it has to be."""

    values: tuple[float | str, ...]

    @classmethod
    def read(cls, data: Any) -> Self:
        return cls(tuple(each if isinstance(each, str) else _number(each) for each in _list(data)))

    def broken(self, value: float | str) -> bool:
        return value not in self.values

    def text(self, unit: str) -> str:
        *most, last = (each if isinstance(each, str) else plain(each) for each in self.values)
        return (f"{', '.join(most)} or {last}" if most else last) + (f" {unit}" if unit else "")


@dataclass(frozen=True, slots=True)
class Only:
    """Names that may be there; an empty list allows none."""

    names: tuple[str, ...]

    @classmethod
    def read(cls, data: Any) -> Self:
        if not (isinstance(data, list) and all(isinstance(each, str) for each in data)):
            raise ValueError("is a list of names")
        return cls(tuple(data))

    def broken(self, value: tuple[str, ...]) -> bool:
        return not set(value) <= set(self.names)

    def text(self, _: str) -> str:
        return f"only {', '.join(self.names)}" if self.names else "none"


@dataclass(frozen=True, slots=True)
class Within:
    """A box that the picture fits into, lying or standing."""

    long: float
    short: float

    @classmethod
    def read(cls, data: Any) -> Self:
        long, short = sorted((_number(each) for each in _list(data, 2)), reverse=True)
        return cls(long, short)

    def broken(self, value: Size) -> bool:
        short, long = sorted((value.width, value.height))
        return long > self.long or short > self.short

    def text(self, _: str) -> str:
        return f"{plain(self.long)}x{plain(self.short)}"


@dataclass(frozen=True, slots=True)
class MultipleOf:
    step: float

    @classmethod
    def read(cls, data: Any) -> Self:
        if (step := _number(data)) <= 0:
            raise ValueError("is above 0")
        return cls(step)

    def broken(self, value: Size) -> bool:
        return any(side % self.step for side in (value.width, value.height))

    def text(self, _: str) -> str:
        return "even" if self.step == 2 else f"multiples of {plain(self.step)}"


@dataclass(frozen=True, slots=True)
class Floor:
    """The least rate for each picture size, as (short side, kbit/s); below the smallest there is none."""

    steps: tuple[tuple[float, float], ...]

    @classmethod
    def read(cls, data: Any) -> Self:
        steps = [[_number(each) for each in _list(step, 2)] for step in _list(data)]
        return cls(tuple(sorted(((side, least) for side, least in steps), reverse=True)))

    def broken(self, value: Rate) -> bool:
        return value.kbits < next((least for side, least in self.steps if value.side >= side), 0)

    def text(self, _: str) -> str:
        return "at least " + ", ".join(f"{plain(least)} at {plain(side)}p" for side, least in self.steps)


class Fit(NamedTuple):
    """Which measurements a key of the rule book can limit, and how its value becomes a limit."""

    kinds: frozenset[Kind]
    read: Callable[[Any], Limit]


LIMITS: Mapping[str, Fit] = MappingProxyType(
    {
        "at_most": Fit(frozenset({Kind.NUMBER}), AtMost.read),
        "at_least": Fit(frozenset({Kind.NUMBER}), AtLeast.read),
        "ratio": Fit(frozenset({Kind.SHAPE}), Ratio.read),
        "one_of": Fit(frozenset({Kind.NUMBER, Kind.WORD}), OneOf.read),
        "only": Fit(frozenset({Kind.NAMES}), Only.read),
        "within": Fit(frozenset({Kind.SIZE}), Within.read),
        "multiple_of": Fit(frozenset({Kind.SIZE}), MultipleOf.read),
        "floor": Fit(frozenset({Kind.RATE}), Floor.read),
    }
)


def plain(number: float, unit: str = "") -> str:
    """A number as people write it: no exponent, no more than two digits after the point."""
    return f"{number:.2f}".rstrip("0").rstrip(".") + (f" {unit}" if unit else "")


def _number(data: Any) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not isfinite(data):
        raise ValueError("is a number")
    return data


def _list(data: Any, length: int | None = None) -> list[Any]:
    if not isinstance(data, list) or not data or (length and len(data) != length):
        raise ValueError(f"is a list of {length}" if length else "is a list that is not empty")
    return data
