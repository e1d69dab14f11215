import asyncio

import pytest
from structlog.testing import capture_logs
from telegram.error import NetworkError, TimedOut

from bot.chat.text.rendering import Html, bold
from bot.chat.wire.sender import Sender, SendResult, TokenRefusedError, UnreachableError
from bot.chat.wire.transport import LostAnswerError, NotSentError
from bot.ids import ChatId

CHAT = ChatId(11)


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.fixture
def pauses(rig):
    """A sender whose clock is moved by its pauses."""
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    rig.sender = Sender(rig.application.bot, deadline_s=10.0, pause=pause, clock=lambda: sum(waited))
    return waited


async def send(rig) -> SendResult:
    return await rig.sender.message(CHAT, bold(Html("hi")))


async def test_html_that_telegram_can_t_read_goes_as_plain_text(rig, pauses):
    rig.telegram.refuse("sendMessage", 400, "Bad Request: can't parse entities: unclosed tag")
    with capture_logs():
        assert await send(rig) is SendResult.SENT
    formatted, plain = rig.telegram.sent()
    assert (formatted["text"], formatted["parse_mode"]) == ("<b>hi</b>", "HTML")
    assert (plain["text"], plain.get("parse_mode")) == ("hi", None)


async def test_a_retry_after_is_obeyed_within_the_deadline(rig, pauses):
    rig.telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    assert await send(rig) is SendResult.SENT
    assert pauses == [7.0]


async def test_a_retry_after_beyond_the_deadline_is_left_to_the_intake(rig, pauses):
    rig.telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 86400", retry_after=86400)
    with pytest.raises(UnreachableError) as caught:
        await send(rig)
    assert caught.value.pause_s == 86400
    assert len(rig.telegram.sent()) == 1


async def test_a_429_without_parameters_is_a_429_all_the_same(rig, pauses):
    rig.telegram.refuse("sendMessage", 429, "Too Many Requests")
    assert await send(rig) is SendResult.SENT
    assert pauses == [1.0]


async def test_what_was_not_sent_for_sure_is_sent_again_until_the_deadline(rig, pauses):
    rig.telegram.script("sendMessage", *[_caused(NetworkError("refused"), NotSentError()) for _ in range(50)])
    with pytest.raises(UnreachableError):
        await send(rig)
    assert sum(pauses) <= 10.0
    assert len(rig.telegram.sent()) == len(pauses) + 1


@pytest.mark.parametrize(
    "doubt",
    [
        _caused(TimedOut(), LostAnswerError()),
        _caused(NetworkError("reset"), LostAnswerError()),
        (502, b"<html>Bad Gateway</html>"),
        (500, {"ok": False, "error_code": 500, "description": "Internal Server Error: restart"}),
        (200, b'{"ok":true,"resu'),
        (200, {"ok": False, "description": "no"}),
        (200, {"ok": True, "result": True}),
    ],
    ids=["timeout", "reset", "502", "500", "half", "ok false", "no message"],
)
async def test_what_may_have_arrived_is_not_sent_again(rig, pauses, doubt):
    rig.telegram.script("sendMessage", doubt)
    with capture_logs() as logs:
        assert await send(rig) is SendResult.IN_DOUBT
    assert len(rig.telegram.sent()) == 1
    assert logs


@pytest.mark.parametrize(
    ("answer", "comes_back"),
    [
        (_caused(NetworkError("refused"), NotSentError()), False),
        (_caused(TimedOut(), LostAnswerError()), False),
        ((429, {"ok": False, "error_code": 429, "description": "Too Many Requests"}), True),
        ((403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}), True),
    ],
    ids=["refused", "timeout", "429", "blocked"],
)
async def test_telegram_counts_as_away_while_nothing_comes_back_several_times_in_a_row(rig, answer, comes_back):
    rig.telegram.script("sendMessageDraft", answer, answer, answer)
    failing = []
    with capture_logs():
        for _ in range(4):
            await rig.sender.draft(CHAT, 1, Html("hi"))
            failing.append(rig.sender.is_failing)
    assert failing == [False, False, not comes_back, False]


@pytest.mark.parametrize(
    ("code", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (400, "Bad Request: chat not found"),
    ],
)
async def test_whoever_is_gone_is_told_apart(rig, pauses, code, description):
    rig.telegram.refuse("sendMessage", code, description)
    assert await send(rig) is SendResult.GONE


async def test_a_group_that_moved_is_followed(rig, pauses):
    rig.telegram.refuse(
        "sendMessage", 400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009
    )
    assert await send(rig) is SendResult.SENT
    assert [str(call["chat_id"]) for call in rig.telegram.sent()] == ["11", "-1009"]


@pytest.mark.parametrize("code", [401, 404])
async def test_a_refused_token_stops_everything(rig, pauses, code):
    rig.telegram.refuse("sendMessage", code, "Unauthorized")
    with pytest.raises(TokenRefusedError, match="SCODA_TELEGRAM_TOKEN"):
        await send(rig)


async def test_other_refusals_are_final_and_logged(rig, pauses):
    rig.telegram.refuse("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID")
    with capture_logs() as logs:
        assert await send(rig) is SendResult.REFUSED
    assert logs[0]["event"] == "call_failed"


async def test_an_edit_that_changes_nothing_is_as_good_as_done(rig, pauses):
    rig.telegram.refuse("editMessageText", 400, "Bad Request: message is not modified: same content")
    assert await rig.sender.edit(CHAT, 5, Html("hi")) is SendResult.SENT


async def test_typing_shows_only_while_the_work_lasts(rig):
    answered = asyncio.Event()
    tick = asyncio.Event()

    async def pause(_seconds: float) -> None:
        await tick.wait()
        tick.clear()

    sender = Sender(rig.application.bot, deadline_s=5.0, pause=pause)
    async with sender.typing(CHAT, after_s=0.3):
        for _ in range(2):
            tick.set()
            for _turn in range(30):
                await asyncio.sleep(0)
        answered.set()
    tick.set()
    await asyncio.sleep(0)
    assert [call["action"] for call in rig.telegram.sent("sendChatAction")] == ["typing", "typing"]


async def test_a_failing_typing_is_not_felt(rig):
    rig.telegram.script("sendChatAction", *[NetworkError("down")] * 3)
    async with rig.sender.typing(CHAT, after_s=0.0):
        await asyncio.sleep(0)
    assert await send(rig) is SendResult.SENT
