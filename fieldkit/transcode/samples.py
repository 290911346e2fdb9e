"""What an MP4's sample tables tell of the bits each track spends, second by second. Pure."""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

_MOST = 1_000_000  # samples of one track that are looked at: four hours of pictures at 60 a second


@dataclass(slots=True)
class Track:
    """One `trak` while its boxes are read; what is missing, lies or never ends leaves its rate None."""

    handler: str = ""  # vide, soun, or something else
    timescale: int = 0
    sizes: Iterable[int] = ()
    total: int = 0
    spans: tuple[tuple[int, int], ...] = ()  # how many samples last how many units

    def read(self, name: str, body: bytes) -> None:
        """Takes in what a box of the track tells."""
        if name == "hdlr" and not self.handler:
            self.handler = body[8:12].decode("latin-1")
        elif name == "mdhd" and len(body) >= 24:
            self.timescale = struct.unpack_from(">I", body, 20 if body[0] == 1 else 12)[0]
        elif name == "stsz" and len(body) >= 12:
            self._stsz(body)
        elif name == "stts" and len(body) >= 8:
            count = min(_MOST, (len(body) - 8) // 8)
            self.spans = tuple(struct.iter_unpack(">II", body[8 : 8 + 8 * count]))

    def _stsz(self, body: bytes) -> None:
        same, count = struct.unpack_from(">II", body, 4)
        if count > _MOST or (not same and len(body) < 12 + 4 * count):
            return
        if same:
            self.sizes, self.total = repeat(same, count), same * count
        else:
            self.sizes = struct.unpack_from(f">{count}I", body, 12)
            self.total = sum(self.sizes)

    @property
    def rate(self) -> int | None:
        """Mean bits per second."""
        units = sum(count * span for count, span in self.spans)
        return round(self.total * 8 * self.timescale / units) if self.timescale and units else None

    def spent(self) -> Counter[int]:
        """Bytes in each second of the track."""
        spent: Counter[int] = Counter()
        if self.timescale:
            for size, at in zip(self.sizes, self._starts(), strict=False):
                spent[at // self.timescale] += size
        return spent

    def _starts(self) -> Iterator[int]:
        at = 0
        for count, span in self.spans:
            for _ in range(count):
                yield at
                at += span


def mean(tracks: list[Track], handler: str) -> int | None:
    """Bits per second of the richest track of that kind."""
    return max((track.rate for track in tracks if track.handler == handler and track.rate), default=None)


def peak(tracks: list[Track]) -> int | None:
    """Bits in the dearest second of all tracks together."""
    spent: Counter[int] = Counter()
    for track in tracks:
        spent.update(track.spent())
    return max(spent.values()) * 8 if spent else None
