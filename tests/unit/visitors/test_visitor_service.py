from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.answering.model import Outcome, TurnRecord
from bot.ids import ChatId, Locale, VisitorId
from bot.visitors.model import Retention, Visitor
from bot.visitors.service import VisitorService
from tests.support.fakes import FakeState, FakeTurnStore, FakeVisitorStore, exported

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
AIDA = VisitorId(42)


@pytest.fixture
def state():
    return FakeState()


@pytest.fixture
def service(state):
    return VisitorService(FakeVisitorStore(state), retention=Retention())


async def test_a_greeted_visitor_is_known(service):
    visitor = await service.greet(AIDA, app_locale=Locale.MN, now=NOW)
    assert visitor == Visitor(AIDA, NOW, NOW, app_locale=Locale.MN)


async def test_the_language_of_a_stranger_is_not_known(service):
    assert await service.preferred_locale(AIDA) is None


async def test_the_language_of_the_app_counts_until_one_is_chosen(service):
    await service.greet(AIDA, app_locale=Locale.RU, now=NOW)
    assert await service.preferred_locale(AIDA) is Locale.RU
    await service.choose(AIDA, Locale.TG, now=NOW)
    await service.greet(AIDA, app_locale=Locale.RU, now=NOW)
    assert await service.preferred_locale(AIDA) is Locale.TG


async def test_a_visitor_who_blocked_the_bot_is_reachable_once_they_are_back(service, state):
    await service.greet(AIDA, app_locale=None, now=NOW)
    await service.unreachable(AIDA)
    assert not state.visitors[AIDA].is_reachable
    assert (await service.greet(AIDA, app_locale=None, now=NOW)).is_reachable


async def test_deleted_visitors_leave_no_data(service):
    await service.greet(AIDA, app_locale=None, now=NOW)
    assert await service.delete_me(AIDA, now=NOW) == 1
    assert not any((await exported(service.my_data(AIDA))).values())
    assert await service.preferred_locale(AIDA) is None


async def test_the_sweep_takes_what_is_older_than_the_retention(service, state):
    for days in (29, 31):
        asked_at = NOW - timedelta(days=days)
        turn = TurnRecord(f"{days}", ChatId(1), AIDA, asked_at, "?", Locale.BE, Outcome.EMPTY, 0.0, (), 1.0)
        await FakeTurnStore(state).record(turn)
    assert await service.sweep(now=NOW) == 1
    assert list(state.turns) == ["29"]
