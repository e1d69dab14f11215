"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from bot.sandbox.engine import SandboxEngine
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import FaultKind, FaultOrder
from bot.sandbox.methods import perform
from bot.sandbox.wire import ApiError, Described, Params
from bot.sandbox.world import Bot

_GATEWAY_PAGE = b"<html><head><title>%d</title></head><body><h1>%d Bad Gateway</h1></body></html>"
"""What a proxy before Telegram answers with 502 or 504: HTML where a bot expects JSON."""
_NOT_JSON = b"<html><body>This is not the answer you are looking for.</body></html>"
"""The body of the fault `not_json`, made up: status 200 and no JSON."""
_HTML = b"text/html"
"""The content type of both pages."""
_NOT_FOUND = b'{"ok":false,"error_code":404,"description":"Not Found"}'
"""Telegram's answer to an address that it does not have, word for word."""
_TRUE = b'{"ok":true,"result":true}'
"""The body of the fault `result_true`: well-formed, but not what most methods return."""


@dataclass(frozen=True, slots=True)
class _Called:
    bot: Bot
    method: str
    params: Params


class BotApi:
    """The ASGI application under `/bot<token>/<method>`."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI)."""
        exchange = Exchange(scope, receive, send)
        wanted = scope["path_params"]
        try:
            bot = self._sandbox.bot_of(wanted["token"])
            params = await exchange.params()
        except ApiError as error:
            await exchange.answer(error.code, _encoded(error.envelope()))
            return
        await self._answer(exchange, _Called(bot, wanted["method"], params))

    async def _answer(self, exchange: Exchange, called: _Called) -> None:
        sandbox = self._sandbox
        logged = called.params.logged()
        record = sandbox.calls.begin(called.bot.id, called.method, sandbox.clock(), logged)
        fault = sandbox.faults.next_for(called.method.lower(), str(logged.get("chat_id", "")))
        if fault is None:
            record.status, body = await self._carry_out(called)
            await exchange.answer(record.status, body)
        else:
            record.status = await self._answer_with_fault(exchange, fault, called)

    async def _carry_out(self, called: _Called) -> tuple[int, bytes]:
        try:
            result = await perform(self._sandbox, called.bot, called.method, called.params)
        except ApiError as error:
            return error.code, _encoded(error.envelope())
        if isinstance(result, Described):
            described = {"ok": True, "result": result.result, "description": result.description}
            return 200, _encoded(described)
        return 200, _encoded({"ok": True, "result": result})

    async def _answer_with_fault(self, exchange: Exchange, fault: FaultOrder, called: _Called) -> int:
        """Answers badly, as ordered; returns the status for the list of calls, 0 for a broken connection."""
        status, body = 200, _TRUE
        if fault.happens:
            status, body = await self._carry_out(called)
        if refusal := fault.refusal():
            await exchange.answer(refusal.code, _encoded(refusal.envelope()))
            return refusal.code
        if fault.kind in {FaultKind.BAD_GATEWAY, FaultKind.GATEWAY_TIMEOUT}:
            code = int(fault.kind)
            await exchange.answer(code, _GATEWAY_PAGE % (code, code), _HTML)
            return code
        if fault.kind is FaultKind.HANG:
            await exchange.hang(self._sandbox.closing)
            return 0
        if fault.kind in {FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER}:
            await exchange.reset()
            return 0
        await _answer_spoilt(exchange, fault, status, body)
        return 200


async def _answer_spoilt(exchange: Exchange, fault: FaultOrder, status: int, body: bytes) -> None:
    """The faults whose status says that all is well."""
    match fault.kind:
        case FaultKind.NOT_JSON:
            await exchange.answer(200, _NOT_JSON, _HTML)
        case FaultKind.OK_FALSE:
            await exchange.answer(200, _encoded({"ok": False, "description": fault.description}))
        case FaultKind.HALF:
            await exchange.answer_half(status, body)
        case _:
            await exchange.answer(200, _TRUE)


class FileApi:
    """The ASGI application under `/file/bot<token>/<path>`."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI)."""
        exchange = Exchange(scope, receive, send)
        try:
            self._sandbox.bot_of(scope["path_params"]["token"])
        except ApiError as error:
            await exchange.answer(error.code, _encoded(error.envelope()))
            return
        stored = self._sandbox.files.at(scope["path_params"]["path"])
        if stored is None:
            await exchange.answer(404, _NOT_FOUND)
            return
        await exchange.answer(200, stored.upload.content, b"application/octet-stream")


def _encoded(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


class NotFound:
    """Telegram's answer to any other address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI)."""
        await Exchange(scope, receive, send).answer(404, _NOT_FOUND)
