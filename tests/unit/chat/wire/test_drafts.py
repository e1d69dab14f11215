"""Answers that show while they grow: drafts where Telegram takes them, «typing…» elsewhere, always a message at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from telegram.error import NetworkError

from bot.answering.model import Answer, OnSentence, Question
from bot.chat.text.rendering import Html
from bot.chat.wire.drafts import Drafts
from bot.ids import ChatId
from tests.support.chat_rig import ANSWER, Rig, group_message, until

CHAT = ChatId(11)
UNKNOWN_METHOD = (404, {"ok": False, "error_code": 404, "description": "Not Found"})


class Tick:
    """A pause that lasts until the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._go = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._go.wait()
        self._go.clear()

    def over(self) -> None:
        self._go.set()


class GrowingAnswerer:
    """Tells its sentences one by one, and waits before the last for the test."""

    def __init__(self) -> None:
        self.may_finish = asyncio.Event()

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        if on_sentence is not None:
            on_sentence(("The hub <is> open.",))
        await self.may_finish.wait()
        return ANSWER


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = await Rig().open()
    yield rig
    await rig.application.shutdown()


def frames(rig: Rig) -> list[str]:
    return [call["text"] for call in rig.telegram.sent("sendMessageDraft")]


async def draws(rig: Rig, *contents: str, drafts: Drafts | None = None, tick: Tick | None = None) -> Drafts:
    """Show the contents one after the other, each with a frame of its own."""
    tick = tick or Tick()
    drafts = drafts or Drafts(rig.sender, pause=tick)
    async with drafts.growing(CHAT, 7) as show:
        for number, content in enumerate(contents, start=1):
            show(Html(content))
            await until(lambda number=number: len(tick.asked) >= number or drafts.are_refused)
            tick.over()
    return drafts


async def test_each_state_is_a_frame_of_the_same_draft_at_a_slow_pace(rig: Rig):
    tick = Tick()
    await draws(rig, "<b>One.</b>", "<b>One.</b> Two.", tick=tick)
    sent = rig.telegram.sent("sendMessageDraft")
    assert [(int(call["chat_id"]), int(call["draft_id"]), call["text"], call["parse_mode"]) for call in sent] == [
        (CHAT, 7, "<b>One.</b>", "HTML"),
        (CHAT, 7, "<b>One.</b> Two.", "HTML"),
    ]
    assert all(0.5 <= seconds <= 1.0 for seconds in tick.asked)


async def test_what_grew_during_a_pause_is_shown_as_it_is_then(rig: Rig):
    tick = Tick()
    async with Drafts(rig.sender, pause=tick).growing(CHAT, 7) as show:
        show(Html("One."))
        await until(lambda: tick.asked)
        for text in ("One. Two.", "One. Two. Three."):
            show(Html(text))
        tick.over()
        await until(lambda: len(tick.asked) == 2)
    assert frames(rig) == ["One.", "One. Two. Three."]


async def test_no_frame_is_under_way_when_the_draft_is_over(rig: Rig):
    sending, may_arrive = asyncio.Event(), asyncio.Event()

    async def slow_draft(*_call: object) -> None:
        sending.set()
        await may_arrive.wait()
        done.append("frame")

    done: list[str] = []
    rig.sender.draft = slow_draft

    async def work() -> None:
        async with Drafts(rig.sender).growing(CHAT, 7) as show:
            show(Html("One."))
            await sending.wait()
        done.append("over")

    working = asyncio.create_task(work())
    await sending.wait()
    may_arrive.set()
    await working
    assert done == ["frame", "over"]


@pytest.mark.parametrize(
    ("status", "description"), [(404, "Not Found"), (400, "Bad Request: the method is not available to this bot")]
)
async def test_a_server_that_refuses_drafts_is_not_asked_again(rig: Rig, status: int, description: str):
    rig.telegram.refuse("sendMessageDraft", status, description)
    drafts = await draws(rig, "One.")
    assert drafts.are_refused
    await draws(rig, "Two.", drafts=drafts)
    assert frames(rig) == ["One."]


@pytest.mark.parametrize(
    ("status", "description", "parameters"),
    [
        (429, "Too Many Requests: retry after 5", {"retry_after": 5}),
        (403, "Forbidden: bot was blocked by the user", {}),
    ],
)
async def test_a_busy_server_or_a_lost_chat_ends_one_draft_only(
    rig: Rig, status: int, description: str, parameters: dict[str, int]
):
    rig.telegram.refuse("sendMessageDraft", status, description, **parameters)
    drafts = Drafts(rig.sender, pause=Tick())
    async with drafts.growing(CHAT, 7) as show:
        show(Html("One."))
        await until(lambda: frames(rig))
    assert not drafts.are_refused
    tick = Tick()
    drafts = Drafts(rig.sender, pause=tick)
    await draws(rig, "Two.", drafts=drafts, tick=tick)
    assert frames(rig) == ["One.", "Two."]


async def test_a_frame_that_is_lost_is_no_loss(rig: Rig):
    rig.telegram.script("sendMessageDraft", NetworkError("down"))
    drafts = await draws(rig, "One.", "Two.")
    assert (frames(rig), drafts.are_refused) == (["One.", "Two."], False)


# ── in a conversation ──


async def asking() -> tuple[Rig, GrowingAnswerer]:
    answerer = GrowingAnswerer()
    rig = await Rig(answerer=answerer).open()
    rig.dispatcher._app = replace(rig.dispatcher._app, drafts=Drafts(rig.sender, pause=Tick()))
    return rig, answerer


async def test_an_answer_grows_in_a_private_chat_and_is_sent_at_the_end():
    rig, answerer = await asking()
    handling = asyncio.create_task(rig.write("How many trains?"))
    await until(lambda: frames(rig))
    assert rig.telegram.texts() == []
    answerer.may_finish.set()
    await handling
    assert frames(rig) == ["The hub &lt;is&gt; open."]
    assert [call.method for call in rig.telegram.calls][-1] == "sendMessage"
    assert "1,225 trains" in rig.telegram.texts()[0]
    await rig.application.shutdown()


async def test_where_drafts_are_unknown_the_answer_comes_all_the_same():
    rig, answerer = await asking()
    rig.telegram.script("sendMessageDraft", UNKNOWN_METHOD)
    handling = asyncio.create_task(rig.write("How many trains?"))
    await until(lambda: rig.dispatcher._app.drafts.are_refused)
    answerer.may_finish.set()
    await handling
    assert "1,225 trains" in rig.telegram.texts()[0]
    answerer.may_finish.set()
    await rig.write("And how many now?")
    assert len(frames(rig)) == 1
    assert len(rig.telegram.texts()) == 2
    await rig.application.shutdown()


async def test_a_group_sees_no_draft():
    rig, answerer = await asking()
    answerer.may_finish.set()
    await rig.handle(group_message("/ask How many trains?"))
    assert frames(rig) == []
    assert "1,225 trains" in rig.telegram.texts()[0]
    await rig.application.shutdown()
