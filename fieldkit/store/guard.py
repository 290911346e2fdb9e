"""Who comes in, before anything else happens: not a byte of a body is read for a stranger."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fieldkit.errors import StoreBusy
from fieldkit.protocol import FILES, REQUESTS, TUS_RESUMABLE, TUS_VERSION, WITHDRAWALS
from fieldkit.store.answers import answer, away
from fieldkit.store.problems import NotAllowed, NotKnown, Problem
from fieldkit.store.sessions import Sessions
from fieldkit.store.tokens import ANYONE, Tokens, Who
from fieldkit.store.users import Users

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SIGN_IN, SIGN_OUT = "/signin", "/signout"
_OPEN = ("/healthz", "/readyz")
_STATIC = "/static/"
_OF_LAPTOPS = (REQUESTS, WITHDRAWALS)
COOKIE = "fieldkit-session"
COOKIE_OVER_TLS = f"__Host-{COOKIE}"  # which no other host of the domain can set
_LONGEST_COOKIE = 100  # characters; ours have 43
CSRF = "x-csrf-token"
_READS = ("GET", "HEAD", "OPTIONS")
_OVERRIDES = ("HEAD", "PATCH", "DELETE")

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser would send a form with `Origin: null`
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Middleware: identifies, refuses, and sets the headers that every answer carries."""

    def __init__(self, app: ASGIApp, tokens: Tokens, users: Users, sessions: Sessions) -> None:
        self._app = app
        self._tokens = tokens
        self._users = users
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        tus = is_tus(scope["path"])
        headers = Headers(scope=scope)
        if tus and scope["method"] == "POST" and headers.get("x-http-method-override") in _OVERRIDES:
            scope["method"] = headers["x-http-method-override"]
        # a laptop is at the end of a slow line and no browser: it gets as few bytes as possible
        slim = tus or (scope["path"] in _OF_LAPTOPS and TUS_RESUMABLE in headers)
        send = _with_headers(send, edge_headers(slim=slim))
        try:
            await self._admit(scope, headers)
        except NotKnown as problem:
            await (await run_in_threadpool(self._asking, scope, headers, problem))(scope, receive, send)
            return
        except Problem as problem:
            await answer(problem)(scope, receive, send)
            return
        except StoreBusy as error:
            await answer(away(error))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers) -> None:
        path, changes = scope["path"], scope["method"] not in _READS
        if path in _OPEN or path.startswith(_STATIC) or (scope["method"] == "OPTIONS" and is_tus(path)):
            return
        if changes and _from_elsewhere(headers):
            raise NotAllowed("The request comes from a page of another site.")
        if path == SIGN_IN:
            return
        who = await run_in_threadpool(self._who, headers)
        if who is None:
            raise NotKnown("This store asks for a token or a sign-in, and knows no such one.")
        if who is ANYONE and not _is_loopback(headers.get("host", "")):
            # a page elsewhere may point its own name at 127.0.0.1 (DNS rebinding)
            raise NotAllowed("Without a token this store answers to 127.0.0.1 and localhost only.")
        # a form can't set a header, so the sign-out shows its proof in the form
        if who.csrf and changes and path != SIGN_OUT and not proves(who, headers.get(CSRF, "")):
            raise NotAllowed("The page is from before the last sign-in: load it again.")
        scope.setdefault("state", {})["who"] = who

    def _who(self, headers: Headers) -> Who | None:
        session = session_of(headers)
        if session is not None and "authorization" not in headers:
            found = self._sessions.who(session)
            if found is not None:
                return found
        return self._tokens.who(_token(headers.get("authorization", "")))

    def _asking(self, scope: Scope, headers: Headers, problem: NotKnown) -> Response:
        people = self._users.any_active()
        if people and scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            back = quote(scope["path"])
            return RedirectResponse(f"{SIGN_IN}?to={back}", status_code=303)
        scheme = "Bearer" if people or is_tus(scope["path"]) else "Basic"
        problem.headers["WWW-Authenticate"] = f'{scheme} realm="fieldkit"'
        return answer(problem)


def session_of(headers: Headers) -> str | None:
    """The cookie of a session, if it could be one of ours."""
    cookies = cookie_parser(headers.get("cookie", ""))
    for name in (COOKIE_OVER_TLS, COOKIE):
        if 0 < len(cookies.get(name, "")) <= _LONGEST_COOKIE:
            return cookies[name]
    return None


def proves(who: Who, shown: str) -> bool:
    """Whether a change comes from a page of this very session."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), (who.csrf or "").encode())


def is_tus(path: str) -> bool:
    """Whether tus speaks here."""
    return path == FILES or path.startswith(f"{FILES}/")


def edge_headers(*, slim: bool) -> dict[str, str]:
    """What every answer carries; a `slim` one goes to a tus client."""
    return {TUS_RESUMABLE: TUS_VERSION} if slim else _SECURITY


def _with_headers(send: Send, carried: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in carried.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _token(authorization: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":  # what a browser can do by itself; the token is the password
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return None
    return None


def _is_loopback(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def _from_elsewhere(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).netloc != headers.get("host")
    except ValueError:
        return True
