"""The audit trail over HTTP, for administrators."""

from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fieldkit.store.clips import count_of
from fieldkit.store.trail import Trail

_A_PAGE = 100


class Audit:
    """The route /audit."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    async def page(self, request: Request) -> Response:
        """Newest first; `next` goes into `after` for the page behind this one."""
        request.state.who.must_administer()
        asked = request.query_params.get("after")
        after = count_of(asked, "after") if asked else None
        found = await run_in_threadpool(self._trail.page, after, limit=_A_PAGE + 1)
        more = found[_A_PAGE - 1].number if len(found) > _A_PAGE else None
        return JSONResponse({"entries": [asdict(entry) for entry in found[:_A_PAGE]], "next": more})
