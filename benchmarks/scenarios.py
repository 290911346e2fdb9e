"""The links over which benchmarks/upload.py sends, as data."""

import random
from dataclasses import dataclass

from linklab import Terms

_SEGMENT, _PACKET = 1448, 1500  # bytes of payload in a full packet with TCP timestamps, and of the packet
ALL = ("fieldkit", "curl", "tuspy", "tus-js-client", "rclone")


@dataclass(frozen=True, slots=True)
class Cuts:
    """Outages at random moments of an upload, each as long as its second figure says."""

    count: int
    shortest: float  # seconds
    longest: float

    def plan(self, size: int, seed: int) -> list[tuple[int, float]]:
        """Each outage: after how many bytes carried it begins, and its seconds.

        Moments are told in bytes, so that none falls into the time in which nothing could flow.
        """
        chance = random.Random(seed)
        moments = sorted(chance.randrange(size // 50, size - size // 50) for _ in range(self.count))
        return [(moment, chance.uniform(self.shortest, self.longest)) for moment in moments]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One link, one payload, and who sends it."""

    name: str
    part: str
    rate: float  # bits/s, either way
    round_trip: float  # seconds
    size: int  # bytes
    loss: float = 0.0  # of packets, either way
    bbr: bool = False  # whether programs on the laptop may choose it
    senders: tuple[str, ...] = ALL
    repeat: int = 1  # with other packets lost each time
    cuts: Cuts | None = None

    @property
    def limit(self) -> float:
        """Seconds that the line itself needs: the payload in full packets, and two round trips."""
        return self.size * _PACKET / _SEGMENT * 8 / self.rate + 2 * self.round_trip

    def terms(self, seed: int) -> tuple[Terms, Terms]:
        """Up and down."""
        one_way = self.round_trip / 2
        return (
            Terms(self.rate, one_way, self.loss, seed=2 * seed),
            Terms(self.rate, one_way, self.loss, seed=2 * seed + 1),
        )


SCENARIOS = (
    Scenario("1M, 600 ms, 2 % loss", "lossy", 1e6, 0.6, 3_000_000, 0.02, repeat=3),
    Scenario(
        "1M, 600 ms, 2 % loss, BBR allowed",
        "lossy",
        1e6,
        0.6,
        3_000_000,
        0.02,
        bbr=True,
        senders=("fieldkit",),
        repeat=3,
    ),
    Scenario("64k, 600 ms", "clean", 64e3, 0.6, 2_000_000),
    Scenario("256k, 600 ms", "clean", 256e3, 0.6, 2_000_000),
    Scenario("1M, 600 ms", "clean", 1e6, 0.6, 5_000_000),
    Scenario("64k, 600 ms, 2 MiB", "wire", 64e3, 0.6, 2 * 1024 * 1024),
    Scenario(
        "1M, 100 ms, 20 outages of 3 to 30 s",
        "cuts",
        1e6,
        0.1,
        5_000_000,
        senders=("fieldkit", "tus-js-client"),
        cuts=Cuts(20, 3.0, 30.0),
    ),
)
PARTS = tuple(dict.fromkeys(scenario.part for scenario in SCENARIOS))
