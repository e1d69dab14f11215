"""/fix in reply to an answer proposes one sentence in another's place."""

from __future__ import annotations

import pytest

from bot.proposals.model import ProposalKind, ProposalState, Weight
from tests.support.proposal_parts import EDITOR, HALL, REVIEWER
from tests.support.staff_rig import StaffRig


@pytest.fixture
async def rig(tmp_path):
    rig = await StaffRig(tmp_path).open()
    await rig.appoint()
    await rig.knowledge.record_translations()
    yield rig
    await rig.application.shutdown()


async def only(rig):
    [proposal] = (await rig.parts.database.reading()).proposals.values()
    return proposal


async def test_the_nearest_sentence_is_shown_and_a_second_person_makes_it_live(rig):
    told = await rig.replies(EDITOR, "/fix The hall has 1,700 seats.")
    assert "➖ The hall has 1,600 seats." in told
    assert "✏️ The hall has 1,700 seats." in told
    assert HALL in told
    await rig.taps(EDITOR, "Another fact")
    proposal = await only(rig)
    assert (proposal.kind, proposal.state, proposal.weight) == (
        ProposalKind.FIX, ProposalState.WAITING, Weight.OTHER_FACT,
    )  # fmt: skip
    assert "1,600" in rig.knowledge.text()
    await rig.taps(REVIEWER, "Look")
    await rig.taps(REVIEWER, "Approve")
    assert "The hall has 1,700 seats. It opens at 9:00." in rig.knowledge.text()
    assert await rig.knowledge.stale() == ["zh/venue/hall.md", "ru/venue/hall.md"]


async def test_a_clarification_keeps_the_translations_up_to_date(rig):
    await rig.replies(EDITOR, "/fix There are 1,600 seats in the hall.")
    await rig.taps(EDITOR, "Clarification")
    await rig.taps(REVIEWER, "Look")
    await rig.taps(REVIEWER, "Approve")
    assert "There are 1,600 seats" in rig.knowledge.text()
    assert await rig.knowledge.stale() == []


async def test_where_it_is_not_clear_which_sentence_is_meant_the_others_are_offered(rig):
    told = await rig.replies(EDITOR, "/fix Doors open for everybody at ten.")
    assert "another sentence" in told
    labels = [one["text"] for one in rig.telegram.keyboard()]
    other = next(label for label in labels if label.startswith(("It opens", "The hall has")))
    told = await rig.taps(EDITOR, other)
    assert f"➖ {other}" in told
    await rig.taps(EDITOR, "Another fact")
    assert "Doors open for everybody at ten." in (await only(rig)).changes[0].text


async def test_the_same_button_twice_makes_one_proposal(rig):
    await rig.replies(EDITOR, "/fix The hall has 1,700 seats.")
    button = rig.telegram.button_of(EDITOR, "Another fact")
    for _ in range(2):
        await rig.press(button, user={"id": EDITOR, "is_bot": False, "first_name": "Ed"})
    await only(rig)


@pytest.mark.parametrize("text", ["/fix", "/fix # A heading", "/fix ? A question", "/fix <b>bold</b>"])
async def test_what_is_no_plain_sentence_is_asked_for_again(rig, text):
    assert "plain sentences" in await rig.replies(EDITOR, text)


async def test_without_an_answer_to_reply_to_it_says_how(rig):
    assert "Reply to an answer" in await rig.says(EDITOR, "/fix The hall has 1,700 seats.")


async def test_a_sentence_that_the_file_writes_otherwise_is_left_to_people(rig):
    file = rig.knowledge.folder / HALL
    file.write_text(rig.knowledge.text().replace("1,600 seats", "**1,600** seats"), encoding="utf-8")
    assert "cannot be replaced by itself" in await rig.replies(EDITOR, "/fix The hall has 1,700 seats.")


async def test_a_sentence_that_changed_since_the_page_was_shown_is_not_replaced(rig):
    await rig.replies(EDITOR, "/fix The hall has 1,700 seats.")
    file = rig.knowledge.folder / HALL
    file.write_text(rig.knowledge.text().replace("1,600 seats", "1,650 seats"), encoding="utf-8")
    assert "cannot be replaced by itself" in await rig.taps(EDITOR, "Another fact")
    assert not (await rig.parts.database.reading()).proposals
