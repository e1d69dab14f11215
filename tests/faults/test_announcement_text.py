"""Rows T10 and T11 of the fault table (tests/faults/README.md): no string of an organiser makes the bot fail or breaks a format."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements.drafting import read_count, read_link, read_wall_time
from bot.announcements.model import Occurrence, OccurrenceId, OccurrenceState
from bot.chat.text import texts
from bot.chat.text.keyboards import LABEL_LIMIT
from bot.chat.text.markup import MarkupError, render
from bot.chat.text.rendering import MESSAGE_LIMIT
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.composer import CAPTION_LIMIT, HtmlComposer
from bot.chat.wire.rendered_messages import ReaderWords
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.sandbox.markup_html import parse_html
from bot.writing.utf16 import utf16_length
from tests.support.chat_rig import LOCALES, NOW
from tests.support.naughty_texts import NAUGHTY
from tests.support.news_rig import APPROVER, AUTHOR, OWNER, NewsRig

SPECIAL = ["{", "}", "{{", "{a}", "{start}{start}", "{" * 4000, "<b>", "<b>x</b>" * 101, '<a href="javascript:x">x</a>', '<a href="https://e.example/?a=1&b=<2>">x</a>', "<tg-spoiler>x", "0 0 31 2 *", "* * * * *", "0 9 * * mon 9999-12-31", "0 9 * * mon 0000-00-00", "1 2 3 4 5 6 7", "0001-01-01 00:00", "9999-12-31 23:59", "2026-02-30 10:00", "-1001", "-" + "9" * 30, "9" * 30, "@a" * 50]  # fmt: skip
STRINGS = [*NAUGHTY, *SPECIAL]


async def open_rig() -> NewsRig:
    """A rig that renders and sends announcements as the bot itself does."""
    rig = await NewsRig(composer=HtmlComposer(), typed_confirmation_above=0).open()
    await rig.appoint()
    await rig.parts.subscribe(range(101, 104))
    words = ReaderWords(texts.announcement_may_repeat, texts.button_stop_topic, texts.button_stop_all)
    announcement_sender = TelegramAnnouncementSender(rig.sender, Catalogs(LOCALES), words)
    rig.dispatcher._app = rig.app = replace(rig.app, announcement_sender=announcement_sender)
    return rig


def check_formats(rig: NewsRig) -> None:
    """Everything that was sent can be encoded, parses by Telegram's rules and fits."""
    for call in rig.telegram.calls:
        json.dumps(call.params, ensure_ascii=False).encode()
        for name, limit in (("text", MESSAGE_LIMIT), ("caption", CAPTION_LIMIT)):
            content = call.params.get(name)
            if content is None or call.method == "answerCallbackQuery":
                continue
            shown = parse_html(content).text if call.params.get("parse_mode") == "HTML" else content
            assert 0 < utf16_length(shown) <= limit, call
        for one in (one for line in call.params.get("reply_markup", {}).get("inline_keyboard", ()) for one in line):
            assert 0 < len(one["text"]) <= LABEL_LIMIT
            assert not regex.search(r"[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]", one["text"])


async def begin(rig: NewsRig) -> None:
    """A draft with its text."""
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")


@pytest.mark.nightly
@pytest.mark.parametrize("string", STRINGS, ids=range(len(STRINGS)))
async def test_T11_no_string_breaks_the_walk_of_an_organiser(string):
    rig = await open_rig()
    await rig.says(AUTHOR, "/announce")
    await rig.says(AUTHOR, string)
    await rig.says(AUTHOR, "/announce")
    await rig.says(AUTHOR, "Name")
    await rig.taps(AUTHOR, "Forums")
    await rig.taps(AUTHOR, "English")
    await rig.says(AUTHOR, string)
    await rig.says(AUTHOR, "/cancel")
    check_formats(rig)
    rig = await open_rig()
    await begin(rig)
    for label, answers in (
        ("🏷 Name", [string, "Hall moves"]),
        ("🔗 Buttons", [f"{string}\n{string}", f"{string}\nru: {string}\nhttps://example.org/{string}"]),
        ("🔗 Buttons", [f"Programme\n{string}: x\nhttps://example.org", "Programme\nhttps://example.org"]),
    ):
        await rig.taps(AUTHOR, label)
        for answer in answers:
            await rig.says(AUTHOR, answer)
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Draft · ")
    for page, asks in (
        ("Time", ("Date and time", "Repeatedly", "Time zone")),
        ("Recipients", ("Groups",)),
    ):
        for label in asks:
            await open_draft(rig)
            await rig.taps(AUTHOR, page)
            await rig.taps(AUTHOR, label)
            await rig.says(AUTHOR, string)
    for label in ("Group or channel", "Leave out"):
        await open_draft(rig)
        await rig.taps(AUTHOR, "Recipients")
        await rig.taps(AUTHOR, "Groups")
        await rig.taps(AUTHOR, label)
        await rig.says(AUTHOR, string)
    check_formats(rig)


async def open_draft(rig: NewsRig) -> None:
    """Back to the overview, wherever the walk has led."""
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Draft · ")


