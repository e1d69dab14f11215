"""/pin in reply to an answer proposes it for its question, /unpin takes that back: a second person approves both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ids import DocumentPath, Locale, SectionKey
from bot.proposals.model import ProposalKind, ProposalState
from tests.support.proposal_parts import EDITOR, REVIEWER
from tests.support.staff_rig import StaffRig

PIN = "en/pins/how-large.md"


@pytest.fixture
async def rig(tmp_path):
    rig = await StaffRig(tmp_path).open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def approved(rig) -> None:
    await rig.taps(REVIEWER, "Look")
    await rig.taps(REVIEWER, "Approve")


def written(rig, file: str = PIN) -> str:
    path = rig.knowledge.folder / file
    return path.read_text("utf-8") if path.exists() else ""


async def test_the_section_that_was_told_is_pinned_to_its_question_once_a_second_person_agrees(rig):
    await rig.replies(EDITOR, "/pin")
    [proposal] = (await rig.parts.database.reading()).proposals.values()
    assert (proposal.kind, proposal.state) == (ProposalKind.PIN, ProposalState.WAITING)
    assert not written(rig)
    shown = await rig.taps(REVIEWER, "Look")
    assert "tells: venue/hall.md#size" in shown
    assert "? How large?" in shown
    await rig.taps(REVIEWER, "Approve")
    assert 'tells: "venue/hall.md#size"' in written(rig)


async def test_a_text_with_the_address_of_its_source_is_pinned_in_its_place(rig):
    await rig.replies(EDITOR, "/pin It seats 1,700 people. https://www.example.org/hall")
    await approved(rig)
    assert "It seats 1,700 people.\n" in written(rig)
    assert 'publisher: "example.org"' in written(rig)
    assert "pinned: true" in written(rig)


async def test_a_text_takes_the_source_of_what_was_told(rig):
    cited = replace(rig.answerer.section(SectionKey(DocumentPath("x.md"), "y"), Locale.EN, rig.now.date()).citations[0],
                    publisher="The hall", url="https://example.org/told")  # fmt: skip
    plain = rig.answerer.section
    rig.answerer.section = lambda *given: replace(plain(*given), citations=(cited,))
    await rig.replies(EDITOR, "/pin It seats 1,700 people.")
    await approved(rig)
    assert 'url: "https://example.org/told"' in written(rig)


async def test_a_text_without_any_source_is_asked_for_one(rig):
    assert "source" in await rig.replies(EDITOR, "/pin It seats 1,700 people.")
    assert not (await rig.parts.database.reading()).proposals


@pytest.mark.parametrize("text", ["# Heading https://example.org/", "? What https://example.org/", "x" * 2001])
async def test_what_is_no_running_text_is_not_pinned(rig, text):
    assert "Reply to an answer" in await rig.replies(EDITOR, f"/pin {text}")


async def test_without_an_answer_to_reply_to_it_says_how(rig):
    assert "Reply to an answer" in await rig.says(EDITOR, "/pin")
    assert "Reply to a pinned answer" in await rig.says(EDITOR, "/unpin")


async def test_what_is_pinned_is_not_pinned_again_and_can_be_unpinned_in_all_languages(rig):
    await rig.replies(EDITOR, "/pin")
    await approved(rig)
    (rig.knowledge.folder / "ru/pins").mkdir(parents=True)
    (rig.knowledge.folder / "ru/pins/how-large.md").write_text(written(rig), "utf-8")
    rig.told_by_pin = SectionKey(DocumentPath("pins/how-large.md"), "intro")
    assert "pinned already" in await rig.replies(EDITOR, "/pin", turn_id="T2")
    await rig.replies(EDITOR, "/unpin", turn_id="T3")
    await approved(rig)
    assert (written(rig), written(rig, "ru/pins/how-large.md")) == ("", "")
    assert "pinned answer" in await rig.replies(EDITOR, "/unpin", turn_id="T4")


async def test_visitors_have_no_such_command(rig):
    assert "pin" not in (await rig.says(99, "/pin")).lower()
