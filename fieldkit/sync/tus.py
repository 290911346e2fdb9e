"""A tus 1.0.0 client; the only module that imports requests."""

import contextlib
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from fieldkit import __version__, protocol
from fieldkit.errors import LinkDown, NeedsCrew, NotAuthorised, Refused, StoreBusy, WorthRetrying
from fieldkit.model import Sha256
from fieldkit.sync.line import Line

_CONNECT = 4.0  # seconds: SYNs go out at 0, 1 and 3 s, so a line that is back is found within 2 s
_DRAIN = 120.0  # seconds for the kernel's buffer to reach the store at 16 kbit/s, and for its verification
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_ANSWER = (3.0, 3.0, 3.0, 20.0)  # seconds to wait for a short answer, attempt by attempt


class Gone(WorthRetrying):
    """The store does not know the upload (any more); asking for it anew cures that."""


class Mismatch(WorthRetrying):
    """The bytes that arrived are not those that were sent; the store threw them away."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands at the store."""

    location: str
    offset: int  # bytes the store durably has
    receipt: Sha256 | None = None  # the store verified the whole file


@dataclass(frozen=True, slots=True)
class Greeting:
    """The store answered and knows this laptop. Seconds; `ahead` is how far this laptop's clock is."""

    round_trip: float
    ahead: float


class Body:
    """A file from an offset on, read in small blocks: the place for pace, progress and stopping.

    `pace` is called with the size of each block before it is sent and may sleep or raise.
    """

    def __init__(self, file: BinaryIO, offset: int, length: int, pace: Callable[[int], None]) -> None:
        file.seek(offset)
        self._file, self._pace = file, pace
        self._left = length - offset

    def __len__(self) -> int:
        return self._left

    def read(self, size: int = -1) -> bytes:
        """The next block."""
        block = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        if block:
            self._pace(len(block))
        return block


class Tus:
    """One session with one tus server. Raises LinkDown, StoreBusy, NotAuthorised, Refused, Gone, Mismatch.

    `store` is the URL under which it answers: uploads are created at its /files.
    """

    def __init__(self, store: str, token: str | None = None) -> None:
        self._base = store.rstrip("/") + protocol.FILES
        self._line = Line()
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy or .netrc of the laptop's owner is nothing to rely on
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._line)
        self._session.headers.update(
            {"User-Agent": f"fieldkit/{__version__}", protocol.TUS_RESUMABLE: "1.0.0"}
        )
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        self.round_trip = 0.0  # seconds of the last short answer
        self._attempt = 0

    def close(self) -> None:
        """Closes its connections."""
        self._session.close()

    def create(self, length: int, metadata: Mapping[str, str]) -> Standing:
        """Makes the upload; a fieldkit store asked again finds it where it stands, or its receipt."""
        answer = self._ask(
            "POST",
            self._base,
            {
                protocol.UPLOAD_LENGTH: str(length),
                protocol.UPLOAD_METADATA: protocol.encode_metadata(metadata),
            },
        )
        if answer.status_code == 410:
            raise Refused(
                _said(answer) or "The store does not take this clip any more: it was withdrawn there."
            )
        _settle(answer, {201})
        if "Location" not in answer.headers:
            raise LinkDown("The answer did not come from the store: it lacks Location. Everything is kept.")
        location = urljoin(self._base, answer.headers["Location"])
        if urlsplit(location)[:2] != urlsplit(self._base)[:2]:
            # a server behind a proxy may tell its inner name; the token goes to the store's own name only
            location = urljoin(self._base, urlsplit(location).path)
        return _standing(location, answer, default=0)

    def head(self, location: str) -> Standing:
        """Where the upload stands."""
        answer = self._ask("HEAD", location)
        _settle(answer, {200, 204})
        return _standing(location, answer)

    def patch(self, location: str, body: Body, offset: int) -> Standing:
        """Sends the body in one request; returns where the upload stands after it."""
        headers = {protocol.UPLOAD_OFFSET: str(offset), "Content-Type": protocol.OFFSET_TYPE}
        answer = self._request("PATCH", location, headers, body, _DRAIN)
        _settle(answer, {204, 200})
        return _standing(location, answer)

    def greet(self) -> Greeting:
        """Asks for an upload that is not there, which needs the token, and looks at the store's clock."""
        answer = self._ask("HEAD", f"{self._base}/{'0' * 32}")
        with contextlib.suppress(Gone):
            _settle(answer, {200})
        date = answer.headers.get("Date")
        ahead = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else 0.0
        return Greeting(self.round_trip, ahead)

    def terminate(self, location: str) -> None:
        """Has the store throw away an unfinished upload; it is gone already where the store does not know it."""
        with contextlib.suppress(Gone):
            _settle(self._ask("DELETE", location), {204})

    def unacknowledged(self) -> int:
        """Bytes that were handed to the kernel and that the other end has not acknowledged."""
        return self._line.sockets.unacknowledged()

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        allowed = _ANSWER[self._attempt % len(_ANSWER)]
        self._attempt += 1
        began = time.monotonic()
        answer = self._request(method, url, headers or {}, None, allowed)
        self.round_trip, self._attempt = time.monotonic() - began, 0
        return answer

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | None, allowed: float
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                timeout=(_CONNECT, allowed),
                allow_redirects=False,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise LinkDown(
                f"The store at {urlsplit(url).netloc} can't be reached ({_reason(error)}); everything is kept "
                "and goes on when the link is back."
            ) from error


