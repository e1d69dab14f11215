"""The second person: what they approve is written whole, what does not fit is refused."""

from __future__ import annotations

import pytest

from bot.announcements.model import Role
from bot.errors import KnowledgeError
from bot.proposals.model import ProposalKind, ProposalState, Weight
from bot.proposals.rules import ProposalOutcome, cautions
from bot.proposals.service import NewProposal
from tests.support.proposal_parts import (
    AUTHOR,
    EDITOR,
    HALL,
    NOW,
    OWNER,
    REVIEWER,
    RUSSIAN_HALL,
    ProposalParts,
    write_hall,
)


@pytest.fixture
async def parts(tmp_path):
    write_hall(tmp_path)
    parts = ProposalParts(tmp_path)
    await parts.appoint()
    await parts.record_translations()
    return parts


async def approve(parts, proposal, *, actor=REVIEWER, version=None):
    return await parts.approvals.approve(
        proposal.proposal_id, version=version or proposal.version, actor=actor, now=NOW
    )


async def test_what_a_second_person_approves_is_written_and_each_step_is_noted(parts):
    proposal = await parts.proposed("Jiaozhou", "Jiaozhou City")
    decision = await approve(parts, proposal)
    assert decision.is_done
    assert decision.proposal.state is ProposalState.APPROVED
    assert "Jiaozhou City" in parts.text()
    assert await parts.audited() == ["proposal_submitted", "proposal_approved", "proposal_written"]


async def test_a_removal_is_approved_like_a_change(parts):
    new = NewProposal(kind=ProposalKind.DRAFT, label="away", texts={RUSSIAN_HALL: None})
    made = (await parts.proposals.propose(new, actor=EDITOR, request_key="1", now=NOW)).proposal
    assert (await approve(parts, made)).is_done
    assert not (parts.folder / RUSSIAN_HALL).exists()


@pytest.mark.parametrize("actor", [EDITOR, AUTHOR, 99])
async def test_who_may_not_review_approves_nothing_and_is_noted(parts, actor):
    proposal = await parts.proposed("1,600", "1,700")
    for decision in (
        await approve(parts, proposal, actor=actor),
        await parts.approvals.return_to_proposer(proposal.proposal_id, "no", version=1, actor=actor, now=NOW),
    ):
        assert decision.outcome is ProposalOutcome.NOT_ALLOWED
    assert "1,600" in parts.text()
    assert (await parts.audited()).count("proposal_decision_denied") == 2


async def test_A08_a_role_that_has_ended_since_the_page_was_shown_approves_nothing(parts):
    proposal = await parts.proposed("1,600", "1,700")
    await parts.roles.revoke(REVIEWER, Role.REVIEWER)
    assert (await approve(parts, proposal)).outcome is ProposalOutcome.NOT_ALLOWED


@pytest.mark.parametrize("actor", [REVIEWER, OWNER])
async def test_Y03_nobody_approves_their_own_while_another_may(parts, actor):
    proposal = await parts.proposed("1,600", "1,700", actor=actor)
    assert (await approve(parts, proposal, actor=actor)).outcome is ProposalOutcome.OWN_WORK
    assert "1,600" in parts.text()


async def test_an_owner_approves_their_own_while_nobody_else_may_and_it_is_noted_as_that(parts):
    await parts.roles.revoke(REVIEWER, Role.REVIEWER)
    proposal = await parts.proposed("1,600", "1,700", actor=OWNER)
    assert (await approve(parts, proposal, actor=OWNER)).is_done
    assert "proposal_approved_alone" in await parts.audited()


async def test_a_lone_reviewer_who_is_no_owner_waits_for_a_second_person(parts):
    await parts.roles.revoke(OWNER, Role.OWNER)
    proposal = await parts.proposed("1,600", "1,700", actor=REVIEWER)
    assert (await approve(parts, proposal)).outcome is ProposalOutcome.OWN_WORK


async def test_a_version_that_was_not_seen_is_not_approved(parts):
    proposal = await parts.proposed("1,600", "1,700")
    assert (await approve(parts, proposal, version=7)).outcome is ProposalOutcome.SEEN_ANOTHER


async def test_what_was_decided_is_not_decided_again(parts):
    proposal = await parts.proposed("Jiaozhou", "Jiaozhou City")
    await approve(parts, proposal)
    assert (await approve(parts, proposal)).outcome is ProposalOutcome.DECIDED


async def test_Y02_a_file_that_changed_meanwhile_is_not_overwritten_and_the_proposal_may_be_made_anew(parts):
    proposal = await parts.proposed("Jiaozhou", "Jiaozhou City")
    (parts.folder / HALL).write_text(parts.text().replace("9:00", "10:00"), encoding="utf-8")
    decision = await approve(parts, proposal)
    assert decision.outcome is ProposalOutcome.CHANGED_MEANWHILE
    assert decision.proposal.state is ProposalState.STALE
    assert "10:00" in parts.text()
    renewed = await parts.proposals.renew(proposal.proposal_id, actor=EDITOR, now=NOW)
    assert renewed.proposal.state is ProposalState.WAITING
    check = await parts.proposals.check(renewed.proposal)
    assert not check.moved
    assert (await approve(parts, renewed.proposal)).is_done
    assert "10:00" not in parts.text()


