"""`scoda run` and `scoda sandbox`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer

from bot.app.roles import RunRole
from bot.app.sandbox import require_meant, tell
from bot.cli.console import sync_progress
from bot.errors import SettingsError
from bot.sandbox.keys import keys_of
from bot.sandbox.server import serve_sandbox
from bot.settings import Settings


def run_command(
    context: typer.Context,
    adopts_state: Annotated[
        bool,
        typer.Option(
            "--adopt-state", help="Take over the state of another bot or server, or one that was moved, with its roles."
        ),
    ] = False,
    exposes: Annotated[
        bool, typer.Option("--expose", help="Let the sandbox listen where other machines reach it.")
    ] = False,
    role: Annotated[
        RunRole,
        typer.Option(help="Of several processes on PostgreSQL: web answers visitors, sender leads if it is elected."),
    ] = RunRole.ALL,
) -> None:
    """Run the bot. Without a token it starts the sandbox and prints the address of the chat page."""
    from bot.app.run import run_bot  # noqa: PLC0415 - 0.15 s to import, and every other command does without

    with sync_progress() as report:
        running = run_bot(
            context.obj,
            say=typer.echo,
            progress=report,
            adopts_state=adopts_state,
            exposes_sandbox=exposes,
            role=role,
        )
        asyncio.run(running)


def sandbox(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    flood: Annotated[bool, typer.Option("--flood", help="Limit messages as Telegram does.")] = False,
    exposes: Annotated[bool, typer.Option("--expose", help="Listen where other machines reach it.")] = False,
) -> None:
    """Run the sandbox alone: a Bot API server for any bot on this machine, and a page to chat with it."""
    settings: Settings = context.obj
    host = host or settings.sandbox.host
    port = settings.sandbox.port if port is None else port
    require_meant(host, exposes=exposes)
    keys = keys_of(bot=settings.sandbox.token, control=settings.sandbox.control_token)

    async def serve() -> None:
        with suppress(asyncio.CancelledError):
            ready = partial(tell, typer.echo, host, keys=keys)
            await serve_sandbox(host, port, keys=keys, ready=ready, flood=flood)

    try:
        asyncio.run(serve())
    except OSError as error:
        raise SettingsError(
            f"the sandbox can't listen on {host}:{port} ({error.strerror}): choose another port with --port"
        ) from error
