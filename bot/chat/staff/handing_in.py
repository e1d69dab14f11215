"""What is said once something was proposed, and who is asked."""

from __future__ import annotations

from bot.chat.admission import OrganiserContext
from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.staff.telling import tell_reviewers
from bot.chat.text import staff_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.proposals.rules import ProposalDecision


async def say_handed_in(context: OrganiserContext, decision: ProposalDecision) -> None:
    """Tell who proposed it, and ask those who may approve it."""
    t, proposal = context.t, decision.proposal
    if not decision.is_done or proposal is None:
        await context.say(said(staff_texts.proposal_outcome(t, decision.outcome), t.locale))
        return
    is_alone = await context.staff.proposals.rights.is_alone(context.actor)
    sentence = staff_texts.handed_in_alone(t) if is_alone else staff_texts.handed_in(t)
    look = staff_key(staff_texts.button_look(t), StaffVerb.ITEM, proposal.proposal_id)
    await context.show(Reply(said(sentence, t.locale), ((look,),)))
    await tell_reviewers(context, proposal)
