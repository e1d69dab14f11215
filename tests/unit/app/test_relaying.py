from __future__ import annotations

from datetime import timedelta

import pytest

from bot.adapters.database.connection import open_database
from bot.app.chat import chat_options
from bot.app.relaying import relay_desk_of
from bot.ids import Locale
from bot.settings import RelaySettings, Settings


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        yield database


async def test_without_a_group_nobody_answers_and_the_limits_hold_everywhere(database):
    assert relay_desk_of(database, Settings()) is None
    assert chat_options(Settings()).limits.uncounted == frozenset()


async def test_the_settings_say_who_answers_when_and_for_how_long(database):
    chosen = RelaySettings(group=-1009, language=Locale.ZH, hours="Mon-Fri 09:00-18:00", wait_hours=1.5)
    settings = Settings(relay=chosen)
    desk = relay_desk_of(database, settings)
    assert desk is not None
    rules = desk.rules
    assert (rules.group, rules.locale, rules.waits) == (-1009, Locale.ZH, timedelta(hours=1.5))
    assert rules.hours.zone.key == "Asia/Shanghai"
    assert len(rules.hours.spans) == 1
    assert chat_options(settings).limits.uncounted == {-1009}
