"""requests: what the command centre wants answered, and its offer wherever a tweet is to be named."""

import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fieldkit.cli import options, say
from fieldkit.config import library_at
from fieldkit.errors import FieldkitError, NeedsCrew
from fieldkit.model import Priority, Request, TweetId
from fieldkit.wanted import request_as_json, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldkit.journal import Asked, Contact, Retake

_PATIENCE = 5.0  # seconds for an answer while somebody waits
_SOON = 86_400.0  # seconds
_SHORTEST, _LONGEST = 4, 14  # digits of a tail; an ID of so few is a tweet from before November 2010


@click.command(epilog=options.epilog("fieldkit requests", "fieldkit requests --json"))
@options.as_json
@options.library
def requests(as_json: bool, folder: str | None) -> int:
    """Show the tweets that the command centre wants answered, the most urgent first.

    The list is fetched where the link allows; where not, the one that is kept is shown, with its age.
    """
    trouble = None
    try:
        options.dispatch(folder).enquire(_PATIENCE)
    except FieldkitError as error:
        trouble = error
    asked, contact = kept(folder)
    if contact is None and trouble is not None:
        raise trouble  # there is nothing to show
    now = datetime.now(UTC)
    if as_json:
        told = [as_document(each, now) for each in asked]
        heard = {"as_of": timestamp(contact.at) if contact else None, "fresh": trouble is None}
        say.document(heard | {"requests": told})
    elif asked:
        say.table(
            *("tweet", "author", "age", "priority", "due", "language", "place", "takes", "text"),
            rows=[_row(each, now) for each in asked],
        )
    else:
        say.note("Nothing waits for an answer.")
    if trouble is not None and contact is not None:
        say.trouble(f"{trouble} This is the list of {say.age((now - contact.at).total_seconds())} ago.")
    return trouble.exit_code if isinstance(trouble, NeedsCrew) else 0


def kept(folder: str | None) -> "tuple[list[Asked], Contact | None]":
    """The list that this laptop has, and when it was heard. Raises NeedsCrew where the journal can't be used."""
    from fieldkit.journal import Journal

    library = library_at(folder)
    if not library.journal.exists():
        return [], None
    with Journal(library.journal) as journal:
        return journal.centre.requests(), journal.centre.contact()


def text_of(tweet_id: TweetId, folder: str | None) -> str | None:
    """What the tweet says, where the command centre told."""
    return next(
        (each.request.text or None for each in kept(folder)[0] if each.request.tweet_id == tweet_id), None
    )


def chosen(tweet: TweetId | None, folder: str | None) -> TweetId:
    """The tweet that was typed, whole or as the end of a requested one; from the list where none was typed."""
    found = _typed(tweet, folder) or offered(folder, "Which? Its number, or any tweet's link or ID")
    if found is None:
        raise click.UsageError("Missing argument 'TWEET'.", ctx=click.get_current_context())
    return found


def chosen_or_slates(tweet: TweetId | None, folder: str | None) -> TweetId | None:
    """The same for a card; None where the slates filmed on it are to say."""
    question = "Which do they answer? A number, link or ID; Enter: the slates say"
    return _typed(tweet, folder) or offered(folder, question, "")


