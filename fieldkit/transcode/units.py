"""Finds the H.264 pictures in bytes that have lost their index, by what a sibling take tells. Pure, and linear.

Nothing is believed that the bytes say of themselves: a picture must begin as the camera's others do, bear the number
that follows on the last one's, hold nothing that is forbidden inside it, and be followed by what may follow.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

from fieldkit.transcode.avc import KEY, SLICE, Sets, Slice

Read = Callable[[int, int], bytes]  # the bytes at a place, so many of them or fewer
_PREFIX = 4  # bytes that tell a unit's length
_HEAD = 32  # bytes of a unit that are looked at
_WINDOW = 16 * 1024
_LARGEST = 8 * 1024 * 1024  # bytes of a unit, whatever it says; a key frame in 4K has two million
_BEYOND = 8  # times as large as the sibling's largest slice may one be, and as small as its smallest
_VARIED = 128  # first bytes of what lies between pictures, beyond which it may be anything
_PADDING = 4096  # bytes of nothing that may end a unit: Android's end on whole words
_FAR = 1024 * 1024  # bytes without a picture, after which only a key frame is believed
_UNITS = 64  # of a picture
_BREAK = 9  # kind of unit that some cameras begin each picture with
_MOST = 1_000_000  # pictures: four hours at 60 a second
_FRUITLESS = 2_000_000  # places that look like a picture and are none: a file made to keep us busy
_FORBIDDEN = re.compile(rb"\x00\x00(?:[\x00-\x02]|\x03[\x04-\xff])")


@dataclass(frozen=True, slots=True)
class Camera:
    """How a camera writes, learned from one of its takes."""

    sets: Sets
    openings: frozenset[int]  # first bytes of a picture's first unit
    headers: frozenset[int]  # first bytes of all units
    kinds: frozenset[int]  # of slices
    sizes: tuple[int, int]  # bytes of the smallest and the largest slice
    between: frozenset[int] = frozenset(range(256))  # first bytes of what is no picture and follows on one

    @classmethod
    def learned(cls, sets: Sets, pictures: Iterable[bytes]) -> Self:
        """Raises ValueError where there is nothing to learn from."""
        openings, headers, kinds, sizes = set[int](), set[int](), set[int](), list[int]()
        for picture in pictures:
            openings.update(picture[_PREFIX : _PREFIX + 1])
            for at, size in _units(picture):
                headers.add(picture[at])
                if found := sets.slice(picture[at : at + min(size, _HEAD)]):
                    sizes.append(size)
                    kinds |= {found.kind - found.kind % 5 + kind for kind in range(3)}
        if not sizes:
            raise ValueError("no pictures")
        headers.add(SLICE)  # a short take may lack those that no other leans on
        if openings != {_BREAK}:
            openings |= {each for each in headers if each & 31 in (SLICE, KEY)}  # remarks may come but once
        return cls(sets, frozenset(openings), frozenset(headers), frozenset(kinds), (min(sizes), max(sizes)))

    def followed(self, between: set[int]) -> Self:
        """The camera, where it is known how what lies between its pictures begins."""
        return replace(self, between=frozenset(between)) if len(between) <= _VARIED else self


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture: its place in the file, its units with their lengths before them."""

    at: int
    end: int
    key: bool


def samples(read: Read, end: int, camera: Camera) -> Iterator[Sample]:
    """The pictures in their order; what lies between them is passed over. `end` is the file's size."""
    return _Walk(read, end, camera).samples()


def _units(picture: bytes) -> Iterator[tuple[int, int]]:
    """Where each unit of a picture is, and its size."""
    at = _PREFIX
    while size := int.from_bytes(picture[at - _PREFIX : at], "big"):
        if at + size > len(picture):
            return
        yield at, size
        at += size + _PREFIX


