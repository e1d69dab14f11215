"""Tells the staff what became of a proposal: who may decide about it, or whose it is."""

from __future__ import annotations

from collections.abc import Iterable

from bot.announcements.model import STAFF_ROLES
from bot.chat.context import UpdateContext
from bot.chat.outreach import translator_of, write_to
from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.text import staff_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import VisitorId
from bot.proposals.model import Proposal, ProposalState
from bot.proposals.rules import ProposalDecision


async def tell_reviewers(context: UpdateContext, proposal: Proposal) -> bool:
    """Ask everybody who may decide but its proposer; False when there is nobody."""
    reviewers = await context.staff.proposals.rights.reviewers() - {proposal.proposed_by}
    for person in sorted(reviewers):
        t = await translator_of(context.app, person)
        told = _told(staff_texts.told_waiting(t, proposal.label), proposal, t)
        await write_to(context.app, person, told, now=context.now)
    return bool(reviewers)


async def tell_proposers(context: UpdateContext, decision: ProposalDecision) -> None:
    """What became of their proposal, and of those that it has overtaken; whoever decides needs no telling."""
    told = (*((decision.proposal,) if decision.proposal is not None else ()), *decision.overtaken)
    for proposal in _of_others(told, context.actor):
        if STAFF_ROLES & await context.announcements.organisers.roles(proposal.proposed_by):
            t = await translator_of(context.app, proposal.proposed_by)
            sentence = _sentence(proposal, t)
            if sentence:
                await write_to(context.app, proposal.proposed_by, _told(sentence, proposal, t), now=context.now)


def _of_others(proposals: Iterable[Proposal], actor: VisitorId) -> list[Proposal]:
    return [one for one in proposals if one.proposed_by != actor and one.proposed_by > 0]


def _sentence(proposal: Proposal, t: Translator) -> str:
    if proposal.state is ProposalState.APPROVED:
        return staff_texts.told_approved(t, proposal.label)
    if proposal.state is ProposalState.RETURNED:
        return staff_texts.told_returned(t, proposal.label, proposal.reason)
    return staff_texts.told_stale(t, proposal.label) if proposal.state is ProposalState.STALE else ""


def _told(sentence: str, proposal: Proposal, t: Translator) -> Reply:
    look = staff_key(staff_texts.button_look(t), StaffVerb.ITEM, proposal.proposal_id)
    return Reply(said(sentence, t.locale), ((look,),))
