"""The payload of an MP4 that is still being written, block by block, as it becomes final."""

import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from fieldkit.errors import FieldkitError
from fieldkit.growing import Growing, payload_end, payload_start

_BLOCK = 16 * 1024  # bytes
_LOOK = 0.05  # seconds between two looks at a file that has nothing new


class Tail:
    """What is to be sent from `offset` on, counted within the payload.

    `gate` is asked before each block how many seconds it must wait, and while there is none (of 0 bytes); None from it
    ends the blocks, and what it raises is kept in `trouble`, so that the request ends as requests do.
    """

    def __init__(
        self, file: BinaryIO, growing: Growing, offset: int, gate: Callable[[int], float | None]
    ) -> None:
        self._file, self.growing, self._gate = file, growing, gate
        self.position = offset
        self.trouble: FieldkitError | None = None
        self._ended = threading.Event()

    @property
    def ready(self) -> int:
        """Bytes that are final and lie before us."""
        start, end = payload_start(self._file), payload_end(self._file)
        if start is None:
            return 0
        # until the encoder has put down where the payload ends, all that is written belongs to it; of the index, which
        # follows, a little may slip in: the store is told later where the file ends
        return (end or self._file.seek(0, 2)) - start - self.position

    @property
    def is_over(self) -> bool:
        """Nothing more will come."""
        # in this order: a byte may be written between two looks
        return self.growing.done.is_set() and self.ready <= 0

    def end(self) -> None:
        """No block more, from any thread."""
        self._ended.set()

    def blocks(self) -> Iterator[bytes]:
        """Until it is over, or the gate closes."""
        while not self._ended.is_set():
            size = max(0, min(_BLOCK, self.ready))
            if not size and self.is_over:
                return
            try:
                wait = self._gate(size)
            except FieldkitError as error:
                self.trouble = error
                return
            if wait is None or (wait > 0 and self._ended.wait(wait)):
                return
            if not size:
                self._ended.wait(_LOOK)
                continue
            self._file.seek((payload_start(self._file) or 0) + self.position)
            block = self._file.read(size)
            self.position += len(block)
            yield block
