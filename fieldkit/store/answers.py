"""Errors as JSON `{error, detail}`, whoever raised them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from fieldkit.store.problems import Busy, Problem, StoreFull


async def problem(_request: Request, error: Exception) -> Response:
    """A refusal made on purpose."""
    assert isinstance(error, Problem)
    return answer(error)


def answer(error: Problem) -> Response:
    """The response that says it."""
    # what was refused may be quoted, half a letter and all, which no encoding takes
    detail = error.detail.encode("utf-8", "replace").decode()
    body = {"error": error.error, "detail": detail}
    return JSONResponse(body, status_code=error.status, headers=error.headers)


async def disk_full(_request: Request, error: Exception) -> Response:
    """No room; what was received is kept."""
    return answer(StoreFull(str(error)))


async def busy(_request: Request, error: Exception) -> Response:
    """The database or the bucket is away; whoever asks again later is served."""
    return answer(away(error))


def away(error: Exception) -> Busy:
    """A StoreBusy as a problem (503)."""
    return Busy(str(error), headers={"Retry-After": "2"})


async def no_route(request: Request, error: Exception) -> Response:
    """404, 405 and whatever else Starlette says itself."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    body = {
        "error": _word(error.status_code),
        "detail": f"{request.method} can’t be answered here: {error.detail}.",
    }
    return JSONResponse(body, status_code=error.status_code, headers=headers)


async def unexpected(_request: Request, _error: Exception) -> Response:
    """A bug: uvicorn logs the traceback."""
    body = {"error": "internal", "detail": "The store made a mistake; nothing that it acknowledged is lost."}
    return JSONResponse(body, status_code=500)


def _methods(request: Request) -> list[str]:
    routes = (route for route in request.app.routes if isinstance(route, Route))
    matching = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in matching for method in route.methods or ()})


def _word(status: int) -> str:
    return {404: "not-found", 405: "method-not-allowed"}.get(status, "bad-request")
