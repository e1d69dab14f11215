"""One HTTP exchange: reading the parameters of a call, answering it, or breaking the connection on order."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.limits import UPLOAD_BYTES
from bot.sandbox.wire import ApiError, InputFile, Params, bad_request

_TRANSPORT = "sandbox.transport"
"""The key of our own in the ASGI scope."""
_FIELD_BYTES = 8 * 1024 * 1024
"""Bytes of a body without its files, 8 MiB; chosen far above what any method needs, to bound memory."""
_JSON_HEADERS = (b"content-type", b"application/json")
"""The content type of half an answer."""
_GONE_WITHIN_S = 2.0
"""Seconds in which uvicorn notices a connection that we have cut; chosen far longer than that takes."""


def with_transport(app: ASGIApp) -> ASGIApp:
    """Lets the app reach the TCP connection under uvicorn, for which ASGI has no field."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope[_TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return wrapped


class Exchange:
    """A request and the means to answer it well or badly."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send

    async def params(self) -> Params:
        """The parameters from the query, and from a body that is a form, JSON or multipart.

        Raises:
            ApiError: 400 for a body that can't be read, 413 for one that is too big.
        """
        values: dict[str, Any] = dict(_pairs(self._scope.get("query_string", b"")))
        headers = dict(self._scope["headers"])
        content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if int(headers.get(b"content-length", 0)) > UPLOAD_BYTES + _FIELD_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        if content_type == b"multipart/form-data":
            return await self._multipart(values)
        body = await self._body()
        if body and content_type == b"application/json":
            values.update(_json_object(body))
        elif body and content_type in {b"application/x-www-form-urlencoded", b""}:
            values.update(_pairs(body))
        return Params(values)

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise bad_request("request was interrupted")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > _FIELD_BYTES:
                raise ApiError(413, "Request Entity Too Large")
            if not message.get("more_body"):
                return b"".join(parts)

    async def _multipart(self, values: dict[str, Any]) -> Params:
        files: dict[str, InputFile] = {}
        request = Request(self._scope, self._receive)
        try:
            async with request.form(max_part_size=_FIELD_BYTES) as form:
                for name, value in form.multi_items():
                    if isinstance(value, UploadFile):
                        content = await value.read()
                        files[name] = InputFile(value.filename or name, value.content_type or "", content)
                    else:
                        values[name] = value
        except (MultiPartException, HTTPException) as error:
            raise bad_request("can't parse multipart form data") from error
        return Params(values, files)

    async def answer(self, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
        """Answers as HTTP does."""
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def answer_half(self, status: int, body: bytes) -> None:
        """Promises the whole body, sends half of it and hangs up."""
        headers = [_JSON_HEADERS, (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        half = body[: len(body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        if transport := self._scope.get(_TRANSPORT):
            transport.close()
        await self._gone()

    async def reset(self) -> None:
        """Resets the TCP connection, as a crashed machine does."""
        transport = self._scope.get(_TRANSPORT)
        if transport is None:
            raise ConnectionResetError("the sandbox was told to reset this connection")
        if (connection := transport.get_extra_info("socket")) is not None:
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self._gone()

    async def hang(self, closing: asyncio.Event) -> None:
        """Says nothing until the caller gives up or the sandbox stops."""
        waits = {asyncio.ensure_future(self._disconnected()), asyncio.ensure_future(closing.wait())}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        await self.reset()

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _gone(self) -> None:
        """Waits until uvicorn has noticed, so that it does not answer in our place."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._disconnected(), _GONE_WITHIN_S)


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    if not encoded:
        return []
    try:
        text = encoded.decode("utf-8", "surrogateescape")
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=1000)
    except ValueError as error:
        raise bad_request("can't parse form data") from error


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON object: expected an Object")
    return value
