"""What each answer, and each missing answer, proves about one copy: the real courier over HTTP, faults on order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.announcements.model import AnnouncementId, OutgoingMessage, Receipt, SendOutcome
from bot.chat.application import build_application
from bot.chat.options import ChatOptions
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.rendered_messages import ReaderWords
from bot.chat.wire.sender import Sender
from bot.chat.wire.transport import AiohttpRequest
from bot.i18n.translator import Catalogs
from bot.ids import ChatId, Locale, NewsTopic
from tests.support.chat_rig import LOCALES
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, open_town, until

WORDS = ReaderWords(
    may_repeat=lambda t: "You may have this already.",
    stop_topic=lambda t, topic: f"No more about {topic}",
    stop_all=lambda t: "Unsubscribe",
)
PARCEL = OutgoingMessage(
    chat_id=ChatId(0),
    locale=Locale.EN,
    zone="Asia/Shanghai",
    text="<b>The forum</b> opens at nine.",
    moments={},
    attachment=None,
    buttons=(),
    topic=NewsTopic.FORUM,
    announcement_id=AnnouncementId("abcd1234"),
)


class Post:
    """The courier at work in a town, and its readers."""

    def __init__(self, town: Town, announcement_sender: TelegramAnnouncementSender, sender: Sender, pace: Pace) -> None:
        self.town, self.announcement_sender, self.sender, self.pace = town, announcement_sender, sender, pace
        self.reader = 0

    async def deliver(self, chat_id: int | None = None, **changes: object) -> Receipt:
        with capture_logs():
            return await self.announcement_sender.deliver(
                replace(PARCEL, chat_id=ChatId(chat_id or self.reader), **changes)
            )

    async def fault(self, kind: str, **more: object) -> None:
        await self.town.act("faults", method="sendMessage", kind=kind, **more)

    async def copies(self, chat_id: int | None = None) -> int:
        messages = (await self.town.see(f"chats/{chat_id or self.reader}/messages"))["messages"]
        return sum("The forum" in message.get("text", "") for message in messages)

    @property
    def calls(self) -> int:
        return len(self.town.calls("sendMessage"))


@asynccontextmanager
async def bot_at(base_url: str, *, read_timeout_s: float = 0.5, connections: int = 50) -> AsyncIterator[Sender]:
    transport = AiohttpRequest(
        base_url=base_url, connect_timeout_s=0.5, read_timeout_s=read_timeout_s, connections=connections
    )
    application = build_application(ChatOptions(token=SANDBOX_TOKEN, base_url=base_url), transport, transport)
    await transport.initialize()
    try:
        yield Sender(application.bot, deadline_s=5.0, pace=Pace(Rates(overall_per_s=1000, chat_per_s=100)))
    finally:
        await transport.shutdown()


@pytest.fixture(autouse=True)
def durations_as_the_chat_reads_them(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_town() as town, bot_at(town.base_url) as sender:
        announcement_sender = TelegramAnnouncementSender(sender, Catalogs(LOCALES), WORDS)
        post = Post(town, announcement_sender, sender, sender._pace)
        post.reader = (await town.visitors(1))[0].id
        yield post


async def test_D08_no_answer_in_time_is_a_doubt_though_the_copy_has_arrived(post):
    await post.fault("hang")
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.DOUBT, "no_answer")
    assert (await post.copies(), post.calls) == (1, 1)


@pytest.mark.parametrize(("kind", "arrived"), [("reset_before", 0), ("reset_after", 1)])
async def test_D09_a_reset_connection_is_a_doubt_whether_it_was_read_before_or_not(post, kind, arrived):
    await post.fault(kind)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.DOUBT, "connection_lost")
    assert (await post.copies(), post.calls) == (arrived, 1)


async def test_D10_a_refused_connection_proves_that_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with bot_at(f"http://127.0.0.1:{port}") as sender:
        receipt = await TelegramAnnouncementSender(sender, Catalogs(LOCALES), WORDS).deliver(
            replace(PARCEL, chat_id=ChatId(5))
        )
    assert (receipt.outcome, receipt.reason, receipt.pause_s) == (SendOutcome.NOT_SENT, "not_connected", 0.0)


async def test_D10_a_host_that_has_no_address_proves_that_nothing_was_sent():
    async with bot_at("http://nowhere.invalid") as sender:
        receipt = await TelegramAnnouncementSender(sender, Catalogs(LOCALES), WORDS).deliver(
            replace(PARCEL, chat_id=ChatId(5))
        )
    assert (receipt.outcome, receipt.reason) == (SendOutcome.NOT_SENT, "not_connected")


async def test_D10_an_exhausted_pool_proves_that_nothing_was_sent(post):
    async with bot_at(post.town.base_url, read_timeout_s=3.0, connections=1) as sender:
        announcement_sender = TelegramAnnouncementSender(sender, Catalogs(LOCALES), WORDS)
        await post.fault("hang")
        hanging = asyncio.create_task(announcement_sender.deliver(replace(PARCEL, chat_id=ChatId(post.reader))))
        await until(lambda: post.calls, "the first call")
        receipt = await announcement_sender.deliver(replace(PARCEL, chat_id=ChatId(post.reader)))
        assert receipt.outcome is SendOutcome.NOT_SENT
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


@pytest.mark.parametrize("kind", ["502", "504"])
@pytest.mark.parametrize("arrived", [True, False])
async def test_D11_a_page_of_a_proxy_is_a_doubt(post, kind, arrived):
    await post.fault(kind, effect=arrived)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.DOUBT, "server_error")
    assert (await post.copies(), post.calls) == (int(arrived), 1)


@pytest.mark.parametrize("arrived", [True, False])
async def test_D12_a_server_error_in_json_is_a_doubt(post, arrived):
    await post.fault("500", effect=arrived)
    assert (await post.deliver()).outcome is SendOutcome.DOUBT
    assert post.calls == 1


@pytest.mark.parametrize(("kind", "reason"), [("half", "connection_lost"), ("not_json", "answer_unreadable")])
async def test_D13_a_200_that_is_cut_or_no_json_is_a_doubt(post, kind, reason):
    await post.fault(kind)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.DOUBT, reason)
    assert (await post.copies(), post.calls) == (1, 1)


async def test_D14_a_200_with_ok_false_is_a_doubt_and_the_courier_goes_on(post):
    await post.fault("ok_false")
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.DOUBT, "answer_without_result")
    assert (await post.deliver()).outcome is SendOutcome.SENT


async def test_D15_a_200_without_a_message_is_a_doubt_and_an_alarm(post):
    await post.fault("result_true")
    with capture_logs() as logs:
        receipt = await post.announcement_sender.deliver(replace(PARCEL, chat_id=ChatId(post.reader)))
    assert (receipt.outcome, receipt.message_id, receipt.reason) == (SendOutcome.DOUBT, None, "answer_without_message")
    assert [entry["log_level"] for entry in logs if entry["event"] == "answer_without_message"] == ["error"]


async def test_D16_a_429_proves_that_nothing_was_sent_and_pauses_everybody(post):
    await post.fault("429", retry_after=3)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.pause_s, receipt.pauses_all) == (SendOutcome.NOT_SENT, 3.0, True)
    assert 2.5 < post.pace.pause_s <= 3.0
    assert await post.copies() == 0


async def test_D16_while_all_are_paused_nothing_goes_out_and_each_is_told_for_how_long(post):
    await post.fault("429", retry_after=60)
    await post.deliver()
    others = await post.town.visitors(3)
    receipts = [await post.deliver(other.id) for other in others]
    assert {(receipt.outcome, receipt.pauses_all, receipt.reason) for receipt in receipts} == {
        (SendOutcome.NOT_SENT, True, "paused")
    }
    assert all(55 < receipt.pause_s <= 60 for receipt in receipts)
    assert post.calls == 1


async def test_D16_a_429_of_a_chat_that_was_just_written_to_pauses_it_alone(post):
    other = (await post.town.visitors(1))[0].id
    assert (await post.deliver()).outcome is SendOutcome.SENT
    await post.fault("429", retry_after=60)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.pause_s, receipt.pauses_all) == (SendOutcome.NOT_SENT, 60.0, False)
    assert (await post.deliver(other)).outcome is SendOutcome.SENT


async def test_D17_a_429_without_parameters_is_a_429_all_the_same(post):
    await post.fault("429", retry_after=0)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.pause_s, receipt.reason) == (SendOutcome.NOT_SENT, 1.0, "too_many_requests")


async def test_D18_a_429_for_a_day_is_handed_on_at_once_and_visitors_are_not_kept_waiting(post):
    await post.fault("429", retry_after=86_400)
    async with asyncio.timeout(5):
        receipt = await post.deliver()
        assert (receipt.outcome, receipt.pause_s, receipt.pauses_all) == (SendOutcome.NOT_SENT, 86_400.0, True)
        again = await post.deliver()
    assert again.outcome is SendOutcome.NOT_SENT
    assert again.pause_s > 86_000
    assert post.calls == 1, "no busy loop"


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Forbidden: bot was blocked by the user", "blocked"),
        ("Forbidden: user is deactivated", "deactivated"),
        ("Forbidden: bot was kicked from the supergroup chat", "kicked"),
    ],
)
async def test_D19_whoever_blocked_the_bot_is_gone(post, description, reason):
    await post.fault("403", description=description)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.GONE, reason)


async def test_D19_a_real_block_is_seen_in_the_answer(post):
    await post.town.act(f"personas/{post.reader}/block")
    assert (await post.deliver()).reason == "blocked"


@pytest.mark.parametrize("description", ["Bad Request: chat not found", "Bad Request: PEER_ID_INVALID"])
async def test_D20_a_chat_that_is_not_there_concerns_this_copy_alone(post, description):
    await post.fault("400", description=description)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason, receipt.pauses_all) == (SendOutcome.GONE, "chat_not_found", False)
    assert (await post.deliver()).outcome is SendOutcome.SENT


async def test_D21_formatting_that_can_t_be_parsed_goes_once_in_plain_text(post):
    await post.fault("400", description="Bad Request: can't parse entities: Unclosed start tag")
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.was_plain) == (SendOutcome.SENT, True)
    assert (await post.copies(), post.calls) == (1, 2)


async def test_D21_a_body_that_is_refused_in_plain_text_too_is_named_as_bad(post):
    await post.fault("400", description="Bad Request: can't parse entities: Unclosed start tag", count=2)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.UNPARSEABLE, "cant_parse")
    assert (await post.copies(), post.calls) == (0, 2)


async def test_D22_a_group_that_moved_is_not_written_to_under_either_id(post):
    group = await post.town.act("groups", title="Delegation", type="group", members=[post.reader])
    moved = await post.town.act(f"groups/{group['id']}/migrate")
    receipt = await post.deliver(group["id"])
    assert (receipt.outcome, receipt.new_chat_id) == (SendOutcome.MIGRATED, moved["id"])
    assert await post.copies(moved["id"]) == 0
    assert (await post.deliver(moved["id"])).outcome is SendOutcome.SENT


async def test_D23_a_revoked_token_stops_everything(post):
    await post.town.act(f"bots/{SANDBOX_TOKEN.partition(':')[0]}/revoke")
    await post.town.act("faults", kind="401", count=1)
    receipt = await post.deliver()
    assert (receipt.outcome, receipt.reason) == (SendOutcome.NOTHING_GOES, "token_refused")
    assert await post.copies() == 0
