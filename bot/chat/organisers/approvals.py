"""A second person approves an announcement, or returns it with a reason."""

from __future__ import annotations

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.model import Announcement, AnnouncementId
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.admission import OrganiserContext, admit_press
from bot.chat.context import UpdateContext
from bot.chat.organisers.buttons import ApprovalButton, ApprovalVerb, DraftPage
from bot.chat.organisers.draft_changes import say_decision
from bot.chat.organisers.overview_pages import approval_row, compare_row, overview
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt
from bot.chat.organisers.submitting import is_count
from bot.chat.organisers.views import View, draft_key, draft_lines, problem_lines
from bot.chat.text import announcement_texts
from bot.chat.text.rendering import lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.i18n.translator import Translator
from bot.writing.cleaning import one_line

_REASON_LIMIT = 500
"""Characters of a reason that are kept: it stands in the overview, above everything else (chosen by reasoning)."""


def approval_request(view: View, t: Translator) -> Reply:
    """What an approver gets: all about it, a look at each language, and the decision."""
    wanted = said(announcement_texts.approval_wanted(t), t.locale)
    preview = (draft_key(view, announcement_texts.button_preview(t), DraftPage.PREVIEW),)
    troubles = lines(draft_lines(view.drafts, t), problem_lines(view.problems, t))
    return Reply(
        paragraphs(wanted, overview(view, t), troubles), (preview, compare_row(view, t), approval_row(view, t))
    )


async def press(update: UpdateContext, button: Button) -> None:
    """Approve or return: the version that was seen, and only by somebody else than its author."""
    context = await admit_press(update, MAY_APPROVE, "announcement_approved")
    if context is None:
        return
    pressed, workflow = ApprovalButton.read(button), context.announcements.workflow
    announcement = await workflow.find(pressed.announcement_id)
    objection = workflow.objection_to_approval(
        announcement, actor=context.actor, roles=context.roles, version=pressed.version, now=context.now
    )
    if announcement is None or objection is not None:
        await say_decision(context, Decision(outcome=objection or CommandOutcome.NOT_FOUND))
    elif pressed.verb is ApprovalVerb.RETURN:
        prompt = PendingPrompt(PromptKind.REASON, pressed.announcement_id, str(pressed.version))
        await ask(context, prompt, said(announcement_texts.ask_reason(context.t), context.locale))
    elif await _is_large(context, announcement):
        prompt = PendingPrompt(PromptKind.COUNT, pressed.announcement_id, str(pressed.version))
        await ask(context, prompt, said(announcement_texts.ask_count(context.t), context.locale))
    else:
        await _approve(context, announcement.announcement_id, pressed.version)


async def answer_count(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of recipients, typed before many people are written to."""
    announcement = await context.announcements.workflow.find(AnnouncementId(prompt.subject))
    close_prompt(context)
    if announcement is None or not await is_count(context, announcement, text):
        await context.say(said(announcement_texts.wrong_count(context.t), context.locale))
        return
    await _approve(context, announcement.announcement_id, int(prompt.argument))


async def answer_reason(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """Why it is returned."""
    reason = one_line(text, limit=_REASON_LIMIT)
    if not reason:
        await context.say(said(announcement_texts.ask_reason(context.t), context.locale))
        return
    close_prompt(context)
    decision = await context.announcements.workflow.send_back(
        AnnouncementId(prompt.subject), reason, actor=context.actor, version=int(prompt.argument), now=context.now
    )
    await say_decision(context, decision)


async def _approve(context: OrganiserContext, announcement_id: AnnouncementId, version: int) -> None:
    decision = await context.announcements.workflow.approve(
        announcement_id, actor=context.actor, version=version, now=context.now
    )
    await say_decision(context, decision)


async def _is_large(context: OrganiserContext, announcement: Announcement) -> bool:
    size = await context.announcements.workflow.audience_size(announcement)
    return size.total > context.announcements.typed_confirmation_above or announcement.terms.is_paid
