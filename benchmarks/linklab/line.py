"""One direction of a link: rate, delay, loss, a bounded queue, outages. Pure: time and packets' sizes come in."""

import random
from dataclasses import dataclass, field

_QUEUE = 64_000  # bytes: some forty full packets, what modems and cheap routers hold


@dataclass(frozen=True, slots=True)
class Terms:
    """What one direction does to packets. Two links with equal terms treat equal packets equally."""

    rate: float  # bits/s of IP packets
    delay: float  # seconds from the last bit's leaving to its arrival
    loss: float = 0.0  # share of packets that vanish after they took their time on the line
    queue: int | None = (
        None  # bytes that may wait; None is 64 kB, or what is in flight in a round trip if more
    )
    seed: int = 1

    @property
    def room(self) -> int:
        """Bytes that may wait; drop-tail."""
        if self.queue is not None:
            return self.queue
        return max(_QUEUE, round(self.rate * 2 * self.delay / 8))


@dataclass(frozen=True, slots=True)
class Passage:
    """One packet's way: its first bit leaves at `begins`, its last at `ends`, and it is there at `arrives`."""

    begins: float
    ends: float
    arrives: float
    lost: bool


@dataclass(slots=True)
class Counts:
    """What happened in one direction. Bytes are whole IP packets."""

    packets: int = 0  # that took the line's time
    bytes: int = 0  # of those
    dropped: int = 0  # packets that found the queue full; they never were on the wire
    lost: int = 0  # packets lost by chance
    swallowed: int = 0  # packets sent into an outage


@dataclass(slots=True)
class Line:
    """The state of one direction. Seconds are those of one clock, whichever."""

    terms: Terms
    counts: Counts = field(default_factory=Counts)
    _free_at: float = 0.0
    _outages: list[tuple[float, float]] = field(default_factory=list)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.terms.seed)

    def offer(self, size: int, now: float) -> Passage | None:
        """A packet comes to the queue's end; None where the queue is full."""
        begins = max(self._free_at, now)
        waiting = (begins - now) * self.terms.rate / 8
        if waiting + size > self.terms.room:
            self.counts.dropped += 1
            return None
        ends = self._free_at = begins + size * 8 / self.terms.rate
        lost = self._chance.random() < self.terms.loss
        self.counts.packets += 1
        self.counts.bytes += size
        return Passage(begins, ends, ends + self.terms.delay, lost)

    def outage(self, begins: float, ends: float) -> None:
        """Between these instants what is sent vanishes, and nobody is told."""
        self._outages.append((begins, ends))

    def delivers(self, passage: Passage) -> bool:
        """Whether the packet is there after all; asked once, when it is due."""
        if any(begins < passage.ends and passage.begins < ends for begins, ends in self._outages):
            self.counts.swallowed += 1
            return False
        if passage.lost:
            self.counts.lost += 1
        return not passage.lost
