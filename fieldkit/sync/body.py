"""What a request carries: a file's bytes, handed out block by block."""

import errno
import select
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import BinaryIO

from fieldkit.sync import tcp


class Stream:
    """Blocks whose number nobody knows yet: they travel in HTTP's chunked coding, and end well where they end."""

    ended_early = False

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.connection: socket.socket | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def travels_on(self, connection: socket.socket) -> None:
        """The line tells on which connection."""
        self.connection = connection


class Body:
    """Bytes of a file, read in small blocks: the place for pace, progress and stopping.

    `claim` is asked before each block how many of so many bytes may be sent; it may sleep or raise, and 0
    ends the body early: the store has enough. So does an answer that comes before the body's end.
    """

    def __init__(self, file: BinaryIO, start: int, end: int, claim: Callable[[int], int]) -> None:
        file.seek(start)
        self._file, self._claim = file, claim
        self._left = end - start
        self.connection: socket.socket | None = None
        self.ended_early = False

    def __len__(self) -> int:
        return self._left

    def travels_on(self, connection: socket.socket) -> None:
        """The line tells on which connection."""
        if connection is not self.connection:
            self.connection = connection
            tcp.drop_on_close(connection, drop=True)

    def read(self, size: int = -1) -> bytes:
        """The next block."""
        wanted = self._left if size < 0 else min(size, self._left)
        granted = 0 if self._is_answered() else self._claim(wanted) if wanted else 0
        if wanted and not granted:
            self.ended_early = True
            raise BrokenPipeError(errno.EPIPE, "ended early")  # urllib3 then reads the answer
        block = self._file.read(granted)
        self._left -= len(block)
        return block

    def _is_answered(self) -> bool:
        if self.connection is None or isinstance(self.connection, ssl.SSLSocket):
            return False  # what TLS has to say is no answer yet
        try:
            return bool(select.select([self.connection], [], [], 0)[0])
        except (OSError, ValueError):
            return True
