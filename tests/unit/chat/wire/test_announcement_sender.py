import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.announcements.model import AnnouncementId, Attachment, AttachmentKind, OutgoingMessage, SendOutcome
from bot.chat.text.markup import MarkupError
from bot.chat.text.unsubscribe import Unsubscribe
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.composer import HtmlComposer
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.rendered_messages import ReaderWords
from bot.chat.wire.sender import Sender
from bot.i18n.translator import Catalogs
from bot.ids import ChatId, Locale, NewsTopic
from bot.sandbox.entities import formatted
from bot.writing.utf16 import utf16_length
from tests.support.chat_rig import LOCALES

FORUM_AT = datetime(2026, 6, 15, 1, 30, tzinfo=UTC)
WORDS = ReaderWords(
    may_repeat=lambda t: "You may have this already.",
    stop_topic=lambda t, topic: f"No more about {topic}",
    stop_all=lambda t: "Unsubscribe",
)
PARCEL = OutgoingMessage(
    chat_id=ChatId(11),
    locale=Locale.EN,
    zone="Europe/London",
    text="<b>The forum</b> opens on {opening} &amp; ends late.",
    moments={"opening": FORUM_AT},
    attachment=None,
    buttons=(("Programme", "https://example.org/forum"),),
    topic=NewsTopic.FORUM,
    announcement_id=AnnouncementId("abcd1234"),
)
PICTURE = Attachment(AttachmentKind.PHOTO, "hall.png", b"\x89PNG picture")


def courier_of(rig, **rates) -> TelegramAnnouncementSender:
    sender = Sender(rig.application.bot, deadline_s=5.0, pace=Pace(Rates(**rates)))
    return TelegramAnnouncementSender(sender, Catalogs(LOCALES), WORDS)


@pytest.fixture
def announcement_sender(rig) -> TelegramAnnouncementSender:
    return courier_of(rig)


async def test_a_copy_is_written_for_its_reader(rig, announcement_sender):
    receipt = await announcement_sender.deliver(PARCEL)
    assert (receipt.outcome, receipt.message_id) == (SendOutcome.SENT, 1)
    (sent,) = rig.telegram.sent()
    assert sent["text"] == "<b>The forum</b> opens on June 15, 2026, 02:30 (UTC+1) &amp; ends late."
    assert (sent["chat_id"], sent["parse_mode"]) == ("11", "HTML")
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert "disable_notification" not in sent
    assert "allow_paid_broadcast" not in sent


async def test_each_reads_the_moment_in_their_own_zone_and_calendar(rig, announcement_sender):
    await announcement_sender.deliver(replace(PARCEL, locale=Locale.FA, zone="Asia/Tehran", text="{opening}"))
    await announcement_sender.deliver(replace(PARCEL, zone="Nowhere/Nothing", text="{opening}"))
    persian, unknown_zone = rig.telegram.texts()
    assert "۲۵ خرداد ۱۴۰۵" in persian
    assert "۰۵:۰۰" in persian
    assert "09:30 (UTC+8)" in unknown_zone


async def test_under_each_copy_stand_its_links_and_two_ways_to_unsubscribe(rig, announcement_sender):
    await announcement_sender.deliver(PARCEL)
    link, topic, everything = rig.telegram.keyboard()
    assert link == {"text": "Programme", "url": "https://example.org/forum"}
    assert topic == {"text": "No more about forum", "callback_data": "u:abcd1234:forum"}
    assert everything == {"text": "Unsubscribe", "callback_data": "u:abcd1234:*"}


def test_unsubscribing_needs_no_stored_button_and_fits_its_64_bytes():
    for topic in (*NewsTopic, None):
        wish = Unsubscribe(AnnouncementId("abcd1234"), topic)
        assert Unsubscribe.read(wish.data) == wish
        assert len(wish.data.encode()) <= 64


@pytest.mark.parametrize(
    "data", ["", None, "u:", "u:abc:", "u:abc:weather", "u:../x:forum", "v:abc:forum", "u:abc:forum:x", "u:" + "a" * 60]
)
def test_other_callback_data_is_no_wish_to_unsubscribe(data):
    assert Unsubscribe.read(data) is None


