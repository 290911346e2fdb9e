"""The document over HTTP: as JSON for tools, as one page to read."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import fieldkit
from fieldkit.store.board import templates

_TAGS = ("uploads", "clips", "requests", "board", "people", "operators")


class Docs:
    """The routes /docs and /openapi.json."""

    def __init__(self) -> None:
        self._made: dict[str, Any] | None = None

    async def tools(self, request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(await run_in_threadpool(self._document, request))

    async def page(self, request: Request) -> Response:
        """The OpenAPI document, to read; who asks for JSON gets that."""
        made = await run_in_threadpool(self._document, request)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(made)
        return templates.TemplateResponse(
            request, "docs.html", {"document": made, "tags": _TAGS, "shape": shape}
        )

    def _document(self, request: Request) -> dict[str, Any]:
        if self._made is None:
            from fieldkit.store.api.document import document  # noqa: PLC0415 - a store nobody asks starts sooner

            self._made = document(request.app.routes, fieldkit.__version__)
        return self._made


def shape(schema: Mapping[str, Any]) -> Markup:
    """A schema in few words, with a link to what it names."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return Markup('<a href="#shape-{0}"><code>{0}</code></a>').format(name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return Markup(" or ").join(shape(each) for each in schema[several])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return Markup(", ").join(Markup("<code>{}</code>").format(value) for value in values)
    kind = schema.get("type", "anything")
    said = Markup("list of {}").format(shape(schema["items"])) if kind == "array" else escape(kind)
    for key in ("description", "pattern", "format"):
        if key in schema:
            said += Markup(" <small>{}</small>").format(schema[key])
    return said
