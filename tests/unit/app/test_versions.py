"""Versions of the knowledge beside a running bot: orders reach it, and comparing disturbs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.system.clock import utc_now
from bot.answering.model import Outcome, TurnRecord
from bot.app.core import Core, open_core
from bot.app.versions import KnowledgeOrders, answers_at, carry_out, diff_folder
from bot.errors import KnowledgeError
from bot.ids import ChatId, Locale, VisitorId
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.processes import Place
from tests.support.visitors import LIMIT_S

QUESTION = "How large is the Pearl exhibition hall?"


def settings_of(place: Place) -> Settings:
    knowledge = KnowledgeSettings(folder=place.knowledge, gate=place.home / "none.jsonl")
    return Settings(knowledge=knowledge, store=StoreSettings(data=place.data))


def change_pearl(place: Place) -> bytes:
    """Change one figure; returns the file as it was."""
    pearl = place.knowledge / "en/venue/pearl.md"
    before = pearl.read_bytes()
    pearl.write_bytes(before.replace(b"160,000", b"170,000"))
    return before


async def ordered(core: Core, settings: Settings, **order: object) -> Mapping[str, object]:
    """What comes of an order that another process gives while this one holds the state."""

    async def here(_core: Core) -> Mapping[str, object]:
        raise AssertionError("the state is held by the bot")

    orders = KnowledgeOrders(core)
    asking = asyncio.create_task(carry_out(settings, order, here))
    async with asyncio.timeout(LIMIT_S):
        while not asking.done():
            await orders.serve(utc_now())
            await asyncio.sleep(0)
    return await asking


@pytest.mark.nightly
async def test_a_running_bot_publishes_and_rolls_back_when_it_is_told_to(place: Place):
    settings = settings_of(place)
    async with open_core(settings) as core:
        await core.make_answerable()
        first = core.index.current().knowledge.version
        before = change_pearl(place)

        done = await ordered(core, settings, order="publish", consent="none")
        assert done["version"] == core.index.current().knowledge.version == first + 1

        back = await ordered(core, settings, order="rollback", version=first)
        assert (back["files"], back["version"]) == (1, first + 2)
        assert (place.knowledge / "en/venue/pearl.md").read_bytes() == before

        with pytest.raises(KnowledgeError, match="version 99 is not kept"):
            await ordered(core, settings, order="rollback", version=99)
        with pytest.raises(KnowledgeError, match="'burn' is no order"):
            await ordered(core, settings, order="burn")


async def test_a_comparison_beside_a_running_bot_asks_both_and_writes_nothing(place: Place):
    settings = settings_of(place)
    async with open_core(settings) as core:
        await core.make_answerable()
        for number, question in enumerate((QUESTION, QUESTION, "What is the weather?")):
            await SqlTurnStore(core.database).record(
                TurnRecord(
                    turn_id=str(number), chat_id=ChatId(1), visitor_id=VisitorId(1), asked_at=utc_now(),
                    question=question, locale=Locale.EN, outcome=Outcome.ANSWERED, score=1.0, keys=(), took_ms=1.0,
                )
            )  # fmt: skip
        number = core.index.current().knowledge.version
        change_pearl(place)

        async with open_core(settings, may_read_only=True) as reader:
            found = await diff_folder(reader, most=10, asked=lambda done, of: None)

        assert found.asked == 2, "each question once"
        [(origin, change)] = found.answers
        assert (origin, change.question) == ("visitors", QUESTION)
        assert "160,000" in change.was.sentences[0]
        assert "170,000" in change.now.sentences[0]
        assert not list((place.data / "index" / "trial").glob("gen-*"))
        assert core.index.current().knowledge.version == number
        assert [record.number for record in await core.versions.history.records()] == [number]


async def test_an_old_version_answers_again_on_its_day(place: Place):
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        first = core.index.current().knowledge.version
        change_pearl(place)
        await core.sync()
        second = core.index.current().knowledge.version
        async with answers_at(core, first) as (answerer, day):
            assert day == (await core.versions.history.record(first)).at.date()
            assert answerer.knowledge.version == first
        async with answers_at(core, second) as (answerer, _):
            assert answerer is core.extractive
