"""H.264's parameter sets and slice headers, as far as telling a picture from noise takes. Pure."""

from dataclasses import dataclass
from typing import Self

SLICE, KEY = 1, 5  # kinds of unit: a picture's part, and that of a picture from which decoding can begin
_REMARK, _SEQUENCE, _PICTURE, _BREAK, _PREFIX = 6, 7, 8, 9, 14
_KINDS = frozenset({SLICE, KEY, _REMARK, _SEQUENCE, _PICTURE, _BREAK, _PREFIX})
_INTRA = {2, 4, 7, 9}
_MACROBLOCKS = 139_264  # of a picture, at H.264's highest level
_CHROMA = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}  # profiles that tell more
_REMARK_MOST = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """What a slice's header tells. `number` is its picture's frame_num."""

    first: int  # its first macroblock; 0 begins a picture
    kind: int  # 0 to 9
    number: int
    key: bool
    leant_on: bool

    @property
    def intra(self) -> bool:
        """Whether it leans on no other picture."""
        return self.kind in _INTRA


@dataclass(frozen=True, slots=True)
class Sets:
    """A camera's parameter sets, which its pictures need and do not hold. `numbers`: frame_num begins anew there."""

    sets: tuple[bytes, ...]
    pictures: frozenset[int]  # the picture parameter sets that there are
    numbers: int

    @classmethod
    def read(cls, avcc: bytes) -> Self:
        """From an MP4's `avcC`. Raises ValueError for one that is broken or of a kind that is not dealt with."""
        if len(avcc) < 7 or avcc[0] != 1 or avcc[4] & 3 != 3:
            raise ValueError("no avcC with lengths of four bytes")
        sequences, at = _sets(avcc, 5, 31)
        pictures, _ = _sets(avcc, at, 255)
        if len(sequences) != 1 or not pictures:
            raise ValueError("not one sequence, or no pictures")
        numbered = frozenset(_picture(each) for each in pictures)
        return cls((*sequences, *pictures), numbered, _numbers(sequences[0]))

    def fits(self, head: bytes, size: int) -> bool:
        """Whether a unit of that size may begin like that."""
        kind, weight = head[0] & 31, head[0] >> 5
        if kind not in _KINDS or weight > 3 or (kind == KEY and not weight):
            return False
        if kind == _BREAK:
            return size == 2 and head[1] & 31 == 16
        if kind == _PREFIX:  # before slices of streams in layers
            return size == 4
        if kind == _REMARK:
            return not weight and 3 <= size <= _REMARK_MOST
        if kind in (_SEQUENCE, _PICTURE):
            return any(len(each) == size and each.startswith(head) for each in self.sets)
        return self.slice(head) is not None

    def slice(self, head: bytes) -> Slice | None:
        """What the slice tells that begins like that, None for noise."""
        bits = _Bits(head[1:])
        try:
            first, kind, picture = bits.number(), bits.number(), bits.number()
            number = bits.take(self.numbers.bit_length() - 1)
        except ValueError:
            return None
        key = head[0] & 31 == KEY
        if first >= _MACROBLOCKS or kind > 9 or picture not in self.pictures or (key and kind not in _INTRA):
            return None
        return Slice(first, kind, number, key, leant_on=bool(head[0] >> 5))


def _sets(avcc: bytes, at: int, mask: int) -> tuple[list[bytes], int]:
    found: list[bytes] = []
    count = avcc[at] & mask if at < len(avcc) else 0
    at += 1
    for _ in range(count):
        size = int.from_bytes(avcc[at : at + 2], "big")
        found.append(avcc[at + 2 : at + 2 + size])
        at += 2 + size
        if at > len(avcc) or not size:
            raise ValueError("an avcC that ends too early")
    return found, at


def _numbers(sequence: bytes) -> int:
    """How many numbers its pictures have. Raises ValueError for interlaced ones, and for matrices of its own."""
    profile, bits = sequence[1:2], _Bits(sequence[4:])
    bits.number()
    if profile and profile[0] in _CHROMA:
        chroma = bits.number()
        if chroma > 2:
            raise ValueError("colour planes apart")
        bits.number()
        bits.number()
        if bits.take(2):
            raise ValueError("matrices of its own")
    numbers = bits.number() + 4
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        raise ValueError("a rare order of pictures")
    bits.number()
    bits.take(1)
    bits.number()
    bits.number()
    if numbers > 16 or not bits.take(1):
        raise ValueError("interlaced, or damaged")
    return 1 << numbers


def _picture(parameters: bytes) -> int:
    """The number of a picture parameter set. Raises ValueError for one by which another's pictures would decode too.

    Without CABAC a wrong quantizer is no fault, only a ruined picture; cameras begin with 26, and encoders with
    whatever they were asked for.
    """
    bits = _Bits(parameters[1:])
    number, _ = bits.number(), bits.number()
    cabac, _, groups = bits.take(1), bits.take(1), bits.number()
    if not cabac:
        bits.number()
        bits.number()
        bits.take(3)
        if groups or bits.number():
            raise ValueError("a quantizer of its own")
    return number


class _Bits:
    """Exp-Golomb and plain numbers. Raises ValueError where the bits end."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\0\0\3", b"\0\0")  # what keeps start codes out of units
        self._value, self._left = int.from_bytes(plain, "big"), 8 * len(plain)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the bits end")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def number(self) -> int:
        rest = self._value & ((1 << self._left) - 1)
        zeros = self._left - rest.bit_length()
        self.take(zeros)
        return self.take(zeros + 1) - 1
