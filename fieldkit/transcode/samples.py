"""What an MP4's sample tables tell of the bits each track spends, second by second. Pure."""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_MOST = 2_000_000  # samples of one track that are looked at: nine hours of pictures at 60 a second


@dataclass(slots=True)
class Track:
    """One `trak` while its boxes are read; what is missing or lies makes a rate None."""

    handler: str = ""  # vide, soun, or something else
    timescale: int = 0
    sizes: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()  # how many samples last how many units

    def read(self, name: str, body: bytes) -> None:
        """Takes in what a box of the track tells."""
        if name == "hdlr" and not self.handler:
            self.handler = body[8:12].decode("latin-1")
        elif name == "mdhd" and len(body) >= 24:
            self.timescale = struct.unpack_from(">I", body, 20 if body[0] == 1 else 12)[0]
        elif name == "stsz" and len(body) >= 12:
            same, count = struct.unpack_from(">II", body, 4)
            count = min(count, _MOST)
            table = body[12 : 12 + 4 * count]
            self.sizes = (
                (same,) * count
                if same
                else struct.unpack(f">{len(table) // 4}I", table[: len(table) // 4 * 4])
            )
        elif name == "stts" and len(body) >= 8:
            pairs = body[8 : 8 + len(body[8:]) // 8 * 8]
            self.spans = tuple(struct.iter_unpack(">II", pairs))

    @property
    def rate(self) -> int | None:
        """Mean bits per second."""
        units = sum(count * span for count, span in self.spans)
        if not (self.sizes and self.timescale and units):
            return None
        return round(sum(self.sizes) * 8 * self.timescale / units)

    @property
    def seconds(self) -> Counter[int]:
        """Bytes in each second of the track."""
        spent: Counter[int] = Counter()
        if self.timescale:
            for size, at in zip(self.sizes, self._starts(), strict=False):
                spent[at // self.timescale] += size
        return spent

    def _starts(self) -> Iterator[int]:
        at = 0
        for count, span in self.spans:
            for _ in range(min(count, _MOST)):
                yield at
                at += span


def mean(tracks: list[Track], handler: str) -> int | None:
    """Bits per second of the richest track of that kind."""
    return max((track.rate for track in tracks if track.handler == handler and track.rate), default=None)


def peak(tracks: list[Track]) -> int | None:
    """Bits in the dearest second of all tracks together."""
    spent: Counter[int] = Counter()
    for track in tracks:
        spent.update(track.seconds)
    return max(spent.values()) * 8 if spent else None
