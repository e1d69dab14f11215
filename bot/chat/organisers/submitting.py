"""Composing: the look at a draft as its readers will get it, and the ways in which it leaves its author's hands."""

from __future__ import annotations

from dataclasses import replace

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.content import trial_message
from bot.announcements.drafting import read_count
from bot.announcements.model import Announcement, Role, SendOutcome
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.buttons import DraftButton, DraftPage
from bot.chat.organisers.draft_changes import find_draft, refusal_reply, say_decision
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt
from bot.chat.organisers.views import view_of
from bot.chat.text import announcement_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.ids import ChatId, Locale


async def show_copy(context: OrganiserContext, announcement: Announcement, argument: str) -> None:
    """Send the announcement in one language to the person alone, just as its readers will get it."""
    locale = Locale(argument)
    if not announcement.content.texts.get(locale):
        return
    known = await context.announcements.subscriptions.find(context.chat_id)
    zone = known.zone if known and known.zone else announcement.schedule.zone
    outgoing = trial_message(announcement, chat_id=ChatId(context.chat_id), locale=locale, zone=zone)
    receipt = await context.announcement_sender.deliver(replace(outgoing, is_paid=False))
    if receipt.outcome is not SendOutcome.SENT:
        reason = receipt.reason or receipt.outcome.value
        await context.say(said(announcement_texts.trial_failed(context.t, reason), context.locale))


async def submit(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Hand it in; says so when there is nobody else who could approve it."""
    announcements, person = context.announcements, context.actor
    decision = await announcements.workflow.submit(
        announcement.announcement_id, actor=person, version=announcement.version, now=context.now
    )
    if not decision.is_done or decision.announcement is None:
        await context.show(_refusal_with_way_back(context, announcement, decision))
        return
    others = {one.visitor_id for one in await announcements.organisers.all() if one.role in MAY_APPROVE} - {person}
    sentence = announcement_texts.submitted if others else announcement_texts.nobody_approves
    view = await view_of(context, decision.announcement, review=decision.review)
    news = said(sentence(context.t), context.locale)
    await context.show(overview_page(view, context.t, besides=news))


def _refusal_with_way_back(context: OrganiserContext, announcement: Announcement, decision: Decision) -> Reply:
    overview = DraftButton(announcement.announcement_id, DraftPage.OVERVIEW)
    return replace(
        refusal_reply(context, decision), rows=((overview.key(announcement_texts.button_overview(context.t)),),)
    )


async def take_back(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Make a draft again of what waits for approval."""
    decision = await context.announcements.workflow.take_back(
        announcement.announcement_id, actor=context.actor, version=announcement.version, now=context.now
    )
    if not decision.is_done or decision.announcement is None:
        await context.show(refusal_reply(context, decision))
        return
    await context.show(overview_page(await view_of(context, decision.announcement), context.t))


async def ask_emergency(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Ask an owner for the number of recipients before their own work goes out at once."""
    if Role.OWNER not in context.roles or announcement.author != context.actor:
        await context.show(refusal_reply(context, Decision(outcome=CommandOutcome.NOT_ALLOWED)))
        return
    prompt = PendingPrompt(PromptKind.EMERGENCY, announcement.announcement_id, str(announcement.version))
    await ask(context, prompt, said(announcement_texts.ask_emergency(context.t), context.locale))


async def answer_emergency(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of recipients, typed by an owner who sends without a second person."""
    announcement = await find_draft(context, prompt)
    if announcement is None:
        return
    close_prompt(context)
    if not await is_count(context, announcement, text):
        await context.say(said(announcement_texts.wrong_count(context.t), context.locale))
        return
    decision = await context.announcements.workflow.approve_in_emergency(
        announcement.announcement_id, actor=context.actor, version=int(prompt.argument), now=context.now
    )
    await say_decision(context, decision)


async def is_count(context: OrganiserContext, announcement: Announcement, text: str) -> bool:
    """Whether somebody typed the number of recipients, in the digits of any language."""
    size = await context.announcements.workflow.audience_size(announcement)
    return read_count(text) == size.total
