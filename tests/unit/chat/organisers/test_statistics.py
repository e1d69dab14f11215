"""`/stats`: who gets the figures, of which days, and what comes."""

from __future__ import annotations

import pytest

from bot.announcements.model import Organiser, Role
from bot.chat.menu import publish_commands_for
from bot.chat.organisers.statistics import MAY_LOOK
from bot.chat.text import statistics_texts as words
from bot.chat.text import texts
from bot.chat.text.rendering import plain, said
from bot.ids import Locale, VisitorId
from bot.sandbox.markup_html import parse_html
from tests.support.chat_rig import NOW, group_message, person
from tests.support.news_rig import AUTHOR, OWNER, STRANGER, NewsRig


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


def sent(rig: NewsRig) -> list[tuple[str, str]]:
    """What came, in order: the method, and the words below it."""
    calls = [call for call in rig.telegram.calls if call.method.startswith("send")]
    return [(call.method, parse_html(call.params.get("caption") or call.params.get("text", "")).text) for call in calls]


async def test_three_pictures_come_with_the_sums_in_words_and_a_table(rig):
    await rig.says(AUTHOR, "/stats")
    (first, caption), *others = sent(rig)
    assert (first, [method for method, _ in others]) == ("sendPhoto", ["sendPhoto", "sendPhoto", "sendDocument"])
    assert "Questions: 2,520" in caption
    assert "July 1, 2026" in caption
    assert [words_below for _, words_below in others[:2]] == ["", ""]
    assert "names nobody" in others[2][1]


@pytest.mark.parametrize("role", sorted(Role))
async def test_everybody_with_a_role_may_look(rig, role):
    assert role in MAY_LOOK
    newcomer = Organiser(visitor_id=VisitorId(44), role=role, granted_by=None, granted_at=NOW)
    await rig.parts.organisers.grant(newcomer)
    await rig.says(44, "/stats")
    assert sent(rig)[0][0] == "sendPhoto"


async def test_a_stranger_learns_nothing_of_the_command(rig):
    told = await rig.says(STRANGER, "/stats")
    assert told == await rig.says(STRANGER, "/no_such_command")
    assert rig.statistics.asked == []


async def test_in_a_group_nothing_is_shown(rig):
    await rig.handle(group_message("/stats", user=person(OWNER)))
    assert rig.statistics.asked == []


@pytest.mark.parametrize(
    ("wish", "days"), [("", 14), ("7", 7), (" 1 ", 1), ("\n5", 5), ("۳۰", 30), ("365", 30), ("99999", 30)]
)
async def test_as_many_days_as_are_wished_for_and_kept(rig, wish, days):
    await rig.says(OWNER, f"/stats {wish}")
    [period] = rig.statistics.asked
    assert len(list(period.days())) == days
    assert period.until.isoformat() == "2026-07-01"


@pytest.mark.parametrize("wish", ["0", "-3", "week", "1.5", "9" * 5000, "7 8", "=1"])
async def test_what_is_no_number_of_days_is_explained(rig, wish):
    assert "/stats 7" in await rig.says(OWNER, f"/stats {wish}")
    assert rig.statistics.asked == []


async def test_days_without_a_question_are_said_to_be_so(rig):
    rig.statistics.is_empty = True
    told = await rig.says(OWNER, "/stats")
    assert plain(said(words.nothing_asked(rig.app.catalogs.translator(Locale.EN)), Locale.EN)) in told
    assert [method for method, _ in sent(rig)] == ["sendMessage"]


async def test_days_end_at_midnight_in_the_venues_zone(rig):
    rig.now = rig.now.replace(hour=17)
    await rig.says(OWNER, "/stats 1")
    assert [period.until.isoformat() for period in rig.statistics.asked] == ["2026-07-02"]


async def test_who_has_a_role_finds_the_command_in_the_menu(rig):
    await publish_commands_for(
        rig.application.bot, VisitorId(OWNER), rig.app.catalogs.translator(Locale.EN), roles=frozenset({Role.AUTHOR})
    )
    [shown] = rig.telegram.sent("setMyCommands")
    assert "stats" in [one["command"] for one in shown["commands"]]
    assert "stats" not in dict(texts.COMMANDS)
