"""Proposals are made against the folder as it stands, by staff alone, and once a request."""

from __future__ import annotations

import pytest

from bot.announcements.model import Role
from bot.proposals.model import ProposalKind, ProposalState, Weight
from bot.proposals.rules import ProposalOutcome
from bot.proposals.service import NewProposal
from tests.support.proposal_parts import AUTHOR, EDITOR, HALL, NOW, OWNER, REVIEWER, ProposalParts, write_hall


@pytest.fixture
async def parts(tmp_path):
    write_hall(tmp_path)
    parts = ProposalParts(tmp_path)
    await parts.appoint()
    return parts


def new(text: str | None = "## A {#a}\n\nA fact.\n", *, file: str = "en/venue/new.md", is_ready: bool = True):
    return NewProposal(kind=ProposalKind.UPLOAD, label="new.md", texts={file: text}, is_ready=is_ready)


@pytest.mark.parametrize("actor", [OWNER, REVIEWER, EDITOR])
async def test_every_member_of_the_staff_may_propose_and_nothing_is_written(parts, actor):
    decision = await parts.proposals.propose(new(), actor=actor, request_key="1", now=NOW)
    assert decision.is_done
    assert decision.proposal.state is ProposalState.WAITING
    assert not (parts.folder / "en/venue/new.md").exists()
    assert await parts.audited() == ["proposal_submitted"]


async def test_an_author_of_announcements_may_not(parts):
    decision = await parts.proposals.propose(new(), actor=AUTHOR, request_key="1", now=NOW)
    assert decision.outcome is ProposalOutcome.NOT_ALLOWED
    assert await parts.proposals.listed() == []


async def test_the_same_request_twice_makes_one_proposal(parts):
    first, second = [
        await parts.proposals.propose(new(), actor=EDITOR, request_key="update-7", now=NOW) for _ in range(2)
    ]
    assert first.proposal == second.proposal
    assert len(await parts.proposals.listed()) == 1
    assert await parts.audited() == ["proposal_submitted"]


@pytest.mark.parametrize(
    "file",
    ["../outside.md", "/etc/x.md", "en/../../x.md", ".hidden/x.md", "en/x.txt", "vectors/x.md", "en/a\\b.md",
     "en/\u202ex.md", "en//x.md", "en/" + "x" * 300 + ".md", "a/" * 12 + "x.md"],
)  # fmt: skip
async def test_F05_a_name_that_leads_elsewhere_or_is_none_is_refused(parts, file):
    decision = await parts.proposals.propose(new(file=file), actor=EDITOR, request_key="1", now=NOW)
    assert decision.outcome is ProposalOutcome.BAD_FILE
    assert "no name" in decision.detail


async def test_F05_nothing_is_proposed_through_a_link_to_another_folder(parts, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "en" / "linked").symlink_to(tmp_path / "elsewhere")
    decision = await parts.proposals.propose(new(file="en/linked/x.md"), actor=EDITOR, request_key="1", now=NOW)
    assert decision.outcome is ProposalOutcome.BAD_FILE
    assert "link" in decision.detail


async def test_what_the_file_says_already_is_no_proposal(parts):
    decision = await parts.proposals.propose(new(parts.text(), file=HALL), actor=EDITOR, request_key="1", now=NOW)
    assert decision.outcome is ProposalOutcome.BAD_FILE


async def test_what_is_being_prepared_can_become_another_file_and_is_handed_in_by_its_proposer_alone(parts):
    made = (await parts.proposals.propose(new(is_ready=False), actor=EDITOR, request_key="1", now=NOW)).proposal
    assert made.state is ProposalState.PREPARING
    assert await parts.proposals.listed() == []
    other = await parts.proposals.aim(made.proposal_id, "en/expo/new.md", actor=OWNER, now=NOW)
    assert other.outcome is ProposalOutcome.NOT_ALLOWED
    await parts.proposals.aim(made.proposal_id, "en/expo/new.md", actor=EDITOR, now=NOW)
    decision = await parts.proposals.submit(made.proposal_id, weight=Weight.CLARIFICATION, actor=EDITOR, now=NOW)
    assert decision.proposal.files == {"en/expo/new.md"}
    assert (decision.proposal.state, decision.proposal.weight) == (ProposalState.WAITING, Weight.CLARIFICATION)
    again = await parts.proposals.submit(made.proposal_id, weight=Weight.CLARIFICATION, actor=EDITOR, now=NOW)
    assert again.outcome is ProposalOutcome.DECIDED


async def test_who_is_no_staff_any_more_hands_nothing_in(parts):
    made = (await parts.proposals.propose(new(is_ready=False), actor=EDITOR, request_key="1", now=NOW)).proposal
    await parts.roles.revoke(EDITOR, Role.EDITOR)
    decision = await parts.proposals.submit(made.proposal_id, weight=Weight.OTHER_FACT, actor=EDITOR, now=NOW)
    assert decision.outcome is ProposalOutcome.NOT_ALLOWED


async def test_one_s_own_can_be_taken_back_and_another_s_can_not(parts):
    made = await parts.proposed("1,600", "1,700")
    refused = await parts.proposals.withdraw(made.proposal_id, actor=OWNER, now=NOW)
    assert refused.outcome is ProposalOutcome.NOT_ALLOWED
    done = await parts.proposals.withdraw(made.proposal_id, actor=EDITOR, now=NOW)
    assert done.proposal.state is ProposalState.WITHDRAWN
    assert await parts.proposals.listed() == []
