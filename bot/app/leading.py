"""What one process does for all replicas: it plans and sends announcements, publishes the knowledge, keeps the clock.

On SQLite there is one process, and it leads. On PostgreSQL replicas are as many as one likes: those that may lead are
elected, the others follow what is published and answer from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from bot.adapters.system.clock import Clock, utc_now
from bot.app.announcement_drafts import draftsman_of
from bot.app.announcing import Announcing, Broadcasting
from bot.app.background import keep_read, schedule, schedule_relay, schedule_reminders
from bot.app.backup import schedule_backups
from bot.app.confirming import RestoreWord
from bot.app.core import Core
from bot.app.correcting import correction_desk_of, schedule_corrections
from bot.app.ending import Ending
from bot.app.gaps import gap_keeper_of
from bot.app.observed import ObservedAnnouncementSender
from bot.app.office_folder import office_folder_of
from bot.app.proposing import keep_written, reminders_of
from bot.app.relaying import relay_courier_of
from bot.app.visitors import keep_forgotten
from bot.chat.application import Chat
from bot.chat.staff_context import StaffContext
from bot.errors import KnowledgeError, ScodaError
from bot.ingestion.progress import ProgressCallback
from bot.proposals.news import begin_telling

_log = structlog.get_logger(__name__)

_CANNOT_LEAD_S = 5.0
"""After which a replica that could not lead asks to lead again; chosen: the others ask each half second."""
_FOLLOW_S = 1.0
"""How soon a follower answers from what the leader has published; chosen: it costs one short query."""


class Election(Protocol):
    """Decides which process leads."""

    async def won(self) -> None:
        """Wait until this process leads."""
        ...

    async def lost(self) -> None:
        """Wait until it leads no longer."""
        ...

    async def resign(self) -> None:
        """Let another one lead; twice changes nothing."""
        ...


async def prepare_to_lead(core: Core, parts: Announcing) -> None:
    """Bring the state into the shape that it must have before anybody is written to. Twice changes nothing.

    Raises:
        SettingsError: the file of announcements is wrong.
    """
    await parts.begin(core.settings, now=utc_now())
    await keep_forgotten(core, parts.organisers, now=utc_now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """All that goes on in the process that leads."""

    core: Core
    parts: Announcing
    chat: Chat
    word: RestoreWord
    ending: Ending
    staff: StaffContext | None
    progress: ProgressCallback | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Callable[[], None]]:
        """Start the clock, the sending, and what is written and published in the background; ends all of it.

        Gives what has all of it begin nothing more: whoever leads next does not wait for the end of what is under way.
        """
        core, chat = self.core, self.chat
        async with AsyncExitStack() as stack:
            chat.leads.set()
            stack.callback(chat.leads.clear)
            clock, broadcasting = await self._begin_announcing(stack)

            def retire() -> None:
                chat.leads.clear()
                broadcasting.leave()
                clock.leave()

            office = office_folder_of(core.settings, chat.tell_of_file, chat.started)
            beside = partial(in_background, stack, self.ending)
            beside(keep_read(core, self.progress, office))
            if self.staff is not None:
                await begin_telling(self.staff.approvals.news)
                beside(keep_written(self.staff.approvals, chat.tell_proposer, self.word.may_send))
            if (draftsman := draftsman_of(core, self.parts, chat.drafting_progress)) is not None:
                beside(draftsman.keep_writing(self.word.may_send))
            yield retire

    async def _begin_announcing(self, stack: AsyncExitStack) -> tuple[Clock, Broadcasting]:
        """The clock, and the sending once the chat has started."""
        core, parts, chat, ending, word = self.core, self.parts, self.chat, self.ending, self.word
        announcement_sender = ObservedAnnouncementSender(chat.announcement_sender, core.sight.observer)
        broadcasting = Broadcasting(parts, announcement_sender, core.settings)
        states = {"announcements": lambda: broadcasting.state, "restore": lambda: word.state}
        clock = await stack.enter_async_context(Clock())
        stack.push_async_callback(lambda: clock.finish(ending.work_left_s if chat.started.is_set() else 0.0))
        ending.also(clock.leave)
        word.schedule(clock)
        in_background(stack, ending, word.follow(chat.started))
        if (backup_state := schedule_backups(clock, core.settings, core.database)) is not None:
            states["backup"] = backup_state
        parts.states.update(states)
        stack.callback(lambda: [parts.states.pop(name) for name in states])
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
        return clock, broadcasting


class Candidacy:
    """Leads whenever the election says so, and follows otherwise."""

    def __init__(self, leadership: Leadership, election: Election | None) -> None:
        """Without an election it follows for ever."""
        self._leadership = leadership
        self._election = election

    async def run(self) -> None:
        """Follow and lead in turn until cancelled; the language model, where one is set, is loaded beside it."""
        async with AsyncExitStack() as stack:
            if (writer := self._leadership.core.writer) is not None:
                in_background(stack, self._leadership.ending, writer.model.load())
            await self._take_part()

    async def _take_part(self) -> None:
        if self._election is None:
            await follow(self._leadership.core, self._leadership.parts)
            return
        try:
            while True:
                await self._follow(self._election)
                await self._lead_if_it_can(self._election)
        finally:
            await self._election.resign()

    async def _follow(self, election: Election) -> None:
        following = asyncio.create_task(follow(self._leadership.core, self._leadership.parts))
        waiting = asyncio.create_task(election.won())
        try:
            await asyncio.wait({following, waiting}, return_when=asyncio.FIRST_COMPLETED)
            (waiting if waiting.done() else following).result()
        finally:
            following.cancel()
            waiting.cancel()
            await asyncio.wait({following, waiting})

    async def _lead_if_it_can(self, election: Election) -> None:
        """Of several replicas one that can't lead answers on, and leaves it to another."""
        try:
            await self._lead(election)
        except (ScodaError, OSError) as error:
            if not self._leadership.core.database.can_be_shared:
                raise
            _log.error("cannot_lead", reason=str(error), then="another replica may; this one answers on")
            await election.resign()
            await asyncio.sleep(_CANNOT_LEAD_S)

    async def _lead(self, election: Election) -> None:
        _log.info("leading")
        if self._leadership.core.database.can_be_shared:
            await prepare_to_lead(self._leadership.core, self._leadership.parts)
        async with self._leadership.held() as retire:
            try:
                await election.lost()
            finally:
                retire()
        _log.warning("following")


async def follow(core: Core, parts: Announcing) -> None:
    """Answer from what the leader publishes, and be ready to go on where it leaves off, until cancelled."""
    warming, told = asyncio.create_task(core.warm()), ""
    while True:
        try:
            await parts.stores.guard.join()
            await core.index.refresh()
            await core.index.look_for_store()
            told = ""
        except KnowledgeError as error:
            if str(error) != told:
                told = str(error)
                _log.warning("published_knowledge_not_usable", reason=told)
        except Exception as error:  # noqa: BLE001 - a database that is away comes back; what is open answers on
            _log.warning("publication_not_followed", error=type(error).__name__)
        if warming.done():
            warming.result()  # a fault of the program ends it
        await asyncio.sleep(_FOLLOW_S)


def in_background(stack: AsyncExitStack, ending: Ending, work: Coroutine[object, object, None]) -> None:
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
