"""Stands in front of all routes and obeys only the sandbox's own page and programs that hold a key.

A browser sends whatever a web page asks for, also to addresses on this machine. But it says where the request comes
from (Origin, Sec-Fetch-Site) and by which name it got here (Host). And before a foreign page may send JSON or one of
our headers, the browser asks the server, and this one refuses.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.keys import Keys

TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - the name of the header, not a secret
"""Where a script shows the control key; a header of our own, which no foreign page may send unasked."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""The names of this machine as they stand in a Host header."""
_EVERY_ADDRESS = frozenset({"0.0.0.0", "[::]"})  # noqa: S104 - the names, nothing is bound here
"""Addresses to listen on that mean all of them: any number is then our name."""
_FOR_THE_COOKIE = ("/sandbox/events", "/sandbox/files/")
"""What browsers fetch without letting the page add a header."""
_HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            b"media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""On every answer but those to bots: the page loads nothing from elsewhere and stands in no frame.

For each header see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers.
"""


class Gate:
    """An ASGI middleware; `host` is where the server listens."""

    def __init__(self, app: ASGIApp, *, host: str, keys: Keys) -> None:
        self._app = app
        self._host = as_host(host)
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_for_bots = scope["path"].startswith(("/bot", "/file/bot"))
        answer = send if is_for_bots else _with_headers(send)
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, answer)
        else:
            await _refuse(answer, *refusal)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        port = (scope.get("server") or ("", 0))[1]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0].lower(), port):
            return 421, f"this is the sandbox at {self._host}:{port}; it answers to that name, 127.0.0.1 and localhost"
        if not _is_same_origin(headers, hosts[0].lower(), scope):
            return 403, "the sandbox obeys its own page only, not other web pages"
        return self._control_refusal(scope, headers, port) if scope["path"].startswith("/sandbox/") else None

    def _control_refusal(self, scope: Scope, headers: Headers, port: int) -> tuple[int, str] | None:
        if not _is_same(headers.get(TOKEN_HEADER, ""), self._keys.control) and not self._may_read(scope, headers, port):
            return 401, (
                f"{TOKEN_HEADER} is missing or wrong: the sandbox prints it when it starts, and "
                "SCODA_SANDBOX_CONTROL_TOKEN sets it"
            )
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["method"] in {"POST", "PATCH"} and kind != "application/json":
            return 415, "the body must be JSON: send it with Content-Type: application/json"
        return None

    def _may_read(self, scope: Scope, headers: Headers, port: int) -> bool:
        if scope["method"] != "GET" or not scope["path"].startswith(_FOR_THE_COOKIE):
            return False
        cookies = SimpleCookie()
        with suppress(CookieError):
            cookies.load(headers.get("cookie", ""))
        shown = cookies.get(cookie_name(port))
        return shown is not None and _is_same(shown.value, self._keys.reading)

    def _is_ours(self, host: str, port: int) -> bool:
        name, _, asked = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "80")
        if asked != str(port):
            return False
        return name in _LOOPBACK or name == self._host or (self._host in _EVERY_ADDRESS and _is_address(name))


def cookie_name(port: int) -> str:
    """The name of the page's cookie; the port is in it because browsers share cookies between ports."""
    return f"sandbox_{port}"


def as_host(address: str) -> str:
    """An address as it stands in front of a port."""
    return f"[{address}]".lower() if ":" in address else address.lower()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    return as_host(host) in _LOOPBACK or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    """Whether it is a number: a name may be led here by any name server, a number may not."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_same_origin(headers: Headers, host: str, scope: Scope) -> bool:
    """Whether no foreign web page caused the request; a link to our page may, since opening it does nothing."""
    if any(origin.lower() != f"http://{host}" for origin in headers.getlist("origin")):
        return False
    site = headers.get("sec-fetch-site", "none")
    is_link = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    return site in {"none", "same-origin"} or (is_link and (scope["method"], scope["path"]) == ("GET", "/"))


def _is_same(shown: str, key: str) -> bool:
    return hmac.compare_digest(shown.encode(), key.encode())


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_HEADERS]}
        await send(message)

    return sending


async def _refuse(send: Send, status: int, reason: str) -> None:
    """In the words of both sides: `description` is the Bot API's, `error` the control API's."""
    body = json.dumps({"ok": False, "error_code": status, "description": reason, "error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
