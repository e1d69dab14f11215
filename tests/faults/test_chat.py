"""Rows A, I, P, S and O of the fault table (tests/faults/README.md), as far as the chat bears them."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from bot.chat.application import ChatParts, build_chat, keep_tokens_out_of_logs
from bot.chat.options import ChatOptions
from bot.chat_state.model import Button, ButtonAction
from bot.errors import SettingsError, TelegramError
from bot.ids import ChatId, VisitorId
from bot.sandbox.server import SandboxServer
from tests.support.chat_rig import NOW, FakeAnswerer, Rig, group_message, member, message, person, until
from tests.support.fakes import ButtonRow, FakeButtonStore, FakeInbox, FakeState, FakeTurnStore, FakeVisitorStore
from tests.support.sandbox_keys import CONTROL, SANDBOX_TOKEN, sandbox_server


@pytest.fixture
async def rig(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    rig = await Rig().open()
    yield rig
    await rig.application.shutdown()


def notice(rig) -> str:
    return rig.telegram.sent("answerCallbackQuery")[-1].get("text", "")


async def test_A05_another_s_old_and_forged_buttons_are_answered_expired(rig):
    await rig.write("question")
    data = rig.telegram.button("More")
    calls = len(rig.telegram.texts())
    await rig.press(data, user=person(12), chat_id=11)
    assert "no longer works" in notice(rig)
    await rig.press(data, chat_id=-1001)
    assert "no longer works" in notice(rig)
    for forged in ("", "delete_me", "x" * 64, "\x00", data[:-1], data.swapcase() + "x"):
        await rig.press(forged)
        assert "no longer works" in notice(rig)
    rig.now += timedelta(days=31)
    await rig.press(data)
    assert "no longer works" in notice(rig)
    assert len(rig.telegram.texts()) == calls


async def test_A06_a_press_under_an_inline_message_is_no_error(rig):
    query = {"id": "q", "from": person(), "chat_instance": "c", "inline_message_id": "AAA", "data": "x"}
    await rig.handle({"callback_query": query})
    assert "no longer works" in notice(rig)
    rig.state.buttons["x" * 22] = ButtonRow(
        Button("x" * 22, ChatId(11), VisitorId(11), ButtonAction.TOPICS, "menu", NOW + timedelta(days=1))
    )
    await rig.handle({"callback_query": query | {"data": "x" * 22}})
    assert "no longer works" in notice(rig)


@pytest.mark.parametrize(
    "payload",
    ["../../etc/passwd", "' OR 1=1 --", "<b>x</b>", "admin-abcdef", "ask-", "ask-!!!!", "ask-____", "x" * 64, "ask-" + "Q" * 61, "s-" + "A" * 16, "темы", "topic-" + "a/b", "TOPIC-logistics"],
)  # fmt: skip
async def test_A07_payloads_that_are_not_ours_only_start_the_bot(rig, payload):
    await rig.write(f"/start {payload}")
    assert len(rig.telegram.texts()) == 1
    assert rig.answerer.asked == []
    await rig.press(rig.telegram.button("English"))
    assert all("etc/passwd" not in text and "OR 1=1" not in text for text in rig.telegram.texts())


def test_I07_webhook_mode_without_a_secret_does_not_start():
    options = ChatOptions(token="1:x", mode="webhook", webhook_url="https://bot.example/hook")

    async def start() -> None:
        async with build_chat(options, None):
            pass

    with pytest.raises(SettingsError, match="SCODA_TELEGRAM_WEBHOOK_SECRET"):
        asyncio.run(start())


@pytest.mark.parametrize(
    "raw",
    [
        {"story_of_tomorrow": {"id": 1}},
        {"message_reaction": {"chat": {"id": 1, "type": "private"}, "message_id": 1, "date": 1, "old_reaction": [], "new_reaction": []}},
        {"poll_answer": {"poll_id": "1", "option_ids": [0], "user": person()}},
        {"message": {"message_id": "not a number"}},
        {"message": {}},
        {"callback_query": {"id": "1"}},
        {"my_chat_member": {"chat": 3}},
        {},
    ],
)  # fmt: skip
async def test_I09_kinds_of_updates_that_are_not_known_are_counted_and_ignored(rig, raw):
    with capture_logs():
        await rig.handle(raw)
    assert rig.dispatcher.ignored == 1
    assert rig.telegram.calls == []


async def test_I09_new_fields_of_a_later_bot_api_do_no_harm(rig):
    await rig.write("question", hologram={"size": 3}, sparkle=True)
    assert "1,225" in rig.telegram.texts()[0]


async def test_I10_an_edited_question_is_not_answered_again(rig):
    edited = message("another question")["message"] | {"edit_date": 2}
    await rig.handle({"edited_message": edited})
    assert rig.telegram.calls == []


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {"file_id": "a", "file_unique_id": "a", "duration": 1}},
        {"photo": [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]},
        {"sticker": {"file_id": "a", "file_unique_id": "a", "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
        {"contact": {"phone_number": "+1", "first_name": "A"}},
        {"location": {"latitude": 1.0, "longitude": 1.0}},
        {"dice": {"emoji": "🎲", "value": 1}},
        {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False, "allows_revoting": True, "members_only": False}},
        {"paid_media": {"star_count": 1, "paid_media": []}},
        {"story": {"chat": {"id": 1, "type": "private"}, "id": 1}},
    ],
    ids=lambda content: next(iter(content)),
)  # fmt: skip
async def test_I11_a_message_without_text_asks_for_text_once_a_minute(rig, content):
    await rig.handle(message(None, user=person(language="en"), **content))
    await rig.handle(message(None, **content))
    [told] = rig.telegram.texts()
    assert "in words" in told
    rig.now += timedelta(seconds=61)
    await rig.handle(message(None, **content))
    assert len(rig.telegram.texts()) == 2


async def test_F09_a_file_that_is_sent_to_the_bot_is_never_fetched(rig):
    file = {"file_id": "F", "file_unique_id": "f", "file_name": "knowledge.md", "mime_type": "text/markdown"}
    await rig.handle(message(None, document=file, caption="publish this"))
    assert "sendMessage" in {call.method for call in rig.telegram.calls}
    assert "getFile" not in {call.method for call in rig.telegram.calls}


async def test_I11_a_service_message_gets_no_answer(rig):
    await rig.handle(message(None, pinned_message={"message_id": 1, "date": 0, "chat": {"id": 11, "type": "private"}}))
    assert rig.telegram.texts() == []


async def test_I12_channel_posts_and_anonymous_administrators_are_nobody(rig):
    channel = {"id": -1002, "type": "channel", "title": "C"}
    post = {"message_id": 1, "date": 1, "chat": channel, "sender_chat": channel, "text": "/start"}
    await rig.handle({"channel_post": post})
    assert rig.telegram.calls == []
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    group = {"id": -1001, "type": "supergroup", "title": "G"}
    await rig.handle(group_message("/ask how many?", user=anonymous, sender_chat=group))
    without = message("/ask how many?", chat=group)
    del without["message"]["from"]
    await rig.handle(without)
    await rig.handle(group_message("/deleteme", user=anonymous, sender_chat=group))
    assert len(rig.telegram.texts()) == 3
    assert rig.state.visitors == {}
    assert rig.state.turns == {}


async def test_R07_where_nobody_is_named_the_group_pays_for_the_language_model(rig):
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    await rig.handle(group_message("/ask how many?", user=anonymous, sender_chat={"id": -1001, "type": "supergroup"}))
    await rig.handle(group_message("/ask how many?"))
    assert [question.visitor_id for question in rig.answerer.asked] == [-1001, 11]


@pytest.mark.parametrize("language", ["en", "zh-hans", "ru", "kk", "ky", "tg", "uz", "fa", "ur", "hi", "be", "mn"])
async def test_P01_privacy_answers_in_each_language(rig, language):
    await rig.handle(message("/privacy", user=person(language=language)))
    [text] = rig.telegram.texts()
    assert "/mydata" in text
    assert "/deleteme" in text
    assert "30" in text or "۳۰" in text


async def test_P05_blocking_and_coming_back_are_noted_at_once(rig):
    await rig.write("question")
    await rig.handle(member("member", "kicked"))
    assert rig.visitor().is_reachable is False
    await rig.handle(member("kicked", "member"))
    assert rig.visitor().is_reachable is True


async def test_P05_whoever_was_deleted_does_not_come_back_by_unblocking(rig):
    await rig.handle(member("kicked", "member"))
    await rig.handle(member("member", "kicked"))
    assert rig.state.visitors == {}


def _parts(state: FakeState, answerer: FakeAnswerer) -> ChatParts:
    async def health() -> dict[str, str]:
        return {"database": "ok", "inbox": "ok"}

    return ChatParts(
        answerer=answerer,
        visitors=FakeVisitorStore(state),
        inbox=FakeInbox(state),
        buttons=FakeButtonStore(state),
        turns=FakeTurnStore(state),
        transaction=state.transaction,
        health=health,
    )


async def _converse(server: SandboxServer, state: FakeState, answerer: FakeAnswerer) -> None:
    """Start the real chat against the sandbox, have one question answered, and stop it."""
    options = ChatOptions(token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1)
    sandbox = server.sandbox
    async with build_chat(options, _parts(state, answerer)) as chat:
        running = asyncio.create_task(chat.run())
        await asyncio.wait_for(chat.started.wait(), 10)
        sandbox_send = server.base_url + "/sandbox/personas/5000000000000003/send"
        await _post(sandbox_send, {"text": "How many trains?"})
        await until(lambda: state.turns)
        chat.stop()
        await asyncio.wait_for(running, 10)
    assert sandbox is server.sandbox


async def _post(address: str, body: dict) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.post(address, json=body, headers=CONTROL)
        assert response.status_code == 200


async def test_S01_the_token_is_in_no_log_even_at_debug(caplog):
    caplog.set_level(logging.DEBUG)
    keep_tokens_out_of_logs()
    state = FakeState()
    async with sandbox_server() as server:
        with capture_logs() as logs:
            await _converse(server, state, FakeAnswerer())
    everything = caplog.text + repr(logs)
    assert SANDBOX_TOKEN not in everything
    assert SANDBOX_TOKEN.split(":")[1] not in [
        word for record in caplog.records for word in record.getMessage().split("/")
    ]


async def test_S01_errors_of_the_transport_do_not_bear_the_address(caplog):
    options = ChatOptions(token="123:very-secret", base_url="http://127.0.0.1:9", poll_timeout_s=1)
    with capture_logs() as logs:
        async with build_chat(options, _parts(FakeState(), FakeAnswerer())) as chat:
            running = asyncio.create_task(chat.run())
            await until(lambda: logs)
            chat.stop()
            await running
    assert "very-secret" not in caplog.text + repr(logs)


async def test_a_token_revoked_meanwhile_is_named_and_nothing_loops():
    async with sandbox_server() as server:
        options = ChatOptions(token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1)
        async with build_chat(options, _parts(FakeState(), FakeAnswerer())) as chat:
            running = asyncio.create_task(chat.run())
            await asyncio.wait_for(chat.started.wait(), 10)
            await _post(server.base_url + "/sandbox/bots/7000001/revoke", {})
            with capture_logs(), pytest.raises(TelegramError, match="SCODA_TELEGRAM_TOKEN"):
                await asyncio.wait_for(running, 10)


@pytest.mark.parametrize(
    "raw",
    [
        {"inline_query": {"id": "1", "from": person(), "query": [], "offset": ""}},
        {"message": message("x")["message"] | {"date": "now"}},
        {"message": message("x")["message"] | {"chat": {"id": 2**63, "type": "private"}}},
        {"message": message("x")["message"] | {"from": person() | {"first_name": 3}}},
        {"message": message("x")["message"] | {"entities": [{"type": "bold", "offset": -1, "length": 10**30}]}},
    ],
)
async def test_I14_an_update_that_is_not_of_telegram_s_form_is_set_aside_at_once(rig, raw):
    """It was tried three times, and its sender told that something went wrong."""
    with capture_logs() as logs:
        await rig.handle(raw)
    assert [line["event"] for line in logs] == ["update_not_understood"]
    assert rig.telegram.calls == []


@pytest.mark.parametrize("data", ["\ud83d", "a\x00b", "ключ", "\n"])
async def test_A05_a_button_s_data_that_is_no_plain_text_is_not_looked_for(rig, data, monkeypatch):
    """A database takes no half characters, PostgreSQL no NUL either."""

    async def find(store: FakeButtonStore, token: str, *, now: datetime) -> Button | None:
        raise AssertionError(token)

    monkeypatch.setattr(FakeButtonStore, "find", find)
    await rig.press(data)
    assert "no longer works" in notice(rig)
