"""The body of a request, read as fast as it comes, so that a cut loses nothing that had arrived.

An ASGI server forgets what it holds when the line is cut; hence a reader that never waits for the disk
unless a fixed amount is held.
"""

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Receive

from fieldkit.store.problems import BodyStalled, Problem

_MOST_HELD = 512 * 1024  # bytes in memory for one upload


class Cut(Problem):
    """The other side went away in the middle of the body; there is nobody to tell."""

    error = "cut"


class Inflow:
    """Blocks of a body, and in `ending` why it ended: None for a whole one."""

    def __init__(self, receive: Receive, stall_seconds: float) -> None:
        self.ending: Problem | None = None
        self._receive = receive
        self._stall_seconds = stall_seconds
        self._held = bytearray()
        self._done = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def stop(self, why: Problem) -> None:
        """No more is read; what was read is still given out."""
        if not self._done:
            self._end(why)
            if self._reader:
                self._reader.cancel()

    def enough(self) -> None:
        """No more is read, and nothing is wrong. From any thread."""
        self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if not self._done:
            self._end(None)
            if self._reader:
                self._reader.cancel()

    async def blocks(self) -> AsyncGenerator[bytes]:
        """Whatever has come since the last block, until the body ends."""
        self._reader = asyncio.create_task(self._read())
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                done, block = self._done, bytes(self._held)
                self._held.clear()
                self._room.set()
                if block:
                    yield block
                if done:
                    return
        finally:
            self._reader.cancel()

    async def _read(self) -> None:
        while not self._done:
            try:
                async with asyncio.timeout(self._stall_seconds):
                    message = await self._receive()
            except TimeoutError:
                self._end(
                    BodyStalled(f"No byte came for {self._stall_seconds:g} s; what came before is kept.")
                )
                return
            if message["type"] == "http.disconnect":
                self._end(Cut("cut"))
                return
            self._held += message.get("body", b"")
            self._changed.set()
            if not message.get("more_body", False):
                self._end(None)
            elif len(self._held) >= _MOST_HELD:
                self._room.clear()
                await self._room.wait()

    def _end(self, ending: Problem | None) -> None:
        self.ending = ending
        self._done = True
        self._changed.set()
