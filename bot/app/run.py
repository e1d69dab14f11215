"""`scoda run`: joins every part of the bot, starts them, and ends them in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

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
from bot.app.ending import Ending
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
    settings, ending = with_keys(to_run(settings)), Ending(settings.limits.shutdown_s)
    async with AsyncExitStack() as stack:
        stack.enter_context(ending.on_signals())
        own = sandbox_process(settings, exposes=exposes_sandbox)
        sandbox = await stack.enter_async_context(own) if needs_sandbox(settings) else None
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
        await _begin_announcing(stack, ending, core, parts, chat=chat, word=word)
        beside = partial(_in_background, stack, ending)
        beside(keep_read(core, progress, office_folder_of(settings, chat.tell_of_file, chat.started)))
        if for_chat.staff is not None:
            await begin_telling(for_chat.staff.approvals.news)
            beside(keep_written(for_chat.staff.approvals, chat.tell_proposer, word.may_send))
        for work in _of_the_model(core, parts, chat, word):
            beside(work)
        ending.begin_with(lambda: chat.stop(ending.work_left_s))
        await chat.run()


def _of_the_model(
    core: Core, parts: Announcing, chat: Chat, word: RestoreWord
) -> Iterator[Coroutine[object, object, None]]:
    """What is done beside the chat where a language model is set."""
    if core.writer is not None:
        yield core.writer.model.load()
    if (draftsman := draftsman_of(core, parts, chat.drafting_progress)) is not None:
        yield draftsman.keep_writing(word.may_send)


async def _begin(core: Core, settings: Settings) -> Announcing:
    """What announces, and the state as it must be before anybody is written to."""
    parts = announcing(core.database, settings.store.data, core.sight.observer)
    core.versions.notices.bind(parts.notifier)
    await parts.begin(settings, now=utc_now())
    await keep_forgotten(core, parts.organisers, now=utc_now())
    return parts


async def _begin_announcing(
    stack: AsyncExitStack, ending: Ending, core: Core, parts: Announcing, *, chat: Chat, word: RestoreWord
) -> None:
    """Start the clock, and the sending once the chat has started."""
    announcement_sender = ObservedAnnouncementSender(chat.announcement_sender, core.sight.observer)
    broadcasting = Broadcasting(parts, announcement_sender, core.settings)
    parts.states["announcements"] = lambda: broadcasting.state
    parts.states["restore"] = lambda: word.state
    clock = await stack.enter_async_context(Clock())
    stack.push_async_callback(lambda: clock.finish(ending.work_left_s if chat.started.is_set() else 0.0))
    ending.also(clock.leave)
    word.schedule(clock)
    _in_background(stack, ending, word.follow(chat.started))
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
    stack.push_async_callback(lambda: broadcasting.finish(sending, ending.work_left_s))
    ending.also(broadcasting.leave)


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


def _in_background(stack: AsyncExitStack, ending: Ending, work: Coroutine[object, object, None]) -> None:
    """Do it beside everything else until the end begins, at most until the stack is closed.

    Both wait until it has let go. It is cut short once: who is cancelled again while they close what they had open may
    wait for ever for the database.
    """
    task = asyncio.create_task(work)

    async def cut_short() -> None:
        if not task.cancelling():
            task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(cut_short)
    ending.also(task.cancel)