async def test_a_second_copy_is_silent_and_says_that_it_may_be_one(rig, announcement_sender):
    await announcement_sender.deliver(replace(PARCEL, may_repeat=True, text="News."))
    (sent,) = rig.telegram.sent()
    assert sent["text"] == "<i>You may have this already.</i>\n\nNews."
    assert str(sent["disable_notification"]).lower() == "true"


async def test_the_mark_of_a_second_copy_never_makes_a_text_too_long(rig, announcement_sender):
    await announcement_sender.deliver(replace(PARCEL, may_repeat=True, text="x" * 4096))
    assert rig.telegram.texts() == ["x" * 4096]


async def test_a_file_is_uploaded_once_and_goes_by_its_id_from_then_on(rig, announcement_sender):
    photo = {"file_id": "PHOTO-1", "file_unique_id": "u", "width": 1, "height": 1}
    rig.telegram.script(
        "sendPhoto", *[(200, {"ok": True, "result": _message(number, photo=[photo])}) for number in range(1, 4)]
    )
    outgoing = replace(PARCEL, attachment=PICTURE)
    first = await announcement_sender.deliver(outgoing)
    second = await announcement_sender.deliver(replace(outgoing, chat_id=ChatId(12)))
    third = await announcement_sender.deliver(
        replace(outgoing, attachment=replace(PICTURE, content=b"", file_id="PHOTO-1"))
    )
    assert [receipt.file_id for receipt in (first, second, third)] == ["PHOTO-1", "", ""]
    uploaded, *by_id = rig.telegram.sent("sendPhoto")
    assert "photo" not in uploaded or uploaded["photo"].startswith("attach://")
    assert [sent["photo"] for sent in by_id] == ["PHOTO-1", "PHOTO-1"]
    assert all(sent["caption"].startswith("<b>The forum</b>") for sent in (uploaded, *by_id))


async def test_a_file_that_is_not_there_is_not_sent(rig, announcement_sender):
    receipt = await announcement_sender.deliver(replace(PARCEL, attachment=replace(PICTURE, content=b"")))
    assert (receipt.outcome, receipt.reason) == (SendOutcome.REFUSED, "file_missing")
    assert rig.telegram.sent("sendPhoto") == []


async def test_a_text_that_can_t_be_rendered_is_never_sent(rig, announcement_sender):
    with capture_logs() as logs:
        receipt = await announcement_sender.deliver(replace(PARCEL, text="<b>{closing}"))
    assert (receipt.outcome, receipt.reason) == (SendOutcome.UNPARSEABLE, "body_invalid")
    assert rig.telegram.calls == []
    assert logs[0]["event"] == "announcement_not_rendered"


async def test_refused_formatting_is_tried_once_in_plain_text_with_the_addresses(rig, announcement_sender):
    rig.telegram.refuse("sendMessage", 400, "Bad Request: can't parse entities: who knows")
    with capture_logs():
        receipt = await announcement_sender.deliver(
            replace(PARCEL, text='Read <a href="https://example.org/x">this</a>')
        )
    assert (receipt.outcome, receipt.was_plain) == (SendOutcome.SENT, True)
    plain = rig.telegram.sent()[1]
    assert plain["text"] == "Read this (https://example.org/x)"
    assert "parse_mode" not in plain


async def test_plain_text_that_is_refused_too_means_that_the_body_is_bad(rig, announcement_sender):
    rig.telegram.refuse("sendMessage", 400, "Bad Request: can't parse entities: who knows")
    rig.telegram.refuse("sendMessage", 400, "Bad Request: something else")
    with capture_logs():
        receipt = await announcement_sender.deliver(PARCEL)
    assert receipt.outcome is SendOutcome.UNPARSEABLE
    assert len(rig.telegram.sent()) == 2


