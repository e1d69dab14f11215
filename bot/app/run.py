"""`scoda run`: joins every part of the bot, starts them, and ends them in the right order."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from bot.adapters.database.state_owner import StateOwner
from bot.app.announcing import Announcing, announcing
from bot.app.chat import chat_options, chat_parts
from bot.app.confirming import restore_word_of
from bot.app.core import Core, open_core
from bot.app.ending import Ending
from bot.app.leading import Candidacy, Leadership, prepare_to_lead
from bot.app.replica import Membership, joined_as
from bot.app.roles import RunRole, require_shareable
from bot.app.sandbox import Say, sandbox_process, sandbox_ready, with_keys
from bot.app.seeing import open_sight
from bot.app.state import needs_sandbox, owner_of, to_run
from bot.chat.application import Chat, build_chat
from bot.chat.options import ChatOptions
from bot.ingestion.progress import ProgressCallback
from bot.operations.open_files import allow_many_open_files
from bot.settings import Settings


async def run_bot(
    settings: Settings,
    *,
    say: Say,
    progress: ProgressCallback | None = None,
    adopts_state: bool = False,
    exposes_sandbox: bool = False,
    role: RunRole = RunRole.ALL,
) -> None:
    """Run the bot until it is told to stop: the sandbox (without a token), the chat, the watch and the clock.

    With `adopts_state` it takes over the state of another bot, or one that was moved elsewhere; with `exposes_sandbox`
    other machines may reach the sandbox. On PostgreSQL there may be other processes, and it has a `role` among them.

    Raises:
        ScodaError: a part can't start; the message says which and why.
    """
    require_shareable(settings, role)
    allow_many_open_files()
    settings, ending = with_keys(to_run(settings)), Ending(settings.limits.shutdown_s)
    async with AsyncExitStack() as stack:
        stack.enter_context(ending.on_signals())
        sandbox = await _own_sandbox(stack, settings, exposes=exposes_sandbox)
        sight = await stack.enter_async_context(open_sight(os.environ))
        core = await stack.enter_async_context(open_core(settings, adopts_state=adopts_state, shares=True, sight=sight))
        owner = await _owner(core, settings, adopts=adopts_state)
        member = await stack.enter_async_context(joined_as(role, core.database))
        parts = await _announcing(core, member)
        word = await restore_word_of(core)
        await core.open_published()
        if sandbox is not None:
            await sandbox_ready(sandbox, settings, say)
        for_chat = replace(chat_parts(core, parts, member.inbox), connected=partial(_settle, owner, settings))
        chat = await stack.enter_async_context(build_chat(_options(core, role), for_chat))
        member.begin(chat.pace)
        leadership = Leadership(
            core=core, parts=parts, chat=chat, word=word, ending=ending, staff=for_chat.staff, progress=progress
        )
        ending.begin_with(lambda: chat.stop(ending.work_left_s))
        await _run_beside(chat, Candidacy(leadership, member.election))


async def _own_sandbox(
    stack: AsyncExitStack, settings: Settings, *, exposes: bool
) -> asyncio.subprocess.Process | None:
    """The Telegram of our own, where no other is set."""
    if not needs_sandbox(settings):
        return None
    return await stack.enter_async_context(sandbox_process(settings, exposes=exposes))


async def _announcing(core: Core, member: Membership) -> Announcing:
    """What announces; and who is alone brings the state into shape before anything else."""
    parts = announcing(core.database, core.settings.store.data, core.sight.observer)
    core.versions.notices.bind(parts.notifier)
    if member.heart is None:
        await prepare_to_lead(core, parts)
    elif await member.heart.sees_others():
        await parts.stores.guard.join()
    return parts


def _options(core: Core, role: RunRole) -> ChatOptions:
    handles_updates, is_replica = role is not RunRole.SENDER, core.database.can_be_shared
    return replace(chat_options(core.settings), handles_updates=handles_updates, is_replica=is_replica)


async def _run_beside(chat: Chat, candidacy: Candidacy) -> None:
    """Run both until the chat ends; what breaks one ends both and is raised."""
    leading, chatting = asyncio.create_task(candidacy.run()), asyncio.create_task(chat.run())
    try:
        await asyncio.wait({leading, chatting}, return_when=asyncio.FIRST_COMPLETED)
        if not chatting.done():
            chat.stop(0.0)
        await chatting
    finally:
        leading.cancel()
        await asyncio.wait({leading, chatting})
    if not leading.cancelled():
        leading.result()


async def _owner(core: Core, settings: Settings, *, adopts: bool) -> StateOwner:
    """Whose the state is; refused before anything is written into one that is another bot's."""
    owner = StateOwner(core.database, adopts=adopts)
    if (me := owner_of(settings)) is not None:
        await owner.require(me)
    return owner


async def _settle(owner: StateOwner, settings: Settings, bot_id: int) -> None:
    """The bot has told its id: from now on the state is its own."""
    if (me := owner_of(settings, bot_id)) is not None:
        await owner.settle(me)