@dataclass(slots=True)
class _Walk:
    read: Read
    end: int
    camera: Camera
    reference: int | None = None  # the last picture that others lean on; without, only a key frame will do
    looked: tuple[int, int] = (0, 0)  # the bytes in which the first forbidden ones are known
    forbidden: int | None = None
    least: int = field(init=False)
    most: int = field(init=False)
    likely: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        smallest, largest = self.camera.sizes
        self.least, self.most = smallest // _BEYOND, min(_LARGEST, max(_BEYOND * largest, 1 << 16))
        heads = b"".join(re.escape(bytes([each])) for each in sorted(self.camera.openings))
        self.likely = re.compile(
            rb"\x00(?=[\x00-" + re.escape(bytes([self.most >> 16])) + rb"]..[" + heads + rb"])", re.DOTALL
        )

    def samples(self) -> Iterator[Sample]:
        at = found = fruitless = 0
        while found < _MOST and fruitless < _FRUITLESS:
            for place in self._places(at):
                if place - at > _FAR:
                    self.reference = None
                if sample := self._sample(place):
                    break
                if (fruitless := fruitless + 1) >= _FRUITLESS:
                    return
            else:
                return
            yield sample
            at, found = sample.end, found + 1

    def _places(self, at: int) -> Iterator[int]:
        """Where a unit may begin."""
        yield at
        while at < self.end:
            window = self.read(at, _WINDOW + _PREFIX)
            for match in self.likely.finditer(window):
                if match.start() < _WINDOW:
                    yield at + match.start()
            at += _WINDOW

    def _sample(self, at: int) -> Sample | None:
        """The picture that begins there with all of its slices."""
        first: Slice | None = None
        place = at
        for _ in range(_UNITS):
            head, size = self._unit(place)
            if not size or (place == at and head[0] not in self.camera.openings):
                break
            if head[0] & 31 in (SLICE, KEY):
                found = self.camera.sets.slice(head)
                if found is None or size < self.least or not self._fits(found, first):
                    break
                first = first or found
            elif first is not None:
                break
            if self._is_forbidden(place + _PREFIX, size):
                return None
            place += _PREFIX + size
        if first is None or not self._may_follow(place):
            return None
        if first.leant_on:
            self.reference = first.number
        return Sample(at, place, first.key)

    def _fits(self, found: Slice, first: Slice | None) -> bool:
        """Whether the slice goes on with the picture that began with `first`, or begins one that follows."""
        if found.kind not in self.camera.kinds or (first is None) != (found.first == 0):
            return False
        return self._follows(found) if first is None else found.number == first.number

    def _follows(self, found: Slice) -> bool:
        if found.key or found.intra:
            return found.number == 0 or not found.key
        return self.reference is not None and found.number == (self.reference + 1) % self.camera.sets.numbers

    def _may_follow(self, at: int) -> bool:
        """Whether a picture may end there: at the end, before another one, before sound, or before a box."""
        if at == self.end or self._unit(at)[1]:
            return True
        head = self.read(at, _PREFIX + 4)
        return head[0] in self.camera.between or head[_PREFIX:].isalpha()

    def _unit(self, at: int) -> tuple[bytes, int]:
        """How the unit there begins, and its size: 0 where there is none."""
        head = self.read(at, _PREFIX + _HEAD)
        size = int.from_bytes(head[:_PREFIX], "big")
        if len(head) <= _PREFIX or not 2 <= size <= min(self.most, self.end - at - _PREFIX):
            return b"", 0
        head = head[_PREFIX : _PREFIX + size]
        fits = head[0] in self.camera.headers and self.camera.sets.fits(head, size)
        return (head, size) if fits else (b"", 0)

    def _is_forbidden(self, at: int, size: int) -> bool:
        """Whether the bytes hold what no unit does; what was looked at is not looked at again."""
        begin, known = self.looked
        if not begin <= at <= known or (self.forbidden is not None and self.forbidden < at):
            begin = known = at
            self.forbidden = None
        while self.forbidden is None and known < at + size:
            window = self.read(known, min(_WINDOW, at + size - known) + 3)
            if match := _FORBIDDEN.search(window):
                self.forbidden = known + match.start()
            known += max(1, len(window) - 3)
        self.looked = begin, known
        if self.forbidden is None or self.forbidden > at + size - 4:
            return False
        left = at + size - self.forbidden
        return left > _PADDING or any(self.read(self.forbidden, left))
