"""Requests over HTTP: what the command centre wants, and how long a reply took."""

import gzip
import hashlib
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fieldkit.errors import FieldkitError
from fieldkit.model import TweetId, author_in
from fieldkit.store.body import read_object
from fieldkit.store.clips import place_of, tweet_of
from fieldkit.store.problems import NotFound, Problem
from fieldkit.store.timing import medians, middle, seconds_to_reply
from fieldkit.store.wishes import Wish, Wishes
from fieldkit.wanted import wanted_as_json

_FIELDS = ("author", "text", "language", "place", "priority", "due")


class Requests:
    """The routes under /requests."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes

    async def wanted(self, request: Request) -> Response:
        """What a laptop asks for at each contact: open requests, the newest decision about its takes, withdrawals.

        Has an ETag, so that an unchanged list costs one small answer.
        """
        place = place_of(request)
        open_ones = await run_in_threadpool(self._wishes.open, place)
        decided = await run_in_threadpool(self._wishes.decided, place)
        body = wanted_as_json(open_ones, decided, await run_in_threadpool(self._wishes.withdrawn))
        # weak: the same list may be sent packed or not (RFC 9110, 8.8.1)
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        known = {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}
        if {etag, etag.removeprefix("W/"), "*"} & known:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = await run_in_threadpool(gzip.compress, body, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(body, headers=headers, media_type="application/json")

    async def add(self, request: Request) -> Response:
        """Makes a request, or changes what is said of it; 201 where it is new."""
        request.state.who.must_command()
        said = await read_object(request)
        tweet_id, given = _tweet(said), {key: said[key] for key in _FIELDS if key in said}
        if author := author_in(str(said["tweet"])):
            given.setdefault("author", author)
        fresh = await run_in_threadpool(self._wishes.put, tweet_id, given, request.state.who.name)
        return JSONResponse((await self._find(tweet_id, request)).as_json, status_code=201 if fresh else 200)

    async def one(self, request: Request) -> Response:
        """A request, and when what answers it came."""
        return JSONResponse((await self._find(tweet_of(request), request)).as_json)

    async def withdraw(self, request: Request) -> Response:
        """It leaves the list; asking again puts it back."""
        request.state.who.must_command()
        await run_in_threadpool(self._wishes.withdraw, tweet_of(request))
        return Response(status_code=204)

    async def times(self, request: Request) -> Response:
        """From the tweet to the reply: how many, and the median in seconds, in all and for each place."""
        answered = await run_in_threadpool(self._wishes.answered, place_of(request))
        places = [
            {"place": place, "answered": count, "median_seconds": seconds}
            for place, (count, seconds) in sorted(medians(answered).items(), key=lambda each: each[0] or "")
        ]
        every = middle(seconds_to_reply(each) for each in answered)
        return JSONResponse({"answered": len(answered), "median_seconds": every, "places": places})

    async def _find(self, tweet_id: TweetId, request: Request) -> Wish:
        found = await run_in_threadpool(self._wishes.find, tweet_id, request.state.who.place)
        if found is None:
            raise NotFound(f"Nobody asked for an answer to tweet {tweet_id}.")
        return found


def _tweet(said: dict[str, Any]) -> TweetId:
    tweet = said.get("tweet")
    if not isinstance(tweet, str):
        raise Problem("`tweet` is the tweet’s link or its ID, as text.")
    try:
        return TweetId.parse(tweet)
    except FieldkitError as error:
        raise Problem(str(error)) from error
