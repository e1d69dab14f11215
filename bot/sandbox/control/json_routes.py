"""A route of the control API: JSON in, JSON out, refusals in plain words, unknown fields refused by name."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.limits import DOWNLOAD_BYTES
from bot.sandbox.person import PersonError
from bot.sandbox.wire import ApiError, Json

_BODY_BYTES = 1024 * 1024
"""Bytes of a body without a file, 1 MiB; chosen far above any update made by hand, to bound memory."""
_FILE_BODY_BYTES = DOWNLOAD_BYTES * 4 // 3 + _BODY_BYTES
"""A file in Base64 that a bot may fetch, and the words around it."""

Action = Callable[[Request, Json], Awaitable[object]]
"""What an address does: takes the request and the fields of its body, returns the answer before it is JSON."""


class JsonResponse(Response):
    """JSON in ASCII, so that even half a surrogate pair gets through."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """The body's bytes (Starlette)."""
        return json.dumps(content, separators=(",", ":")).encode()


def json_route(method: str, path: str, action: Action, *known: str) -> Route:
    """A route under `/sandbox`; `known` are the fields of the body, or of the query of a GET."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request, most_bytes=_FILE_BODY_BYTES if "content_base64" in known else _BODY_BYTES)
            _refuse_unknown(request.query_params if method == "GET" else body, known)
            return JsonResponse(await action(request, body))
        except PersonError as error:
            return JsonResponse({"error": str(error)}, error.status)
        except ApiError as error:
            return JsonResponse({"error": error.description}, error.code)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            return JsonResponse({"error": f"the request does not fit this address: {error}"}, 400)

    return Route(f"/sandbox{path}", endpoint, methods=[method])


async def _body(request: Request, *, most_bytes: int) -> Json:
    given = bytearray()
    async for part in request.stream():
        given += part
        if len(given) > most_bytes:
            raise PersonError(f"the body has more than {most_bytes} bytes", 413)
    body = json.loads(given or b"{}")
    if not isinstance(body, dict):
        raise PersonError("the body must be a JSON object")
    return body


def _refuse_unknown(given: Iterable[str], known: Sequence[str]) -> None:
    """A field that is misspelt must not count as one that is left out."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(sorted(known)) if known else "none"
        raise PersonError(f"unknown {', '.join(unknown)}; what this address knows: {names}")


def number_or_none(value: object) -> int | None:
    """A whole number, given as such or as a string; None where it is missing or empty.

    Raises:
        ValueError: for anything else; the route answers it with 400.
    """
    return None if value is None or value == "" else int(str(value))


def required_number(values: Json, name: str) -> int:
    """A whole number without which the request means nothing.

    Raises:
        PersonError: it is missing.
        ValueError: it is no whole number.
    """
    number = number_or_none(values.get(name))
    if number is None:
        raise PersonError(f"{name} is missing; it is a whole number")
    return number
