"""One update at the front of its lane: tried until it is done or has failed for good.

«Done» is committed together with the effects of the update, so a kill at any moment loses nothing and stores nothing
twice.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import structlog

from bot.chat.wire.envelope import Envelope, IncomingUpdate
from bot.chat.wire.lanes import Closed, QueuedUpdate
from bot.chat.wire.seeing import until_reply, word
from bot.chat.wire.sender import TokenRefusedError, UnreachableError
from bot.chat.wire.triage import Treatment
from bot.chat_state.model import StoredUpdate
from bot.chat_state.ports import Effect, Inbox
from bot.errors import ClaimLostError, DatabaseAwayError
from bot.observing import NOBODY, Happening, Observer, Work
from bot.transaction import Transaction

log = structlog.get_logger(__name__)

ATTEMPTS = 3
"""Errors of its handler, or deaths of its process, before an update is no more taken for a bystander: one more than a
single accident takes. Chosen, not measured."""
_ATTEMPTS_ALONE = 3
"""Tries that follow those deaths, with nothing else under way: who dies of another's update is not given up with it.
Chosen, not measured."""
_COMMIT_TRIES = 5
"""Tries to store the effects before the update is given up; see `_COMMIT_RETRY_S`."""
_COMMIT_RETRY_S = 0.2
"""Seconds to wait after the first failed commit, twice that after the second, and so on: 3 s in all, in which a locked
database is free again. Chosen, not measured."""
_AWAY_S = 0.5
"""Seconds until a database that is away is asked again, times the number of pauses so far. Chosen, not measured."""
_RETRY_S = 0.2
"""Seconds between two attempts after an error of a handler, times the number of pauses so far."""
_LONGEST_PAUSE_S = 30.0
"""Seconds at most between two attempts while Telegram is away, as `bot.chat.wire.polling` waits."""
_LONGEST_CHAT_WAIT_S = 3.0
"""A chat that writes too fast waits beside the others; longer pauses are told by the sender when it tries."""


_Result = TypeVar("_Result")


class _Closing(Protocol):
    """Says of updates that they are done, or have failed; see `bot.chat_state.ports.Inbox`."""

    async def __call__(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """Returns what comes next."""
        ...


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


class Handling:
    """Implements `bot.chat.wire.lanes.Worker`: at most `places` updates are handled at once."""

    def __init__(  # noqa: PLR0913 - what it works with, each by its name
        self,
        inbox: Inbox,
        transaction: Transaction,
        handler: Handler,
        *,
        places: int,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        waiting: WaitingChats | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        self._observer = observer
        self._inbox = inbox
        self._transaction = transaction
        self._handler = handler
        self._count = places
        self._places = asyncio.Semaphore(places)
        self._gathering_places = asyncio.Lock()
        self._now = now
        self._pause = pause
        self._waiting = waiting

    @property
    def is_full(self) -> bool:
        """Whether one more update would have to wait for a place."""
        return self._places.locked()

    async def finish(self, item: QueuedUpdate) -> Closed:
        """See the port; chats that wait hold up nobody."""
        pauses = 0
        while True:
            if item.treatment is Treatment.NORMAL and (wait_s := self._handler.wait_s(item.update)):
                await self._pause(min(wait_s, _LONGEST_CHAT_WAIT_S))
            async with self._everything() if _is_suspect(item) else self._places:
                if self._waiting is not None:
                    self._waiting.begun(item.update.update_id, item.update.lane)
                closed = await self._try(item)
            if isinstance(closed, Closed):
                return closed
            pauses += 1
            await self._pause(min(closed * pauses, _LONGEST_PAUSE_S))

    async def drop(self, items: list[QueuedUpdate]) -> Closed:
        """See the port."""
        async with self._places:
            closed = await self._commit(items, ())
        self._observer.happened(Happening.UPDATES_DROPPED, value=len(items) - len(closed.lost))
        return closed

    async def _try(self, item: QueuedUpdate) -> float | Closed:
        """One attempt; returns how long to wait before the next, or what came of it when there is no more to do."""
        update = item.update
        if not item.attempt_is_open and (closed := await self._begin(item)) is not None:
            return closed
        try:
            effects = await self._handled(item)
        except UnreachableError as error:
            item.attempt_is_open = True
            return error.pause_s
        except DatabaseAwayError as error:
            log.warning("update_waits_for_database", update_id=update.update_id, reason=str(error))
            item.attempt_is_open = True
            return _AWAY_S
        except TokenRefusedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler does, the others' updates go on
            item.attempt_is_open = False
            item.errors += 1
            log.warning("update_failed", update_id=update.update_id, attempt=item.attempts, **_where(error))
            if item.errors < ATTEMPTS:
                return _RETRY_S
            return await self._give_up(item)
        return await self._commit([item], effects)

    async def _begin(self, item: QueuedUpdate) -> Closed | None:
        """Count one more attempt; returns what came of it where none is to be made."""
        update_id = item.update.update_id
        attempts = await self._once_there(lambda: self._inbox.attempted(update_id))
        if attempts is None:
            log.warning("update_taken_over", update_id=update_id)
            return Closed(lost=frozenset({update_id}))
        item.attempts = attempts
        if item.attempts > ATTEMPTS + _ATTEMPTS_ALONE:  # it took the whole process down, alone as well
            return await self._give_up(item)
        return None

    @asynccontextmanager
    async def _everything(self) -> AsyncIterator[None]:
        """Every place at once."""
        async with self._gathering_places, AsyncExitStack() as stack:
            for _ in range(self._count):
                await stack.enter_async_context(self._places)
            yield

    async def _handled(self, item: QueuedUpdate) -> Sequence[Effect]:
        """Have it handled, with the observer looking on."""
        update, facts = item.update, {"kind": word(item.update.envelope.kind), "treatment": word(item.treatment)}
        with (
            self._observer.work(Work.UPDATE, **facts) as notes,
            until_reply(update, item.received_at, self._observer, now=self._now),
        ):
            try:
                effects = await self._handler.handle(update, item.treatment)
            except UnreachableError:
                notes.note(result="unreachable")
                raise
            notes.note(result="handled")
            return effects

    async def _give_up(self, item: QueuedUpdate) -> Closed:
        update = item.update
        log.error("update_given_up", update_id=update.update_id, attempts=item.attempts)
        try:
            await self._handler.apologise(update)
        except TokenRefusedError:
            raise
        except Exception as error:  # noqa: BLE001 - the apology is a courtesy
            log.warning("apology_failed", update_id=update.update_id, **_where(error))
        return await self._fail([item])

    async def _commit(self, items: Sequence[QueuedUpdate], effects: Sequence[Effect]) -> Closed:
        """Store the effects and «done» in one transaction; what was sent is not sent again when that fails."""
        for attempt in range(1, _COMMIT_TRIES + 1):
            try:
                return await self._close(items, self._inbox.done, effects)
            except Exception as error:  # noqa: BLE001 - retried, then given up without a second message
                first = items[0].update.update_id
                log.warning("effects_not_stored", update_id=first, attempt=attempt, **_where(error))
                await self._pause(_COMMIT_RETRY_S * attempt)
        log.error("effects_given_up", update_id=items[0].update.update_id, updates=len(items))
        return await self._fail(items)

    async def _fail(self, items: Sequence[QueuedUpdate]) -> Closed:
        closed = await self._close(items, self._inbox.failed)
        for item in items:
            if item.update.update_id not in closed.lost:
                self._observer.happened(Happening.UPDATE_GIVEN_UP, kind=word(item.update.envelope.kind))
        return closed

    async def _close(self, items: Sequence[QueuedUpdate], how: _Closing, effects: Sequence[Effect] = ()) -> Closed:
        """Store it with the effects, which are of one update alone. Of several, some may be lost, others closed."""
        update_ids = [item.update.update_id for item in items]

        async def store() -> Closed:
            async with self._transaction():
                await self._inbox.hold(*update_ids)
                for effect in effects:
                    await effect()
                return Closed(await how(*update_ids, now=self._now()))

        try:
            return await self._once_there(store)
        except ClaimLostError as error:
            log.warning("effects_not_stored", update_id=update_ids[0], reason=str(error))
            others = [item for item in items if item.update.update_id not in error.lost]
            closed = await self._close(others, how) if others else Closed()
            return replace(closed, lost=closed.lost | error.lost)

    async def _once_there(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do it, again and again while the database is away: what waits is stored, and goes on when that comes back."""
        pauses = 0
        while True:
            try:
                return await work()
            except DatabaseAwayError as error:
                log.warning("database_away", reason=str(error))
            pauses += 1
            await self._pause(min(_AWAY_S * pauses, _LONGEST_PAUSE_S))


def _is_suspect(item: QueuedUpdate) -> bool:
    """Whether so many processes died while it was under way that the next to die must die of it alone, or not of it."""
    return item.attempts - item.attempt_is_open - item.errors >= ATTEMPTS


def _where(error: BaseException) -> dict[str, str]:
    """Kind and place of an error, without its message: a visitor's text may be in it."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return {"error": type(error).__name__, "where": places}
