"""Organisers have languages drafted, read each draft beside its original, and see everywhere what nobody has read."""

from __future__ import annotations

import pytest

from bot.announcements.content import source_hash
from bot.announcements.model import Announcement, TextDraft, TextDraftState
from bot.chat.organisers.drafting_progress import DraftingProgress
from bot.drafting.model import DraftRefusal
from bot.ids import Locale
from tests.support.news_rig import APPROVER, AUTHOR, OWNER, NewsRig

RU, KK, ZH = Locale.RU, Locale.KK, Locale.ZH
DRAFTED = {KK: "Форум <b>2-залға</b> көшеді.", ZH: "论坛改在2号馆举行。"}


@pytest.fixture
async def rig():
    rig = await NewsRig(has_model=True).open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def settle(rig: NewsRig, made: Announcement, locale: Locale, reason: str = "") -> None:
    """What the machine does behind the chat."""
    await rig.announcements.text_drafting.settle(
        TextDraft(
            announcement_id=made.announcement_id,
            locale=locale,
            state=TextDraftState.REFUSED if reason else TextDraftState.WRITTEN,
            text="" if reason else DRAFTED[locale],
            made_from=source_hash(made.content),
            reason=reason,
        )
    )


async def drafted(rig: NewsRig) -> Announcement:
    """A draft in English whose Kazakh and Chinese the machine has written."""
    made = await rig.draft()
    await rig.taps(AUTHOR, "Draft the other languages")
    for locale in DRAFTED:
        await settle(rig, made, locale)
    return await rig.only()


def labels(rig: NewsRig, chat_id: int) -> list[str]:
    """The buttons of the latest message of a chat that has some."""
    for call in reversed(rig.telegram.calls):
        markup = call.params.get("reply_markup")
        if markup and int(call.params.get("chat_id", 0)) == chat_id:
            return [one["text"] for row in markup["inline_keyboard"] for one in row]
    return []


async def test_without_a_model_there_is_no_such_button():
    rig = await NewsRig().open()
    await rig.appoint()
    await rig.draft()
    assert "🤖 Draft the other languages" not in labels(rig, AUTHOR)
    await rig.application.shutdown()


async def test_a_press_answers_at_once_and_shows_what_is_being_drafted(rig):
    await rig.draft()
    page = await rig.taps(AUTHOR, "Draft the other languages")
    assert "⏳ Being drafted: 简体中文, Русский, Қазақша" in page
    assert len(await rig.parts.text_drafts.waiting()) == len(Locale) - 1


async def test_a_draft_stands_below_its_original_and_one_tap_makes_it_the_text(rig):
    await drafted(rig)
    await rig.says(AUTHOR, "/announcements")
    assert any("🤖2 · Hall moves" in label for label in labels(rig, AUTHOR))
    assert "🤖 2 machine drafts that nobody has read are not sent: 简体中文, Қазақша" in await rig.taps(
        AUTHOR, "Hall moves"
    )
    page = await rig.taps(AUTHOR, "Read the drafts")
    assert page.index("The forum moves to hall 2.") < page.index(DRAFTED[ZH])
    assert page.count("<blockquote expandable>") == 2
    assert DRAFTED[KK] in await rig.taps(AUTHOR, "Next")
    page = await rig.taps(AUTHOR, "I have read it")
    assert DRAFTED[ZH] in page
    assert (await rig.only()).content.texts[KK] == DRAFTED[KK]
    assert "There is no draft left to read." in await rig.taps(AUTHOR, "I have read it")
    assert set((await rig.only()).content.texts) == {Locale.EN, ZH, KK}
    assert "announcement_draft_read" in await rig.audited()


async def test_what_a_person_writes_instead_counts_as_read(rig):
    await drafted(rig)
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Hall moves")
    await rig.taps(AUTHOR, "Texts")
    await rig.taps(AUTHOR, "🤖 Қазақша")
    assert "Language: Қазақша" in await rig.taps(AUTHOR, "Write it myself")
    page = await rig.says(AUTHOR, "Форум 2-залда өтеді.")
    assert "1 machine draft" in page
    made = await rig.only()
    assert made.content.texts[KK] == "Форум 2-залда өтеді."
    assert {one.locale for one in await rig.parts.text_drafts.of([made.announcement_id]) if one.is_unread} == {ZH}


