"""The group of the staff: what it reads, who may answer, and what becomes of an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.text import relay_texts
from bot.chat.text.relay_pages import for_staff, for_visitor, relay_in
from bot.chat.text.rendering import plain, split
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.relay.model import MOST_TRANSLATED, MOST_WRITTEN, RelayedKind
from tests.support.chat_rig import LOCALES, person, press
from tests.support.relay_chat import GROUP, REFUSED, STAFF, relay_chat
from tests.support.relay_rig import Interpreter, relay_of, relayed


@pytest.fixture
async def rig(tmp_path):
    async with relay_chat(tmp_path) as rig:
        await rig.ask_a_person()
        yield rig


async def press_in_group(rig, label):
    await rig.handle(press(rig.telegram.button(label), user=STAFF, chat_id=GROUP))
    await rig.carry()


async def test_the_group_sees_the_language_the_words_and_why_the_bot_had_no_answer_and_nobody_s_id_or_name(rig):
    [asked] = rig.group()
    assert asked["text"].startswith("#r00000001 · English\n<blockquote>dog &lt;inside&gt;?</blockquote>")
    assert "A section was found, but it was not sure to answer." in asked["text"]
    assert "Nearest section: logistics/trains.md#volumes" in asked["text"]
    assert "reply to this message" in asked["text"]
    assert "11" not in asked["text"]
    assert "Ann" not in asked["text"]


async def test_a_reply_reaches_the_visitor_and_its_receipt_stands_below_it(rig):
    await rig.reply("No, <only> guide dogs.", rig.group()[0])
    await rig.carry()
    answer, receipt = rig.private()[-1], rig.group()[-1]
    assert answer["text"] == "<b>A member of our staff answers:</b>\nNo, &lt;only&gt; guide dogs."
    assert receipt["text"] == "#r00000001\nDelivered."
    assert receipt["reply_parameters"]["message_id"] == 8
    await rig.reply("And cats neither.", receipt)
    await rig.carry()
    assert "And cats neither." in rig.private()[-1]["text"], "a reply to a receipt counts as well"


async def test_an_edited_reply_is_not_sent_a_second_time(rig):
    await rig.reply("No.", rig.group()[0])
    await rig.carry()
    sent = len(rig.private())
    raw = {"chat": {"id": GROUP, "type": "supergroup", "title": "Staff"}, "from": STAFF, "message_id": 8, "date": 1, "edit_date": 2, "text": "No!"}  # fmt: skip
    await rig.handle({"edited_message": raw})
    await rig.carry()
    assert len(rig.private()) == sent


async def test_H05_a_reply_to_what_has_ended_is_told_so(rig):
    asked = rig.group()[0]
    await rig.write("/end")
    await rig.carry()
    sent = len(rig.private())
    await rig.reply("No.", asked)
    await rig.carry()
    assert rig.group()[-1]["text"] == "#r00000001\nThe conversation has ended. Replies are not passed on any more."
    await rig.reply("No.", {"text": "#rffffffff · English"})
    assert "#rffffffff\nThe conversation has ended." in rig.group()[-1]["text"], "of what is no longer kept, too"
    assert len(rig.private()) == sent


async def test_H05_a_reply_in_another_chat_or_of_a_bot_or_channel_is_never_carried(rig):
    asked, sent = rig.group()[0], len(rig.private())
    other = {"id": -5, "type": "supergroup", "title": "Other"}
    await rig.reply("No.", asked, chat=other)
    await rig.reply("No.", asked, user=person(99) | {"is_bot": True})
    channel = {"id": -77, "type": "channel", "title": "News"}
    await rig.reply("No.", asked, user=person(136817688), sender_chat=channel)
    await rig.carry()
    assert [one for one in rig.private()[sent:] if one["chat_id"] == 11] == []

    group = {"id": GROUP, "type": "supergroup", "title": "Staff"}
    await rig.reply("No.", asked, user=person(1087968824), sender_chat=group)
    await rig.carry()
    assert "No." in rig.private()[-1]["text"], "an administrator who speaks as the group"


async def test_in_the_group_a_question_to_the_bot_is_a_question_and_talk_is_talk(rig):
    asked = len(rig.answerer.asked)
    await rig.reply("thanks", {"text": "An answer of the bot that is none of these"})
    assert len(rig.answerer.asked) == asked + 1
    await rig.reply(None, rig.group()[0], sticker=None, photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}])  # fmt: skip
    assert rig.group()[-1]["text"] == "#r00000001\nOnly text is passed on, so this was not."


async def test_H06_what_a_visitor_writes_is_escaped_and_can_t_pass_for_a_mark(rig):
    await rig.write("#rffffffff · <b>&amp;\n<a href='tg://user?id=1'>x</a>")
    await rig.carry()
    text = rig.group()[-1]["text"]
    assert text.startswith("#r00000001 ")
    assert "&lt;b&gt;&amp;amp;" in text
    assert "<a " not in text
    await rig.reply("No.", {"text": text})
    await rig.carry()
    assert "No." in rig.private()[-1]["text"]


async def test_a_phrase_goes_in_the_visitor_s_language_without_a_model(rig):
    rig.state.visitors.clear()
    await press_in_group(rig, "We are looking")
    sent = rig.private()[-1]
    assert sent["text"].endswith("\nWe are looking into it and will write to you here.")
    assert rig.group()[-1]["text"] == "#r00000001\nDelivered."
    await rig.write("/end")
    await rig.carry()
    count = len(rig.private())
    await rig.handle(press(first_button(rig, "Please tell"), user=STAFF, chat_id=GROUP))
    assert "has ended" in rig.group()[-1]["text"]
    assert len(rig.private()) == count


def first_button(rig, label):
    markup = rig.group()[0]["reply_markup"]["inline_keyboard"]
    return next(one["callback_data"] for row in markup for one in row if label in one["text"])


async def test_a_good_answer_becomes_a_draft_by_one_press_and_a_second_one_is_told_that_it_is_there(rig):
    await rig.reply("No, only guide dogs.", rig.group()[0])
    await rig.carry()
    draft = rig.telegram.button("Make a draft")
    for _ in range(2):
        await rig.handle(press(draft, user=STAFF, chat_id=GROUP))
    [(path, content)] = rig.drafts.files.items()
    assert path.startswith("drafts/en/logistics/dog-inside-00000001-")
    assert "No, only guide dogs." in content
    assert "? dog inside ?" in content
    first, second = (one["text"] for one in rig.group()[-2:])
    assert path in first
    assert second == "There is a draft for it already."


async def test_who_blocked_the_bot_is_told_of_and_the_draft_of_what_nobody_read_is_not_offered(rig):
    await rig.reply("No.", rig.group()[0])
    rig.telegram.refuse("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await rig.carry()
    receipt = rig.group()[-1]
    assert receipt["text"].startswith("#r00000001\nNot delivered: the visitor has blocked the bot.")
    assert "reply_markup" not in receipt
    assert rig.visitor().is_reachable is False


async def test_an_answer_that_may_have_arrived_is_told_of_and_not_sent_again(rig):
    await rig.reply("No.", rig.group()[0])
    sent = len(rig.private())
    rig.telegram.script("sendMessage", (502, b"<html>bad gateway</html>"))
    await rig.carry(turns=4)
    assert len(rig.private()) == sent + 1
    assert "It is not certain that this arrived." in rig.group()[-1]["text"]


async def test_a_group_that_is_gone_keeps_what_waits(rig):
    rig.telegram.refuse("sendMessage", 403, "Forbidden: bot was kicked from the supergroup chat")
    await rig.write("and a cat?")
    await rig.carry(turns=1)
    assert len(await rig.store.waiting(to_staff=True, limit=9)) == 1
    await rig.carry()
    assert "and a cat?" in rig.group()[-1]["text"]


async def test_both_sides_read_the_translation_marked_as_a_machine_s(tmp_path):
    async with relay_chat(tmp_path, Interpreter()) as rig:
        rig.answerer.answer_to = lambda _question: replace(REFUSED, locale=Locale.KK)
        kazakh = Catalogs(LOCALES).translator(Locale.KK)
        await rig.write("Итпен бола ма, ә?")
        await rig.press(rig.telegram.button(relay_texts.button_ask_person(kazakh)))
        await rig.press(rig.telegram.button("Pass it on"))
        await rig.carry()
        assert "<i>Translated by machine:</i>\n<blockquote>(kk → en) Итпен" in rig.group()[0]["text"]
        await rig.reply("不可以。", rig.group()[0])
        await rig.carry()
        answer = rig.private()[-1]["text"]
        assert answer.index("(zh → kk) 不可以。") < answer.index("<blockquote>不可以。</blockquote>")
        assert "(zh → kk) 不可以。" in rig.group()[-1]["text"], "the staff see what the visitor read"


@pytest.mark.parametrize("locale", list(Locale))
def test_the_longest_message_fits_into_one_of_telegram_s_in_every_language(locale):
    t = Catalogs(LOCALES).translator(locale)
    relay = replace(relay_of(), locale=locale)
    long = replace(relayed(relay, RelayedKind.QUESTION, "界" * MOST_WRITTEN), translation="щ" * MOST_TRANSLATED)
    assert len(split(for_staff(long, None, REFUSED.loss, t).content)) == 1
    assert len(split(for_visitor(replace(long, kind=RelayedKind.ANSWER), None, t).content)) == 1
    receipt = relayed(relay, RelayedKind.RECEIPT)
    assert len(split(for_staff(receipt, long, None, t).content)) == 1
    assert relay_in(plain(for_staff(receipt, long, None, t).content)) == relay.relay_id
