"""The same laboratory for machines that are not Linux, or without root: a TCP proxy.

It has the rate, the delay and the cuts, but TCP's own losses, its slow start and the packets' headers are not in it:
times are roughly right, bytes on the wire are not told.
"""

import threading
import time
from collections.abc import Sequence
from typing import Self

from fieldkit.demo.bad_link import BadLink
from linklab.carrier import Way
from linklab.line import Line, Terms


class ProxyLab:
    """What `Lab` is, on loopback. `up` and `down` stay empty."""

    store_address = "127.0.0.1"

    def __init__(self, up: Terms, down: Terms) -> None:
        self._terms = up
        self.up, self.down = (Way(-1, -1, Line(terms)) for terms in (up, down))
        self._links: list[BadLink] = []

    def laptop(self, words: Sequence[str], *, bbr: bool = False) -> list[str]:  # noqa: ARG002
        """The command as it is."""
        return list(words)

    def store(self, words: Sequence[str]) -> list[str]:
        """The command as it is."""
        return list(words)

    def reach(self, port: int) -> str:
        """The URL of a proxy to what listens there."""
        link = BadLink((self.store_address, port), rate=self._terms.rate, delay=self._terms.delay)
        self._links.append(link)
        return link.url

    def carried(self) -> int:
        """Bytes that crossed towards the store."""
        return sum(link.up_bytes for link in self._links)

    def cut(self, seconds: float) -> float:
        """From now on both directions are a black hole for so long; returns when they are back (monotonic)."""
        for link in self._links:
            link.black_hole()
            threading.Timer(seconds, link.heal).start()
        return time.monotonic() + seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for link in self._links:
            link.close()
