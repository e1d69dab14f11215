"""Composing: a machine drafts the languages that are missing, and people read each beside its original."""

from __future__ import annotations

from bot.announcements.actions import CommandOutcome
from bot.announcements.model import Announcement
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.draft_changes import refusal_reply
from bot.chat.organisers.draft_pages import texts_page
from bot.chat.organisers.drafted_pages import compare_page
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.pending_prompts import close_prompt
from bot.chat.organisers.views import view_of
from bot.chat.text import announcement_draft_texts
from bot.chat.text.rendering import said
from bot.ids import Locale


async def draft_others(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Have what is missing drafted; it is written behind the chat, and a message tells how far it is."""
    close_prompt(context)
    decision = await context.announcements.text_drafting.wish(
        announcement.announcement_id, (), actor=context.actor, now=context.now
    )
    if not decision.is_done or decision.announcement is None:
        await context.show(refusal_reply(context, decision))
        return
    await context.show(texts_page(await view_of(context, decision.announcement), context.t))


async def compare(context: OrganiserContext, announcement: Announcement, argument: str) -> None:
    """Show a draft below its original: that of the language, else the first that nobody has read."""
    close_prompt(context)
    await _show(context, announcement, Locale(argument) if argument else None)


async def read(context: OrganiserContext, announcement: Announcement, argument: str) -> None:
    """It is right: the draft becomes the text, and the next one is shown. What has changed since is shown anew."""
    code, _, seal = argument.partition(" ")
    locale = Locale(code)
    decision = await context.announcements.text_drafting.read(
        announcement.announcement_id, locale, seal, actor=context.actor, now=context.now
    )
    if decision.outcome is CommandOutcome.CHANGED_MEANWHILE:
        await _show(context, announcement, locale)
    elif not decision.is_done or decision.announcement is None:
        await context.show(refusal_reply(context, decision))
    else:
        await _show(context, decision.announcement, None)


async def _show(context: OrganiserContext, announcement: Announcement, locale: Locale | None) -> None:
    view = await view_of(context, announcement)
    chosen = locale if locale in view.unread else next(iter(view.unread), None)
    if chosen is not None:
        await context.show(compare_page(view, chosen, context.t))
        return
    news = said(announcement_draft_texts.all_read(context.t), context.locale)
    await context.show(overview_page(view, context.t, besides=news))