def offered(folder: str | None, question: str, otherwise: str | None = None) -> TweetId | None:
    """What somebody at a terminal chooses from the list; None for nobody, for no list, and for `otherwise`."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    asked, contact = kept(folder)
    if not asked or contact is None:
        return None
    now = datetime.now(UTC)
    say.note(f"The command centre wants (as of {say.age((now - contact.at).total_seconds())} ago):")
    for number, each in enumerate(asked, 1):
        say.note(f"{number:>3}  {_in_a_line(each, now)}")
    answer = click.prompt(question, default=otherwise, err=True).strip()
    if answer == otherwise:
        return None
    if answer.isascii() and answer.isdigit() and len(answer) < _SHORTEST:
        if not 0 < int(answer) <= len(asked):
            raise NeedsCrew(f"There is no number {answer} in the list; nothing was begun.")
        return asked[int(answer) - 1].request.tweet_id
    return _whole(TweetId.parse(answer), asked)


def as_document(asked: "Asked", now: datetime) -> dict[str, Any]:
    """A request as scripts read it."""
    born = asked.request.tweet_id.born_at
    return {
        **request_as_json(asked.request),
        "born_at": timestamp(born) if born else None,
        "age_seconds": round((now - born).total_seconds()) if born else None,
        "takes": asked.takes,
    }


def retake_as_document(retake: "Retake") -> dict[str, str]:
    """A take to be recorded again as scripts read it."""
    decided = retake.decided
    at = timestamp(decided.at)
    return {"tweet_id": retake.tweet_id, "take": decided.take, "why": decided.why, "at": at}


def summary(
    asked: "Sequence[Asked]", contact: "Contact | None", retakes: "Sequence[Retake]", now: datetime
) -> list[str]:
    """What `status` says of it all, line by line."""
    if contact is None:
        return ["Requests never fetched: `fieldkit requests`"]
    urgent = sum(each.request.priority is Priority.URGENT for each in asked)
    lines = [
        f"Requests {len(asked)} open, {urgent} urgent, as of {say.age((now - contact.at).total_seconds())} ago"
    ]
    lines += [
        f"  due {due(each.request, now)}: {each.request.tweet_id}{_by(each.request)}"
        for each in due_soon(asked, now)
    ]
    lines += [
        f"  retake {each.tweet_id}: {shown(each.decided.why)} (take {each.decided.take[-6:]})"
        for each in retakes
    ]
    return lines


def due_soon(asked: "Sequence[Asked]", now: datetime) -> "list[Asked]":
    """What must be there within a day, or should have been, in the order of their due times."""
    soon = [each for each in asked if each.request.due and (each.request.due - now).total_seconds() < _SOON]
    return sorted(soon, key=lambda each: each.request.due or now)


def due(request: Request, now: datetime) -> str:
    """When it must be there, as people read it."""
    if request.due is None:
        return ""
    left = (request.due - now).total_seconds()
    return f"in {say.age(left)}" if left >= 0 else f"{say.age(-left)} ago"


def shown(text: str) -> str:
    """Text in one line, without what only steers how others are drawn."""
    return " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())


def _typed(tweet: TweetId | None, folder: str | None) -> TweetId | None:
    return _whole(tweet, kept(folder)[0]) if tweet and len(tweet) <= _LONGEST else tweet


def _whole(tail: TweetId, asked: "Sequence[Asked]") -> TweetId:
    """The only requested tweet whose ID ends so; the tail itself where none does. Raises NeedsCrew for several."""
    if not _SHORTEST <= len(tail) <= _LONGEST:
        return tail
    found = [each.request.tweet_id for each in asked if each.request.tweet_id.endswith(tail)]
    if tail in found or not found:
        return tail
    if len(found) > 1:
        raise NeedsCrew(f"Several requested tweets end in {tail}: {', '.join(found)}; type more of one.")
    say.note(f"…{tail} is tweet {found[0]}.")
    return found[0]


def _row(asked: "Asked", now: datetime) -> tuple[Any, ...]:
    request = asked.request
    return (
        request.tweet_id,
        f"@{request.author}" if request.author else "",
        _age(request, now),
        request.priority,
        due(request, now),
        request.language or "",
        request.place or "",
        asked.takes or "",
        shown(request.text or ""),
    )


def _in_a_line(asked: "Asked", now: datetime) -> str:
    request = asked.request
    urgent = [request.priority] if request.priority is not Priority.NORMAL else []
    by = f"due {due(request, now)}" if request.due else ""
    about = ", ".join(filter(None, (_age(request, now), *urgent, by)))
    text = shown(request.text or "")
    return f"{request.tweet_id}{_by(request)}  {about}  {text[:100]}{'…' if len(text) > 100 else ''}".rstrip()


def _age(request: Request, now: datetime) -> str:
    born = request.tweet_id.born_at
    return say.age((now - born).total_seconds()) if born else ""


def _by(request: Request) -> str:
    return f"  @{request.author}" if request.author else ""
