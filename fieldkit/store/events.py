"""News of the catalogue to every board that is open: server-sent events.

An event says only what happened and about which tweet; a page that cares asks again for itself. One question a
beat goes to the catalogue, however many listen, and none while nobody does. What is on its way is told in words, so
that nothing has to be asked for to see it move.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fieldkit.errors import StoreBusy
from fieldkit.store.arriving import Arrivals
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.news import Change, newest, since
from fieldkit.store.problems import Busy
from fieldkit.store.words import arriving

_MOST = 200  # boards that may listen at once
_BEAT = 0.5  # seconds between two looks at the catalogue
_BEATS_A_LOOK = 4  # beats between two looks at what is on its way
_HEARTBEAT = 15.0  # seconds of silence before a word, so that proxies keep the line and a dead one is noticed
_LONGEST = 600.0  # seconds of one stream; the browser comes again by itself, and is asked again who it is
_AT_ONCE = 200  # changes of one look
_HELD = 400  # changes that are held for a board whose line is slow
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second is for nginx


class Events:
    """The route /events."""

    def __init__(self, catalogue: Catalogue, arrivals: Arrivals) -> None:
        self._catalogue = catalogue
        self._arrivals = arrivals
        self._coming = "[]"  # as it was last told
        self._recent: deque[Change] = deque(maxlen=_HELD)
        self._listening = 0
        self._last = 0
        self._changed = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    async def stream(self, request: Request) -> Response:
        """`hello` with the number of the last change, then each `change` as it comes."""
        request.state.who.must_command()
        if self._stopping or self._listening >= _MOST:
            raise Busy("Too many boards listen already; this one has to be reloaded by hand.")
        return StreamingResponse(self._told(), media_type="text/event-stream", headers=_HEADERS)

    def stop(self) -> None:
        """Ends every stream: the store is going down."""
        self._stopping = True
        self._changed.set()

    async def close(self) -> None:
        """Returns when nothing is asked of the catalogue any more."""
        self.stop()
        if self._watching is not None:
            await self._watching

    async def _told(self) -> AsyncIterator[str]:
        self._listening += 1
        try:
            until = asyncio.get_running_loop().time() + _LONGEST
            seen, coming = await self._tune_in(), "[]"
            yield f"retry: 2000\nevent: hello\nid: {seen}\ndata: {{}}\n\n"
            while not self._stopping and asyncio.get_running_loop().time() < until:
                changed = self._changed
                if coming != self._coming:
                    coming = self._coming
                    yield f"event: arriving\ndata: {coming}\n\n"
                fresh = [change for change in self._recent if change.number > seen]
                for change in fresh:
                    yield _said(change)
                    seen = change.number
                if not fresh:
                    try:
                        await asyncio.wait_for(changed.wait(), _HEARTBEAT)
                    except TimeoutError:
                        yield ": still here\n\n"
        finally:
            self._listening -= 1

    async def _tune_in(self) -> int:
        if self._watching is None:
            last = await run_in_threadpool(self._newest)
            if self._watching is None:  # nobody was quicker
                self._last = last
                self._watching = asyncio.create_task(self._watch())
        return self._last

    async def _watch(self) -> None:
        beat = 0
        while not self._stopping and self._listening:
            try:
                fresh = await run_in_threadpool(self._since, self._last)
            except StoreBusy:  # the database is away for a moment: so is the news
                fresh = []
            coming = self._coming
            if beat % _BEATS_A_LOOK == 0:
                coming = await run_in_threadpool(self._what_comes)
            if fresh:
                self._recent.extend(fresh)
                self._last = fresh[-1].number
            if fresh or coming != self._coming:
                self._coming = coming
                changed, self._changed = self._changed, asyncio.Event()
                changed.set()
            beat += 1
            await asyncio.sleep(_BEAT)
        self._watching = None

    def _what_comes(self) -> str:
        return json.dumps(
            [
                {"id": each.id, "tweet_id": each.tweet_id, "place": each.place, "said": arriving(each)}
                for each in self._arrivals.now()
            ]
        )

    def _newest(self) -> int:
        with self._catalogue.reading() as connection:
            return newest(connection)

    def _since(self, number: int) -> list[Change]:
        with self._catalogue.reading() as connection:
            return list(since(connection, number, _AT_ONCE))


def _said(change: Change) -> str:
    data = json.dumps({"tweet_id": change.tweet_id, "kind": change.kind})
    return f"event: change\nid: {change.number}\ndata: {data}\n\n"
