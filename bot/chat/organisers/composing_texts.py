"""Composing: the texts of a draft, their moments, what is attached, and the buttons below."""

from __future__ import annotations

from bot.announcements.drafting import (
    LABEL_LIMIT,
    add_link,
    read_link,
    read_wall_time,
    set_moment,
    set_source,
    set_written,
    unknown_moment,
)
from bot.announcements.model import Announcement, Attachment, AttachmentKind
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.buttons import DraftButton, DraftEdit, DraftPage
from bot.chat.organisers.draft_changes import change_draft, drawn, find_draft
from bot.chat.organisers.draft_pages import texts_page
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt
from bot.chat.organisers.views import view_of
from bot.chat.text import announcement_texts, texts
from bot.chat.text.rendering import quoted, said
from bot.chat.text.replies import Reply
from bot.chat.wire.composer import HtmlComposer
from bot.i18n.zones import city
from bot.ids import Locale
from bot.writing.cleaning import clean, one_line


async def ask_source(context: OrganiserContext, announcement: Announcement, argument: str) -> None:
    """The source language was picked: keep it and ask for its text."""
    name = announcement.announcement_id
    changed = await change_draft(context, name, set_source(Locale(argument)), page=None, is_new=False)
    if changed is not None:
        await ask_text(context, changed, argument)


async def ask_text(context: OrganiserContext, announcement: Announcement, argument: str) -> None:
    """Ask for the text in one language."""
    locale = Locale(argument)
    name = announcement.announcement_id
    keys = [DraftButton(name, DraftPage.TEXTS).key(announcement_texts.button_texts(context.t))]
    if announcement.content.texts.get(locale):
        keys.append(DraftButton(name, DraftEdit.DROP_TEXT, locale).key(texts.button_delete(context.t)))
    question = Reply(said(announcement_texts.ask_text(context.t, locale), context.locale), (keys,))
    await ask(context, PendingPrompt(PromptKind.TEXT, announcement.announcement_id, locale.value), question)


async def answer_text(context: OrganiserContext, prompt: PendingPrompt, _text: str) -> None:
    """A text in one language, with its formatting, and what is attached to it."""
    locale, text, attachment = Locale(prompt.argument), formatted(context), _attachment(context)
    if not text and attachment is None:
        await context.say(said(announcement_texts.ask_text(context.t, locale), context.locale))
        return
    written = set_written(locale, text, attachment)
    changed = await change_draft(context, prompt.subject, written, page=None, is_new=True)
    if changed is not None and text:
        context.later(lambda: context.announcements.text_drafting.drop(changed.announcement_id, locale))
        await _ask_moments_or_show(context, changed)


async def answer_moment(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The moment that a name in braces stands for."""
    wall = read_wall_time(text)
    if wall is None:
        await context.say(said(announcement_texts.bad_moment(context.t), context.locale))
        return
    moment = set_moment(prompt.argument, wall)
    changed = await change_draft(context, prompt.subject, moment, page=None, is_new=True)
    if changed is not None:
        await _ask_moments_or_show(context, changed)


async def _ask_moments_or_show(context: OrganiserContext, announcement: Announcement) -> None:
    """Ask for the moments that the texts name and nobody has told yet; then show the texts."""
    unknown = unknown_moment(announcement.content)
    if unknown is None:
        close_prompt(context)
        await context.say(texts_page(await view_of(context, announcement), context.t))
        return
    where = city(announcement.schedule.zone, context.locale)
    question = said(announcement_texts.ask_moment(context.t, unknown, where), context.locale)
    await ask(context, PendingPrompt(PromptKind.MOMENT, announcement.announcement_id, unknown), question)


async def ask_links(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Ask for a button below the text."""
    name = announcement.announcement_id
    keys = [DraftButton(name, DraftPage.OVERVIEW).key(announcement_texts.button_overview(context.t))]
    if announcement.content.buttons:
        keys.append(DraftButton(name, DraftEdit.DROP_LINKS).key(announcement_texts.button_no_links(context.t)))
    question = Reply(said(announcement_texts.links_title(context.t), context.locale), (keys,))
    await ask(context, PendingPrompt(PromptKind.LINKS, announcement.announcement_id), question)


async def answer_links(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """A button below the text: a label, perhaps in several languages, and an address."""
    announcement = await find_draft(context, prompt)
    if announcement is None:
        return
    button = read_link(text, announcement.content.source)
    if button is None:
        await context.say(said(announcement_texts.links_title(context.t), context.locale))
        return
    checks = (HtmlComposer().check_button(label, button.url) for label in button.labels.values())
    if wrong := next(filter(None, checks), ""):
        await context.say(said(announcement_texts.cannot_read(context.t, wrong), context.locale))
        return
    close_prompt(context)
    await change_draft(context, announcement.announcement_id, add_link(button), page=drawn(overview_page), is_new=True)


def formatted(context: OrganiserContext) -> str:
    """What was written, in Telegram's HTML; in plain when half characters make its formatting unreadable."""
    message = context.message
    raw = (message.text or message.caption or "") if message is not None else ""
    if message is None or not clean(raw).strip():
        return ""
    try:
        return message.text_html if message.text is not None else message.caption_html
    except UnicodeEncodeError:
        return quoted(raw, Locale.EN).source


def _attachment(context: OrganiserContext) -> Attachment | None:
    """What was sent with it; it lies at Telegram already and goes by its id from then on."""
    message = context.message
    if message is None:
        return None
    if message.photo:
        return Attachment(AttachmentKind.PHOTO, "photo.jpg", file_id=message.photo[-1].file_id)
    if message.document is not None:
        name = one_line(message.document.file_name or "file", limit=LABEL_LIMIT)
        return Attachment(AttachmentKind.DOCUMENT, name, file_id=message.document.file_id)
    return None