@pytest.mark.parametrize("kind", [ProposalKind.FIX, ProposalKind.ANSWERED])
async def test_one_place_of_a_text_is_not_made_anew_for_it_would_take_back_what_came_between(parts, kind):
    proposal = await parts.proposed("Jiaozhou", "Jiaozhou City", kind=kind)
    (parts.folder / HALL).write_text(parts.text().replace("9:00", "10:00"), encoding="utf-8")
    await approve(parts, proposal)
    decision = await parts.proposals.renew(proposal.proposal_id, actor=EDITOR, now=NOW)
    assert decision.outcome is ProposalOutcome.DECIDED


async def test_F11_of_two_who_send_the_same_file_the_other_becomes_stale_and_whoever_is_approved_last_stands(parts):
    first = await parts.proposed("Jiaozhou", "Jiaozhou, hall A", actor=EDITOR)
    second = await parts.proposed("Jiaozhou", "Jiaozhou, hall B", actor=REVIEWER)
    decision = await approve(parts, first)
    assert [one.proposal_id for one in decision.overtaken] == [second.proposal_id]
    assert "hall A" in parts.text()
    assert (await approve(parts, second, actor=OWNER)).outcome is ProposalOutcome.DECIDED
    renewed = (await parts.proposals.renew(second.proposal_id, actor=REVIEWER, now=NOW)).proposal
    assert (await approve(parts, renewed, actor=OWNER)).is_done
    assert "hall B" in parts.text()
    subjects = {(entry.subject, entry.action) for entry in await parts.audit.entries()}
    assert (first.proposal_id, "proposal_written") in subjects
    assert (second.proposal_id, "proposal_overtaken") in subjects


async def test_a_file_with_a_fault_is_not_approved(parts):
    proposal = await parts.proposed("{#place}", "{#size}")
    decision = await approve(parts, proposal)
    assert decision.outcome is ProposalOutcome.HAS_FAULTS
    assert "used already" in str(decision.check.faults[0])
    assert (await parts.proposals.find(proposal.proposal_id)).state is ProposalState.WAITING


@pytest.mark.parametrize("weight", [Weight.TYPING_ERROR, Weight.CLARIFICATION])
async def test_a_typing_error_or_a_clarification_that_changes_a_figure_is_not_approved(parts, weight):
    proposal = await parts.proposed("1,600", "1,700", weight=weight)
    decision = await approve(parts, proposal)
    assert decision.outcome is ProposalOutcome.HAS_FAULTS
    assert any("1,700" in fault.reason for fault in decision.check.partings)


async def test_another_fact_parts_from_its_translations_and_makes_them_stale(parts):
    proposal = await parts.proposed("1,600", "1,700")
    told = cautions(proposal, await parts.proposals.check(proposal))
    assert any("1,700" in fault.reason for fault in told)
    assert (await approve(parts, proposal)).is_done
    assert await parts.stale() == ["zh/venue/hall.md", RUSSIAN_HALL]


@pytest.mark.parametrize("weight", [Weight.TYPING_ERROR, Weight.CLARIFICATION])
async def test_after_a_typing_error_or_a_clarification_translations_are_up_to_date(parts, weight):
    proposal = await parts.proposed("stands in", "is in the city of", weight=weight)
    assert (await approve(parts, proposal)).is_done
    assert await parts.stale() == []


async def test_a_translation_that_was_stale_before_a_clarification_stays_so(parts):
    (parts.folder / HALL).write_text(parts.text().replace("It opens", "The hall opens"), encoding="utf-8")
    was_stale = await parts.stale()
    proposal = await parts.proposed("stands in", "is in the city of", weight=Weight.CLARIFICATION)
    assert (await approve(parts, proposal)).is_done
    assert await parts.stale() == was_stale != []


async def test_a_new_translation_that_parts_from_its_source_is_not_approved(parts):
    text = parts.text(RUSSIAN_HALL).replace("1600", "1700").replace("lang: ru", "lang: kk")
    new = NewProposal(kind=ProposalKind.UPLOAD, label="hall", texts={"kk/venue/hall.md": text})
    made = (await parts.proposals.propose(new, actor=EDITOR, request_key="1", now=NOW)).proposal
    assert (await approve(parts, made)).outcome is ProposalOutcome.HAS_FAULTS


async def test_what_differed_before_does_not_stand_in_the_way(parts):
    russian = parts.folder / RUSSIAN_HALL
    russian.write_text(russian.read_text(encoding="utf-8").replace("1600", "1500"), encoding="utf-8")
    proposal = await parts.proposed("stands in", "is in", weight=Weight.CLARIFICATION)
    assert (await approve(parts, proposal)).is_done


async def test_what_is_returned_says_why_and_changes_nothing(parts):
    proposal = await parts.proposed("1,600", "1,700")
    decision = await parts.approvals.return_to_proposer(
        proposal.proposal_id, "Which source?", version=1, actor=REVIEWER, now=NOW
    )
    assert (decision.proposal.state, decision.proposal.reason) == (ProposalState.RETURNED, "Which source?")
    assert "1,600" in parts.text()


async def test_a_folder_that_can_not_be_written_keeps_what_was_approved_until_it_can(parts, monkeypatch):
    proposal = await parts.proposed("Jiaozhou", "Jiaozhou City")

    async def full(_changes, _recorded):
        raise KnowledgeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(parts.changeable, "write", full)
        decision = await approve(parts, proposal)
    assert decision.outcome is ProposalOutcome.CANNOT_WRITE
    assert "City" not in parts.text()
    [completed] = await parts.approvals.complete_all(NOW)
    assert completed.is_done
    assert "Jiaozhou City" in parts.text()
    assert await parts.approvals.complete_all(NOW) == []
