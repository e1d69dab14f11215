"""The durable inbox at work: store the update, then confirm it, then handle it.

Updates of one chat are handled strictly in order, chats beside each other. «Done» is committed together with the
effects of the update, so a kill at any moment loses nothing and stores nothing twice.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

import structlog

from bot.chat.wire.envelope import Envelope, IncomingUpdate, UpdateKind, parse_update
from bot.chat.wire.sender import TokenRefusedError, UnreachableError
from bot.chat.wire.triage import Treatment, Triage
from bot.chat_state.model import StoredUpdate
from bot.chat_state.ports import Effect, Inbox
from bot.ids import VisitorId
from bot.transaction import Transaction

log = structlog.get_logger(__name__)

ATTEMPTS = 3
_COMMIT_TRIES = 5
_LOADED_AT_MOST = 1000
_SHED_AT_ONCE = 4
_DROPPED = ("dropped", 0)
"""The lane of what is closed without a word, many at once: a flood costs one transaction for all that waits."""
_DROPPED_AT_ONCE = 100
_SHED_AT_MOST = 500
_REMEMBERED = 10_000
_LET_GO_S = 5.0
_RETRY_S = 0.2
_LONGEST_PAUSE_S = 30.0
_LONGEST_CHAT_WAIT_S = 3.0
"""A chat that writes too fast waits beside the others; longer pauses are told by the sender when it tries."""
_NONE = 2**63
"""Above every update_id."""


class Handler(Protocol):
    """Handles one update."""

    async def handle(self, update: IncomingUpdate, treatment: Treatment) -> Sequence[Effect]:
        """Send what is to be sent; returns what is to be stored with it."""
        ...

    async def apologise(self, update: IncomingUpdate) -> None:
        """Tell the visitor that their update failed for good."""
        ...

    def wait_s(self, update: IncomingUpdate) -> float:
        """Seconds for which the chat has had enough: it should wait them out without taking a place."""
        ...


class WaitingChats(Protocol):
    """Knows who waits."""

    def came(self, envelope: Envelope) -> None:
        """An update is stored. Twice changes nothing."""
        ...

    def begun(self, update_id: int, lane: int) -> None:
        """It waits no longer."""
        ...


@dataclass(slots=True)
class _Item:
    update: IncomingUpdate
    attempts: int
    treatment: Treatment
    attempt_is_open: bool = False
    """The attempt is counted, but nothing was sent yet: what begins now is no new one."""


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What is handled at once, and what one visitor or all may ask."""

    chats_at_once: int
    waiting_updates: int
    questions_per_minute: int
    questions_per_day: int


