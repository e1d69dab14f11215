"""`scoda run`: joins every part of the bot, starts them, and ends them in the right order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from functools import partial

import structlog

from bot.adapters.database.state_owner import StateOwner
from bot.adapters.system.clock import Clock, utc_now
from bot.app.announcement_drafts import draftsman_of
from bot.app.announcing import Announcing, Broadcasting, announcing
from bot.app.background import keep_read, schedule, schedule_relay, schedule_reminders
from bot.app.backup import schedule_backups
from bot.app.chat import chat_options, chat_parts
from bot.app.confirming import RestoreWord, restore_word_of
from bot.app.core import Core, open_core
from bot.app.correcting import correction_desk_of, schedule_corrections
from bot.app.gaps import gap_keeper_of
from bot.app.observed import ObservedAnnouncementSender
from bot.app.office_folder import office_folder_of
from bot.app.proposing import keep_written, reminders_of
from bot.app.relaying import relay_courier_of
from bot.app.sandbox import Say, sandbox_process, sandbox_ready, with_keys
from bot.app.seeing import open_sight
from bot.app.state import needs_sandbox, owner_of, to_run
from bot.app.visitors import keep_forgotten
from bot.chat.application import Chat, build_chat
from bot.ingestion.progress import ProgressCallback
from bot.operations.open_files import allow_many_open_files
from bot.proposals.news import begin_telling
from bot.settings import Settings

_log = structlog.get_logger(__name__)


async def run_bot(
    settings: Settings,
    *,
    say: Say,
    progress: ProgressCallback | None = None,
    adopts_state: bool = False,
    exposes_sandbox: bool = False,
) -> None:
    """Run the bot until it is told to stop: the sandbox (without a token), the chat, the watch and the clock.

    With `adopts_state` it takes over the state of another bot, or one that was moved to another database; with
    `exposes_sandbox` other machines may reach the sandbox.

    Raises:
        ScodaError: a part can't start; the message says which and why.
    """
    allow_many_open_files()
    settings = with_keys(to_run(settings))
    async with AsyncExitStack() as stack:
        own = sandbox_process(settings, exposes=exposes_sandbox) if needs_sandbox(settings) else nullcontext()
        sandbox = await stack.enter_async_context(own)
        sight = await stack.enter_async_context(open_sight(os.environ))
        core = await stack.enter_async_context(open_core(settings, adopts_state=adopts_state, sight=sight))
        owner = await _owner(core, settings, adopts=adopts_state)
        parts = await _begin(core, settings)
        word = await restore_word_of(core)
        await core.open_published()
        if sandbox is not None:
            await sandbox_ready(sandbox, settings, say)
        for_chat = replace(chat_parts(core, parts), connected=partial(_settle, owner, settings))
        chat = await stack.enter_async_context(build_chat(chat_options(settings), for_chat))
        _stop_on_signals(await _begin_announcing(stack, core, parts, chat, word=word), sandbox)
        _in_background(stack, keep_read(core, progress, office_folder_of(settings, chat.tell_of_file, chat.started)))
        if for_chat.staff is not None:
            await begin_telling(for_chat.staff.approvals.news)
            _in_background(stack, keep_written(for_chat.staff.approvals, chat.tell_proposer, word.may_send))
        if core.writer is not None:
            _in_background(stack, core.writer.model.load())
        if (draftsman := draftsman_of(core, parts, chat.drafting_progress)) is not None:
            _in_background(stack, draftsman.keep_writing(word.may_send))
        await chat.run()


async def _begin(core: Core, settings: Settings) -> Announcing:
    """What announces, and the state as it must be before anybody is written to."""
    parts = announcing(core.database, settings.store.data, core.sight.observer)
    core.versions.notices.bind(parts.notifier)
    await parts.begin(settings, now=utc_now())
    await keep_forgotten(core, parts.organisers, now=utc_now())
    return parts


async def _begin_announcing(
    stack: AsyncExitStack, core: Core, parts: Announcing, chat: Chat, *, word: RestoreWord
) -> Callable[[], None]:
    """Start the clock, and the sending once the chat has started; returns what stops both and the chat."""
    announcement_sender = ObservedAnnouncementSender(chat.announcement_sender, core.sight.observer)
    broadcasting = Broadcasting(parts, announcement_sender, core.settings)
    parts.states["announcements"] = lambda: broadcasting.state
    parts.states["restore"] = lambda: word.state
    clock = await stack.enter_async_context(Clock())
    word.schedule(clock)
    _in_background(stack, word.follow(chat.started))
    if (backup_state := schedule_backups(clock, core.settings, core.database)) is not None:
        parts.states["backup"] = backup_state
    keeper = gap_keeper_of(core, chat.gap_news)
    await keeper.begin(now=utc_now())
    schedule(clock, core, core.settings, keeper, given=word.given)
    schedule_reminders(clock, reminders_of(core, chat.tell_of_ends), word.may_send)
    if (courier := relay_courier_of(core, chat.relay_post)) is not None:
        await courier.begin(now=utc_now())
        schedule_relay(clock, courier, word.may_send)
    broadcasting.schedule(clock)
    schedule_corrections(clock, correction_desk_of(core.database, parts, core.settings), core.settings.store.data)
    sending = asyncio.create_task(broadcasting.run(chat.started))
    stack.push_async_callback(broadcasting.finish, sending)

    def stop() -> None:
        chat.stop()
        broadcasting.leave()

    return stop


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


def _in_background(stack: AsyncExitStack, work: Coroutine[object, object, None]) -> None:
    """Do it beside everything else, at most until the stack is closed, which waits until it has let go."""
    task = asyncio.create_task(work)

    async def cut_short() -> None:
        task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(cut_short)


def _stop_on_signals(stop: Callable[[], None], sandbox: asyncio.subprocess.Process | None) -> None:
    loop = asyncio.get_running_loop()
    asked = _SignalledStop(stop, sandbox)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.receive, number)


class _SignalledStop:
    """The first signal asks for an end in good order, the second ends at once: what is in the inbox stays there."""

    def __init__(self, stop: Callable[[], None], sandbox: asyncio.subprocess.Process | None) -> None:
        self._stop = stop
        self._sandbox = sandbox
        self._is_asked = False

    def receive(self, number: int) -> None:
        if self._is_asked:
            if self._sandbox is not None and self._sandbox.returncode is None:
                self._sandbox.kill()
            os._exit(128 + number)
        self._is_asked = True
        _log.info("stopping", signal=signal.Signals(number).name)
        self._stop()
