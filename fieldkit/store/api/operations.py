"""What each route asks and answers: the part of the document that no code can be read for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldkit.protocol import (
    BLOCKS,
    FROM,
    OFFSET_TYPE,
    PART,
    PARTS,
    RECEIPT,
    TUS_RESUMABLE,
    UPLOAD_CONCAT,
    UPLOAD_LENGTH,
    UPLOAD_METADATA,
    UPLOAD_OFFSET,
)
from fieldkit.store import problems as p
from fieldkit.store.api import shapes
from fieldkit.store.media import TYPES
from fieldkit.store.ranges import Beyond

JSON, FORM, HTML, TEXT = "application/json", "application/x-www-form-urlencoded", "text/html", "text/plain"


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter: where it stands, its JSON schema, and what it is for."""

    name: str
    where: str  # path, query or header
    schema: Mapping[str, Any]
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the types that its content may have (none: no body), the shape of its JSON, its own headers."""

    about: str
    content: str | tuple[str, ...] = ()
    shape: type | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent along."""

    content: str
    shape: type | None = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    tag: str
    gives: Mapping[int, Given]
    refuses: tuple[type[p.Problem], ...] = ()
    asks: tuple[Asked, ...] = ()
    body: Body | None = None
    open: bool = False  # whether it needs neither token nor sign-in


_TEXT: Mapping[str, Any] = {"type": "string"}
_NUMBER: Mapping[str, Any] = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_TWEET = Asked(
    "tweet_id", "path", {"type": "string", "pattern": shapes.TWEET_ID}, "the tweet’s ID", required=True
)
_HASH = Asked(
    "sha256", "path", {"type": "string", "pattern": shapes.SHA256}, "the clip’s SHA-256", required=True
)
_UPLOAD = Asked(
    "upload_id",
    "path",
    {"type": "string", "pattern": shapes.UPLOAD_ID},
    "from the upload’s Location",
    required=True,
)
_PLACE = Asked(
    "place", "query", {"type": "string", "pattern": shapes.PLACE, "maxLength": 40}, "one place only"
)
_AFTER = Asked("after", "query", _COUNT, "`next` of the page before")
_LIMIT = Asked("limit", "query", _COUNT, "clips of a page, 1 to 500; 50 if left out")
_DECISION = Asked(
    "decision",
    "query",
    {"type": "string", "enum": ["none", "approved", "retake", "rejected", "posted", "withdrawn"]},
    "only what was decided so; `none`: what waits for its decision",
)
_KNOWN = Asked("If-None-Match", "header", _TEXT, "the ETag of what is known: 304 where that is still so")
_RANGE = Asked("Range", "header", _TEXT, "a part of the file (RFC 9110, 14.2)")
_VERSION = Asked(TUS_RESUMABLE, "header", {"type": "string", "enum": ["1.0.0"]}, "tus 1.0.0", required=True)
_LENGTH = Asked(UPLOAD_LENGTH, "header", _NUMBER, "bytes in all")
_DEFER = Asked("Upload-Defer-Length", "header", {"type": "string", "enum": ["1"]}, "the length is told later")
_METADATA = Asked(
    UPLOAD_METADATA, "header", _TEXT, "`key base64,key base64`; `tweet_id` is required, but for a part"
)
_CONCAT = Asked(UPLOAD_CONCAT, "header", _TEXT, "`partial`, or `final;` and the URLs of the parts")
_PART = Asked(PART, "header", _TEXT, "`<upload ID> <start>`: where a partial upload belongs")
_BLOCKS = Asked(BLOCKS, "header", _TEXT, "hashes of blocks, so that only a bad one is sent again")
_FROM = Asked(
    FROM, "header", _TEXT, "`<upload ID> <start>`: a partial upload that holds the bytes from there on"
)
_CHECKSUM = Asked("Upload-Checksum", "header", _TEXT, "`sha256 <base64>` or `sha1 <base64>` of the body")
_OFFSET = Asked(UPLOAD_OFFSET, "header", _NUMBER, "where the body begins: the store’s offset", required=True)

