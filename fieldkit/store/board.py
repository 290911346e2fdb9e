"""The board: what came in, tweet by tweet, newest first; watch and decide. Readable without JavaScript."""

from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from fieldkit.model import TweetId
from fieldkit.protocol import clip_path
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.clips import wanted_of
from fieldkit.store.nouns import Clip, Wanted
from fieldkit.store.review import MOVES, Decision

_TWEETS_A_PAGE = 20
_FIRST_LOOK = ("proxy", "tweet")  # the lightest rendition first

FOLDER = Path(__file__).parent
templates = Jinja2Templates(FOLDER / "templates")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One take of one tweet, or a clip that names none: its renditions, the lightest first."""

    clips: list[Clip]

    @property
    def shown(self) -> Clip:
        """The one to watch first."""
        return self.clips[0]

    @property
    def decision(self) -> Decision | None:
        """What was decided about all of it; None as long as a rendition waits."""
        decisions = {clip.decision for clip in self.clips}
        return decisions.pop() if len(decisions) == 1 else None

    @property
    def moves(self) -> set[Decision]:
        """What may be decided next."""
        return {move for clip in self.clips for move in MOVES[clip.decision]} - {Decision.WITHDRAWN}


class Board:
    """The page at /."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def page(self, request: Request) -> Response:
        """A page of tweets."""
        wanted = wanted_of(request)
        tweets, more = await run_in_threadpool(self._tweets, wanted)
        context = {
            "tweets": tweets,
            "more": more,
            "decision": "none" if wanted.undecided else wanted.decision,
            "place": wanted.place,
            "commands": request.state.who.commands,
        }
        return templates.TemplateResponse(request, "board.html", context)

    def _tweets(self, wanted: Wanted) -> tuple[list[tuple[TweetId, list[Attempt]]], int | None]:
        newest = self._catalogue.newest_of_each_tweet(wanted, _TWEETS_A_PAGE + 1)
        shown = [clip.blob.tweet_id for clip in newest[:_TWEETS_A_PAGE]]
        clips = self._catalogue.of_tweets(shown, wanted.place)
        tweets = [(tweet, attempts([c for c in clips if c.blob.tweet_id == tweet])) for tweet in shown]
        more = newest[_TWEETS_A_PAGE - 1].number if len(newest) > _TWEETS_A_PAGE else None
        return tweets, more


def attempts(clips: list[Clip]) -> list[Attempt]:
    """The clips of one tweet by take, the newest take first."""
    takes: dict[str, list[Clip]] = {}
    for clip in clips:
        takes.setdefault(clip.take or clip.blob.sha256, []).append(clip)
    return [Attempt(sorted(take, key=_weight)) for take in takes.values()]


def _weight(clip: Clip) -> tuple[int, int]:
    known = clip.profile in _FIRST_LOOK
    return (_FIRST_LOOK.index(clip.profile or "") if known else len(_FIRST_LOOK), clip.bytes)


def _size(count: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


templates.env.filters |= {
    "size": _size,
    "minute": lambda text: text[:16].replace("T", " "),
    "length_of": lambda seconds: f"{int(seconds) // 60}:{int(seconds) % 60:02d}",
    "path": lambda clip: clip_path(clip.blob.tweet_id, clip.blob.sha256),
}