async def test_paid_broadcast_is_marked_until_its_cap_is_reached(rig):
    announcement_sender = courier_of(rig, paid_messages=3, overall_per_s=1, chat_per_s=100)
    for number in range(6):
        await announcement_sender.deliver(replace(PARCEL, chat_id=ChatId(100 + number), is_paid=True))
    flags = ["allow_paid_broadcast" in sent for sent in rig.telegram.sent()]
    assert flags == [True] * 4 + [False] * 2, "the first goes at the free rate"


async def test_without_a_cap_nothing_is_paid_for(rig, announcement_sender):
    await announcement_sender.deliver(replace(PARCEL, is_paid=True))
    assert "allow_paid_broadcast" not in rig.telegram.sent()[0]


async def test_a_copy_is_edited_in_place(rig, announcement_sender):
    receipt = await announcement_sender.edit(replace(PARCEL, text="New hall: 3"), 77)
    assert (receipt.outcome, receipt.message_id) == (SendOutcome.SENT, 77)
    (sent,) = rig.telegram.sent("editMessageText")
    assert (sent["text"], sent["message_id"], sent["chat_id"]) == ("New hall: 3", "77", "11")
    assert len(rig.telegram.keyboard()) == 3


async def test_a_caption_is_edited_under_its_picture(rig, announcement_sender):
    await announcement_sender.edit(replace(PARCEL, attachment=PICTURE, text="New"), 77)
    assert rig.telegram.sent("editMessageCaption")[0]["caption"] == "New"


async def test_an_edit_or_deletion_can_be_repeated_without_harm(rig, announcement_sender):
    rig.telegram.refuse("editMessageText", 400, "Bad Request: message is not modified: same")
    rig.telegram.refuse("deleteMessage", 400, "Bad Request: message to delete not found")
    assert (await announcement_sender.edit(PARCEL, 77)).outcome is SendOutcome.SENT
    with capture_logs():
        assert (await announcement_sender.delete(ChatId(11), 77)).outcome is SendOutcome.SENT


async def test_a_copy_older_than_two_days_can_t_be_deleted(rig, announcement_sender):
    rig.telegram.refuse("deleteMessage", 400, "Bad Request: message can't be deleted for everyone")
    with capture_logs():
        receipt = await announcement_sender.delete(ChatId(11), 77)
    assert (receipt.outcome, receipt.reason) == (SendOutcome.REFUSED, "too_old")


async def test_a_copy_is_deleted(rig, announcement_sender):
    assert (await announcement_sender.delete(ChatId(11), 77)).outcome is SendOutcome.SENT
    assert rig.telegram.sent("deleteMessage") == [{"chat_id": "11", "message_id": "77"}]


CHECKED = {"opening": FORUM_AT}


def check(text: str, locale: Locale = Locale.EN, attachment: Attachment | None = None) -> str:
    return HtmlComposer().check(text, locale=locale, moments=CHECKED, attachment=attachment)


@pytest.mark.parametrize(
    "text",
    [
        "Plain.",
        "<b>Bold</b>, <strong>bold</strong>, <i>it</i>, <u>un</u>, <s>no</s>, <tg-spoiler>psst</tg-spoiler>",
        '<span class="tg-spoiler">psst</span> <code>x &lt; y</code> <pre><code>a</code></pre>',
        '<blockquote expandable>Long <a href="https://example.org/?a=1&amp;b=2">link</a></blockquote>',
        "At {opening}. A brace: {{opening}}",
        "x" * 4096,
        "😀" * 2048,
    ],
)
def test_what_telegram_takes_passes_the_check(text):
    assert check(text) == ""


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "the text is empty"),
        ("  \n <b> </b>", "the text is empty"),
        ("<h1>Title</h1>", "unknown tag <h1>; allowed are a, b, blockquote"),
        ("<script>alert()</script>", "unknown tag <script>"),
        ("<b>bold", "<b> is never closed"),
        ("bold</b>", "</b> closes nothing here: nothing is open"),
        ("<b><i>x</b></i>", "</b> closes nothing here: </i> is due first"),
        ("1 < 2", "write &lt; for the sign itself"),
        ("<b onclick='x'>y</b>", "<b> takes no attributes, not onclick"),
        ("See <a href='javascript:alert(1)'>x</a>", "bad address 'javascript:alert(1)'"),
        ('<a href="tg://user?id=1">x</a>', "bad address"),
        ("<a>x</a>", "<a> takes href"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "<blockquote> inside another <blockquote>"),
        ("<code><b>x</b></code>", "<b> inside <code>"),
        ("On {closing}", "unknown variable {closing}; known here: {opening}"),
        ("On { opening }", "unknown variable"),
        ("abc\u202edef", "character 4 is the invisible direction control U+202E"),
        ("x" * 4213, "too long: 4,213 of 4,096 characters"),
        ("😀" * 2049, "too long: 4,098 of 4,096 characters"),
        ("<b>x</b> " * 101, "101 formatted parts, at most 100"),
    ],
)
def test_D40_whatever_an_organiser_may_get_wrong_is_named_before_anybody_gets_it(text, wrong):
    assert wrong in check(text)


