"""A machine's draft goes to nobody before a person has read it beside its original."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.announcements.actions import CommandOutcome
from bot.announcements.checking import Trouble
from bot.announcements.content import seal_of, source_hash
from bot.announcements.drafting import set_text
from bot.announcements.model import (
    Announcement,
    Content,
    LinkButton,
    MissingLanguage,
    Stage,
    Terms,
    TextDraft,
    TextDraftState,
)
from bot.ids import Locale
from tests.support.announcement_rig import APPROVER, AUTHOR, OWNER, STRANGER, AnnouncementRig, draft

RU, KK, ZH = Locale.RU, Locale.KK, Locale.ZH
SOURCE = "Форум начинается в 10:00."
BUTTON = LinkButton({RU: "Карта"}, "https://example.org/")


@pytest.fixture
async def rig() -> AnnouncementRig:
    rig = AnnouncementRig()
    await rig.appoint()
    return rig


async def composed(rig: AnnouncementRig, *, locales: tuple[Locale, ...] = (KK, ZH), **changes: object) -> Announcement:
    content = Content(source=RU, texts={RU: SOURCE}, buttons=(BUTTON,))
    terms = Terms(missing_language=MissingLanguage.FALLBACK, fallback=RU)
    return await rig.draft(**{"content": content, "terms": terms, "locales": locales, **changes})


async def drafted(rig: AnnouncementRig, made: Announcement, **texts: str) -> None:
    """The machine has written these languages."""
    wished = await rig.joined.text_drafting.wish(made.announcement_id, [], actor=AUTHOR, now=rig.now)
    assert wished.is_done
    for code, text in texts.items():
        await rig.joined.text_drafting.settle(written(made, Locale(code), text))


def written(made: Announcement, locale: Locale, text: str) -> TextDraft:
    return TextDraft(
        announcement_id=made.announcement_id,
        locale=locale,
        state=TextDraftState.WRITTEN,
        text=text,
        labels={"Карта": "Картасы"},
        made_from=source_hash(made.content),
    )


async def found(rig: AnnouncementRig, made: Announcement) -> Announcement:
    announcement = await rig.workflow.find(made.announcement_id)
    assert announcement is not None
    return announcement


async def read(rig: AnnouncementRig, made: Announcement, locale: Locale, actor=AUTHOR):
    announcement = await found(rig, made)
    (seen,) = [one for one in await rig.joined.text_drafting.of(announcement) if one.locale is locale]
    seal = seal_of(seen, announcement.content)
    return await rig.joined.text_drafting.read(made.announcement_id, locale, seal, actor=actor, now=rig.now)


async def test_only_what_the_audience_lacks_is_wished_for_and_only_once(rig):
    made = await composed(rig, locales=(RU, KK, ZH))
    await drafted(rig, made, kk="Форум 10:00-де басталады.")
    await drafted(rig, made)
    states = {one.locale: one.state for one in await rig.joined.text_drafting.of(made)}
    assert states == {KK: TextDraftState.WRITTEN, ZH: TextDraftState.WAITING}
    everybody = await composed(rig, locales=())
    await drafted(rig, everybody)
    assert {one.locale for one in await rig.joined.text_drafting.of(everybody)} == set(Locale) - {RU}


async def test_only_the_author_of_a_draft_with_a_text_may_wish(rig):
    made = await composed(rig)
    for actor in (APPROVER, STRANGER):
        refused = await rig.joined.text_drafting.wish(made.announcement_id, [], actor=actor, now=rig.now)
        assert refused.outcome is CommandOutcome.NOT_ALLOWED
    for text, trouble in ((" ", Trouble.NO_TEXT), ("BAD {x}", Trouble.BAD_TEXT)):
        empty = await composed(rig, content=Content(source=RU, texts={RU: text}))
        if trouble is Trouble.BAD_TEXT:
            rig.parts.composer.check = lambda *_args, **_kwargs: "formatting"
        refused = await rig.joined.text_drafting.wish(empty.announcement_id, [], actor=AUTHOR, now=rig.now)
        assert refused.outcome is CommandOutcome.HAS_PROBLEMS
        assert [one.trouble for one in refused.problems] == [trouble]
    assert await rig.joined.text_drafting.waiting() == {}


async def test_an_unread_draft_is_told_and_goes_to_nobody(rig):
    made = await composed(rig, locales=())
    await rig.parts.subscribe([1], locale=KK)
    await rig.parts.subscribe([2], locale=ZH)
    await drafted(rig, made, kk="Форум 10:00-де басталады.", zh="论坛10:00开始。")
    assert (await read(rig, made, KK)).is_done
    present = await found(rig, made)
    assert present.content.texts[KK] == "Форум 10:00-де басталады."
    assert present.content.buttons[0].labels[KK] == "Картасы"
    review = await rig.workflow.review(present, now=rig.now)
    assert [one.locale for one in review.problems if one.trouble is Trouble.UNREAD_DRAFT] == [ZH]
    assert ZH not in {one.locale for one in review.problems if one.trouble is Trouble.MISSING_LANGUAGE}

    submitted = await rig.workflow.submit(made.announcement_id, actor=AUTHOR, version=present.version, now=rig.now)
    approved = await rig.workflow.approve(
        made.announcement_id, actor=APPROVER, version=submitted.announcement.version, now=rig.now
    )
    assert approved.announcement.body_hashes.keys() == {RU, KK}
    await rig.plan()
    assert {row.chat_id: row.locale for row in rig.rows()} == {1: KK, 2: RU}


async def test_who_approves_may_read_what_was_handed_in_and_its_author_may_not_any_more(rig):
    made = await composed(rig)
    await drafted(rig, made, kk="Форум 10:00-де басталады.")
    submitted = await rig.workflow.submit(
        made.announcement_id, actor=AUTHOR, version=(await found(rig, made)).version, now=rig.now
    )
    assert submitted.announcement.stage is Stage.SUBMITTED
    assert (await read(rig, made, KK)).outcome is CommandOutcome.NOT_ALLOWED
    assert (await read(rig, made, KK, STRANGER)).outcome is CommandOutcome.NOT_ALLOWED
    assert (await read(rig, made, KK, APPROVER)).is_done
    assert KK in (await found(rig, made)).content.texts
    own = await rig.workflow.create(
        draft(content=Content(source=RU, texts={RU: SOURCE})), actor=OWNER, request_key="own", now=rig.now
    )
    wished = await rig.joined.text_drafting.wish(own.announcement.announcement_id, [KK], actor=OWNER, now=rig.now)
    await rig.joined.text_drafting.settle(written(own.announcement, KK, "Форум"))
    await rig.workflow.submit(
        own.announcement.announcement_id, actor=OWNER, version=wished.announcement.version, now=rig.now
    )
    assert (await read(rig, own.announcement, KK, OWNER)).outcome is CommandOutcome.OWN_WORK


async def test_what_somebody_has_not_seen_they_have_not_read(rig):
    made = await composed(rig)
    await drafted(rig, made, kk="Форум 10:00-де басталады.")
    seen = seal_of(written(made, KK, "Форум 10:00-де басталады."), made.content)
    await rig.workflow.edit(made.announcement_id, set_text(RU, "Форум начинается в 11:00."), actor=AUTHOR, now=rig.now)
    late = await rig.joined.text_drafting.read(made.announcement_id, KK, seen, actor=AUTHOR, now=rig.now)
    assert late.outcome is CommandOutcome.CHANGED_MEANWHILE
    review = await rig.workflow.review(await found(rig, made), now=rig.now)
    assert [one.detail for one in review.problems if one.trouble is Trouble.UNREAD_DRAFT] == [
        "the source text is newer"
    ]
    await drafted(rig, made)
    assert {one.locale for one in (await rig.parts.text_drafts.waiting())} == {KK, ZH}


async def test_a_text_that_a_person_has_written_meanwhile_stands(rig):
    made = await composed(rig)
    await drafted(rig, made)
    await rig.workflow.edit(made.announcement_id, set_text(KK, "Өз мәтінім."), actor=AUTHOR, now=rig.now)
    ((announcement, locales),) = (await rig.joined.text_drafting.waiting()).values()
    assert (announcement.announcement_id, locales) == (made.announcement_id, [ZH])
    await rig.joined.text_drafting.settle(written(made, KK, "Форум"))
    present = await found(rig, made)
    assert present.content.texts[KK] == "Өз мәтінім."
    assert KK not in {one.locale for one in await rig.joined.text_drafting.of(present)}


async def test_what_nobody_can_use_any_more_does_not_wait(rig):
    made = await composed(rig)
    await drafted(rig, made)
    stored = rig.tables.announcements[made.announcement_id]
    rig.tables.announcements[made.announcement_id] = replace(stored, stage=Stage.STOPPED)
    assert await rig.joined.text_drafting.waiting() == {}
    assert await rig.parts.text_drafts.of([made.announcement_id]) == []