def _settle(answer: requests.Response, good: set[int]) -> None:
    """Returns where the answer is a good one; raises what any other means."""
    status = answer.status_code
    from_tus = protocol.TUS_RESUMABLE in answer.headers
    if status in good and from_tus:
        return
    said = _said(answer)
    if status == 401 or (status == 403 and not from_tus):
        raise NotAuthorised(
            f"The store does not accept this laptop's token ({said or status}); ask the command centre for a "
            "new one and give it with `fieldkit init --token`. Everything is kept."
        )
    if status in (404, 410) and from_tus:
        raise Gone("The store does not know this upload any more; it is begun anew.")
    if status == protocol.CHECKSUM_MISMATCH:
        raise Mismatch(
            "The bytes changed on the way to the store, which threw them away; they are sent again."
        )
    if status in (400, 403, 412, 413, 415) and from_tus:
        raise Refused(f"The store refuses this clip: {said or status}.")
    if from_tus or status in (408, 423, 425, 429) or status >= 500:
        raise StoreBusy(
            f"The store can't take it just now ({said or status}); everything is kept and goes on."
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


def _standing(location: str, answer: requests.Response, default: int | None = None) -> Standing:
    offset = answer.headers.get(protocol.UPLOAD_OFFSET, "" if default is None else str(default))
    receipt = answer.headers.get(protocol.RECEIPT)
    try:
        if not _NUMBER.fullmatch(offset):
            raise LinkDown(
                "The answer did not come from the store: it lacks Upload-Offset. Everything is kept."
            )
        return Standing(location, int(offset), Sha256(receipt) if receipt else None)
    except NeedsCrew as error:
        raise LinkDown(
            "The answer did not come from the store: its receipt is none. Everything is kept."
        ) from error


def _said(answer: requests.Response) -> str:
    """What the store gave as its reason, if it is one line of text."""
    try:
        detail = answer.json().get("detail", "")
    except (ValueError, AttributeError):
        return ""
    return str(detail)[:200].rstrip(".") if str(detail).isprintable() else ""


def _reason(error: BaseException) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    match cause:
        case ssl.SSLError():
            return "no safe connection: is its address https:// or http://, and the laptop's clock right?"
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "no answer in time"
        case ConnectionError():
            return "the connection was cut"
        case OSError(strerror=str(words)):
            return words.lower()
        case _:
            return str(cause)[:80] or type(cause).__name__