_STANDING = (UPLOAD_OFFSET, "Upload-Expires", PARTS, RECEIPT)
_LINE = (p.BodyStalled, p.Stopping, p.StoreFull)
_TUS = (p.OtherVersion, p.NotFound, p.Gone)
_SENT = Body(OFFSET_TYPE, required=False)
_SAID = (p.WrongType, p.TooLarge, p.StoreFull)
_PAGE = Given("the page", HTML)
_FILE = tuple(sorted({*TYPES.values()}))

CLIP = "/clips/{tweet_id}/{sha256}"

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/"): Operation("board", {200: _PAGE}, asks=(_DECISION, _PLACE, _AFTER), refuses=(p.Problem,)),
    ("GET", "/tweets/{tweet_id}"): Operation("board", {200: _PAGE}, (p.NotFound,), (_TWEET,)),
    ("GET", "/events"): Operation(
        "board",
        {200: Given("`hello`, then a `change` at a time, and what is `arriving`", "text/event-stream")},
        (p.Busy,),
    ),
    ("OPTIONS", "/files"): Operation(
        "uploads",
        {204: Given("what this store can do", headers=("Tus-Version", "Tus-Extension", "Tus-Max-Size"))},
        open=True,
    ),
    ("POST", "/files"): Operation(
        "uploads",
        {201: Given("where the upload is, and how far", headers=("Location", "Tus-Extension", *_STANDING))},
        (*_TUS, *_LINE, p.Problem, p.Conflict, p.TooLarge, p.Mismatch, p.QuotaSpent),
        (_VERSION, _LENGTH, _DEFER, _METADATA, _CONCAT, _PART, _FROM, _BLOCKS, _CHECKSUM),
        _SENT,
    ),
    ("OPTIONS", "/files/{upload_id}"): Operation(
        "uploads", {204: Given("what this store can do")}, asks=(_UPLOAD,), open=True
    ),
    ("HEAD", "/files/{upload_id}"): Operation(
        "uploads",
        {200: Given("where the upload stands, durably", headers=(UPLOAD_LENGTH, *_STANDING))},
        _TUS,
        (_UPLOAD, _VERSION),
    ),
    ("PATCH", "/files/{upload_id}"): Operation(
        "uploads",
        {204: Given("taken; the offset is what would survive a power cut", headers=_STANDING)},
        (*_TUS, *_LINE, p.Problem, p.Conflict, p.TooLarge, p.WrongType, p.Mismatch),
        (_UPLOAD, _VERSION, _OFFSET, _LENGTH, _CHECKSUM),
        Body(OFFSET_TYPE),
    ),
    ("DELETE", "/files/{upload_id}"): Operation(
        "uploads", {204: Given("given up")}, (*_TUS, p.Stopping), (_UPLOAD, _VERSION)
    ),
    ("GET", "/clips"): Operation(
        "clips",
        {200: Given("a page of clips", JSON, shapes.Clips)},
        (p.Problem,),
        (_AFTER, _LIMIT, _PLACE, _DECISION),
    ),
    ("GET", "/clips/{tweet_id}"): Operation(
        "clips", {200: Given("its clips", JSON, shapes.TweetClips)}, (p.NotFound,), (_TWEET,)
    ),
    ("GET", CLIP): Operation(
        "clips",
        {
            200: Given("the file", _FILE, headers=("ETag",)),
            206: Given(
                "a part of the file, or several",
                (*_FILE, "multipart/byteranges"),
                headers=("ETag", "Content-Range"),
            ),
            304: Given("unchanged"),
        },
        (p.NotFound, p.Gone, Beyond),
        (_TWEET, _HASH, _RANGE, _KNOWN),
    ),
    ("DELETE", CLIP): Operation(
        "clips", {204: Given("withdrawn")}, (p.NotFound, p.StoreFull), (_TWEET, _HASH)
    ),
    ("GET", f"{CLIP}/decisions"): Operation(
        "clips",
        {200: Given("its decisions", JSON, shapes.Decisions)},
        (p.NotFound, p.Gone),
        (_TWEET, _HASH),
    ),
    ("POST", f"{CLIP}/decisions"): Operation(
        "clips",
        {201: Given("decided", JSON, shapes.Decided)},
        (*_SAID, p.Problem, p.NotFound, p.Gone, p.Conflict),
        (_TWEET, _HASH),
        Body(JSON, shapes.NewDecision),
    ),
    ("GET", "/requests"): Operation(
        "requests",
        {
            200: Given("what is wanted, and what was decided", JSON, shapes.Wanted, headers=("ETag",)),
            304: Given("unchanged"),
        },
        (p.Problem,),
        (_PLACE, _KNOWN),
    ),
    ("POST", "/requests"): Operation(
        "requests",
        {200: Given("changed", JSON, shapes.Wish), 201: Given("asked for", JSON, shapes.Wish)},
        (*_SAID, p.Problem),
        body=Body(JSON, shapes.NewRequest),
    ),
    ("GET", "/requests/times"): Operation(
        "requests", {200: Given("how long it took", JSON, shapes.ReplyTimes)}, (p.Problem,), (_PLACE,)
    ),
    ("GET", "/requests/{tweet_id}"): Operation(
        "requests", {200: Given("the request", JSON, shapes.Wish)}, (p.NotFound,), (_TWEET,)
    ),
    ("DELETE", "/requests/{tweet_id}"): Operation(
        "requests", {204: Given("nobody wants it any more")}, (p.NotFound, p.StoreFull), (_TWEET,)
    ),
    ("POST", "/withdrawals"): Operation(
        "clips",
        {
            200: Given("withdrawn", JSON, shapes.Withdrawn),
            202: Given("nothing of it is here; it is refused when it comes", JSON, shapes.Withdrawn),
        },
        (*_SAID, p.Problem),
        body=Body(JSON, shapes.NewWithdrawal),
    ),
    ("DELETE", "/takedowns/{number}"): Operation(
        "clips",
        {204: Given("the reply is deleted on X")},
        (p.Problem, p.NotFound, p.StoreFull),
        (Asked("number", "path", _NUMBER, "of the reply to be deleted", required=True),),
    ),
    ("GET", "/signin"): Operation(
        "people", {200: _PAGE}, asks=(Asked("to", "query", _TEXT, "where to go afterwards"),), open=True
    ),
    ("POST", "/signin"): Operation(
        "people",
        {
            303: Given("signed in", headers=("Location", "Set-Cookie")),
            403: Given("the name and the passphrase don’t belong together", HTML),
            429: Given("too many attempts", HTML, headers=("Retry-After",)),
        },
        (p.Problem, p.WrongType, p.TooLarge, p.StoreFull, p.Busy),
        body=Body(FORM, shapes.SignIn),
        open=True,
    ),
    ("POST", "/signout"): Operation(
        "people",
        {303: Given("signed out", headers=("Location",))},
        (p.Problem, p.WrongType, p.TooLarge, p.StoreFull),
        body=Body(FORM, shapes.SignOut),
    ),
    ("GET", "/audit"): Operation(
        "people", {200: Given("a page of the trail", JSON, shapes.Audit)}, (p.Problem,), (_AFTER,)
    ),
    ("GET", "/healthz"): Operation("operators", {200: Given("it answers", JSON, shapes.State)}, open=True),
    ("GET", "/readyz"): Operation(
        "operators",
        {200: Given("it is ready", JSON, shapes.State), 503: Given("not now", JSON, shapes.Error)},
        open=True,
    ),
    ("GET", "/metrics"): Operation("operators", {200: Given("Prometheus text format", TEXT)}),
    ("GET", "/openapi.json"): Operation("operators", {200: Given("this document", JSON, dict)}),
    ("GET", "/docs"): Operation("operators", {200: Given("this document, to read", HTML)}),
}
