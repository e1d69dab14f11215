"""How long a person waits for the first reply, and what is told of their updates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.chat.text.rendering import Html, bold
from bot.chat.wire.seeing import PaceReading, replied
from bot.chat.wire.sender import Sender, UnreachableError
from bot.ids import ChatId
from bot.observing import Happening, Work
from tests.support.fake_observer import FakeObserver
from tests.support.intake_parts import Door, RecordingHandler, updates


def of(observer: FakeObserver, what: Happening) -> list[tuple[float, object]]:
    return [(value, facts.get("kind")) for one, value, facts in observer.happenings if one is what]


async def test_the_first_reply_alone_is_timed_from_the_receipt():
    observer = FakeObserver()

    def act(update) -> tuple[()]:
        door.now += timedelta(seconds=2)
        replied()
        door.now += timedelta(seconds=5)
        replied()
        return ()

    door = Door(RecordingHandler(act), observer=observer)
    await door.accept(updates((1, 11)))
    await door.finish()
    assert of(observer, Happening.FIRST_REPLY) == [(2.0, "question")]


async def test_an_update_without_a_reply_tells_no_time_and_nobody_waits_outside():
    observer = FakeObserver()
    door = Door(RecordingHandler(), observer=observer)
    await door.accept(updates((1, 11), (2, 12)))
    await door.finish()
    replied()
    assert of(observer, Happening.FIRST_REPLY) == []
    assert of(observer, Happening.UPDATES_RECEIVED) == [(2, "question")]
    assert observer.of(Work.UPDATE) == [{"kind": "question", "treatment": "normal", "result": "handled"}] * 2


async def test_an_update_that_came_before_is_not_counted_again():
    observer = FakeObserver()
    door = Door(RecordingHandler(), observer=observer)
    await door.accept(updates((1, 11)))
    await door.accept(updates((1, 11), (2, 11)))
    await door.finish()
    assert sum(count for count, _kind in of(observer, Happening.UPDATES_RECEIVED)) == 2


async def test_attempts_that_fail_and_updates_that_are_given_up_are_told():
    observer = FakeObserver()

    def act(update) -> tuple[()]:
        raise ValueError("a visitor's words")

    door = Door(RecordingHandler(act), observer=observer)
    with capture_logs():
        await door.accept(updates((1, 11)))
        await door.finish()
    assert [facts["result"] for facts in observer.of(Work.UPDATE)] == ["error"] * 3
    assert of(observer, Happening.UPDATE_GIVEN_UP) == [(1.0, "question")]


async def test_an_update_that_waits_for_telegram_is_no_failure():
    observer, tries = FakeObserver(), []

    def act(update) -> tuple[()]:
        tries.append(update)
        if len(tries) == 1:
            raise UnreachableError("away", pause_s=1.0)
        return ()

    door = Door(RecordingHandler(act), observer=observer)
    await door.accept(updates((1, 11)))
    await door.finish()
    assert [facts["result"] for facts in observer.of(Work.UPDATE)] == ["unreachable", "handled"]
    assert of(observer, Happening.UPDATE_GIVEN_UP) == []


@pytest.mark.parametrize(("status", "result"), [(0, "sent"), (429, "flood"), (403, "gone"), (502, "doubt")])
async def test_each_call_is_told_by_its_method_and_by_what_it_proved(rig, status: int, result: str):
    observer = FakeObserver()
    if status:
        rig.telegram.refuse(
            "sendMessage",
            status,
            "Forbidden: bot was blocked by the user",
            **({"retry_after": 1} if status == 429 else {}),
        )
    sender = Sender(rig.application.bot, deadline_s=10.0, pause=_no_pause, observer=observer)
    with capture_logs():
        await sender.message(ChatId(11), bold(Html("hi")))
    assert observer.of(Work.CALL)[0] == {"method": "sendMessage", "result": result}


async def _no_pause(_seconds: float) -> None: ...


def test_without_a_pace_nothing_waits():
    assert PaceReading() == PaceReading(0, 0, None, 0.0)
