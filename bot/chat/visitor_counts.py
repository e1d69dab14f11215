"""What a visitor asked counts against their limits wherever it was answered: before a start, and by other replicas."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container, Iterable
from datetime import UTC, datetime, timedelta

import structlog

from bot.answering.model import TurnRecord
from bot.answering.ports import TurnStore
from bot.chat.wire.intake import Intake
from bot.chat.wire.rate_limits import CpuBudget

log = structlog.get_logger(__name__)

_MINUTE = timedelta(minutes=1)
_MOST = 5000
"""Answers that are counted at once: more than are given in a minute. By reasoning."""
_LOOK_S = 1.0
"""How soon others' answers count here; chosen: it costs one short query."""
_LOOK_BACK = timedelta(seconds=30)
"""How long after it was asked an answer is looked for: as long as one may take and clocks may differ. By reasoning."""


class VisitorCounts:
    """Feeds the limits of one process from the answers that are stored."""

    def __init__(
        self,
        intake: Intake,
        cpu: CpuBudget,
        turns: TurnStore,
        *,
        made_here: Container[str],
        now: Callable[[], datetime],
    ) -> None:
        """`made_here` holds the ids of the answers that this process gave: they count already."""
        self._intake, self._cpu, self._turns = intake, cpu, turns
        self._made_here = made_here
        self._now = now
        self._seen: deque[str] = deque(maxlen=_MOST)

    async def begin(self) -> None:
        """A start gives nobody more, of a minute or of a day."""
        midnight = self._now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._intake.resume(await self._turns.asked_since(midnight), midnight.date())
        answered = await self._turns.answered_since(self._now() - _MINUTE, limit=_MOST)
        self._count(answered, self._intake.count_answered)

    async def keep_up(self, pause: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Several replicas give nobody more than one does, but for what they answer within a second; runs on and on."""
        while True:
            await pause(_LOOK_S)
            try:
                answered = await self._turns.answered_since(self._now() - _LOOK_BACK, limit=_MOST)
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; the loop must not end
                log.warning("others_answers_not_counted", error=type(error).__name__)
                continue
            known = {*self._seen}
            new = [turn for turn in answered if turn.turn_id not in known and turn.turn_id not in self._made_here]
            self._count(new, self._intake.count_answered_elsewhere)

    def _count(self, answered: Iterable[TurnRecord], count: Callable[[int, datetime], object]) -> None:
        """An answer that a language model worded took its time mostly waiting: that is no processor's."""
        for turn in answered:
            self._seen.append(turn.turn_id)
            count(turn.visitor_id, turn.asked_at)
            if not turn.composed:
                self._cpu.spend(turn.visitor_id, turn.asked_at, turn.took_ms / 1000)
