"""The durable inbox at work: store the update, then confirm it, then handle it.

Updates of one chat are handled strictly in order, chats beside each other (`lanes`). `backlog` knows what still stands
in the inbox alone, `load_shedding` what happens when too much waits, `handling` how one update is done.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from bot.chat.wire.backlog import Backlog
from bot.chat.wire.envelope import IncomingUpdate, parse_update
from bot.chat.wire.handling import Handler, Handling, WaitingChats
from bot.chat.wire.lanes import Closed, Lane, Lanes, QueuedUpdate
from bot.chat.wire.load_shedding import LoadShedding
from bot.chat.wire.seeing import word
from bot.chat.wire.triage import Triage
from bot.chat_state.model import Stored, StoredUpdate
from bot.chat_state.ports import Inbox
from bot.ids import VisitorId
from bot.observing import NOBODY, Happening, Observer
from bot.transaction import Transaction

log = structlog.get_logger(__name__)

_UNREADABLE_PAUSE_S = 1.0
"""Seconds between two looks at an inbox that can't be read; chosen, not measured."""
_LOOK_AGAIN_S = 1.0
"""Seconds between two looks for what other replicas have left; chosen: it costs a short query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """What is handled at once, and what one visitor or all may ask; the defaults are those of `[limits]`."""

    chats_at_once: int = 32
    waiting_updates: int = 5000
    questions_per_minute: int = 20
    questions_per_day: int = 300
    uncounted: frozenset[int] = frozenset()
    """Chats in which people answer: these limits do not hold there."""


class Intake:
    """Takes updates in and has them handled."""

    def __init__(  # noqa: PLR0913 - what it works with, each by its name
        self,
        inbox: Inbox,
        transaction: Transaction,
        handler: Handler,
        *,
        limits: IntakeLimits,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        waiting: WaitingChats | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        self._observer = observer
        self._inbox = inbox
        self._waiting_room = waiting
        self._now = now
        self._pause = pause
        self._triage = Triage(limits.questions_per_minute, limits.questions_per_day, uncounted=limits.uncounted)
        self._backlog = Backlog()
        self._shedding = LoadShedding(self._triage, waiting_updates=limits.waiting_updates)
        self._handling = Handling(
            inbox,
            transaction,
            handler,
            places=limits.chats_at_once,
            now=now,
            pause=pause,
            waiting=waiting,
            observer=observer,
        )
        self._lanes = Lanes(self._handling, finished=self._finished, failed=self._request_stop)
        self._waiting = 0
        self._counting = asyncio.Lock()
        self._is_counted = False
        self._claiming = asyncio.Lock()
        """Of a shared inbox one transaction at a time hands updates out: they are taken up in the order of commits."""
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many stored updates are not handled yet."""
        return self._waiting

    def resume(self, asked: Mapping[VisitorId, int], day: date) -> None:
        """Take into account how many questions each visitor asked on the day, before this process began."""
        self._triage.resume(asked, day)

    def count_answered(self, visitor_id: int, at: datetime) -> None:
        """Count a question that was answered before this process began: a restart gives nobody more."""
        self._triage.count_answered(visitor_id, at)

    def count_answered_elsewhere(self, visitor_id: int, at: datetime) -> None:
        """Count a question that another replica has just answered, of the minute and of the day."""
        self._triage.count_answered_elsewhere(visitor_id, at)

    async def accept(self, updates: Sequence[IncomingUpdate]) -> int:
        """Store and commit updates; returns how many were new. Only then confirm them."""
        await self._shedding.wait_for_room()
        received_at = self._now()
        async with self._claiming if self._inbox.is_shared else nullcontext():
            begun = self._begun_at_once(updates)
            if not updates:
                return 0
            try:
                stored = await self._store(updates, received_at, begun)
            except BaseException:  # it may have been committed all the same
                self._leave_in_inbox(map(_update_id, updates))
                raise
            self._tell_received(updates, stored.new)
            if self._inbox.is_shared:
                self._take_up_mine([one for one in updates if one.update_id in stored.mine], received_at, begun)
            else:
                self._take_up_or_leave(updates, stored.new, received_at, begun)
        return stored.new

    def _take_up_or_leave(
        self, updates: Sequence[IncomingUpdate], new: int, received_at: datetime, begun: Container[int]
    ) -> None:
        """Nobody else handles them: what is not taken up now is read back later."""
        if new == len(updates):
            self._note_and_shed(updates, received_at)
        if new == len(updates) and self._takes_at_once(new):
            self._take_up_new(updates, received_at, begun)
        elif new:
            self._leave_in_inbox(map(_update_id, updates))

    def _take_up_mine(self, mine: Sequence[IncomingUpdate], received_at: datetime, begun: Container[int]) -> None:
        """Another replica handles the others, or nobody yet."""
        self._note_and_shed(mine, received_at)
        self._take_up_new(mine, received_at, begun)

    def _note_and_shed(self, updates: Sequence[IncomingUpdate], received_at: datetime) -> None:
        self._note_waiting(updates)
        for item, lane in self._shedding.shed(updates, received_at, waiting=self._waiting):
            self._enqueue(item, lane)

    def _tell_received(self, updates: Sequence[IncomingUpdate], new: int) -> None:
        """Of what came before as well, nobody knows which of them are new: they have no kind."""
        kinds = Counter(word(update.envelope.kind) for update in updates) if new == len(updates) else {"": new}
        for kind, count in kinds.items():
            self._observer.happened(Happening.UPDATES_RECEIVED, value=count, kind=kind)

    async def run(self) -> None:
        """Handle what waits, the backlog first, until `stop` is called.

        Raises:
            TokenRefusedError: Telegram does not accept the token; what waits is kept.
        """
        async with self._counting:
            self._waiting = await self._inbox.count_pending()
        async with asyncio.TaskGroup() as group:
            self._is_counted = True
            self._lanes.open(group)
            if self._inbox.is_shared:
                looking = group.create_task(self._look_again())
            while not self._stopping.is_set():
                await self._feed()
                await self._wake.wait()
            if self._inbox.is_shared:
                looking.cancel()
        if self._lanes.fatal is not None:
            raise self._lanes.fatal

    async def stop(self, limit_s: float) -> None:
        """Begin nothing more and wait until what was begun is done, at most `limit_s`; the rest stays stored."""
        self._request_stop()
        await self._lanes.drain(limit_s)

    async def _store(self, updates: Sequence[IncomingUpdate], received_at: datetime, begun: Container[int]) -> Stored:
        """Store and count them; not while `run` counts what is stored, or they would be counted twice."""
        rows = [
            StoredUpdate(one.update_id, one.lane, json.dumps(one.raw), received_at, int(one.update_id in begun))
            for one in updates
        ]
        async with nullcontext() if self._is_counted else self._counting:
            stored = await self._inbox.store(rows, takes=self._takes_at_once(len(updates)))
            self._waiting += len(stored.mine)
        return stored

    def _begun_at_once(self, updates: Sequence[IncomingUpdate]) -> Container[int]:
        """Ids of those whose first attempt begins as soon as they are stored: it needs no transaction of its own."""
        if not self._takes_at_once(len(updates)) or self._handling.is_full:
            return ()
        first = {update.lane: update.update_id for update in sorted(updates, key=_update_id, reverse=True)}
        return [update_id for lane, update_id in first.items() if _lane_of(lane) not in self._lanes]

    def _takes_at_once(self, count: int) -> bool:
        """Whether new updates need not be read back: nothing that came before them is still in the inbox alone.

        A shared inbox sees to that by itself.
        """
        is_next = self._inbox.is_shared or not self._backlog.may_hold_more
        return self._lanes.are_open and is_next and count <= self._backlog.room

    def _take_up_new(self, updates: Sequence[IncomingUpdate], received_at: datetime, begun: Container[int]) -> None:
        for update in sorted(updates, key=_update_id):
            if self._backlog.must_take_up(update.update_id):
                is_begun = update.update_id in begun
                self._queue(update, received_at, attempts=int(is_begun), attempt_is_open=is_begun)

    def _take_up_claimed(self, updates: Sequence[StoredUpdate]) -> None:
        """What a shared inbox has handed out; some of it may be at work already."""
        new = [stored for stored in updates if not self._backlog.knows(stored.update_id)]
        self._waiting += len(new)
        self._take_up_stored(new)

    def _take_up_stored(self, updates: Sequence[StoredUpdate]) -> None:
        for stored in updates:
            if self._backlog.must_take_up(stored.update_id):
                update = parse_update(stored.payload)
                self._note_waiting([update])
                self._queue(update, stored.received_at, attempts=stored.attempts, attempt_is_open=False)

    def _queue(self, update: IncomingUpdate, received_at: datetime, *, attempts: int, attempt_is_open: bool) -> None:
        treatment = self._triage.treatment(update.envelope, received_at, now=self._now())
        self._enqueue(QueuedUpdate(update, attempts, treatment, attempt_is_open, received_at), _lane_of(update.lane))

    def _enqueue(self, item: QueuedUpdate, lane: Lane) -> None:
        self._backlog.load(item.update.update_id)
        self._lanes.add(item, lane)

    def _note_waiting(self, updates: Sequence[IncomingUpdate]) -> None:
        if self._waiting_room is not None:
            for update in updates:
                self._waiting_room.came(update.envelope)

    def _leave_in_inbox(self, update_ids: Iterable[int]) -> None:
        """What of them is this process's is read back."""
        self._backlog.leave(update_ids)
        self._wake.set()

    def _request_stop(self) -> None:
        self._stopping.set()
        self._lanes.close()
        self._wake.set()

    async def _feed(self) -> None:
        """Load what waits, as far as there is room."""
        self._wake.clear()
        while self._backlog.may_hold_more and not self._stopping.is_set() and (room := self._backlog.room) > 0:
            try:
                found = await self._next_page(room)
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; the loop must not end
                log.warning("inbox_unreadable", error=type(error).__name__)
                await self._pause(_UNREADABLE_PAUSE_S)
                continue
            self._backlog.end_page(is_last=found < room)

    async def _next_page(self, room: int) -> int:
        """Take up some of what waits; returns how many."""
        if not self._inbox.is_shared:
            updates = await self._inbox.pending(after=self._backlog.next_page(), limit=room)
            self._take_up_stored(updates)
            return len(updates)
        async with self._claiming:
            updates = await self._inbox.pending(after=self._backlog.next_page(), limit=room)
            self._take_up_claimed(updates)
        return len(updates)

    async def _look_again(self) -> None:
        """A replica that died, or had no room, has left something."""
        while True:
            await self._pause(_LOOK_AGAIN_S)
            self._backlog.look_again()
            self._wake.set()

    def _finished(self, items: Sequence[QueuedUpdate], closed: Closed) -> None:
        for item in items:
            update_id = item.update.update_id
            (self._backlog.forget if update_id in closed.lost else self._backlog.finish)(update_id)
            self._shedding.finish(update_id)
        self._waiting -= len(items)
        if closed.lost:
            self._leave_in_inbox(closed.lost)
        self._take_up_claimed(closed.came)
        if self._backlog.has_much_room:
            self._wake.set()


def _update_id(update: IncomingUpdate) -> int:
    return update.update_id


def _lane_of(chat: int) -> Lane:
    return ("chat", chat)
