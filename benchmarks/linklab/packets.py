"""What a delivered packet carried, and what many of them tell of an upload. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_TCP = 6
_FULL = 1000  # bytes of payload: more than any request without a body has, less than a full segment


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment with payload that arrived. `flow` is the sender's port."""

    at: float  # seconds
    flow: int
    sequence: int
    payload: int  # bytes


def segment(packet: bytes, at: float) -> Segment | None:
    """None where the packet carries no TCP payload."""
    header = (packet[0] & 15) * 4
    if packet[9] != _TCP or len(packet) < header + 20:
        return None
    payload = len(packet) - header - (packet[header + 12] >> 4) * 4
    if payload <= 0:
        return None
    flow = int.from_bytes(packet[header : header + 2], "big")
    return Segment(at, flow, int.from_bytes(packet[header + 4 : header + 8], "big"), payload)


def payload(segments: Iterable[Segment]) -> int:
    """Bytes that TCP brought to the other side, those that came twice included."""
    return sum(each.payload for each in segments)


def body(segments: Iterable[Segment]) -> list[Segment]:
    """Full segments, each the first time it came: what an upload's bytes travel in."""
    seen: set[tuple[int, int]] = set()
    new = []
    for each in segments:
        if each.payload >= _FULL and (each.flow, each.sequence) not in seen:
            seen.add((each.flow, each.sequence))
            new.append(each)
    return new


def recoveries(segments: Iterable[Segment], returns: Sequence[float]) -> list[float]:
    """Seconds from each instant at which the link was back to the next new byte that arrived."""
    times = [each.at for each in body(segments)]
    found = (bisect_right(times, back) for back in returns)
    return [times[index] - back for index, back in zip(found, returns, strict=True) if index < len(times)]
