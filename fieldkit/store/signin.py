"""Signing in and out: one form, one cookie."""

import asyncio
import re
import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fieldkit.store.board import templates
from fieldkit.store.body import read_form
from fieldkit.store.deeds import Deed
from fieldkit.store.guard import COOKIE, COOKIE_OVER_TLS, SIGN_IN, proves, session_of
from fieldkit.store.limiter import Limiter, address_key
from fieldkit.store.problems import NotAllowed, TooOften
from fieldkit.store.sessions import Sessions
from fieldkit.store.trail import Trail
from fieldkit.store.users import Users

_LONGEST_FOR_A_NAME = 60.0  # seconds; more would let a stranger keep a colleague out
_LONGEST_FOR_AN_ADDRESS = 900.0
_MOST_WAITING = 20  # each costs a fifth of a second of a core
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,200}", re.ASCII)


class SignIn:
    """The routes /signin and /signout."""

    def __init__(self, users: Users, sessions: Sessions, trail: Trail, *, note_addresses: bool) -> None:
        self._users = users
        self._sessions = sessions
        self._trail = trail
        self._note_addresses = note_addresses
        self._names = Limiter(_LONGEST_FOR_A_NAME)
        self._addresses = Limiter(_LONGEST_FOR_AN_ADDRESS)
        self._one_at_a_time = asyncio.Lock()  # a hash takes 16 MiB and a core
        self._waiting = 0

    async def page(self, request: Request) -> Response:
        """The form."""
        return _form(request, 200, to=local(request.query_params.get("to", "")))

    async def sign_in(self, request: Request) -> Response:
        """A new session, whatever cookie came along; what the form says is told to no log."""
        said = await read_form(request)
        name, passphrase, to = (
            said.get("name", "").strip()[:41],
            said.get("passphrase", ""),
            local(said.get("to", "")),
        )
        try:
            right = await self._right(request, name, passphrase)
        except TooOften as problem:
            return _form(request, problem.status, problem.headers, to=to, name=name, trouble=problem.detail)
        if not right:
            known = await run_in_threadpool(self._users.known, name)
            # a name that nobody has may be a passphrase in the wrong field
            who, address = name if known else "unknown", self._address(request)
            await run_in_threadpool(self._trail.note, who, Deed.SIGN_IN_FAILED, address=address)
            trouble = "That name and passphrase don’t belong together."
            return _form(request, 403, to=to, name=name, trouble=trouble)
        before = session_of(request.headers)
        secret = await run_in_threadpool(self._sessions.begin, name, before, self._address(request))
        answer = RedirectResponse(to, status_code=303)
        secure = request.url.scheme == "https"
        cookie = COOKIE_OVER_TLS if secure else COOKIE
        answer.set_cookie(cookie, secret, path="/", secure=secure, httponly=True, samesite="strict")
        return answer

    async def sign_out(self, request: Request) -> Response:
        """The session is over, here and in the store."""
        who, secret = request.state.who, session_of(request.headers)
        if who.csrf is None or secret is None or not proves(who, (await read_form(request)).get("csrf", "")):
            raise NotAllowed("Nobody is signed in here, or the page is from before the last sign-in.")
        await run_in_threadpool(self._sessions.end, secret, who.name, self._address(request))
        answer = RedirectResponse(SIGN_IN, status_code=303, headers={"Clear-Site-Data": '"cache"'})
        for cookie in (COOKIE_OVER_TLS, COOKIE):
            secure = cookie == COOKIE_OVER_TLS
            answer.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="strict")
        return answer

    async def _right(self, request: Request, name: str, passphrase: str) -> bool:
        now, address = time.monotonic(), address_key(request.client.host if request.client else "")
        wait = max(self._names.wait(name, now), self._addresses.wait(address, now))
        if wait > 0 or self._waiting >= _MOST_WAITING:
            seconds = int(wait) + 1
            headers = {"Retry-After": str(seconds)}
            raise TooOften(f"Too many attempts; try again in {seconds} seconds.", headers=headers)
        self._names.tried(name, now)
        self._addresses.tried(address, now)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                right = await run_in_threadpool(self._users.right, name, passphrase)
        finally:
            self._waiting -= 1
        if right:
            self._names.passed(name)
            self._addresses.passed(address)
        return right

    def _address(self, request: Request) -> str | None:
        return request.client.host if self._note_addresses and request.client else None


def local(to: str) -> str:
    """A path of this store to go to after the sign-in: never another site's."""
    return to if _LOCAL.fullmatch(to) else "/"


def _form(request: Request, status: int, headers: dict[str, str] | None = None, **said: str) -> Response:
    carried = {"Cache-Control": "no-store", **(headers or {})}
    context = {"to": "/", "name": "", "trouble": "", **said}
    return templates.TemplateResponse(request, "signin.html", context, status_code=status, headers=carried)
