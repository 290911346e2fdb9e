"""A JSON body, read with care: its type, its length, its shape."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from fieldkit.store.problems import Problem, TooLarge, WrongType

_LONGEST = 16 * 1024  # bytes


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body. Raises WrongType (415), TooLarge (413), Problem (400)."""
    # a form of another site can’t send this type without asking first
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise WrongType("The body is to be sent as application/json.")
    body = await _read(request)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem("The body is not JSON.") from error
    if not isinstance(said, dict):
        raise Problem("The body must be a JSON object.")
    return said


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name. Raises WrongType (415), TooLarge (413), Problem (400)."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise WrongType("The body is to be sent as application/x-www-form-urlencoded.")
    try:
        return dict(parse_qsl((await _read(request)).decode("ascii"), errors="strict", max_num_fields=20))
    except ValueError as error:
        raise Problem("The body is not a form.") from error


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > _LONGEST:
            raise TooLarge(f"The body has at most {_LONGEST} bytes.")
    return bytes(body)
