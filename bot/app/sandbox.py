"""The sandbox beside the bot: its process, its keys, and who may reach it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.adapters.system.environment import short_environment
from bot.errors import SettingsError, TelegramError
from bot.sandbox.gate import TOKEN_HEADER, as_host, is_loopback
from bot.sandbox.keys import BOT_VARIABLE, CONTROL_VARIABLE, Keys, keys_of
from bot.settings import Settings

_START_S = 20.0
"""How long the sandbox may take until it listens; chosen: it takes a second or two, on a busy machine more."""
Say = Callable[[str], object]
"""Shows one line to the person at the terminal."""


def require_meant(host: str, *, exposes: bool) -> None:
    """Let other machines reach the sandbox only where that is said.

    Raises:
        SettingsError: the host is no loopback address, and `exposes` is not set.
    """
    if not exposes and not is_loopback(host):
        raise SettingsError(
            f"the sandbox would listen on {host}, and whoever reaches it there acts as everybody in it: take "
            "127.0.0.1, or add --expose if that is meant"
        )


def with_keys(settings: Settings) -> Settings:
    """The settings with the keys of one run of a sandbox, made up where none are set."""
    keys = keys_of(bot=settings.sandbox.token, control=settings.sandbox.control_token)
    chosen = settings.sandbox.model_copy(update={"token": keys.bot, "control_token": keys.control})
    return settings.model_copy(update={"sandbox": chosen})


def tell(say: Say, host: str, port: int, keys: Keys) -> None:
    """Say where a sandbox is and what opens it."""
    say(f"Chat page: http://{as_host(host)}:{port}/")
    say(f"Bot token: {keys.bot}")
    say(f"{TOKEN_HEADER}: {keys.control}")
    if not is_loopback(host):
        say("Warning: other machines reach this sandbox. Whoever opens its page acts as everybody in it.")


@asynccontextmanager
async def sandbox_process(settings: Settings, *, exposes: bool) -> AsyncIterator[asyncio.subprocess.Process]:
    """The sandbox in a process of its own, starting.

    It gets its keys and what Python needs of our environment, none of our other secrets.

    Raises:
        SettingsError: as `require_meant`.
    """
    require_meant(settings.sandbox.host, exposes=exposes)
    keys = {BOT_VARIABLE: settings.sandbox.token, CONTROL_VARIABLE: settings.sandbox.control_token}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.sandbox",
        settings.sandbox.host,
        str(settings.sandbox.port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=short_environment() | keys,
        start_new_session=True,  # Ctrl-C is for us: the sandbox goes when the bot has finished
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def sandbox_ready(process: asyncio.subprocess.Process, settings: Settings, say: Say) -> None:
    """Wait until the sandbox can be talked to, and tell where its page is."""
    chosen = settings.sandbox
    assert process.stdout is not None
    async with asyncio.timeout(_START_S):
        if not await process.stdout.readline():
            raise TelegramError(
                f"the sandbox can't start on {chosen.host}:{chosen.port}: another program may use the port; "
                "set SCODA_SANDBOX_PORT to a free one"
            )
    tell(say, chosen.host, chosen.port, keys_of(bot=chosen.token, control=chosen.control_token))
