"""A person instead: who writes Kazakh is answered by staff who write Russian or Chinese, over a restart."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.adapters.system.clock import utc_now
from bot.app.relaying import relay_courier_of
from bot.chat.text import gap_texts, relay_texts
from bot.ids import Locale
from bot.relay.courier import RelayCourier
from bot.settings import ModelSettings, RelaySettings
from tests.support.apps import App, running_app
from tests.support.model_server import KEY, MODEL, Messages, ModelServer, open_model_server
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, Visitor, button, until

QUESTION = "Итімді өзіммен бірге ала келсем бола ма?"
QUESTION_IN_RUSSIAN = "Можно ли мне прийти вместе с собакой?"
ANSWERS = {
    Locale.RU: "Нельзя: в павильон пускают только собак-поводырей.",
    Locale.ZH: "不可以，展馆只允许导盲犬进入。",
}
ANSWER_IN_KAZAKH = "Болмайды: павильонға тек жетекші иттер ғана кіргізіледі."
Json = dict[str, Any]


class StaffGroup:
    """The group as one of its members sees it."""

    def __init__(self, town: Town, member: Visitor, chat_id: int) -> None:
        self.town, self.member, self.chat_id = town, member, chat_id

    async def told(self) -> list[Json]:
        """What the bot wrote of conversations, oldest first."""
        messages = (await self.town.see(f"chats/{self.chat_id}/messages"))["messages"]
        return [one for one in messages if one.get("from", {}).get("is_bot") and one.get("text", "").startswith("#r")]

    async def reply(self, text: str, to: Json) -> Json:
        """Reply to one of the bot's messages."""
        return await self.member.write(text, chat_id=self.chat_id, reply_to_message_id=to["message_id"])


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    """Translates the question into Russian and whatever else people write into Kazakh; it finds nothing by itself."""

    def reply(messages: Messages) -> str:
        if "You translate messages" not in messages[0]["content"]:
            return json.dumps({"passages": [], "translations": []})
        text = QUESTION_IN_RUSSIAN if QUESTION in messages[1]["content"] else ANSWER_IN_KAZAKH
        return json.dumps({"text": text}, ensure_ascii=False)

    async with open_model_server() as server:
        server.reply = reply
        yield server


@pytest.fixture
async def group(town: Town) -> StaffGroup:
    ivan = await town.visitor("Ivan", "ru")
    made = await town.act("groups", members=[ivan.id], title="Staff")
    return StaffGroup(town, ivan, made["id"])


@asynccontextmanager
async def relaying(
    place: Place, town: Town, group: StaffGroup, model: ModelSettings | None = None
) -> AsyncIterator[tuple[App, RelayCourier]]:
    """The bot with its group, and the courier that the clock of `scoda run` would wake."""
    settings = RelaySettings(group=group.chat_id, language=Locale.RU, hours="Mon-Fri 09:00-18:00")
    async with running_app(place, town, model=model, relay=settings) as app:
        if app.core.writer is not None:
            await app.core.writer.model.load()
        courier = relay_courier_of(app.core, app.chat.relay_post)
        assert courier is not None
        await courier.begin(now=utc_now())
        yield app, courier
        await app.is_idle()


async def carry(app: App, courier: RelayCourier) -> None:
    await app.is_idle()
    for _ in range(2):
        await courier.turn(utc_now())


async def ask_a_person(app: App, visitor: Visitor) -> Json:
    """The visitor asks in vain and says yes; returns the page that says what happens from then on."""
    t = app.t(Locale.KK)
    refusal = await visitor.ask(QUESTION)
    offer = await visitor.tap_for_message(refusal, relay_texts.button_ask_person(t))
    assert QUESTION in offer["text"]
    return await visitor.tap_for_change(offer, relay_texts.button_pass_on(t))


