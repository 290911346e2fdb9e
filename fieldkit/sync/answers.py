"""What a store's answers mean: where an upload stands, or who can cure what went wrong. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from fieldkit import protocol
from fieldkit.errors import LinkDown, NeedsCrew, NotAuthorised, Refused, StoreBusy, Withdrawn, WorthRetrying
from fieldkit.model import Sha256
from fieldkit.protocol import Part

_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


class Answer(Protocol):
    """As requests gives it."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def url(self) -> str: ...
    def json(self) -> Any: ...


class Gone(WorthRetrying):
    """The store does not know the upload (any more); asking for it anew cures that."""


class Mismatch(WorthRetrying):
    """The bytes that arrived are not those that were sent; the store threw the wrong ones away."""


class Whole(WorthRetrying):
    """This server takes an upload in one piece only."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands at the store."""

    location: str
    offset: int  # bytes the store durably has
    receipt: Sha256 | None = None  # the store verified the whole file
    parts: tuple[Part, ...] = ()  # what it has beyond the offset


def settle(answer: Answer, good: set[int]) -> None:
    """Returns where the answer is a good one; raises what any other means."""
    status = answer.status_code
    from_tus = protocol.TUS_RESUMABLE in answer.headers
    if status in good and from_tus:
        return
    why = said(answer)
    if status == 401 or (status == 403 and not from_tus):
        raise NotAuthorised(
            f"The store does not accept this laptop's token ({why or status}); ask the command centre for a "
            "new one and give it with `fieldkit init --token`. Everything is kept."
        )
    if is_withdrawn(answer):
        raise Withdrawn(f"{why or 'The person on this clip withdrew their consent'}.")
    if status in (404, 405, 410) and from_tus:  # 405: SeaweedFS of an address where no upload is
        raise Gone("The store does not know this upload any more; it is begun anew.")
    if status == protocol.CHECKSUM_MISMATCH:
        raise Mismatch(
            "The bytes changed on the way to the store, which threw them away; they are sent again."
        )
    if status in (400, 403, 412, 413, 415) and from_tus:
        raise Refused(f"The store refuses this clip: {why or status}.")
    if from_tus or status in (408, 423, 425, 429) or status >= 500:
        raise StoreBusy(
            f"The store can't take it just now ({why or status}); everything is kept and goes on."
        )
    moved = urlsplit(answer.headers.get("Location", ""))
    asked = urlsplit(answer.url)
    if 300 <= status < 400 and moved.hostname == asked.hostname and moved.scheme != asked.scheme:
        raise NeedsCrew(
            f"The store has moved to {moved.scheme}://{moved.netloc}; say so with `fieldkit init --store`, then "
            "go on. Everything is kept."
        )
    raise LinkDown(
        f"The answer ({status}) did not come from the store: the network may want a log-in first (open a "
        "browser), or the store's address is wrong (`fieldkit init --store`). Everything is kept."
    )


def standing(location: str, answer: Answer, default: int | None = None) -> Standing:
    """What an answer tells of the upload at `location`. Raises LinkDown where it is not the store's."""
    offset = answer.headers.get(protocol.UPLOAD_OFFSET, "" if default is None else str(default))
    receipt = answer.headers.get(protocol.RECEIPT)
    try:
        if not _NUMBER.fullmatch(offset):
            raise LinkDown(
                "The answer did not come from the store: it lacks Upload-Offset. Everything is kept."
            )
        parts = protocol.decode_parts(answer.headers.get(protocol.PARTS, ""))
        return Standing(location, int(offset), Sha256(receipt) if receipt else None, parts)
    except (NeedsCrew, ValueError) as error:
        raise LinkDown(
            "The answer did not come from the store: it makes no sense. Everything is kept."
        ) from error


def is_withdrawn(answer: Answer) -> bool:
    """Whether the store says that the person took their consent back, which nothing changes any more."""
    if answer.status_code != 410 or protocol.TUS_RESUMABLE not in answer.headers:
        return False
    try:
        return bool(answer.json().get("error") == protocol.WITHDRAWN)
    except (ValueError, AttributeError):
        return False


def said(answer: Answer) -> str:
    """What the store gave as its reason, if it is one line of text."""
    try:
        detail = answer.json().get("detail", "")
    except (ValueError, AttributeError):
        return ""
    return str(detail)[:200].rstrip(".") if str(detail).isprintable() else ""
