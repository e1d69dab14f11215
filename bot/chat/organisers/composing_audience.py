"""Composing: which groups and channels get it besides, and who does not get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import regex

from bot.announcements.drafting import LABEL_LIMIT, DraftChange, add_besides, in_ascii_digits, leave_out
from bot.announcements.model import Announcement
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.draft_changes import change_draft, drawn
from bot.chat.organisers.draft_pages import audience_page, chats_page
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt
from bot.chat.organisers.views import View
from bot.chat.text import announcement_texts, texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news import chat_called
from bot.ids import ChatId
from bot.writing.cleaning import one_line

_CHAT_NUMBER = regex.compile(r"-?[0-9]{1,15}")
"""Telegram's ids have at most 52 bits, so 16 digits (https://core.telegram.org/bots/api#chat); none in use has 16."""


async def audience_shown(context: OrganiserContext, view: View) -> Reply:
    """The page of languages, with the readers of those that are not chosen as well."""
    announcement, everybody = view.announcement, view.audience_size
    if announcement.audience.locales:
        wide = replace(announcement, audience=replace(announcement.audience, locales=frozenset()))
        everybody = await context.announcements.workflow.audience_size(wide)
    return audience_page(view, context.t, everybody=everybody.by_locale)


async def ask_besides(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Ask for a group or channel."""
    prompt = PendingPrompt(PromptKind.BESIDES, announcement.announcement_id)
    await ask(context, prompt, said(announcement_texts.ask_chat(context.t), context.locale))


async def ask_without(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Ask for a person, group or channel."""
    prompt = PendingPrompt(PromptKind.WITHOUT, announcement.announcement_id)
    await ask(context, prompt, said(announcement_texts.ask_left_out(context.t), context.locale))


async def answer_besides(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """A group or channel that gets it besides."""
    chat_id = await chat_called(context, in_ascii_digits(one_line(text, limit=LABEL_LIMIT)))
    await _add_chat(context, prompt, chat_id, add_besides)


async def answer_without(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """A person, group or channel that gets it in no case."""
    name = in_ascii_digits(one_line(text, limit=LABEL_LIMIT))
    chat_id = ChatId(int(name)) if _CHAT_NUMBER.fullmatch(name) else await chat_called(context, name)
    await _add_chat(context, prompt, chat_id, leave_out)


async def _add_chat(
    context: OrganiserContext, prompt: PendingPrompt, chat_id: ChatId | None, add: Callable[[ChatId], DraftChange]
) -> None:
    if chat_id is None:
        await context.say(context.text(texts.chat_unknown))
        return
    close_prompt(context)
    await change_draft(context, prompt.subject, add(chat_id), page=drawn(chats_page), is_new=True)
