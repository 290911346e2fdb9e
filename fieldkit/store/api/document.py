"""The OpenAPI document (3.1.0), made of the routes themselves and of what `operations` says about them."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from starlette.routing import BaseRoute, Route

from fieldkit.store.api import shapes
from fieldkit.store.api.operations import JSON, OPERATIONS, Body, Given, Operation
from fieldkit.store.problems import Busy, NotAllowed, NotKnown, Problem

_REF = "#/components/schemas/{model}"
_ABOUT = """The clip store of fieldkit. Uploads speak tus 1.0.0; docs/protocol.md says what fieldkit adds to it.

A laptop's token uploads and reads what belongs to its place; the command centre's does the rest. People sign in and
carry a cookie; each change then shows `X-CSRF-Token`. Whatever goes wrong is told as `{error, detail}`: a word for
machines, a sentence for people. Without any token or user the store answers on loopback only, and to anybody there.
"""
_SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"password": []}, {"session": []}]
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "password": {"type": "http", "scheme": "basic", "description": "the token as the password"},
    "session": {"type": "apiKey", "in": "cookie", "name": "fieldkit-session"},
}


def routes_of(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], Route]:
    """Each route by method and path, without what Starlette adds to a GET by itself."""
    return {
        (method, route.path): route
        for route in routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if not (method == "HEAD" and "GET" in (route.methods or ()))
    }


def document(routes: Iterable[BaseRoute], version: str) -> dict[str, Any]:
    """The whole of it. Raises KeyError for a route that nobody described."""
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), route in routes_of(routes).items():
        said = inspect.getdoc(route.endpoint) or ""
        paths.setdefault(path, {})[method.lower()] = _operation(OPERATIONS[method, path], said, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "fieldkit store", "version": version, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas.all, "securitySchemes": _SCHEMES},
    }


class _Schemas:
    """Every shape once, under its name."""

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}

    def of(self, shape: type, *, taken: bool) -> dict[str, Any]:
        """A reference to the schema of what is taken, or of what is given, which leaves no field out."""
        if shape is dict:
            return {"type": "object"}
        adapter: TypeAdapter[Any] = TypeAdapter(shape)
        schema = adapter.json_schema(ref_template=_REF, mode="validation" if taken else "serialization")
        self.all |= schema.pop("$defs", {})
        self.all[shape.__name__] = schema
        return {"$ref": _REF.format(model=shape.__name__)}


def _operation(about: Operation, said: str, schemas: _Schemas) -> dict[str, Any]:
    summary, _, more = said.partition("\n\n")
    refuses = about.refuses if about.open else (*about.refuses, NotKnown, NotAllowed, Busy)
    answers = {str(status): _answer(given, schemas) for status, given in about.gives.items()}
    for status, problems in _by_status(refuses).items():
        answers.setdefault(str(status), _refusal(problems, schemas))
    described: dict[str, Any] = {
        "tags": [about.tag],
        "summary": " ".join(summary.split()),
        "responses": answers,
    }
    if more:
        described["description"] = more
    if about.asks:
        described["parameters"] = [
            {
                "name": asked.name,
                "in": asked.where,
                "required": asked.required,
                "schema": dict(asked.schema),
                "description": asked.about,
            }
            for asked in about.asks
        ]
    if about.body:
        described["requestBody"] = _body(about.body, schemas)
    if not about.open:
        described["security"] = _SECURITY
    return described


def _by_status(problems: Sequence[type[Problem]]) -> Mapping[int, list[type[Problem]]]:
    sorted_out: dict[int, list[type[Problem]]] = {}
    for problem in problems:
        sorted_out.setdefault(problem.status, []).append(problem)
    return sorted_out


def _refusal(problems: Sequence[type[Problem]], schemas: _Schemas) -> dict[str, Any]:
    words = ", ".join(f"`{problem.error}`" for problem in problems)
    why = " ".join(" ".join((problem.__doc__ or "").split()) for problem in problems).strip()
    return {
        "description": f"{words}: {why}" if why else words,
        "content": {JSON: {"schema": schemas.of(shapes.Error, taken=False)}},
    }


def _answer(given: Given, schemas: _Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {"description": given.about}
    if given.content:
        schema = schemas.of(given.shape, taken=False) if given.shape else {"type": "string"}
        types = (given.content,) if isinstance(given.content, str) else given.content
        told["content"] = {each: {"schema": schema} for each in types}
    if given.headers:
        told["headers"] = {name: {"schema": {"type": "string"}} for name in given.headers}
    return told


def _body(body: Body, schemas: _Schemas) -> dict[str, Any]:
    schema = schemas.of(body.shape, taken=True) if body.shape else {"type": "string", "format": "binary"}
    return {"required": body.required, "content": {body.content: {"schema": schema}}}
