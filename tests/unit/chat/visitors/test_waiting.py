"""Those who wait see that they are not forgotten, each once in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.text import texts
from bot.chat.visitors.waiting import WaitingRoom
from bot.chat.wire.envelope import read_envelope
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.sender import Sender
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from tests.support.chat_rig import group_message, message, no_pause, person

CATALOGS = Catalogs()


class Room:
    """A waiting room whose clock is set by hand."""

    def __init__(self, rig, **rates):
        self.now = 0.0
        self.telegram = rig.telegram
        self.pace = Pace(Rates(**rates), clock=lambda: self.now)
        sender = Sender(rig.application.bot, deadline_s=5.0, pace=self.pace, pause=no_pause)
        house = replace(rig.dispatcher._app, sender=sender, clock=lambda: self.now)
        self.room = WaitingRoom(house, pause=no_pause)

    def ask(self, update_id, visitor=11, language="en", **more):
        self.room.came(read_envelope({"update_id": update_id} | message("hi", user=person(visitor, language), **more)))

    async def look(self, now):
        self.now = now
        await self.room.show_typing()
        await self.room.tell()

    def typed(self):
        return [int(call.params["chat_id"]) for call in self.telegram.calls if call.method == "sendChatAction"]

    def told(self):
        return [call.params for call in self.telegram.calls if call.method == "sendMessage"]


@pytest.fixture
async def room(rig):
    return Room(rig)


async def test_R07_whoever_waits_longer_than_three_seconds_sees_typing_and_goes_on_seeing_it(room):
    room.ask(1)
    await room.look(2.9)
    assert room.typed() == []
    for now in (3.0, 3.5, 4.0, 7.0, 7.5):
        await room.look(now)
    assert room.typed() == [11, 11]


async def test_R07_past_ten_seconds_one_line_says_so_once_and_without_a_sound(room):
    room.ask(1)
    for now in (9.9, 10.0, 11.0, 30.0):
        await room.look(now)
    [line] = room.told()
    assert line["text"] == texts.in_line(CATALOGS.translator(Locale.EN))
    assert line["disable_notification"] == "true"


@pytest.mark.parametrize("locale", Locale)
async def test_R07_the_line_is_in_the_language_of_the_visitor_s_app(room, locale):
    room.ask(1, language=locale.value)
    await room.look(10)
    assert [line["text"] for line in room.told()] == [texts.in_line(CATALOGS.translator(locale))]


async def test_R07_whose_answer_is_being_made_is_told_nothing(room):
    room.ask(1)
    room.room.begun(1, 11)
    await room.look(60)
    assert (room.typed(), room.told()) == ([], [])


async def test_R07_the_wait_of_the_next_question_counts_from_when_it_came_and_has_no_second_line(room):
    room.ask(1)
    room.now = 8.0
    room.ask(2)
    await room.look(10)
    room.room.begun(1, 11)
    await room.look(10.9)
    assert len(room.typed()) == 1
    await room.look(18)
    assert len(room.told()) == 1
    room.room.begun(2, 11)
    room.ask(3)
    await room.look(28)
    assert len(room.told()) == 2


async def test_R07_groups_are_not_bothered(room):
    room.room.came(read_envelope({"update_id": 1} | group_message("@scoda_bot hi")))
    await room.look(60)
    assert (room.typed(), room.told()) == ([], [])


async def test_R07_lines_go_first_to_those_who_wait_longest_from_now(room):
    for visitor in range(1, 6):
        room.ask(visitor, visitor)
    await room.look(10.0)
    assert [line["chat_id"] for line in room.told()] == ["5", "4", "3", "2", "1"]


async def test_R07_a_great_crowd_sees_typing_in_turns(room):
    for visitor in range(1, 26):
        room.ask(visitor, visitor)
    await room.look(3.0)
    assert len(room.typed()) < 25
    await room.look(3.5)
    await room.look(4.0)
    assert sorted(room.typed()) == list(range(1, 26))


async def test_R07_whoever_is_told_to_be_in_line_sees_no_typing_any_more(room):
    room.ask(1)
    await room.look(10)
    assert len(room.told()) == 1
    typed = len(room.typed())
    await room.look(15)
    assert len(room.typed()) == typed
