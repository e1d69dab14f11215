"""Updates in lanes: one after the other within a lane, the lanes beside each other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

import structlog

from bot.chat.wire.envelope import IncomingUpdate
from bot.chat.wire.sender import TokenRefusedError
from bot.chat.wire.triage import Treatment
from bot.chat_state.model import StoredUpdate

log = structlog.get_logger(__name__)

Lane = tuple[str, int]
"""Its kind and its number: `("chat", 7)` is the chat 7."""
DROPPED: Lane = ("dropped", 0)
"""The lane of what is closed without a word, many at once: a flood costs one transaction for all that waits."""
_DROPPED_AT_ONCE = 100
"""Updates a transaction, as many as Telegram hands out at once; chosen, not measured."""
_LET_GO_S = 1.0
"""Seconds for those that were cut short to close what they had open: of the time for closing. Chosen."""


@dataclass(slots=True)
class QueuedUpdate:
    """An update that waits in a lane, or is being handled."""

    update: IncomingUpdate
    attempts: int
    treatment: Treatment
    attempt_is_open: bool = False
    """The attempt is counted, but nothing was sent yet: what begins now is no new one."""
    received_at: datetime | None = None
    """When it was stored; None where nobody will wait for a reply."""
    errors: int = 0
    """How often its handler failed in this process."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of updates that were worked on, besides those that are done or have failed for good."""

    came: Sequence[StoredUpdate] = ()
    """What another replica stored to come next."""
    lost: frozenset[int] = frozenset()
    """The ids of those that another replica has taken over: it may leave them to this one again."""


class Worker(Protocol):
    """Does what has come to the front of a lane."""

    async def finish(self, item: QueuedUpdate) -> Closed:
        """Try until the update is done, has failed for good, or is lost."""
        ...

    async def drop(self, items: list[QueuedUpdate]) -> Closed:
        """Close them without a word."""
        ...


class Lanes:
    """The lanes with something in them, a task each."""

    def __init__(
        self,
        worker: Worker,
        *,
        finished: Callable[[Sequence[QueuedUpdate], Closed], object],
        failed: Callable[[], object],
    ) -> None:
        """`finished` is told what leaves and what comes next; `failed` that nothing more can be done (see `fatal`)."""
        self._worker = worker
        self._finished = finished
        self._failed = failed
        self._queues: dict[Lane, deque[QueuedUpdate]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._is_stopping = False
        self.fatal: TokenRefusedError | None = None
        """What ended all lanes."""

    def __contains__(self, lane: Lane) -> bool:
        """Whether the lane has something in it."""
        return lane in self._queues

    @property
    def are_open(self) -> bool:
        """Whether what is added is begun."""
        return self._group is not None and not self._is_stopping

    def add(self, item: QueuedUpdate, lane: Lane) -> None:
        """Put an update into its place in a lane, by its number; before `open` it only waits there."""
        if item.treatment is Treatment.DROP:
            lane = DROPPED
        queue = self._queues.get(lane)
        if queue is not None:
            _put_in(queue, item)
            return
        self._queues[lane] = deque([item])
        self._start(lane)

    def open(self, group: asyncio.TaskGroup) -> None:
        """Begin with what waits; from now on the lanes' tasks live in the group."""
        self._group = group
        for lane in list(self._queues):
            self._start(lane)

    def close(self) -> None:
        """Begin no update any more."""
        self._is_stopping = True

    async def drain(self, limit_s: float) -> None:
        """Wait until what was begun is done, at most `limit_s`; what is late is cancelled."""
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        if not tasks:
            return
        _done, late = await asyncio.wait(tasks, timeout=limit_s)
        for task in late:
            task.cancel()
        if late:
            log.warning("drain_cut_short", chats=len(late))
            # Who cancels them again while they close what they had open may wait for ever for the database.
            await asyncio.wait(late, timeout=_LET_GO_S)

    def _start(self, lane: Lane) -> None:
        if self._group is None:
            return
        task = self._group.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane) -> None:
        """Handle a lane's updates one after the other until there is none."""
        queue = self._queues[lane]
        try:
            while queue and not self._is_stopping:
                if lane == DROPPED:
                    await self._drop(queue)
                else:
                    closed = await self._worker.finish(queue[0])
                    self._finished([queue[0]], closed)  # what comes next finds the lane still there
                    queue.popleft()
        except TokenRefusedError as error:
            self.fatal = error
            self._failed()
        finally:
            del self._queues[lane]

    async def _drop(self, queue: deque[QueuedUpdate]) -> None:
        """Close what has gathered meanwhile."""
        items = list(islice(queue, _DROPPED_AT_ONCE))
        closed = await self._worker.drop(items)
        self._finished(items, closed)
        for _ in items:
            queue.popleft()


def _put_in(queue: deque[QueuedUpdate], item: QueuedUpdate) -> None:
    """Behind all that came before it, and never before the first, which is being handled."""
    place = len(queue)
    while place > 1 and queue[place - 1].update.update_id > item.update.update_id:
        place -= 1
    queue.insert(place, item)
