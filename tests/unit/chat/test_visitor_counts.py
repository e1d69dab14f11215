"""What counts against a visitor's limits though this process did not answer it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.answering.model import Outcome, TurnRecord
from bot.chat.visitor_counts import VisitorCounts
from bot.chat.wire.rate_limits import CpuBudget
from bot.errors import DatabaseError
from bot.ids import ChatId, Locale, VisitorId
from tests.support.chat_rig import NOW
from tests.support.fakes import FakeState, FakeTurnStore
from tests.support.intake_parts import Door, RecordingHandler, updates

VISITOR = 1
CPU_S = 6.0


def turn(name: str, *, ago_s: float = 1.0, took_ms: float = 3.0) -> TurnRecord:
    at = NOW - timedelta(seconds=ago_s)
    who = VisitorId(VISITOR)
    return TurnRecord(name, ChatId(VISITOR), who, at, "q", Locale.EN, Outcome.ANSWERED, 0.9, (), took_ms)


class Looks:
    """A pause that ends the loop after so many looks."""

    def __init__(self, count: int) -> None:
        self.left = count

    async def __call__(self, seconds: float) -> None:
        if self.left == 0:
            raise asyncio.CancelledError
        self.left -= 1


async def keep_up(door: Door, turns: FakeTurnStore, *, made_here=(), cpu=None, looks: int = 1) -> None:
    counts = VisitorCounts(door.intake, cpu or CpuBudget(CPU_S), turns, made_here=made_here, now=lambda: NOW)
    with pytest.raises(asyncio.CancelledError):
        await counts.keep_up(Looks(looks))


async def admitted(door: Door, count: int) -> int:
    """How many of so many questions are answered."""
    await door.accept(updates(*((number, VISITOR) for number in range(1, count + 1))))
    await door.finish()
    return len([treatment for _, treatment in door.handler.handled if treatment.name == "NORMAL"])


@pytest.mark.parametrize("limit", ["questions_per_minute", "questions_per_day"])
async def test_R04_what_other_replicas_answer_counts_here_once(limit: str):
    door, turns = Door(RecordingHandler(), **{limit: 5}), FakeTurnStore(FakeState())
    for name in ("a", "b", "mine"):
        await turns.record(turn(name))
    await keep_up(door, turns, made_here={"mine"}, looks=3)
    assert await admitted(door, 5) == 3


async def test_R04_the_processor_time_of_other_replicas_counts_here_too():
    turns, cpu = FakeTurnStore(FakeState()), CpuBudget(CPU_S)
    await turns.record(turn("a", took_ms=CPU_S * 1000))
    await keep_up(Door(RecordingHandler()), turns, cpu=cpu)
    assert cpu.is_used_up(VISITOR, NOW)


async def test_R04_a_database_that_is_away_ends_nothing():
    class Away(FakeTurnStore):
        looks = 0

        async def answered_since(self, since, *, limit):
            self.looks += 1
            if self.looks == 1:
                raise DatabaseError("away")
            return await super().answered_since(since, limit=limit)

    door, turns = Door(RecordingHandler(), questions_per_minute=2), Away(FakeState())
    await turns.record(turn("a"))
    await keep_up(door, turns, looks=2)
    assert await admitted(door, 2) == 1
