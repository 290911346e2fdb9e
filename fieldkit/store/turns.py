"""One request at a time for each upload, and the newest goes first.

A peer that lost its line may hold its old connection half-open for minutes. So whoever comes next does not
wait for it: the running writer is told to stop, makes what it has durable, and hands over.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fieldkit.store.problems import Problem, Stopping, Superseded

Stop = Callable[[Problem], None]


class Turn:
    """The right to touch one upload. A writer says with `on_stop` how it can be stopped."""

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes  # takes in bytes, or is about to
        self._why: Problem | None = None
        self._stop: Stop | None = None

    def on_stop(self, stop: Stop) -> None:
        """Called at once if the turn has been asked for already."""
        self._stop = stop
        if self._why is not None:
            stop(self._why)

    def received(self) -> None:
        """No more bytes are taken in; the turn goes on."""
        self.writes, self._stop = False, None

    def ask(self, why: Problem) -> None:
        """Asks the holder to finish soon."""
        self._why = why
        if self._stop is not None:
            self._stop(why)


class _Line:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.people = 0
        self.holder: Turn | None = None


class Turns:
    """The turns of all uploads; lives in one event loop."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._stopping = False

    @asynccontextmanager
    async def take(self, upload_id: str, *, writes: bool = False) -> AsyncIterator[Turn]:
        """Waits until whoever holds the turn has made its bytes durable."""
        line = self._lines.setdefault(upload_id, _Line())
        line.people += 1
        if line.holder:
            line.holder.ask(_superseded())
        try:
            async with line.lock:
                line.holder = turn = Turn(writes=writes)
                if line.people > 1:  # whoever waits behind came later
                    turn.ask(_superseded())
                if self._stopping:
                    turn.ask(_stopping())
                try:
                    yield turn
                finally:
                    line.holder = None
        finally:
            line.people -= 1
            if not line.people:
                del self._lines[upload_id]

    def busy(self, upload_id: str) -> bool:
        """Whether anybody holds or awaits this turn."""
        return upload_id in self._lines

    def writing(self, upload_id: str) -> bool:
        """Whether bytes come in for this upload, or somebody waits who may have some."""
        line = self._lines.get(upload_id)
        return line is not None and (line.people > 1 or (line.holder is not None and line.holder.writes))

    def stop(self) -> None:
        """Asks every writer to finish: the store is going down."""
        self._stopping = True
        for line in self._lines.values():
            if line.holder:
                line.holder.ask(_stopping())


def _superseded() -> Problem:
    return Superseded("A newer request for this upload took over; ask for its offset.")


def _stopping() -> Problem:
    return Stopping("The store is stopping; everything received is kept.")
