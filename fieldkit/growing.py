"""An MP4 on its way while it is still being written: which of its bytes are final, and where they end up.

ffmpeg writes `ftyp · free · mdat …` and appends: what stands in mdat never changes again, only the size in its head
does, at the end. The index (moov) is written last, and moved to the front once the encode is done; mdat's payload
is the same bytes there, further on (compare facts/inflight.md). So the payload may travel while the encoder works.
"""

import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fieldkit.model import TakeId

_LOOK = 0.05  # seconds between two looks at who says stop
_MOST_BOXES = 16  # before mdat


@dataclass(frozen=True, slots=True)
class Growing:
    """A rendition that is being encoded into `path`; `done` is set when the encoder has ended, however it did."""

    take: TakeId
    profile: str
    path: Path
    done: threading.Event = field(default_factory=threading.Event)


class Runway:
    """Where the one who encodes tells the one who sends what is growing: one rendition at a time."""

    def __init__(self) -> None:
        self.closed = False  # the store can't take over what came before the file has its name
        self._growing: Growing | None = None
        self._stirred = threading.Event()

    def begin(self, growing: Growing) -> None:
        """The encoder begins to write."""
        self._growing = growing
        self.stir()

    def stir(self) -> None:
        """There may be something to send; wakes who rests."""
        self._stirred.set()

    def rest(self, stop: threading.Event, seconds: float) -> None:
        """Waits so long, or until the next one begins to grow or somebody stirs, or `stop`."""
        until = time.monotonic() + seconds
        while not stop.is_set() and time.monotonic() < until:
            if self._stirred.wait(_LOOK):
                self._stirred.clear()
                return

    def end(self) -> None:
        """The encoder has ended; what is there can still be read by who has the file open."""
        if self._growing is not None:
            self._growing.done.set()

    def clear(self) -> None:
        """The rendition is on record, or never will be."""
        self.end()
        self._growing = None

    def now(self) -> Growing | None:
        """What grows, or has grown and waits for its name."""
        return self._growing


def payload_start(file: BinaryIO) -> int | None:
    """Where mdat's payload begins; None where the file does not tell yet, or is no such MP4."""
    found = _payload(file)
    return found and found[0]


def payload_end(file: BinaryIO) -> int | None:
    """Where mdat ends, which its head tells once the encoder has ended well; None before."""
    found = _payload(file)
    return found[1] if found and found[1] > found[0] else None


def _payload(file: BinaryIO) -> tuple[int, int] | None:
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return None
        size, kind = struct.unpack_from(">I4s", head)
        wide = size == 1
        if wide and len(head) == 16:
            size = struct.unpack_from(">Q", head, 8)[0]
        if kind == b"mdat":
            return at + (16 if wide else 8), at + size
        if size < 8:
            return None
        at += size
    return None
