"""A tus 1.0.0 client; the only module that imports requests."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from fieldkit import __version__, protocol
from fieldkit.errors import LinkDown, NeedsCrew, Refused
from fieldkit.model import Withdrawal
from fieldkit.protocol import Part
from fieldkit.sync import tcp
from fieldkit.sync.ahead import Ahead
from fieldkit.sync.answers import Gone, Standing, Whole, is_withdrawn, said, settle, standing
from fieldkit.sync.body import Body, Stream
from fieldkit.sync.diagnosis import reason
from fieldkit.sync.line import Line
from fieldkit.wanted import withdrawal_as_json

_CONNECT = 4.0  # seconds: SYNs go out at 0, 1 and 3 s, so a line that is back is found within 2 s
_DRAIN = 120.0  # seconds for the kernel's buffer to reach the store at 16 kbit/s, and for its verification
_BLOCK = 64 * 1024  # bytes of an answer that are read at a time
_FINISHED_ONLY = "The store takes no file before it is finished."
_BETWEEN = 0.2  # seconds between two attempts at a line that refuses
_ANSWER = (3.0, 3.0, 3.0, 20.0)  # seconds to wait for a short answer, attempt by attempt


@dataclass(frozen=True, slots=True)
class Greeting:
    """The store answered and knows this laptop. Seconds; `ahead` is how far this laptop's clock is."""

    round_trip: float
    ahead: float


