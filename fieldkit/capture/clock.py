"""The clock inside a transport stream: what tells that one file goes on where another ends."""

from collections.abc import Iterator
from dataclasses import dataclass

SECOND = 90_000  # ticks (ISO/IEC 13818-1, 2.4.3.5: program_clock_reference_base)
LOOK = 1024 * 1024  # bytes at either end in which a clock must stand: it is told each 100 ms at least
_WRAP = 1 << 33
_SYNC = 0x47
_STRIDES = (188, 192)  # plain, and with AVCHD's four bytes in front of each packet
_SURE = 8  # packets in a row


@dataclass(frozen=True, slots=True)
class Clock:
    """The first and the last time that a file tells, in ticks of 90 kHz."""

    begins: int
    ends: int


def clock(head: bytes, tail: bytes) -> Clock | None:
    """The clock of a file with these bytes at its two ends; None where it is no transport stream."""
    first, last = next(_told(head), None), None
    for last in _told(tail):  # noqa: B007 - the last one is wanted
        pass
    return None if first is None or last is None else Clock(first, last)


def after(one: int, other: int) -> int:
    """Ticks from one time to the other, which may be past the clock's turn; negative where that is before."""
    return (other - one + _WRAP // 2) % _WRAP - _WRAP // 2


def _told(piece: bytes) -> Iterator[int]:
    at, stride = _aligned(piece)
    while stride and at + 12 <= len(piece):
        packet = piece[at : at + 12]
        at += stride
        # an adaptation field that is long enough and flags a clock
        if packet[0] == _SYNC and packet[3] & 0x20 and packet[4] >= 7 and packet[5] & 0x10:
            yield int.from_bytes(packet[6:11], "big") >> 7


def _aligned(piece: bytes) -> tuple[int, int]:
    """Where the first packet begins and how far the next is; (0, 0) where there are none."""
    for stride in _STRIDES:
        for at in range(stride):
            rows = range(at, at + _SURE * stride, stride)
            if rows[-1] < len(piece) and all(piece[row] == _SYNC for row in rows):
                return at, stride
    return 0, 0
