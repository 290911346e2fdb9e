"""For the people who run the store: alive, ready, figures."""

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fieldkit import disk
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.figures import Figures
from fieldkit.store.uploads import Uploads

_LEAST_ROOM = 256 * 1024 * 1024  # bytes free below which no upload should be sent here


class Health:
    """/healthz, /readyz and /metrics."""

    def __init__(self, catalogue: Catalogue, uploads: Uploads) -> None:
        self._catalogue = catalogue
        self._uploads = uploads
        self.figures = Figures(self._facts)

    async def alive(self, _request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """The catalogue answers and there is room."""
        try:
            await run_in_threadpool(self._catalogue.count)
            room = await run_in_threadpool(disk.room, self._uploads.folder)
        except Exception:  # whatever it is: not ready
            return _not_ready("The catalogue does not answer.")
        if room < _LEAST_ROOM:
            return _not_ready("The disk is almost full.")
        return JSONResponse({"status": "ok"})

    async def metrics(self, _request: Request) -> Response:
        """Prometheus text format 0.0.4."""
        return Response(await run_in_threadpool(self.figures.text), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def _facts(self) -> dict[str, int]:
        waiting = [self._uploads.bytes_of(name) for name in self._uploads.all()]
        return {
            **self._catalogue.count(),
            "uploads_unfinished": len(waiting),
            "uploads_unfinished_bytes": sum(path.stat().st_size for path in waiting if path.exists()),
            "disk_free_bytes": disk.room(self._uploads.folder),
        }


def _not_ready(detail: str) -> Response:
    return JSONResponse({"error": "not-ready", "detail": detail}, status_code=503)
