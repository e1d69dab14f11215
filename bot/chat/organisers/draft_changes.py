"""What the steps of composing share: change a draft and show it, find it again, say what became of a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.drafting import DraftChange
from bot.announcements.model import Announcement, AnnouncementId
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.pending_prompts import PendingPrompt, close_prompt
from bot.chat.organisers.views import View, problem_lines, view_of
from bot.chat.text import announcement_texts
from bot.chat.text.rendering import Html, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator

Page = Callable[[OrganiserContext, View], Awaitable[Reply]]


def drawn(page: Callable[[View, Translator], Reply]) -> Page:
    """A page that shows what its reader sees anyway, and looks nothing up."""

    async def show(context: OrganiserContext, view: View) -> Reply:
        return page(view, context.t)

    return show


async def change_draft(
    context: OrganiserContext, name: str, change: DraftChange, *, page: Page | None, is_new: bool
) -> Announcement | None:
    """Change a draft and show a page of it, in place of the old one or as a new message; None when it is refused."""
    decision = await context.announcements.workflow.edit(
        AnnouncementId(name), change, actor=context.actor, now=context.now
    )
    show = context.say if is_new else context.show
    if not decision.is_done or decision.announcement is None:
        if decision.outcome is CommandOutcome.NOT_FOUND:
            close_prompt(context)
        await show(refusal_reply(context, decision))
        return None
    if page is not None:
        await show(await page(context, await view_of(context, decision.announcement)))
    return decision.announcement


async def find_draft(context: OrganiserContext, prompt: PendingPrompt) -> Announcement | None:
    """The draft that a question was about; says so when it is gone."""
    found = await context.announcements.workflow.find(AnnouncementId(prompt.subject))
    if found is None:
        close_prompt(context)
        await context.say(refusal_reply(context, Decision(outcome=CommandOutcome.NOT_FOUND)))
    return found


def refusal_reply(context: OrganiserContext, decision: Decision) -> Reply:
    """Why it was not done, with what must be put right."""
    t = context.t
    outcome = said(announcement_texts.command_outcome(t, decision.outcome), t.locale)
    return Reply(outcome + Html("\n") + problem_lines(decision.problems, t) if decision.problems else outcome)


async def say_decision(context: OrganiserContext, decision: Decision) -> None:
    """What became of a command, with the announcement as it stands."""
    announcement = decision.announcement
    if announcement is None or not decision.is_done:
        await context.say(refusal_reply(context, decision))
        return
    await context.say(overview_page(await view_of(context, announcement, review=decision.review), context.t))