@pytest.mark.nightly
@pytest.mark.parametrize("string", STRINGS, ids=range(len(STRINGS)))
async def test_T11_no_string_as_file_name_reason_count_or_correction_breaks_anything(string):
    rig = await open_rig()
    await begin(rig)
    await rig.taps(AUTHOR, "Texts")
    await rig.taps(AUTHOR, "English")
    document = {"file_id": "d1", "file_unique_id": "u1", "file_name": string}
    await rig.says(AUTHOR, None, document=document, caption="The plan.")
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Submit")
    await rig.taps(APPROVER, "Return")
    await rig.says(APPROVER, string)
    await rig.says(APPROVER, "/cancel")
    if (await rig.only()).stage == "draft":
        await rig.taps(AUTHOR, "Submit")
    await rig.taps(APPROVER, "Approve")
    await rig.says(APPROVER, string)
    assert (await rig.only()).stage == "submitted"
    await rig.taps(APPROVER, "Approve")
    await rig.says(APPROVER, "3")
    announcement = await rig.only()
    assert announcement.stage == "approved"
    await rig.parts.outbox.open_occurrence(
        Occurrence(
            occurrence_id=OccurrenceId("o1"),
            announcement_id=announcement.announcement_id,
            slot="s",
            due_at=NOW,
            valid_until=None,
            state=OccurrenceState.FINISHED,
            created_at=NOW,
        )
    )
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "✏️ Correct")
    await rig.taps(OWNER, "English")
    await rig.says(OWNER, string)
    check_formats(rig)


@pytest.mark.parametrize("string", STRINGS, ids=range(len(STRINGS)))
async def test_T11_what_is_previewed_parses_or_is_refused_with_a_reason(string):
    rig = await open_rig()
    await begin(rig)
    await rig.taps(AUTHOR, "Texts")
    await rig.taps(AUTHOR, "English")
    await rig.says(AUTHOR, string)
    await rig.says(AUTHOR, "2027-06-15 09:30")
    await rig.says(AUTHOR, "/cancel")
    await open_draft(rig)
    await rig.taps(AUTHOR, "Preview")
    await rig.taps(AUTHOR, "English")
    check_formats(rig)


@pytest.mark.parametrize("string", STRINGS, ids=range(len(STRINGS)))
def test_T11_the_composer_names_what_is_wrong_with_any_string(string):
    moments = {"start": datetime(2026, 6, 15, 1, 30, tzinfo=UTC)}
    for locale in (Locale.EN, Locale.FA, Locale.ZH):
        wrong = HtmlComposer().check(string, locale=locale, moments=moments, attachment=None)
        if not wrong:
            rendered = HtmlComposer().preview(string, locale=locale, moments=moments)
            assert parse_html(rendered.html.source).text.strip()
            assert rendered.length <= MESSAGE_LIMIT
        assert "\n" not in HtmlComposer().check_button(string, string)


@given(st.text(), st.sampled_from([Locale.EN, Locale.FA]))
def test_T11_any_text_is_rendered_or_refused(text, locale):
    try:
        rendered = render(text, locale=locale, values={"start": "9:30"})
    except MarkupError:
        return
    shown = parse_html(rendered.html.source).text
    assert utf16_length(shown.strip()) == rendered.length
    rendered.html.source.encode()


@given(st.text(), st.integers(0, 3))
def test_T11_any_argument_is_read_or_refused(text, breaks):
    read_count(text)
    read_wall_time(text)
    link = read_link(text + "\n" * breaks + text, Locale.EN)
    assert link is None or link.labels


@given(st.integers(4000, 4100), st.sampled_from(["👨\u200d👩\u200d👧", "🇰🇿", "क्षि", "👍🏽", "e\u0301", "می\u200cشود"]))
def test_T10_an_announcement_is_one_message_or_none_and_no_character_is_cut(length, cluster):
    text = "a" * length + cluster
    wrong = HtmlComposer().check(text, locale=Locale.EN, moments={}, attachment=None)
    rendered = HtmlComposer().preview(text, locale=Locale.EN, moments={})
    assert bool(wrong) == (rendered.length > MESSAGE_LIMIT)
    if not wrong:
        assert regex.findall(r"\X", rendered.html.source)[-1] == regex.findall(r"\X", rendered.plain)[-1]


@pytest.mark.parametrize("cluster", ["👨\u200d👩\u200d👧\u200d👦", "🇰🇿", "👍🏽", "क्षि"])
async def test_T10_names_are_cut_between_characters_as_people_see_them(cluster):
    rig = await open_rig()
    await rig.says(AUTHOR, "/announce")
    await rig.says(AUTHOR, "x" + cluster * 40)
    label = (await rig.only()).label
    whole = regex.findall(r"\X", "x" + cluster * 40)
    assert label.endswith("…")
    assert regex.findall(r"\X", label[:-1]) == whole[: len(regex.findall(r"\X", label[:-1]))]
    await rig.taps(AUTHOR, "Forums")
    await rig.says(AUTHOR, "/announcements")
    check_formats(rig)
