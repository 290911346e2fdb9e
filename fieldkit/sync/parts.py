"""Which bytes of an upload go side by side: its parts, planned from what the store holds. Pure.

One stream carries the upload itself, from its offset upwards. Whoever joins in takes a part from the upper end of
what that stream has left, so that the bytes nobody was given yet stay in one piece, and the last of them are
shared among all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fieldkit.protocol import Part

SMALLEST = 16 * 1024  # bytes: what one stream alone still has at the end is what the line waits for
WORTH_IT = 256 * 1024  # bytes left below which one stream stays alone
_GRAIN = 16 * 1024  # bytes: one block
_MOST = 64  # parts that the store may have to list


@dataclass(frozen=True, slots=True)
class Plan:
    """The main stream goes from `offset` to `end`; `waiting` are parts that the store lacks, whole or in part."""

    offset: int
    end: int
    waiting: tuple[Part, ...] = ()


def plan(length: int, offset: int, parts: Sequence[Part]) -> Plan:
    """What is still to send of a file of `length` bytes.

    Parts that begin within the offset were taken over or will be; what lies between parts was lost on the way
    to the store and becomes parts again.
    """
    beyond = sorted(part for part in parts if part.start >= offset and part.end <= length)
    if not beyond:
        return Plan(offset, length)
    waiting, at = [], beyond[0].start
    for part in beyond:
        if part.start > at:
            waiting.append(Part(at, part.start - at))
        if not part.whole:
            waiting.append(part)
        at = max(at, part.end)
    if at < length:
        waiting.append(Part(at, length - at))
    return Plan(offset, beyond[0].start, tuple(waiting))


def deal(position: int, end: int, streams: int, dealt: int = 0) -> Part | None:
    """The part that one more of `streams` streams takes from a main stream at `position` that goes to `end`.

    None where what is left is not worth sharing.
    """
    left = end - position
    if left < 2 * SMALLEST or dealt >= _MOST:
        return None
    size = max(SMALLEST, left // (2 * streams) // _GRAIN * _GRAIN)
    return Part(end - size, size)
