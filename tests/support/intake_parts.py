"""An intake over a fake inbox, the updates that come in by it, and a handler that notes what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from bot.chat.wire.envelope import IncomingUpdate, read_update
from bot.chat.wire.intake import Intake, IntakeLimits
from bot.chat.wire.triage import Treatment
from bot.chat_state.model import InboxState
from bot.chat_state.ports import Effect
from bot.observing import NOBODY, Observer
from tests.support.chat_rig import NOW, message, no_pause, person, until
from tests.support.fakes import FakeInbox, FakeState


class RecordingHandler:
    """Notes what it is given; `act` may fail or wait."""

    def __init__(self, act: Callable[[IncomingUpdate], Any] = lambda update: ()) -> None:
        self.act = act
        self.handled: list[tuple[int, Treatment]] = []
        self.apologies: list[int] = []
        self.chat_waits: dict[int, float] = {}
        self.at_once = 0
        self.most_at_once = 0

    async def handle(self, update: IncomingUpdate, treatment: Treatment) -> Sequence[Effect]:
        self.handled.append((update.update_id, treatment))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            result = self.act(update)
            return (await result) if asyncio.iscoroutine(result) else result
        finally:
            self.at_once -= 1

    def wait_s(self, update: IncomingUpdate) -> float:
        return self.chat_waits.get(update.lane, 0.0)

    async def apologise(self, update: IncomingUpdate) -> None:
        self.apologies.append(update.update_id)

    def ids(self, treatment: Treatment = Treatment.NORMAL) -> list[int]:
        return [update_id for update_id, how in self.handled if how is treatment]


class Door:
    """An intake over a fake inbox whose clock stands still."""

    def __init__(
        self,
        handler: RecordingHandler,
        state: FakeState | None = None,
        *,
        pause: Callable[[float], Awaitable[object]] = no_pause,
        observer: Observer = NOBODY,
        **limits: int,
    ) -> None:
        self.handler = handler
        self.state = state or FakeState()
        self.inbox = FakeInbox(self.state)
        self.now = NOW
        values: dict[str, Any] = {
            "chats_at_once": 8,
            "waiting_updates": 5000,
            "questions_per_minute": 10_000,
            "questions_per_day": 10_000,
        } | limits
        self.intake = Intake(
            self.inbox,
            self.state.transaction,
            handler,
            limits=IntakeLimits(**values),
            now=lambda: self.now,
            pause=pause,
            observer=observer,
        )

    async def accept(self, raws: Iterable[dict[str, object]]) -> int:
        """Take in what Telegram sent."""
        return await self.intake.accept([read_update(raw) for raw in raws])

    async def finish(self) -> None:
        """Handle all that waits, then stop."""
        running = asyncio.create_task(self.intake.run())
        await until(lambda: self.is_empty or running.done())
        await self.intake.stop(5.0)
        await running

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits any more."""
        return all(row.state is not InboxState.PENDING for row in self.state.inbox.values())


def updates(*pairs: tuple[int, int], **fields: Any) -> list[dict]:
    return [{"update_id": update_id} | message("hi", user=person(user_id), **fields) for update_id, user_id in pairs]
