"""/drafts: staff read what a machine drafted beside its original, and a reviewer says yes or no."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from bot.adapters.knowledge.draft_folder import DraftFolder
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import DraftSection, KnowledgeDraft
from tests.support.chat_rig import NOW
from tests.support.news_rig import STRANGER
from tests.support.proposal_parts import EDITOR, OWNER, REVIEWER, no_language
from tests.support.staff_rig import StaffRig

HALL = DocumentPath("venue/hall.md")
TEXT = "Залда 1 600 орын бар. Ол 9:00-де ашылады."


@pytest.fixture
async def rig(tmp_path: Path):
    rig = await StaffRig(tmp_path).open()
    await rig.appoint()
    rig.folder = tmp_path
    yield rig
    await rig.application.shutdown()


async def read(folder: Path):
    return await KnowledgeFiles(folder, identify=no_language).read()


async def write(folder: Path, locale: Locale = Locale.KK, *, text: str = TEXT, age: int = 0) -> str:
    """A draft of the hall, written `age` seconds ago."""
    english = next(one for one in (await read(folder)).documents if one.locale is Locale.EN)
    sections = tuple(
        DraftSection(
            section_id=section.section_id,
            heading="Залдың көлемі",
            text=text,
            questions=("Залда қанша орын бар?",),
            near_misses=("Залды жалға алу қанша тұрады?",),
        )
        for section in english.sections
    )
    draft = KnowledgeDraft(path=HALL, locale=locale, title="Зал", sections=sections, content_hash="")
    assert DraftFolder(folder).write(draft, english)
    moment = datetime.timestamp(NOW) - age
    os.utime(folder / draft.file, (moment, moment))
    return draft.file


def labels(rig: StaffRig, chat_id: int) -> list[str]:
    for call in reversed(rig.telegram.calls):
        markup = call.params.get("reply_markup")
        if markup and int(call.params.get("chat_id", 0)) == chat_id:
            return [one["text"] for row in markup["inline_keyboard"] for one in row]
    return []


async def test_the_list_names_language_document_and_what_it_holds_the_oldest_first(rig):
    assert "No draft waits." in await rig.says(EDITOR, "/drafts")
    await write(rig.folder, Locale.KK)
    await write(rig.folder, Locale.TG, text="", age=60)
    assert "2 drafts wait" in await rig.says(EDITOR, "/drafts")
    tg, kk = labels(rig, EDITOR)
    assert tg.startswith("tg · venue/hall · ❓")
    assert kk.startswith("kk · venue/hall · 📄")
    assert "❗" in kk


async def test_a_stranger_learns_nothing(rig):
    await write(rig.folder)
    assert "wait" not in await rig.says(STRANGER, "/drafts")


async def test_a_draft_stands_below_its_original_with_both_kinds_of_questions(rig):
    await write(rig.folder)
    await rig.says(EDITOR, "/drafts")
    page = await rig.taps(EDITOR, "kk · venue/hall")
    assert page.index("1,600 seats") < page.index("1 600 орын")
    assert page.index("Questions that it answers:") < page.index("Залда қанша орын бар?")
    assert page.index("Questions that it does not answer:") < page.index("Залды жалға алу")
    assert "✅ Approve the draft" not in labels(rig, EDITOR)


async def test_a_reviewer_approves_it_and_it_stands_in_its_place(rig):
    file = await write(rig.folder)
    await rig.says(REVIEWER, "/drafts")
    await rig.taps(REVIEWER, "kk · venue/hall")
    page = await rig.taps(REVIEWER, "Approve the draft")
    assert f"✅ Approved: {file}" in page
    assert "No draft waits." in page
    assert TEXT in (rig.folder / "kk/venue/hall.md").read_text("utf-8")
    assert not (rig.folder / file).exists()
    assert "draft_approved" in await rig.audited()
    assert {one.locale for one in (await read(rig.folder)).documents} >= {Locale.KK}


async def test_an_owner_removes_one_and_the_next_is_shown_by_next(rig):
    await write(rig.folder, Locale.KK)
    file = await write(rig.folder, Locale.TG, age=60)
    await rig.says(OWNER, "/drafts")
    await rig.taps(OWNER, "kk · venue/hall")
    assert file in await rig.taps(OWNER, "Next")
    assert f"🗑 Removed: {file}" in await rig.taps(OWNER, "Remove the draft")
    assert [one.locale for one in (await read(rig.folder)).drafts] == [Locale.KK]
    assert not (rig.folder / "tg/venue/hall.md").exists()


async def test_what_was_not_seen_is_not_approved(rig):
    file = await write(rig.folder)
    await rig.says(REVIEWER, "/drafts")
    await rig.taps(REVIEWER, "kk · venue/hall")
    changed = (rig.folder / file).read_text("utf-8").replace("9:00", "10:00")
    (rig.folder / file).write_text(changed, "utf-8")
    page = await rig.taps(REVIEWER, "Approve the draft")
    assert any("changed since you looked" in said for said in rig.telegram.to(REVIEWER))
    assert "10:00" in page
    (rig.folder / file).unlink()
    await rig.taps(REVIEWER, "Approve the draft")
    assert "decided about this draft already" in rig.last(REVIEWER)
    assert not (rig.folder / "kk/venue/hall.md").exists()


async def test_who_is_no_reviewer_any_more_decides_nothing(rig):
    file = await write(rig.folder)
    await rig.says(REVIEWER, "/drafts")
    await rig.taps(REVIEWER, "kk · venue/hall")
    await rig.says(OWNER, "/drafts")
    for role in await rig.parts.organisers.roles(REVIEWER):
        await rig.parts.organisers.revoke(REVIEWER, role)
    await rig.taps(REVIEWER, "Approve the draft")
    assert (rig.folder / file).exists()


async def test_a_draft_that_lacks_what_it_needs_is_told_and_stays(rig):
    file = await write(rig.folder)
    whole = (rig.folder / file).read_text("utf-8")
    (rig.folder / file).write_text(whole.replace(TEXT, "", 1), "utf-8")
    await rig.says(REVIEWER, "/drafts")
    await rig.taps(REVIEWER, "kk · venue/hall")
    assert "It cannot be approved as it is:" in await rig.taps(REVIEWER, "Approve the draft")
    assert (rig.folder / file).exists()
