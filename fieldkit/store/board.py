"""The board: what a shift has to do, and a page for each tweet. Readable without JavaScript."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from fieldkit.errors import FieldkitError
from fieldkit.model import Place, Priority, TweetId
from fieldkit.protocol import clip_path
from fieldkit.store import words
from fieldkit.store.arriving import Arrivals
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.clips import tweet_of, wanted_of
from fieldkit.store.desk import Desk
from fieldkit.store.nouns import Clip, Wanted
from fieldkit.store.problems import NotFound
from fieldkit.store.reply import intent, reply_link
from fieldkit.store.takes import Attempt, attempts
from fieldkit.store.timing import born_at, medians, middle, seconds_to_reply
from fieldkit.store.wishes import Wishes
from fieldkit.wanted import read_timestamp

_REQUESTS_A_PAGE = 50
_TWEETS_A_PAGE = 20
_REPLIES_MEASURED = 500  # the newest, of which the median is taken
_LONGEST_REPLY_TEXT = 1000  # characters; X takes 280, and says so itself
_FILTERS = ("", "none", "approved", "retake", "rejected", "posted")

FOLDER = Path(__file__).parent
templates = Jinja2Templates(FOLDER / "templates")
templates.env.filters |= {
    "size": words.size,
    "agreed": words.agreed,
    "minute": words.minute,
    "length_of": words.length_of,
    "span": words.span,
    "path": lambda clip: clip_path(clip.blob.tweet_id, clip.blob.sha256),
    "moment": read_timestamp,
    "reply_link": reply_link,
    "arriving": words.arriving,
}


class Board:
    """The pages. `reply_text` is a file with the campaign's words; where there is none, the reply begins empty."""

    def __init__(self, catalogue: Catalogue, wishes: Wishes, arrivals: Arrivals, reply_text: Path) -> None:
        self._catalogue = catalogue
        self._arrivals = arrivals
        self._wishes = wishes
        self._desk = Desk(catalogue)
        self._reply_text = reply_text

    async def page(self, request: Request) -> Response:
        """What waits; with `decision`, every clip of which that was decided, newest first."""
        wanted, asked = wanted_of(request), request.query_params
        if "decision" in asked:
            return await self._answer(request, "archive.html", self._archive, wanted, asked["decision"])
        return await self._answer(request, "desk.html", self._todo, wanted, asked.get("behind"))

    async def tweet(self, request: Request) -> Response:
        """A tweet: what was asked, and all takes side by side."""
        return await self._answer(
            request, "tweet.html", self._tweet, tweet_of(request), request.state.who.place
        )

    async def _answer(self, request: Request, template: str, facts: Any, *about: Any) -> Response:
        who = request.state.who
        context = await run_in_threadpool(facts, *about)
        context |= {
            "now": datetime.now(UTC),
            "commands": who.commands,
            "filters": _FILTERS,
            "priorities": [priority.value for priority in Priority],
        }
        # with a session's secret in it, a page's packed length would tell of it (the BREACH attack)
        packs = not who.csrf and "gzip" in request.headers.get("accept-encoding", "")
        return await run_in_threadpool(_page, request, template, context, packs=packs)

    def _todo(self, wanted: Wanted, behind: str | None) -> dict[str, Any]:
        edition = self._desk.edition()  # first: what comes meanwhile is then told again, not lost
        place = wanted.place
        asked = self._desk.to_answer(place, _tweet_id(behind), _REQUESTS_A_PAGE + 1)
        look = self._desk.to_look_at(place, wanted.after or 0, _TWEETS_A_PAGE + 1)
        post = self._desk.to_post(place, _REQUESTS_A_PAGE)
        answered = self._wishes.answered(place, _REPLIES_MEASURED)
        named = [each.tweet_id for each in asked[:_REQUESTS_A_PAGE]]
        named += [each.tweet_id for each in (*look[:_TWEETS_A_PAGE], *post)]
        takes = self._takes(named, place)
        wishes = self._desk.wishes([each.tweet_id for each in (*look, *post)])
        more = {
            "behind": asked[_REQUESTS_A_PAGE - 1].tweet_id if len(asked) > _REQUESTS_A_PAGE else None,
            "after": look[_TWEETS_A_PAGE - 1].number if len(look) > _TWEETS_A_PAGE else None,
        }
        return {
            "edition": edition,
            "place": place,
            "takedowns": self._catalogue.takedowns(),
            "asked": [
                (each, born_at(each.tweet_id), takes[each.tweet_id]) for each in asked[:_REQUESTS_A_PAGE]
            ],
            "look": [
                (each.tweet_id, takes[each.tweet_id], wishes.get(each.tweet_id))
                for each in look[:_TWEETS_A_PAGE]
            ],
            "coming": self._arrivals.now(place),
            "post": [(each.tweet_id, takes[each.tweet_id], wishes.get(each.tweet_id)) for each in post],
            "more": {name: key for name, key in more.items() if key},
            "further": bool(behind or wanted.after),
            "replies": len(answered),
            "median": middle(seconds_to_reply(each) for each in answered),
            "medians": sorted(medians(answered).items(), key=lambda each: each[0] or "~"),
        }

    def _archive(self, wanted: Wanted, decision: str) -> dict[str, Any]:
        edition = self._desk.edition()
        found = self._catalogue.newest_of_each_tweet(wanted, _TWEETS_A_PAGE + 1)
        named = [clip.blob.tweet_id for clip in found[:_TWEETS_A_PAGE]]
        takes = self._takes(named, wanted.place)
        return {
            "edition": edition,
            "place": wanted.place,
            "decision": decision,
            "tweets": [(tweet_id, takes[tweet_id]) for tweet_id in named],
            "more": found[_TWEETS_A_PAGE - 1].number if len(found) > _TWEETS_A_PAGE else None,
        }

    def _tweet(self, tweet_id: TweetId, place: Place | None) -> dict[str, Any]:
        edition = self._desk.edition()
        wish = self._wishes.find(tweet_id, place)
        takes = self._takes([tweet_id], place)[tweet_id]
        coming = self._arrivals.now(place, tweet_id)
        if wish is None and not takes and not coming:
            raise NotFound(f"Nobody asked for an answer to tweet {tweet_id}, and no clip answers it.")
        return {
            "edition": edition,
            "tweet_id": tweet_id,
            "born_at": born_at(tweet_id),
            "wish": wish,
            "takes": takes,
            "coming": coming,
            "said": {take.key: self._catalogue.decided(take.shown) for take in takes},
            "intent": intent(tweet_id, self._campaign()),
        }

    def _takes(self, tweet_ids: list[TweetId], place: Place | None) -> dict[TweetId, list[Attempt]]:
        clips: dict[TweetId, list[Clip]] = {tweet_id: [] for tweet_id in tweet_ids}
        for clip in self._catalogue.agreed(self._catalogue.of_tweets(list(clips), place)):
            clips[clip.blob.tweet_id].append(clip)
        return {tweet_id: attempts(found) for tweet_id, found in clips.items()}

    def _campaign(self) -> str:
        try:
            return self._reply_text.read_text("utf-8")[:_LONGEST_REPLY_TEXT].strip()
        except (OSError, UnicodeDecodeError):
            return ""


def _page(request: Request, template: str, context: dict[str, Any], *, packs: bool) -> Response:
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    page = templates.TemplateResponse(request, template, context, headers=headers)
    if not packs:
        return page
    # a tenth of the bytes: a page asks for itself again whenever something changed
    headers |= {"Content-Encoding": "gzip"}
    return Response(gzip.compress(bytes(page.body), 5), headers=headers, media_type="text/html")


def _tweet_id(text: str | None) -> TweetId | None:
    try:
        return TweetId(text) if text else None
    except FieldkitError:
        return None  # a key that nobody gave out is none