def test_D40_a_caption_is_shorter_than_a_message():
    assert check("x" * 1025, attachment=PICTURE) == "too long: 1,025 of 1,024 characters"
    assert check("x" * 1024, attachment=PICTURE) == ""


def test_lengths_are_counted_in_the_zone_that_makes_them_longest():
    room = 4096 - len("June 15, 2026, 14:15 (UTC+12:45)")
    assert check("x" * room + "{opening}") == ""
    assert "4,097" in check("x" * (room + 1) + "{opening}")


@pytest.mark.parametrize(
    ("label", "url", "wrong"),
    [
        ("Programme", "https://example.org", ""),
        ("", "https://example.org", "no label"),
        ("x" * 65, "https://example.org", "65 of 64"),
        ("Programme", "ftp://example.org", "bad address"),
        ("Programme", "https://t.me/+secret", "bad address"),
    ],
)
def test_a_button_needs_a_label_and_a_plain_web_address(label, url, wrong):
    assert wrong in HtmlComposer().check_button(label, url)
    assert bool(wrong) == bool(HtmlComposer().check_button(label, url))


def test_lines_that_start_from_the_left_are_turned_in_a_right_to_left_language():
    rendered = HtmlComposer().preview("<b>SCO</b> اجلاس\nمتن\nQingdao", locale=Locale.UR, moments={})
    assert rendered.html.source == "<b>\u200fSCO</b> اجلاس\nمتن\n\u200fQingdao"


def test_what_is_written_is_escaped_anew_and_its_hidden_characters_go():
    rendered = HtmlComposer().preview("a &amp; b &#60;i&#62; c\u2060d &copy;", locale=Locale.EN, moments={})
    assert rendered.html.source == "a &amp; b &lt;i&gt; cd ©"


def _message(message_id: int, **fields: object) -> dict:
    return json.loads(json.dumps({"message_id": message_id, "date": 1, "chat": {"id": 11, "type": "private"}} | fields))


PIECES = st.sampled_from(
    ["<b>", "</b>", "<i>", "</i>", "<a href='https://example.org/?a=1&amp;b'>", "</a>", "<code>", "</code>", "<pre>",
     "</pre>", "<blockquote expandable>", "</blockquote>", "<tg-spoiler>", "</tg-spoiler>", "{opening}", "{{", "}", "<",
     ">", "&", "&lt;", "&#128512;", "\n", " ", "текст", "متن", "SCO 2026", "😀", "\u202e", "\x00"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.sampled_from([Locale.EN, Locale.UR, Locale.FA]))
def test_whatever_renders_is_read_by_telegram_s_rules_and_counted_as_telegram_counts(pieces, locale):
    try:
        rendered = HtmlComposer().preview("".join(pieces), locale=locale, moments=CHECKED)
    except MarkupError:
        return
    read = formatted(rendered.html.source, "HTML")
    assert utf16_length(read.text) <= rendered.length
    assert rendered.length - utf16_length(read.text) <= 8, "only blanks and marks at the ends may differ"