class Intake:
    """Takes updates in and has them handled."""

    def __init__(
        self,
        inbox: Inbox,
        transaction: Transaction,
        handler: Handler,
        *,
        limits: IntakeLimits,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        waiting: WaitingChats | None = None,
    ) -> None:
        self._inbox = inbox
        self._waiting_room = waiting
        self._transaction = transaction
        self._handler = handler
        self._limits = limits
        self._now = now
        self._pause = pause
        self._slots = asyncio.Semaphore(limits.chats_at_once)
        self._triage = Triage(limits.questions_per_minute, limits.questions_per_day)
        self._lanes: dict[tuple[str, int], deque[_Item]] = {}
        self._loaded: set[int] = set()
        self._shed: set[int] = set()
        self._shed_room = asyncio.Event()
        self._shed_room.set()
        self._finished: deque[int] = deque(maxlen=_REMEMBERED)
        self._finished_ids: set[int] = set()
        self._waiting = 0
        self._counting = asyncio.Lock()
        self._cursor = -1
        self._oldest_new = _NONE
        """The lowest update_id that came in since the inbox was last read: it may stand before the cursor."""
        self._may_hold_more = True
        """Whether the inbox may hold updates that were not taken up yet: those go before what comes in now."""
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._fatal: TokenRefusedError | None = None

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

    async def accept(self, updates: Sequence[IncomingUpdate]) -> int:
        """Store and commit updates; returns how many were new. Only then confirm them."""
        await self._shed_room.wait()
        received_at = self._now()
        begun = self._begun_at_once(updates)
        if not updates:
            return 0
        try:
            new = await self._store(
                [
                    StoredUpdate(one.update_id, one.lane, json.dumps(one.raw), received_at, int(one.update_id in begun))
                    for one in updates
                ]
            )
        except BaseException:  # it may have been committed all the same
            self._leave_in_inbox(updates)
            raise
        if new == len(updates):
            self._note_waiting(updates)
            self._shed_load(updates, received_at)
        if new == len(updates) and self._takes_at_once(new):
            self._take_up_new(updates, received_at, begun)
        elif new:
            self._leave_in_inbox(updates)
        return new

    async def run(self) -> None:
        """Handle what waits, the backlog first, until `stop` is called.

        Raises:
            TokenRefusedError: Telegram does not accept the token; what waits is kept.
        """
        async with self._counting:
            self._waiting = await self._inbox.count_pending()
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._start_express_lanes()
            while not self._stopping.is_set():
                await self._feed()
                await self._wake.wait()
        if self._fatal is not None:
            raise self._fatal

    async def stop(self, limit_s: float) -> None:
        """Begin nothing more and wait until what was begun is done, at most `limit_s`; the rest stays stored."""
        self._request_stop()
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=limit_s)
            for task in late:
                task.cancel()
            if late:
                log.warning("drain_cut_short", chats=len(late))
                # Who cancels them again while they close what they had open may wait for ever for the database.
                await asyncio.wait(late, timeout=_LET_GO_S)

    async def _store(self, updates: Sequence[StoredUpdate]) -> int:
        """Store and count them; not while `run` counts what is stored, or they would be counted twice."""
        async with self._counting if self._group is None else nullcontext():
            new = await self._inbox.store(updates)
            self._waiting += new
        return new

    def _begun_at_once(self, updates: Sequence[IncomingUpdate]) -> Container[int]:
        """Ids of those whose first attempt begins as soon as they are stored: it needs no transaction of its own."""
        if not self._takes_at_once(len(updates)) or self._slots.locked():
            return ()
        first = {update.lane: update.update_id for update in sorted(updates, key=_update_id, reverse=True)}
        return [update_id for lane, update_id in first.items() if ("chat", lane) not in self._lanes]

    def _takes_at_once(self, count: int) -> bool:
        """Whether new updates need not be read back: nothing that came before them is still in the inbox alone."""
        is_at_work = self._group is not None and not self._stopping.is_set()
        return is_at_work and not self._may_hold_more and len(self._loaded) + count <= _LOADED_AT_MOST

    def _take_up_new(self, updates: Sequence[IncomingUpdate], received_at: datetime, begun: Container[int]) -> None:
        for update in sorted(updates, key=_update_id):
            if self._must_take_up(update.update_id):
                is_begun = update.update_id in begun
                self._queue(update, received_at, attempts=int(is_begun), attempt_is_open=is_begun)

    def _take_up_stored(self, updates: Sequence[StoredUpdate]) -> None:
        for stored in updates:
            if self._must_take_up(stored.update_id):
                update = parse_update(stored.payload)
                self._note_waiting([update])
                self._queue(update, stored.received_at, attempts=stored.attempts, attempt_is_open=False)

    def _must_take_up(self, update_id: int) -> bool:
        """Whether it is neither at work nor done already; from now on it counts as read."""
        self._cursor = max(self._cursor, update_id)
        return update_id not in self._loaded and update_id not in self._finished_ids

    def _queue(self, update: IncomingUpdate, received_at: datetime, *, attempts: int, attempt_is_open: bool) -> None:
        treatment = self._triage.treatment(update.envelope, received_at, now=self._now())
        self._enqueue(_Item(update, attempts, treatment, attempt_is_open), ("chat", update.lane))

    def _note_waiting(self, updates: Sequence[IncomingUpdate]) -> None:
        if self._waiting_room is not None:
            for update in updates:
                self._waiting_room.came(update.envelope)

    def _leave_in_inbox(self, updates: Sequence[IncomingUpdate]) -> None:
        self._oldest_new = min(self._oldest_new, *(update.update_id for update in updates))
        self._may_hold_more = True
        self._wake.set()

    def _request_stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    async def _feed(self) -> None:
        """Load what waits, as far as there is room."""
        self._wake.clear()
        while self._may_hold_more and not self._stopping.is_set() and (room := _LOADED_AT_MOST - len(self._loaded)) > 0:
            self._cursor, self._oldest_new = min(self._cursor, self._oldest_new - 1), _NONE
            try:
                updates = await self._inbox.pending(after=self._cursor, limit=room)
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; the loop must not end
                log.warning("inbox_unreadable", error=type(error).__name__)
                await self._pause(1.0)
                continue
            self._take_up_stored(updates)
            if len(updates) < room and self._oldest_new == _NONE:
                self._may_hold_more = False

    def _enqueue(self, item: _Item, lane: tuple[str, int]) -> None:
        self._loaded.add(item.update.update_id)
        if item.treatment is Treatment.DROP:
            lane = _DROPPED
        queue = self._lanes.get(lane)
        if queue is not None:
            queue.append(item)
            return
        self._lanes[lane] = deque([item])
        self._start_lane(lane)

    def _start_lane(self, lane: tuple[str, int]) -> None:
        if self._group is None:  # taken in before `run`: the lanes start with it
            return
        task = self._group.create_task(self._work(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_express_lanes(self) -> None:
        for lane in list(self._lanes):
            self._start_lane(lane)

    async def _work(self, lane: tuple[str, int]) -> None:
        """Handle a lane's updates one after the other until there is none."""
        queue = self._lanes[lane]
        try:
            while queue and not self._stopping.is_set():
                if lane == _DROPPED:
                    await self._drop(queue)
                else:
                    await self._finish(queue[0])
                    self._remember(queue.popleft())
        except TokenRefusedError as error:
            self._fatal = error
            self._request_stop()
        finally:
            del self._lanes[lane]

    async def _drop(self, queue: deque[_Item]) -> None:
        """Close what has gathered meanwhile."""
        updates = [item.update for item in islice(queue, _DROPPED_AT_ONCE)]
        async with self._slots:
            await self._commit(updates, ())
        for _ in updates:
            self._remember(queue.popleft())

    def _remember(self, item: _Item) -> None:
        update_id = item.update.update_id
        if len(self._finished) == self._finished.maxlen:
            self._finished_ids.discard(self._finished[0])
        self._finished.append(update_id)
        self._finished_ids.add(update_id)
        self._loaded.discard(update_id)
        self._waiting -= 1
        self._shed.discard(update_id)
        if len(self._shed) < _SHED_AT_MOST:
            self._shed_room.set()
        if len(self._loaded) < _LOADED_AT_MOST // 2:
            self._wake.set()

    async def _finish(self, item: _Item) -> None:
        """Try until the update is done or has failed for good; chats that wait hold up nobody."""
        pauses = 0
        while True:
            if item.treatment is Treatment.NORMAL and (wait_s := self._handler.wait_s(item.update)):
                await self._pause(min(wait_s, _LONGEST_CHAT_WAIT_S))
            async with self._slots:
                if self._waiting_room is not None:
                    self._waiting_room.begun(item.update.update_id, item.update.lane)
                pause_s = await self._try(item)
            if pause_s is None:
                return
            pauses += 1
            await self._pause(min(pause_s * pauses, _LONGEST_PAUSE_S))

    async def _try(self, item: _Item) -> float | None:
        """One attempt; returns how long to wait before the next, None when there is nothing more to do."""
        update = item.update
        if not item.attempt_is_open:
            item.attempts = await self._inbox.attempted(update.update_id)
            if item.attempts > ATTEMPTS:  # it took the whole process down, the last time too
                await self._give_up(item)
                return None
        try:
            effects = await self._handler.handle(update, item.treatment)
        except UnreachableError as error:
            item.attempt_is_open = True
            return error.pause_s
        except TokenRefusedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler does, the others' updates go on
            item.attempt_is_open = False
            log.warning("update_failed", update_id=update.update_id, attempt=item.attempts, **_where(error))
            if item.attempts < ATTEMPTS:
                return _RETRY_S
            await self._give_up(item)
            return None
        await self._commit([update], effects)
        return None

    async def _give_up(self, item: _Item) -> None:
        update = item.update
        log.error("update_given_up", update_id=update.update_id, attempts=item.attempts)
        try:
            await self._handler.apologise(update)
        except TokenRefusedError:
            raise
        except Exception as error:  # noqa: BLE001 - the apology is a courtesy
            log.warning("apology_failed", update_id=update.update_id, **_where(error))
        async with self._transaction():
            await self._inbox.failed(update.update_id, now=self._now())

    async def _commit(self, updates: Sequence[IncomingUpdate], effects: Sequence[Effect]) -> None:
        """Store the effects and «done» in one transaction; what was sent is not sent again when the database sulks."""
        update_ids = [update.update_id for update in updates]
        for attempt in range(1, _COMMIT_TRIES + 1):
            try:
                async with self._transaction():
                    for effect in effects:
                        await effect()
                    await self._inbox.done(*update_ids, now=self._now())
            except Exception as error:  # noqa: BLE001 - retried, then given up without a second message
                log.warning("effects_not_stored", update_id=update_ids[0], attempt=attempt, **_where(error))
                await self._pause(0.2 * attempt)
            else:
                return
        log.error("effects_given_up", update_id=update_ids[0], updates=len(update_ids))
        async with self._transaction():
            await self._inbox.failed(*update_ids, now=self._now())

    def _shed_load(self, updates: Sequence[IncomingUpdate], received_at: datetime) -> None:
        """When too much waits, new questions get a short text at once instead of an answer much later."""
        if self._waiting <= self._limits.waiting_updates:
            return
        for update in updates:
            if update.envelope.kind is not UpdateKind.QUESTION:
                continue
            self._shed.add(update.update_id)
            treatment = self._triage.shed(update.envelope, received_at)
            self._enqueue(_Item(update, 0, treatment), ("busy", update.update_id % _SHED_AT_ONCE))
        if len(self._shed) >= _SHED_AT_MOST:
            self._shed_room.clear()


def _update_id(update: IncomingUpdate) -> int:
    return update.update_id


def _where(error: BaseException) -> dict[str, str]:
    """Kind and place of an error, without its message: a visitor's text may be in it."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return {"error": type(error).__name__, "where": places}
