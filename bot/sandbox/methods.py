"""Every Bot API method that the sandbox has, by its lower-case name. To teach it one more, write one more function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from bot.sandbox import chats, editing, profile, receiving, replies, sending
from bot.sandbox.engine import SandboxEngine
from bot.sandbox.targets import Call
from bot.sandbox.wire import ApiError, Params, bad_request
from bot.sandbox.world import Bot

Method = Callable[[Call], object | Awaitable[object]]
"""One Bot API method: takes the call, returns what stands under `result`."""

METHODS: dict[str, Method] = {
    method.__name__.replace("_", ""): method
    for method in (
        *receiving.METHODS,
        *sending.METHODS,
        *editing.METHODS,
        *replies.METHODS,
        *profile.METHODS,
        *chats.METHODS,
    )
}
"""All of them, by the function's name without underscores."""

_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, OverflowError)
"""What a JSON value of an unexpected shape leads to, deep in a parameter: the caller's fault, never a 500."""


async def perform(sandbox: SandboxEngine, bot: Bot, method: str, params: Params) -> object:
    """Carries out one call; the method's name may be in any case.

    Raises:
        ApiError: what Telegram would answer; 404 for a method that the sandbox does not have.
    """
    function = METHODS.get(method.lower())
    if function is None:
        raise ApiError(404, "Not Found")
    if bot.logged_out_until > sandbox.clock():
        raise ApiError(400, "Logged out")
    try:
        result = function(Call(sandbox, bot, params))
        return await result if isawaitable(result) else result
    except _MALFORMED as error:
        raise bad_request(f"can't parse request: {error}") from error
