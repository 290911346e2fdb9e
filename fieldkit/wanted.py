"""What the command centre wants and has decided, and what was withdrawn, as both sides say it. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from fieldkit.errors import FieldkitError
from fieldkit.model import (
    Decided,
    Language,
    Place,
    Priority,
    Request,
    Sha256,
    TakeId,
    TweetId,
    Withdrawal,
    tidy,
)

_LONGEST_TIME = 40  # characters
_MOST_HASHES = 100  # of one take: its original and its renditions
_NAMES = ("tweet_id", "take", "card")
_T = TypeVar("_T")


def timestamp(moment: datetime) -> str:
    """A time as both sides write it: UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_timestamp(text: str) -> datetime:
    """A time of ISO 8601 with its zone, in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text) if text.isascii() and len(text) <= _LONGEST_TIME else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("a time is ISO 8601 with its zone, as in 2026-11-22T14:02:38Z")
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


def request_as_json(request: Request) -> dict[str, str | None]:
    """A request as both sides write it."""
    return {
        "tweet_id": request.tweet_id,
        "author": request.author,
        "text": request.text,
        "language": request.language,
        "place": request.place,
        "priority": request.priority,
        "due": timestamp(request.due) if request.due else None,
        "added_at": timestamp(request.added_at) if request.added_at else None,
    }


def read_request(said: Mapping[str, Any]) -> Request:
    """The reverse, for whatever came; what is missing, null or empty is not set. Raises ValueError, NeedsCrew."""
    said = {key: value for key, value in said.items() if value is not None}
    if not all(isinstance(value, str) for value in said.values()):
        raise ValueError("every field of a request is text")
    due, added_at = said.get("due"), said.get("added_at")
    return Request(
        TweetId(said.get("tweet_id", "")),
        said.get("author", "").strip().removeprefix("@") or None,
        tidy(said.get("text", "")) or None,
        Language(said["language"]) if said.get("language") else None,
        Place(said["place"]) if said.get("place") else None,
        _priority(said.get("priority") or Priority.NORMAL),
        read_timestamp(due) if due else None,
        read_timestamp(added_at) if added_at else None,
    )


def withdrawal_as_json(withdrawal: Withdrawal) -> dict[str, Any]:
    """A withdrawal as both sides write it: what is not known is left out."""
    said = {
        "tweet_id": withdrawal.tweet_id,
        "take": withdrawal.take,
        "sha256": list(withdrawal.hashes),
        "card": withdrawal.card,
    }
    return {key: value for key, value in said.items() if value}


def read_withdrawal(said: Mapping[str, Any]) -> Withdrawal:
    """The reverse, for whatever came. Raises ValueError, NeedsCrew."""
    hashes = said.get("sha256") or []
    if not isinstance(hashes, list) or len(hashes) > _MOST_HASHES:
        raise ValueError(f"`sha256` is a list of at most {_MOST_HASHES} hashes")
    if not all(isinstance(text, str) for text in (*hashes, *(said.get(key) or "" for key in _NAMES))):
        raise ValueError("every field of a withdrawal is text, and `sha256` a list of it")
    return Withdrawal(
        TweetId(said["tweet_id"]) if said.get("tweet_id") else None,
        TakeId(said["take"]) if said.get("take") else None,
        tuple(sorted({Sha256(text) for text in hashes})),
        Sha256(said["card"]) if said.get("card") else None,
    )


def wanted_as_json(
    requests: Iterable[Request], decisions: Iterable[Decided], withdrawn: Iterable[Withdrawal] = ()
) -> bytes:
    """What a laptop is told at each contact."""
    told: dict[str, list[dict[str, Any]]] = {
        "requests": [request_as_json(request) for request in requests],
        "decisions": [
            {"take": each.take, "decision": each.decision, "why": each.why, "at": timestamp(each.at)}
            for each in decisions
        ],
    }
    if gone := [withdrawal_as_json(each) for each in withdrawn]:
        told["withdrawn"] = gone
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def read_wanted(content: bytes) -> tuple[list[Request], list[Decided], list[Withdrawal]]:
    """The reverse; an entry that can't be understood is left out. Raises ValueError where it is no such list."""
    try:
        told = json.loads(content)
        requests, decisions, gone = told["requests"], told["decisions"], told.get("withdrawn", [])
        return (
            list(_readable(requests, read_request)),
            list(_readable(decisions, _read_decided)),
            list(_readable(gone, read_withdrawal)),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is no list of requests and decisions") from error


def _read_decided(said: Mapping[str, Any]) -> Decided:
    return Decided(TakeId(said["take"]), said["decision"], tidy(said["why"]), read_timestamp(said["at"]))


def _readable(entries: Iterable[Any], read: Callable[[Mapping[str, Any]], _T]) -> Iterator[_T]:
    for entry in entries:
        try:
            yield read(entry)
        except (FieldkitError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a newer store may say what this laptop does not know


def _priority(text: str) -> Priority:
    try:
        return Priority(text)
    except ValueError as error:
        raise ValueError(f"a priority is one of {', '.join(Priority)}") from error
