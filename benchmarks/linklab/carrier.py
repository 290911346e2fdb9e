"""Carries every packet from one TUN device to another, each direction on its own terms."""

import contextlib
import heapq
import os
import select
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from linklab.line import Line, Passage
from linklab.packets import Segment, segment

if sys.platform == "linux":
    import fcntl

_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
_LONGEST = 65536  # bytes of a packet
_AHEAD = 10  # of SCHED_FIFO: a packet is late by what others compute otherwise


def open_tun() -> tuple[int, str]:
    """A new TUN device: its descriptor and its name. Raises OSError without root or /dev/net/tun."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        named = fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", b"fklab%d", _IFF_TUN_NO_PI))
    except OSError:
        os.close(tun)
        raise
    return tun, named[:16].rstrip(b"\0").decode()


@dataclass(slots=True)
class Way:
    """One direction: from one device's descriptor to the other's. `segments` is what TCP brought along it."""

    source: int
    sink: int
    line: Line
    segments: list[Segment] = field(default_factory=list)
    first_at: float | None = None  # seconds: when the first packet was handed to it


class Carrier:
    """A thread that carries until it is closed. Closes the descriptors."""

    def __init__(self, ways: tuple[Way, Way], clock: Callable[[], float] = time.monotonic) -> None:
        self._ways, self._clock = ways, clock
        self._due: list[tuple[float, int, Way, Passage, bytes]] = []
        self._order = count()
        self._hears, self._tells = os.pipe()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the link."""
        os.close(self._tells)
        self._thread.join()
        for end in (self._hears, *(way.source for way in self._ways)):
            os.close(end)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # only root may; without it packets are now and then a moment late
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_AHEAD))
        sources = {way.source: way for way in self._ways}
        while True:
            wait = max(0.0, self._due[0][0] - self._clock()) if self._due else None
            ready, _, _ = select.select([*sources, self._hears], [], [], wait)
            if self._hears in ready:
                return
            for source in ready:
                self._take(sources[source])
            self._deliver()

    def _take(self, way: Way) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = os.read(way.source, _LONGEST)
                if packet[0] >> 4 != 4:
                    continue  # the kernel looks for IPv6 neighbours of its own accord; here are none
                now = self._clock()
                way.first_at = way.first_at or now
                if passage := way.line.offer(len(packet), now):
                    heapq.heappush(self._due, (passage.arrives, next(self._order), way, passage, packet))

    def _deliver(self) -> None:
        while self._due and self._due[0][0] <= self._clock():
            _, _, way, passage, packet = heapq.heappop(self._due)
            if not way.line.delivers(passage):
                continue
            if carried := segment(packet, self._clock()):
                way.segments.append(carried)
            with contextlib.suppress(OSError):  # the other side's device is gone when its namespace is
                os.write(way.sink, packet)
