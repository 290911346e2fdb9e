"""Clips over HTTP: pages, files, decisions, withdrawal."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fieldkit.errors import FieldkitError
from fieldkit.model import Consent, Place, Sha256, TweetId, in_order
from fieldkit.protocol import clip_path
from fieldkit.store.body import read_object
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.delivery import Delivery
from fieldkit.store.media import Media
from fieldkit.store.nouns import Clip, Wanted
from fieldkit.store.problems import NotFound, Problem
from fieldkit.store.review import Decision
from fieldkit.store.trail import Trail
from fieldkit.store.wishes import Wishes
from fieldkit.wanted import timestamp

Finish = Callable[[list[tuple[TweetId, Sha256]]], Awaitable[None]]  # takes the bytes of such clips away
_LONGEST_PAGE = 500
_LONGEST_TEXT = 2000  # characters of a reason


class Clips:
    """The routes under /clips."""

    def __init__(
        self,
        catalogue: Catalogue,
        media: Media,
        delivery: Delivery,
        wishes: Wishes,
        trail: Trail,
        *,
        finish: Finish,
    ) -> None:
        self._catalogue = catalogue
        self._media = media
        self._delivery = delivery
        self._wishes = wishes
        self._trail = trail
        self._finish = finish

    async def page(self, request: Request) -> Response:
        """Newest first; `next` goes into `after` for the page behind this one."""
        wanted, limit = wanted_of(request), _limit(request)
        found = await run_in_threadpool(self._catalogue.page, wanted, limit + 1)
        more = found[limit - 1].number if len(found) > limit else None
        clips = [{"tweet_id": clip.blob.tweet_id, **as_json(request, clip)} for clip in found[:limit]]
        return JSONResponse({"clips": clips, "next": more})

    async def tweet(self, request: Request) -> Response:
        """Every clip that answers a tweet."""
        tweet_id = tweet_of(request)
        clips = await run_in_threadpool(self._catalogue.of_tweets, [tweet_id], request.state.who.place)
        if not clips:
            raise NotFound(f"The store has no clip for tweet {tweet_id}.")
        wish = await run_in_threadpool(self._wishes.find, tweet_id, request.state.who.place)
        known = await run_in_threadpool(self._catalogue.agreed, clips)
        told = [{**as_json(request, clip), "consent": _consent(clip.consent)} for clip in known]
        return JSONResponse({"tweet_id": tweet_id, "request": wish.as_json if wish else None, "clips": told})

    async def file(self, request: Request) -> Response:
        """The bytes; a browser may ask for a range of them."""
        clip = await self._clip(request)
        etag = f'"{clip.blob.sha256}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}  # a withdrawal must be seen at once
        known = {
            tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
        }
        if {etag, "*"} & known:
            return Response(status_code=304, headers=headers)
        answer = await self._delivery.file(request, clip, etag, headers)
        if request.method == "GET":
            about = f"{clip.blob.tweet_id}/{clip.blob.sha256}"
            await run_in_threadpool(self._trail.downloaded, request.state.who.name, about)
        return answer

    async def decide(self, request: Request) -> Response:
        """Appends a decision."""
        request.state.who.must_command()
        said = await read_object(request)
        decision = _decision(said.get("decision"))
        if decision is Decision.WITHDRAWN:
            raise Problem("A clip is withdrawn with DELETE: that removes its bytes too.")
        who, why = request.state.who, _text(said, "why")
        by = who.name if who.csrf else _text(said, "by") or who.name  # who signed in is nobody else
        clip = await self._clip(request)
        appended = await run_in_threadpool(self._catalogue.decide, clip, decision, by, why, who.name)
        return JSONResponse(appended, status_code=201)

    async def decisions(self, request: Request) -> Response:
        """Every decision about a clip, first to last."""
        clip = await self._clip(request)
        return JSONResponse({"decisions": await run_in_threadpool(self._catalogue.decided, clip)})

    async def withdraw(self, request: Request) -> Response:
        """The take’s bytes go, a bare fact stays, and all of it is refused from now on."""
        request.state.who.must_command()
        tweet_id, sha256 = tweet_of(request), _sha256(request)
        gone = await run_in_threadpool(self._catalogue.withdraw, tweet_id, sha256, request.state.who.name)
        await self._finish([*gone, (tweet_id, sha256)])
        return Response(status_code=204)

    async def _clip(self, request: Request) -> Clip:
        named = tweet_of(request), _sha256(request)
        return await run_in_threadpool(self._catalogue.clip, *named, request.state.who.place)


def as_json(request: Request, clip: Clip) -> dict[str, Any]:
    """A clip as the contract has it."""
    base = str(request.base_url).rstrip("/")
    names = ("profile", "bytes", "seconds", "width", "height", "take", "place", "recorded_at", "received_at")
    return {
        "sha256": clip.blob.sha256,
        **{name: getattr(clip, name) for name in names},
        "url": base + clip_path(clip.blob.tweet_id, clip.blob.sha256),
        "decision": clip.decision,
    }


def _consent(consent: Consent | None) -> dict[str, Any] | None:
    """Its summary; null where none is stated."""
    if consent is None:
        return None
    return {
        "scope": in_order(consent.scope).split(),
        "hidden": in_order(consent.hidden).split(),
        "age": consent.age,
        "until": timestamp(consent.until) if consent.until else None,
    }


def place_of(request: Request) -> Place | None:
    """The place that is asked for; a laptop's own where it names none. Raises Problem (400), NotAllowed (403)."""
    asked, own = request.query_params, request.state.who.place
    try:
        place = Place(asked["place"]) if asked.get("place") else own
    except FieldkitError as error:
        raise Problem(str(error)) from error
    if own is not None and place != own:
        request.state.who.must_belong(place)
    return place


def wanted_of(request: Request) -> Wanted:
    """The filters in a query string. Raises Problem (400)."""
    asked, place = request.query_params, place_of(request)
    undecided = asked.get("decision") == "none"
    decision = _decision(asked["decision"]) if asked.get("decision") and not undecided else None
    return Wanted(
        place, decision, undecided, count_of(asked["after"], "after") if asked.get("after") else None
    )


def _limit(request: Request) -> int:
    asked = request.query_params.get("limit", "50")
    return max(1, min(count_of(asked, "limit"), _LONGEST_PAGE))


def count_of(text: str, name: str) -> int:
    """A number in a query string. Raises Problem (400)."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Problem(f"`{name}` must be a number.")
    return int(text)


def tweet_of(request: Request) -> TweetId:
    """The tweet in a path. Raises NotFound (404)."""
    try:
        return TweetId(request.path_params["tweet_id"])
    except FieldkitError as error:
        raise NotFound(str(error)) from error


def _sha256(request: Request) -> Sha256:
    try:
        return Sha256(request.path_params["sha256"])
    except FieldkitError as error:
        raise NotFound(str(error)) from error


def _decision(text: object) -> Decision:
    try:
        return Decision(str(text))
    except ValueError as error:
        raise Problem(f"A decision is one of {', '.join(Decision)}.") from error


def _text(said: dict[str, Any], key: str) -> str:
    text = said.get(key) or ""
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT or not _storable(text):
        raise Problem(f"`{key}` must be text of at most {_LONGEST_TEXT} characters.")
    return text.strip()


def _storable(text: str) -> bool:
    # JSON can spell half of a surrogate pair, which no encoding and no database takes
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)
