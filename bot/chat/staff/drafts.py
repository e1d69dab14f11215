"""/drafts: what a machine drafted for the knowledge, read beside its original; a reviewer says yes or no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.model import STAFF_ROLES
from bot.chat.admission import OrganiserContext, admit
from bot.chat.context import UpdateContext
from bot.chat.staff.buttons import StaffVerb
from bot.chat.staff.drafted_pages import draft_page, drafts_page
from bot.chat.text import draft_texts
from bot.chat.text.rendering import Html, said
from bot.chat.text.replies import Reply
from bot.drafting.desk import DraftDecision, DraftOutcome


async def drafts(update: UpdateContext) -> None:
    """List what waits."""
    context = await admit(update, STAFF_ROLES, "drafts")
    if context is not None:
        await context.say(drafts_page(await context.staff.drafts.waiting(), context.t))


async def _list(context: OrganiserContext, _argument: str) -> None:
    await _show_list(context)


async def _show(context: OrganiserContext, file: str) -> None:
    """The draft; where it is gone, what is left."""
    waiting = await context.staff.drafts.waiting()
    place = next((place for place, one in enumerate(waiting) if one.draft.file == file), None)
    if place is None:
        await _show_list(context, said(draft_texts.outcome(context.t, DraftOutcome.GONE, ""), context.locale))
        return
    following = waiting[(place + 1) % len(waiting)]
    may_review = await context.staff.drafts.may_review(context.actor)
    await context.show(draft_page(waiting[place], context.t, following=following, may_review=may_review))


async def _approve(context: OrganiserContext, argument: str) -> None:
    seen, _blank, file = argument.partition(" ")
    decision = await context.staff.drafts.approve(file, seen, actor=context.actor, now=context.now)
    await _tell(context, decision, file, draft_texts.approved(context.t, file))


async def _discard(context: OrganiserContext, argument: str) -> None:
    seen, _blank, file = argument.partition(" ")
    decision = await context.staff.drafts.discard(file, seen, actor=context.actor, now=context.now)
    await _tell(context, decision, file, draft_texts.discarded(context.t, file))


async def _tell(context: OrganiserContext, decision: DraftDecision, file: str, done: str) -> None:
    """What became of it; then what is left, or the draft as it stands now."""
    if decision.outcome is DraftOutcome.DONE:
        await _show_list(context, said(done, context.locale))
        return
    await context.say(said(draft_texts.outcome(context.t, decision.outcome, decision.detail), context.locale))
    if decision.outcome is DraftOutcome.SEEN_ANOTHER:
        await _show(context, file)


async def _show_list(context: OrganiserContext, news: Html = Html()) -> None:  # noqa: B008 - a frozen value
    page: Reply = drafts_page(await context.staff.drafts.waiting(), context.t, besides=news)
    await context.show(page)


HANDLERS: dict[StaffVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    StaffVerb.DRAFTS: _list,
    StaffVerb.DRAFT: _show,
    StaffVerb.DRAFT_YES: _approve,
    StaffVerb.DRAFT_NO: _discard,
}
