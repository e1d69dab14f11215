"""Sandboxes whose keys the tests know, and clients that show them."""

from __future__ import annotations

from typing import Any

import httpx

from bot.sandbox.gate import TOKEN_HEADER
from bot.sandbox.keys import Keys
from bot.sandbox.server import SandboxServer, create_sandbox
from tests.support.log_search import know_key

SANDBOX_TOKEN = "7000001:sandbox"
KEYS = Keys(bot=SANDBOX_TOKEN, control="control-of-the-tests", reading="reading-of-the-tests")
for _key in (KEYS.bot, KEYS.control, KEYS.reading):
    know_key(_key)
CONTROL = {TOKEN_HEADER: KEYS.control}
"""The header that lets a request act as a person."""


def sandbox_server(*, port: int = 0, keys: Keys = KEYS, **options: Any) -> SandboxServer:
    """A sandbox with these keys; `options` are those of `create_sandbox`."""
    return SandboxServer(port=port, app=create_sandbox(keys=keys, **options))


def person_client(base_url: str, *, timeout_s: float = 20.0) -> httpx.AsyncClient:
    """Whoever acts as the persons of a sandbox with these keys."""
    return httpx.AsyncClient(base_url=base_url, headers=CONTROL, timeout=timeout_s, trust_env=False)