async def test_a_draft_of_an_older_original_is_shown_again_with_a_mark(rig):
    await drafted(rig)
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Hall moves")
    await rig.taps(AUTHOR, "Read the drafts")
    old = rig.telegram.button_of(AUTHOR, "I have read it")
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Texts")
    await rig.taps(AUTHOR, "English")
    await rig.says(AUTHOR, "The forum moves to hall 3.")
    rig.telegram.button_of = lambda *_: old  # type: ignore[method-assign]
    page = await rig.taps(AUTHOR, "")
    assert "⚠️ The original has changed since this was drafted." in page
    assert "hall 3" in page
    assert ZH not in (await rig.only()).content.texts


async def test_who_approves_sees_how_many_are_unread_and_may_read_them(rig):
    await drafted(rig)
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Hall moves")
    await rig.taps(AUTHOR, "Submit")
    request = rig.last(APPROVER)
    assert "🤖 2 machine drafts that nobody has read are not sent" in request
    await rig.taps(AUTHOR, "Read the drafts")
    assert "✅ I have read it: it is right" not in labels(rig, AUTHOR)
    await rig.taps(APPROVER, "Read the drafts")
    assert "✏️ Write it myself" not in labels(rig, APPROVER)
    await rig.taps(APPROVER, "I have read it")
    assert "🤖 1 machine draft that nobody has read is not sent: Қазақша" in await rig.taps(APPROVER, "Overview")
    await rig.taps(APPROVER, "Approve")
    assert (await rig.only()).body_hashes.keys() == {Locale.EN, ZH}


async def test_the_preview_leads_to_a_draft_and_not_to_a_trial_copy(rig):
    await drafted(rig)
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Hall moves")
    await rig.taps(AUTHOR, "Preview")
    assert "a machine draft" in await rig.taps(AUTHOR, "🤖 简体中文")


async def test_one_message_tells_how_far_it_is_and_ends_with_the_way_to_read(rig):
    progress = DraftingProgress(rig.app, now=lambda: rig.now)
    made = await rig.draft()
    await rig.announcements.text_drafting.wish(made.announcement_id, DRAFTED, actor=AUTHOR, now=rig.now)
    await progress(made.announcement_id)
    assert "⏳ Being drafted: 简体中文, Қазақша" in rig.last(AUTHOR)
    sent = len(rig.telegram.sent("sendMessage"))
    await settle(rig, made, KK)
    await progress(made.announcement_id)
    assert "⏳ Being drafted: 简体中文" in rig.last(AUTHOR)
    await settle(rig, made, ZH, DraftRefusal.FIGURES.name)
    await progress(made.announcement_id)
    assert "❌ 简体中文: The draft had other figures or dates than the original." in rig.last(AUTHOR)
    assert len(rig.telegram.sent("sendMessage")) == sent
    assert DRAFTED[KK] in await rig.taps(AUTHOR, "Read the drafts")
    await rig.announcements.text_drafting.wish(made.announcement_id, [ZH], actor=AUTHOR, now=rig.now)
    await progress(made.announcement_id)
    assert len(rig.telegram.sent("sendMessage")) == sent + 1


async def test_after_a_restart_the_end_comes_as_a_new_message(rig):
    made = await drafted(rig)
    for one in await rig.parts.text_drafts.waiting():
        await rig.parts.text_drafts.drop(made.announcement_id, one.locale)
    progress = DraftingProgress(rig.app, now=lambda: rig.now)
    await progress(made.announcement_id)
    assert "🤖 2 machine drafts" in rig.last(AUTHOR)
    written = len(rig.telegram.to(AUTHOR))
    await progress(made.announcement_id)
    assert len(rig.telegram.to(AUTHOR)) == written
    assert "🤖 Read the drafts" in labels(rig, AUTHOR)
    assert not rig.telegram.to(OWNER)


async def test_every_refusal_has_words(rig):
    made = await rig.draft()
    for reason in DraftRefusal:
        await rig.announcements.text_drafting.wish(made.announcement_id, [KK], actor=AUTHOR, now=rig.now)
        await settle(rig, made, KK, reason.name)
        await DraftingProgress(rig.app, now=lambda: rig.now)(made.announcement_id)
        assert "❌ Қазақша: The " in rig.last(AUTHOR)
