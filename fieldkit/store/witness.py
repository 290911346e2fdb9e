"""What the log and the figures hear of each request: its method, its route, its answer, how long it took.

A log of who sent what to which tweet would be a risk to people, not a help: no path, no name and no address is in it.
"""

import logging
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fieldkit.store.figures import Figures

_CUT = 499  # nginx's word for a line that broke before the answer
_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
_log = logging.getLogger(__name__)


class Witness:
    """Middleware around everything. `routes` maps what answers to its path with its {names}."""

    def __init__(self, app: ASGIApp, figures: Figures, routes: dict[Callable[..., object], str]) -> None:
        self._app = app
        self._figures = figures
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), _CUT

        async def hearing() -> Message:
            message = await receive()
            self._figures.taken_in.inc(len(message.get("body", b"")))
            return message

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self._figures.running.track_inprogress():
                await self._app(scope, hearing, sending)
        except Exception:
            status = 500
            raise
        finally:
            self._tell(scope, status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"  # anybody may send any word
        route = self._routes.get(scope.get("endpoint", self), "other")
        self._figures.answered(method, route, status, seconds)
        said = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        _log.log(logging.WARNING if status >= 500 else logging.INFO, "request", extra=said)
