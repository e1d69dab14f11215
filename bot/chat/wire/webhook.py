"""What is served: Telegram's calls in webhook mode, and the health routes, each at an address of its own.

Telegram's calls go by no framework: there is one address, and thousands of them may come in a second.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.chat.wire.envelope import Accept, IncomingUpdate, parse_update

log = structlog.get_logger(__name__)

Health = Callable[[], Awaitable[Mapping[str, str]]]
"""Component → `ok`, or what is wrong with it in a few words."""

_SECRET_HEADER = b"x-telegram-bot-api-secret-token"
_BODY_LIMIT = 1024 * 1024
"""Bytes: far more than an update has, whose text ends at 4,096 characters. By reasoning."""
_NEEDED = ("database", "inbox", "intake")
"""Without these no update can be taken; all else may be down and the bot still does part of its work."""
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus's text format."""


def webhook_app(accept: Accept, *, path: str, secret: str) -> ASGIApp:
    """Telegram's calls at `path`, and nothing else: the address is open to everybody.

    Raises:
        ValueError: no secret: then anybody could pretend to be Telegram.
    """
    if not secret:
        raise ValueError("webhook mode needs a secret: set SCODA_TELEGRAM_WEBHOOK_SECRET")
    expected = secret.encode()

    async def status_of(scope: Scope, receive: Receive) -> HTTPStatus:
        if scope["path"] != path:
            return HTTPStatus.NOT_FOUND
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not hmac.compare_digest(headers.get(_SECRET_HEADER, b""), expected):
            return HTTPStatus.FORBIDDEN
        return await _taken(headers, receive, accept)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        status = await status_of(scope, receive)
        allow = [(b"allow", b"POST")] if status is HTTPStatus.METHOD_NOT_ALLOWED else []
        headers = [(b"content-length", b"0"), *allow]
        await send({"type": "http.response.start", "status": status.value, "headers": headers})
        await send({"type": "http.response.body"})

    return app


def is_ready(components: Mapping[str, str]) -> bool:
    """Whether updates can be taken."""
    return all(components.get(name, "ok") == "ok" for name in _NEEDED)


def health_app(health: Health, metrics: Callable[[], Awaitable[bytes]] | None = None) -> Starlette:
    """`/livez` and `/readyz`, for whoever looks after the machine, and `/metrics` where there are any."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        try:
            components = dict(await health())
        except Exception as error:  # noqa: BLE001 - a check that fails is an answer too
            components = {"database": f"the check failed: {type(error).__name__}"}
        can_take = is_ready(components)
        is_whole = all(state == "ok" for state in components.values())
        status = "ok" if is_whole else "degraded" if can_take else "unavailable"
        code = HTTPStatus.OK if can_take else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"status": status, "components": components}, status_code=code)

    routes = [Route("/livez", live), Route("/readyz", ready)]
    return Starlette(routes=routes if metrics is None else [*routes, Route("/metrics", _page_of(metrics))])


def _page_of(metrics: Callable[[], Awaitable[bytes]]) -> Callable[[Request], Awaitable[Response]]:
    async def page(_request: Request) -> Response:
        return Response(await metrics(), media_type=_METRICS_TYPE)

    return page


async def _taken(headers: Mapping[bytes, bytes], receive: Receive, accept: Accept) -> HTTPStatus:
    """Store the update, commit, and only then say 200: until then Telegram repeats it."""
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    body = await _read(headers, receive)
    if body is None:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    update = _parse(body)
    if update is None:
        return HTTPStatus.BAD_REQUEST
    try:
        await accept([update])
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the store, Telegram shall come again
        log.warning("update_not_stored", error=type(error).__name__)
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.OK


async def _read(headers: Mapping[bytes, bytes], receive: Receive) -> bytes | None:
    """The body; None as soon as it is longer than any update."""
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > _BODY_LIMIT:
        return None
    body = bytearray()
    has_more = True
    while has_more:
        message = await receive()
        if message["type"] != "http.request":  # whoever sent it has gone
            return b""
        body += message.get("body", b"")
        if len(body) > _BODY_LIMIT:
            return None
        has_more = message.get("more_body", False)
    return bytes(body)


def _parse(body: bytes) -> IncomingUpdate | None:
    try:
        return parse_update(body)
    except (ValueError, RecursionError):
        return None