class Tus:
    """One session with one tus server. Raises LinkDown, StoreBusy, NotAuthorised, Refused, Gone, Mismatch.

    `store` is the URL under which it answers: uploads are created at its /files. `ahead` was dialled meanwhile.
    """

    def __init__(self, store: str, token: str | None = None, ahead: Ahead | None = None) -> None:
        self._base = store.rstrip("/") + protocol.FILES
        self.line = Line(ahead)
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy or .netrc of the laptop's owner is nothing to rely on
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self.line)
        self._session.headers.update(
            {"User-Agent": f"fieldkit/{__version__}", protocol.TUS_RESUMABLE: "1.0.0"}
        )
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        self._offered: frozenset[str] | None = None
        self.round_trip = 0.0  # seconds of the last short answer
        self._attempt = 0

    def close(self) -> None:
        """Closes its connections."""
        self._session.close()

    def create(
        self,
        length: int,
        metadata: Mapping[str, str],
        *,
        blocks: str = "",
        body: Body | None = None,
        tail: tuple[str, int] | None = None,
    ) -> Standing:
        """Makes the upload; a fieldkit store asked again finds it where it stands, or its receipt.

        `body` is its content from 0 on; the offset tells what came of it. `tail` is where bytes were sent before, and
        where in the file they begin.
        """
        answer = self._post(
            {
                protocol.UPLOAD_LENGTH: str(length),
                protocol.UPLOAD_METADATA: protocol.encode_metadata(metadata),
                **({protocol.BLOCKS: blocks} if blocks else {}),
                **({protocol.FROM: f"{tail[0].rpartition('/')[2]} {tail[1]}"} if tail else {}),
            },
            body,
        )
        if answer.status_code == 410 and not is_withdrawn(answer):
            raise Refused(
                said(answer) or "The store does not take this clip any more: it was withdrawn there."
            )
        settle(answer, {201})
        return standing(self._located(answer), answer, default=0)

    def create_part(self, location: str, part: Part, body: Body) -> Standing:
        """Makes a part of the upload at `location` and sends its content. Raises Whole."""
        if not self._offers(protocol.PARTS_EXTENSION):
            raise Whole("The store takes no parts.")
        upload = location.rpartition("/")[2]
        answer = self._post(
            {
                protocol.UPLOAD_LENGTH: str(part.length),
                protocol.UPLOAD_CONCAT: "partial",
                protocol.PART: f"{upload} {part.start}",
            },
            body,
        )
        settle(answer, {201})
        return standing(self._located(answer), answer, default=0)

    def part_at(self, location: str, part: Part) -> str:
        """Where the store keeps a part of the upload at `location`."""
        return f"{self._base}/{protocol.part_id(location.rpartition('/')[2], part)}"

    def create_tail(self, metadata: Mapping[str, str]) -> Standing:
        """An upload for the end of a file that has neither length nor name yet. Raises Whole.

        One round trip: a store that can do it says so in its answer.
        """
        if self._offered is not None and protocol.FROM_EXTENSION not in self._offered:
            raise Whole(_FINISHED_ONLY)
        asked = {
            "Upload-Defer-Length": "1",
            protocol.UPLOAD_CONCAT: "partial",
            protocol.UPLOAD_METADATA: protocol.encode_metadata(metadata),
        }
        answer = self._post(asked, None)
        if answer.status_code in (400, 405, 412, 413, 501):
            raise Whole(_FINISHED_ONLY)
        settle(answer, {201})
        made = standing(self._located(answer), answer, default=0)
        if protocol.FROM_EXTENSION not in _extensions(answer):
            self.terminate(made.location)
            raise Whole(_FINISHED_ONLY)
        return made

    def append(self, location: str, blocks: Stream, offset: int) -> Standing:
        """Sends blocks for as long as there are any; returns where the upload stands after them."""
        headers = {protocol.UPLOAD_OFFSET: str(offset), "Content-Type": protocol.OFFSET_TYPE}
        answer = self._request("PATCH", location, headers, blocks, _DRAIN)
        settle(answer, {204, 200})
        return standing(location, answer)

    def _offers(self, extension: str) -> bool:
        if self._offered is None:
            answer = self._ask("OPTIONS", self._base)
            settle(answer, {200, 204})
            self._offered = _extensions(answer)
        return extension in self._offered

    def _post(self, headers: Mapping[str, str], body: Body | None) -> requests.Response:
        if body is None:
            return self._ask("POST", self._base, headers)
        return self._request(
            "POST", self._base, {**headers, "Content-Type": protocol.OFFSET_TYPE}, body, _DRAIN
        )

    def _located(self, answer: requests.Response) -> str:
        if "Location" not in answer.headers:
            raise LinkDown("The answer did not come from the store: it lacks Location. Everything is kept.")
        location = urljoin(self._base, answer.headers["Location"])
        if urlsplit(location)[:2] != urlsplit(self._base)[:2]:
            # a server behind a proxy may tell its inner name; the token goes to the store's own name only
            location = urljoin(self._base, urlsplit(location).path)
        return location

    def head(self, location: str) -> Standing:
        """Where the upload stands."""
        answer = self._ask("HEAD", location)
        settle(answer, {200, 204})
        return standing(location, answer)

    def patch(self, location: str, body: Body, offset: int) -> Standing:
        """Sends the body in one request; returns where the upload stands after it."""
        headers = {protocol.UPLOAD_OFFSET: str(offset), "Content-Type": protocol.OFFSET_TYPE}
        answer = self._request("PATCH", location, headers, body, _DRAIN)
        settle(answer, {204, 200})
        return standing(location, answer)

    def greet(self) -> Greeting:
        """Asks for an upload that is not there, which needs the token, and looks at the store's clock."""
        answer = self._ask("HEAD", f"{self._base}/{'0' * 32}")
        with contextlib.suppress(Gone):
            settle(answer, {200})
        date = answer.headers.get("Date")
        ahead = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else 0.0
        return Greeting(self.round_trip, ahead)

    def get(self, path: str, etag: str, patience: float, most: int) -> tuple[str, bytes] | None:
        """The ETag and content of what a fieldkit store has at `path`; None where that is still what `etag` names.

        Waits so many seconds and takes at most so many bytes. Raises LinkDown for anything longer, too.
        """
        # the fewest bytes: without what requests says by itself, and the answer packed
        # a connection that stays open beside an upload would have its keepalive probes cross the line
        headers: dict[str, str | None] = {"Accept": None, "Accept-Encoding": "gzip", "Connection": "close"}
        url = self._base.removesuffix(protocol.FILES) + path
        known = {"If-None-Match": etag} if etag else {}
        content = b""
        asked = self._request("GET", url, headers | known, None, patience, connect=patience, stream=True)
        with asked as answer:
            try:
                settle(answer, {200, 304})
            except (Gone, Refused) as error:  # of uploads they say something else
                raise NeedsCrew(f"The store does not tell this laptop: {said(answer) or error}.") from error
            if answer.status_code == 304:
                return None
            try:
                for block in answer.iter_content(_BLOCK):
                    content += block
                    if len(content) > most:
                        raise LinkDown("The answer is far too long: it did not come from the store.")
            except (requests.RequestException, HTTPError, OSError) as error:
                raise LinkDown(f"The answer did not come whole ({reason(error)}).") from error
        return answer.headers.get("ETag", ""), content

    def terminate(self, location: str) -> None:
        """Has the store throw away an unfinished upload; it is gone already where the store does not know it."""
        with contextlib.suppress(Gone):
            settle(self._ask("DELETE", location), {204})

    def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Has the store withdraw it; False where this store does not know withdrawals."""
        url = self._base.removesuffix(protocol.FILES) + protocol.WITHDRAWALS
        said = json.dumps(withdrawal_as_json(withdrawal)).encode()
        answer = self._ask("POST", url, {"Content-Type": "application/json"}, said)
        try:
            settle(answer, {200, 202})
        except (Gone, Refused, LinkDown):
            if answer.status_code in (404, 405) or protocol.TUS_RESUMABLE in answer.headers:
                return False
            raise
        return True

    def use_bbr(self, connections: Sequence[socket.socket | None]) -> bool:
        """From now on BBR, on these connections and on new ones; False where that is not allowed."""
        self.line.bbr = all(tcp.use_bbr(each) for each in connections)
        return self.line.bbr

    def dial(self, called_off: threading.Event) -> bool:
        """Tries to reach the store until it answers; True when a connection is ready for the next request."""
        asked = urlsplit(self._base)
        host, port = asked.hostname or "", asked.port or (443 if asked.scheme == "https" else 80)
        self.line.dial.lost = True
        while not called_off.is_set():
            with contextlib.suppress(OSError):
                connection = self.line.dial(host, port, _CONNECT, called_off)
                self.line.keep_spare(host, port, connection)
                return True
            called_off.wait(_BETWEEN)
        return False

    def forget_spare(self) -> None:
        """The old connections work after all."""
        self.line.drop_spare()

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> requests.Response:
        allowed = _ANSWER[self._attempt % len(_ANSWER)]
        self._attempt += 1
        began = time.monotonic()
        answer = self._request(method, url, headers or {}, body, allowed)
        self.round_trip, self._attempt = time.monotonic() - began, 0
        return answer

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | None],
        body: Body | Stream | bytes | None,
        allowed: float,
        *,
        connect: float = _CONNECT,
        stream: bool = False,
    ) -> requests.Response:
        self.line.mine.tell = None if body is None or isinstance(body, bytes) else body.travels_on
        try:
            answer = self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                timeout=(connect, allowed),
                allow_redirects=False,
                stream=stream,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise LinkDown(
                f"The store at {urlsplit(url).netloc} can't be reached ({reason(error)}); everything is kept "
                "and goes on when the link is back."
            ) from error
        if isinstance(body, Body) and body.ended_early:
            tcp.end(body.connection)  # the store still waits there for the rest
        return answer


def _extensions(answer: requests.Response) -> frozenset[str]:
    return frozenset(answer.headers.get(protocol.TUS_EXTENSION, "").split(","))
