"""Tells the staff what became of a proposal: who may decide about it, or whose it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from bot.announcements.model import STAFF_ROLES
from bot.chat.context import AppContext, UpdateContext
from bot.chat.outreach import send_to, translator_of, write_to
from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.text import staff_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.proposals.model import Proposal, ProposalState
from bot.proposals.news import tell_owed


async def tell_reviewers(context: UpdateContext, proposal: Proposal) -> bool:
    """Ask everybody who may decide but its proposer; False when there is nobody."""
    reviewers = await context.staff.proposals.rights.reviewers() - {proposal.proposed_by}
    for person in sorted(reviewers):
        t = await translator_of(context.app, person)
        told = _told(staff_texts.told_waiting(t, proposal.label), proposal, t)
        await write_to(context.app, person, told, now=context.now)
    return bool(reviewers)


async def tell_owed_news(context: UpdateContext) -> None:
    """Tell proposers what was decided just now, and what could not be told before."""
    await tell_owed(context.staff.approvals.news, partial(tell_proposer, context.app, now=lambda: context.now))


async def tell_proposer(app: AppContext, proposal: Proposal, *, now: Callable[[], datetime]) -> bool:
    """Is a `bot.proposals.ports.TellProposer`, once it has the chat: who is no staff any more is not told."""
    person = proposal.proposed_by
    if app.announcements is None or person <= 0:
        return True
    t = await translator_of(app, person)
    sentence = _sentence(proposal, t)
    if not sentence or not STAFF_ROLES & await app.announcements.organisers.roles(person):
        return True
    return await send_to(app, person, _told(sentence, proposal, t), now=now()) is not None


def _sentence(proposal: Proposal, t: Translator) -> str:
    if proposal.state is ProposalState.APPROVED:
        return staff_texts.told_approved(t, proposal.label)
    if proposal.state is ProposalState.RETURNED:
        return staff_texts.told_returned(t, proposal.label, proposal.reason)
    return staff_texts.told_stale(t, proposal.label) if proposal.state is ProposalState.STALE else ""


def _told(sentence: str, proposal: Proposal, t: Translator) -> Reply:
    look = staff_key(staff_texts.button_look(t), StaffVerb.ITEM, proposal.proposal_id)
    return Reply(said(sentence, t.locale), ((look,),))
