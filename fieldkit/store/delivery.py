"""A clip's bytes to whoever may see them: from the local disk, or through here from the bucket.

Never by a link into the bucket: a link would outlive a withdrawal, and its holder's token.
"""

import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from fieldkit.store.bucket import Missing
from fieldkit.store.media import TYPES, Media
from fieldkit.store.nouns import Clip
from fieldkit.store.problems import Busy, NotFound
from fieldkit.store.ranges import settled_range
from fieldkit.store.replicas import Replicas

_ONE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.ASCII)
_LACKING = "The bytes of this clip are missing; `fieldkit store verify` says more."


class Delivery:
    """Where clips are handed out from."""

    def __init__(self, media: Media, replicas: Replicas | None) -> None:
        self._media = media
        self._replicas = replicas

    async def file(self, request: Request, clip: Clip, etag: str, headers: dict[str, str]) -> Response:
        """The bytes, or the range of them that was asked for. Raises NotFound, Beyond (416), Busy (503)."""
        path, name = self._media.path(clip.blob), _download_name(clip)
        _settle_range(request, etag, clip.bytes)
        if await run_in_threadpool(path.exists):
            return FileResponse(path, headers=headers, media_type=TYPES[clip.blob.kind], filename=name)
        if self._replicas is None:
            raise NotFound(_LACKING)
        if not await run_in_threadpool(self._replicas.holds, clip.number):
            raise Busy(
                "This clip is still on its way to the bucket; ask again.", headers={"Retry-After": "2"}
            )
        start, end = _one_range(request.headers.get("range"), clip.bytes)
        whole = (start, end) == (0, clip.bytes - 1)
        carried = headers | {
            "Accept-Ranges": "bytes",
            "Content-Length": str(end - start + 1),
            "Content-Disposition": f'attachment; filename="{name}"',
            **({} if whole else {"Content-Range": f"bytes {start}-{end}/{clip.bytes}"}),
        }
        status, kind = 200 if whole else 206, TYPES[clip.blob.kind]
        if request.method == "HEAD":
            return Response(None, status, carried, kind)
        try:
            blocks = await run_in_threadpool(self._replicas.bucket.read, clip.blob, start, end)
        except Missing as error:
            raise NotFound(_LACKING) from error
        return StreamingResponse(blocks, status, carried, kind)


def _settle_range(request: Request, etag: str, size: int) -> None:
    # Starlette answers 400 to what RFC 9110 says to ignore; so it only ever sees a range that it can serve
    headers = MutableHeaders(scope=request.scope)
    same = headers.get("if-range", etag) == etag
    settled = settled_range(headers["range"], size) if same and "range" in headers else None
    if settled:
        headers["range"] = settled
    else:
        del headers["range"]


def _one_range(settled: str | None, size: int) -> tuple[int, int]:
    """First and last byte; of several ranges none: that is allowed, and no player asks for them."""
    said = _ONE.fullmatch(settled or "")
    if said is None:
        return 0, size - 1
    if not said[1]:
        return max(0, size - int(said[2])), size - 1
    return int(said[1]), min(int(said[2] or size), size - 1)


def _download_name(clip: Clip) -> str:
    return f"{clip.blob.tweet_id}-{clip.profile or 'clip'}-{clip.blob.sha256[:12]}.{clip.blob.kind}"
