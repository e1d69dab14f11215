"""What is served: Telegram's calls in webhook mode, and the health routes, each at an address of its own."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.chat.wire.envelope import Accept, IncomingUpdate, parse_update

log = structlog.get_logger(__name__)

Health = Callable[[], Awaitable[Mapping[str, str]]]
"""Component → `ok`, or what is wrong with it in a few words."""

_SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
_BODY_LIMIT = 1024 * 1024
"""Bytes: far more than an update has, whose text ends at 4,096 characters. By reasoning."""
_NEEDED = ("database", "inbox", "intake")
"""Without these no update can be taken; all else may be down and the bot still does part of its work."""
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus's text format."""


def webhook_app(accept: Accept, *, path: str, secret: str) -> Starlette:
    """Telegram's calls at `path`, and nothing else: the address is open to everybody.

    Raises:
        ValueError: no secret: then anybody could pretend to be Telegram.
    """
    if not secret:
        raise ValueError("webhook mode needs a secret: set SCODA_TELEGRAM_WEBHOOK_SECRET")
    expected = secret.encode()

    async def receive(request: Request) -> Response:
        given = request.headers.get(_SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, expected):
            return Response(status_code=HTTPStatus.FORBIDDEN)
        return await _receive(request, accept)

    return Starlette(routes=[Route(path, receive, methods=["POST"])])


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


async def _receive(request: Request, accept: Accept) -> Response:
    """Store the update, commit, and only then say 200: until then Telegram repeats it."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return Response(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = await _read(request)
    if body is None:
        return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    update = _parse(body)
    if update is None:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    try:
        await accept([update])
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the store, Telegram shall come again
        log.warning("update_not_stored", error=type(error).__name__)
        return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(status_code=HTTPStatus.OK)


async def _read(request: Request) -> bytes | None:
    """The body; None as soon as it is longer than any update."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _BODY_LIMIT:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _BODY_LIMIT:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def _parse(body: bytes) -> IncomingUpdate | None:
    try:
        return parse_update(body)
    except (ValueError, RecursionError):
        return None
