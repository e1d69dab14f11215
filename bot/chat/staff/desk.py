"""/staff and /proposals: what waits, looking at it, and the second person's decision. Every button of the staff."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.model import STAFF_ROLES
from bot.chat.admission import OrganiserContext, admit, admit_press
from bot.chat.context import UpdateContext
from bot.chat.staff import drafts, fixes, sections, uploads
from bot.chat.staff.buttons import StaffButton, StaffVerb, subject_of
from bot.chat.staff.expiry_pages import expiry_page
from bot.chat.staff.handing_in import say_handed_in
from bot.chat.staff.prompts import StaffPrompt, StaffPromptKind, forget_prompt, remember_prompt
from bot.chat.staff.proposal_pages import ProposalView, item_page, list_page, staff_page, text_pages
from bot.chat.staff.telling import tell_owed_news, tell_reviewers
from bot.chat.staff_context import AnsweredQuestion
from bot.chat.text import announcement_texts, staff_texts
from bot.chat.text.rendering import plain, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.errors import KnowledgeError
from bot.ids import SectionKey
from bot.proposals.closing import with_answer
from bot.proposals.model import Proposal, ProposalKind, ProposalState, Weight
from bot.proposals.rules import OPEN_STATES, ProposalDecision, ProposalOutcome
from bot.proposals.service import NewProposal
from bot.writing.cleaning import one_line

_LONGEST_IN_MESSAGES = 12_000
"""Characters, about three messages; a longer text comes as a file (by reasoning)."""
_LOOKED_INTO = 10
"""Proposals of a list that are read for the open questions they answer: each takes some milliseconds (by reasoning)."""
_LONGEST_REASON = 500
"""Characters: a few sentences; it is told in one message with others (by reasoning)."""


async def staff(update: UpdateContext) -> None:
    """Show what a member of the staff can do."""
    context = await admit(update, STAFF_ROLES, "staff")
    if context is not None:
        await context.say(staff_page(context.staff.sent_files.endings, context.t))


async def proposals(update: UpdateContext) -> None:
    """Show what waits."""
    context = await admit(update, STAFF_ROLES, "proposals")
    if context is not None:
        await context.say(await _listed(context))


async def expiring(update: UpdateContext) -> None:
    """Show which facts end soon or have ended."""
    context = await admit(update, STAFF_ROLES, "expiring")
    if context is not None:
        await _expiring(context, "")


async def press(update: UpdateContext, button: Button) -> None:
    """A button of the staff; rights are read when it is pressed."""
    pressed = StaffButton.read(button)
    context = await admit_press(update, STAFF_ROLES, f"staff_{pressed.verb}")
    if context is not None:
        await HANDLERS[pressed.verb](context, pressed.argument)


async def answer(update: UpdateContext, prompt: StaffPrompt, text: str) -> None:
    """What was written answers what this member of the staff was asked last."""
    context = await admit(update, STAFF_ROLES, f"staff_answer_{prompt.kind}")
    if context is None:
        forget_prompt(update)
    elif prompt.kind is StaffPromptKind.NAME:
        await uploads.answer_name(context, prompt, text)
    else:
        await _answer_reason(context, prompt, text)


async def _list(context: OrganiserContext, _argument: str) -> None:
    await context.show(await _listed(context))


async def _listed(context: OrganiserContext) -> Reply:
    waiting = await context.staff.proposals.listed()
    answered: list[AnsweredQuestion] = []
    for proposal in waiting[:_LOOKED_INTO]:
        check = await context.staff.proposals.check(proposal)
        answered += await context.staff.answered(check, context.locale)
    return list_page(waiting, answered, context.t)


async def _expiring(context: OrganiserContext, _argument: str) -> None:
    expiries = await context.staff.expiring(context.today)
    await context.say(expiry_page(expiries, context.t, today=context.today, days=context.app.rules.remind_days))


async def _item(context: OrganiserContext, argument: str) -> None:
    proposal = await context.staff.proposals.find(subject_of(argument)[0])
    if proposal is None or not _may_see(context, proposal):
        await _say_outcome(context, ProposalOutcome.NOT_FOUND)
        return
    await context.show(item_page(await _view(context, proposal), context.t))


async def _text(context: OrganiserContext, argument: str) -> None:
    proposal = await context.staff.proposals.find(subject_of(argument)[0])
    if proposal is None or not _may_see(context, proposal):
        await _say_outcome(context, ProposalOutcome.NOT_FOUND)
        return
    text = text_pages(proposal, await context.staff.proposals.check(proposal), context.t)
    if len(text.source) <= _LONGEST_IN_MESSAGES:
        await context.say(text)
        return
    caption = said(proposal.label, context.locale)
    content = plain(text).encode("utf-8-sig")  # with the mark by which every phone knows UTF-8
    await context.app.sender.document(context.chat_id, content, filename=f"{proposal.proposal_id}.txt", caption=caption)


async def _approve(context: OrganiserContext, argument: str) -> None:
    name, version = subject_of(argument)
    decision = await context.staff.approvals.approve(name, version=int(version), actor=context.actor, now=context.now)
    await _settle(context, decision)


async def _return(context: OrganiserContext, argument: str) -> None:
    name, version = subject_of(argument)
    remember_prompt(context, StaffPrompt(StaffPromptKind.REASON, name, int(version)))
    await context.say(said(announcement_texts.ask_reason(context.t), context.locale))


async def _answer_reason(context: OrganiserContext, prompt: StaffPrompt, text: str) -> None:
    reason = one_line(text, limit=_LONGEST_REASON)
    if not reason:
        await context.say(said(announcement_texts.ask_reason(context.t), context.locale))
        return
    forget_prompt(context)
    decision = await context.staff.approvals.return_to_proposer(
        prompt.proposal_id, reason, version=prompt.version, actor=context.actor, now=context.now
    )
    await _say_outcome(context, decision.outcome)
    if decision.is_done:
        await tell_owed_news(context)


async def _take_back(context: OrganiserContext, argument: str) -> None:
    name, _ = subject_of(argument)
    decision = await context.staff.proposals.withdraw(name, actor=context.actor, now=context.now)
    await _settle(context, decision)


async def _renew(context: OrganiserContext, argument: str) -> None:
    name, _ = subject_of(argument)
    decision = await context.staff.proposals.renew(name, actor=context.actor, now=context.now)
    await _settle(context, decision)
    if decision.is_done and decision.proposal is not None:
        await tell_reviewers(context, decision.proposal)


async def _answered(context: OrganiserContext, argument: str) -> None:
    """Propose to close an open question: its wordings lead to the section that answers it from then on."""
    where, _, by = argument.partition(" ")
    file, _, section_id = where.partition("#")
    try:
        text = await context.staff.proposals.text_of(file)
    except KnowledgeError:
        text = None
    marked = with_answer(text, section_id, SectionKey.parse(by)) if text is not None else None
    if marked is None:
        await _say_outcome(context, ProposalOutcome.BAD_FILE)
        return
    new = NewProposal(
        kind=ProposalKind.ANSWERED, label=f"❓ {where}", texts={file: marked}, weight=Weight.CLARIFICATION
    )
    button = context.press.data if context.press else ""  # the same button twice makes one proposal
    decision = await context.staff.proposals.propose(
        new, actor=context.actor, request_key=f"button-{button}", now=context.now
    )
    await say_handed_in(context, decision)


async def _settle(context: OrganiserContext, decision: ProposalDecision) -> None:
    """Show the proposal as it stands after a decision; what did not come of it is said besides."""
    if not decision.is_done:
        await _say_outcome(context, decision.outcome)
    if decision.proposal is not None and decision.outcome is not ProposalOutcome.NOT_ALLOWED:
        await context.show(item_page(await _view(context, decision.proposal), context.t))
    if decision.outcome in {ProposalOutcome.DONE, ProposalOutcome.CHANGED_MEANWHILE}:
        await tell_owed_news(context)


async def _view(context: OrganiserContext, proposal: Proposal) -> ProposalView:
    rights = context.staff.proposals.rights
    check = await context.staff.proposals.check(proposal)
    return ProposalView(
        proposal=proposal,
        check=check,
        reader=context.actor,
        may_review=await rights.may_review(context.actor),
        is_alone=await rights.is_alone(context.actor),
        answered=await context.staff.answered(check, context.locale) if proposal.state in OPEN_STATES else (),
    )


def _may_see(context: OrganiserContext, proposal: Proposal) -> bool:
    """What somebody prepares is theirs alone."""
    return proposal.state is not ProposalState.PREPARING or proposal.proposed_by == context.actor


async def _say_outcome(context: OrganiserContext, outcome: ProposalOutcome) -> None:
    await context.say(said(staff_texts.proposal_outcome(context.t, outcome), context.locale))


HANDLERS: dict[StaffVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    StaffVerb.LIST: _list,
    StaffVerb.ITEM: _item,
    StaffVerb.TEXT: _text,
    StaffVerb.APPROVE: _approve,
    StaffVerb.RETURN: _return,
    StaffVerb.TAKE_BACK: _take_back,
    StaffVerb.RENEW: _renew,
    StaffVerb.ANSWERED: _answered,
    StaffVerb.EXPIRING: _expiring,
    **uploads.HANDLERS,
    **fixes.HANDLERS,
    **drafts.HANDLERS,
    **sections.HANDLERS,
}