@pytest.mark.nightly
@pytest.mark.parametrize("written_in", [Locale.RU, Locale.ZH])
async def test_a_kazakh_question_is_answered_through_a_model_over_a_restart_and_becomes_a_draft(
    place: Place, town: Town, server: ModelServer, group: StaffGroup, written_in: Locale
):
    model = ModelSettings(provider="openai", base_url=server.base_url, model=MODEL, api_key=KEY)
    aida = await town.visitor("Aida", "kk")
    answer = ANSWERS[written_in]
    async with relaying(place, town, group, model) as (app, courier):
        t, staff_t = app.t(Locale.KK), app.t(Locale.RU)
        await ask_a_person(app, aida)
        await carry(app, courier)
        [asked] = await group.told()
        assert QUESTION in asked["text"]
        assert QUESTION_IN_RUSSIAN in asked["text"]
        assert relay_texts.translation(staff_t) in asked["text"]
        assert str(aida.id) not in asked["text"]
        assert "Aida" not in asked["text"]
        await group.reply(answer, asked)
        await app.is_idle()  # the answer is stored, and its bot ends before it is carried

    async with relaying(place, town, group, model) as (app, courier):
        before = await aida.last_id()
        await carry(app, courier)
        told = await aida.next_after(before)
        assert relay_texts.staff_answers(t) in told["text"]
        assert ANSWER_IN_KAZAKH in told["text"]
        assert relay_texts.by_machine(t) in told["text"]
        assert answer in told["text"]
        receipt = (await group.told())[-1]
        assert relay_texts.delivered(staff_t) in receipt["text"]
        assert ANSWER_IN_KAZAKH in receipt["text"], "the staff see what the visitor read"

        await group.member.tap(receipt, gap_texts.button_draft(staff_t))
        await app.is_idle()
        drafts = sorted((place.knowledge / "drafts").rglob("*.md"))
        assert {path.relative_to(place.knowledge).parts[1] for path in drafts} == {"kk", written_in.value}
        contents = {path.relative_to(place.knowledge).parts[1]: path.read_text("utf-8") for path in drafts}
        assert f"? {QUESTION}\n" in contents["kk"]
        assert ANSWER_IN_KAZAKH in contents["kk"]
        assert answer in contents[written_in.value]

        end = button(told, relay_texts.button_end(t))
        assert relay_texts.ended(t) in (await aida.tap_for_message(told, end["text"]))["text"]
        await carry(app, courier)
        assert relay_texts.over(staff_t) in (await group.told())[-1]["text"]
    assert town.refused_calls() == []


@pytest.mark.nightly
async def test_without_a_model_the_originals_go_alone_and_a_phrase_is_in_the_visitor_s_language(
    place: Place, town: Town, group: StaffGroup
):
    aida = await town.visitor("Aida", "kk")
    async with relaying(place, town, group) as (app, courier):
        t, staff_t = app.t(Locale.KK), app.t(Locale.RU)
        await ask_a_person(app, aida)
        await app.is_idle()  # stored, and its bot ends before it is carried

    async with relaying(place, town, group) as (app, courier):
        await carry(app, courier)
        [asked] = await group.told()
        assert QUESTION in asked["text"]
        assert relay_texts.translation(staff_t) not in asked["text"]
        before = await aida.last_id()
        phrase = next(one["text"] for row in asked["reply_markup"]["inline_keyboard"] for one in row)
        await group.member.tap(asked, phrase)
        await carry(app, courier)
        said = await aida.next_after(before)
        assert said["text"].startswith(relay_texts.staff_answers(t))

        before = await aida.last_id()
        await group.reply(ANSWERS[Locale.RU], asked)
        await carry(app, courier)
        told = await aida.next_after(before)
        assert ANSWERS[Locale.RU] in told["text"]
        assert relay_texts.by_machine(t) not in told["text"]

        await aida.write("Рақмет! Ал мысық ше?")
        await until(lambda: town.calls("setMessageReaction") or None, "a sign below what goes on")
        await carry(app, courier)
        assert "Ал мысық ше?" in (await group.told())[-1]["text"]
        ended = await aida.ask("/end")
        assert ended["text"] == relay_texts.ended(t)
        answer = await aida.ask(QUESTION)
        button(answer, relay_texts.button_ask_person(t))
    assert town.refused_calls() == []


@pytest.mark.nightly
async def test_the_program_itself_carries_to_either_side_also_what_a_killed_one_left(
    place: Place, town: Town, group: StaffGroup
):
    settings: dict[str, object] = {"relay_group": group.chat_id, "relay_language": "ru"}
    aida = await town.visitor("Aida", "kk")
    t, staff_t = App.t(Locale.KK), App.t(Locale.RU)
    async with running_bot(place, town.base_url, **settings) as bot:
        refusal = await aida.ask(QUESTION)
        offer = await aida.tap_for_message(refusal, relay_texts.button_ask_person(t))
        await aida.tap(offer, relay_texts.button_pass_on(t))
        [asked] = await until(group.told, "the question in the group")
        await bot.kill()
    await group.reply(ANSWERS[Locale.RU], asked)
    before = await aida.last_id()
    async with running_bot(place, town.base_url, **settings) as bot:

        async def answered() -> bool:
            """Whatever stood in doubt when it was killed is told before."""
            return any(ANSWERS[Locale.RU] in one["text"] for one in await aida.answers() if one["message_id"] > before)

        async def delivered() -> bool:
            return relay_texts.delivered(staff_t) in (await group.told())[-1]["text"]

        await until(answered, "the answer")
        await until(delivered, "the receipt")
        assert await bot.stop() == 0
