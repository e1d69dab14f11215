"""/announce: an organiser composes an announcement step by step; every button of a draft and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.drafting import (
    LABEL_LIMIT,
    Draft,
    DraftChange,
    TermName,
    change_term,
    drop_links,
    fall_back,
    hold_others,
    send_now,
    set_attachment,
    set_label,
    set_text,
    set_topic,
    set_zone,
    toggle_besides,
    toggle_country,
    toggle_locale,
    toggle_organisers,
    toggle_without,
)
from bot.announcements.model import ORGANISER_ROLES, Announcement, Content
from bot.announcements.organisers import MAY_WRITE
from bot.chat.admission import OrganiserContext, admit, admit_press
from bot.chat.context import UpdateContext
from bot.chat.organisers.buttons import DraftButton, DraftEdit, DraftPage, DraftStep
from bot.chat.organisers.composing_audience import ask_besides, ask_without, audience_shown
from bot.chat.organisers.composing_drafts import compare, draft_others, read
from bot.chat.organisers.composing_texts import ask_links, ask_source, ask_text
from bot.chat.organisers.composing_time import ask_cron, ask_once, ask_zone
from bot.chat.organisers.draft_changes import Page, change_draft, drawn, refusal_reply
from bot.chat.organisers.draft_pages import (
    chats_page,
    countries_page,
    preview_page,
    source_page,
    texts_page,
    topic_page,
)
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt
from bot.chat.organisers.submitting import ask_emergency, show_copy, submit, take_back
from bot.chat.organisers.time_pages import terms_page, time_page
from bot.chat.organisers.views import View, view_of
from bot.chat.text import announcement_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.ids import ChatId, Locale, NewsTopic
from bot.writing.cleaning import one_line


async def announce(context: UpdateContext) -> None:
    """Begin a new announcement."""
    if await admit(context, MAY_WRITE, "announce") is not None:
        await ask(
            context, PendingPrompt(PromptKind.LABEL), said(announcement_texts.ask_label(context.t), context.locale)
        )


async def press(update: UpdateContext, button: Button) -> None:
    """A button of a draft: look at a part of it, change it, or be asked for it."""
    context = await admit_press(update, ORGANISER_ROLES, "announcement_edited")
    if context is None:
        return
    pressed = DraftButton.read(button)
    if isinstance(pressed.verb, DraftEdit):
        change, page = EDITS[pressed.verb]
        await change_draft(context, pressed.announcement_id, change(pressed.argument), page=page, is_new=False)
        return
    announcement = await context.announcements.workflow.find(pressed.announcement_id)
    if announcement is None:
        await context.show(refusal_reply(context, Decision(outcome=CommandOutcome.NOT_FOUND)))
        return
    if isinstance(pressed.verb, DraftPage):
        close_prompt(context)
        await context.show(await PAGES[pressed.verb](context, await view_of(context, announcement)))
    else:
        await STEPS[pressed.verb](context, announcement, pressed.argument)


async def _after_topic(context: OrganiserContext, view: View) -> Reply:
    """At first the language is chosen next; later a topic is only changed."""
    return (overview_page if view.announcement.content.texts else source_page)(view, context.t)


PAGES: dict[DraftPage, Page] = {
    DraftPage.OVERVIEW: drawn(overview_page),
    DraftPage.TEXTS: drawn(texts_page),
    DraftPage.TOPIC: drawn(topic_page),
    DraftPage.SOURCE: drawn(source_page),
    DraftPage.AUDIENCE: audience_shown,
    DraftPage.COUNTRIES: drawn(countries_page),
    DraftPage.CHATS: drawn(chats_page),
    DraftPage.TIME: drawn(time_page),
    DraftPage.TERMS: drawn(terms_page),
    DraftPage.PREVIEW: drawn(preview_page),
}


EDITS: dict[DraftEdit, tuple[Callable[[str], DraftChange], Page]] = {
    DraftEdit.TOPIC: (lambda argument: set_topic(NewsTopic(argument)), _after_topic),
    DraftEdit.LOCALE: (lambda argument: toggle_locale(Locale(argument)), PAGES[DraftPage.AUDIENCE]),
    DraftEdit.COUNTRY: (toggle_country, PAGES[DraftPage.COUNTRIES]),
    DraftEdit.ROLES: (lambda _argument: toggle_organisers, PAGES[DraftPage.AUDIENCE]),
    DraftEdit.BESIDES: (lambda argument: toggle_besides(ChatId(int(argument))), PAGES[DraftPage.CHATS]),
    DraftEdit.WITHOUT: (lambda argument: toggle_without(ChatId(int(argument))), PAGES[DraftPage.CHATS]),
    DraftEdit.HOLD: (lambda _argument: hold_others, PAGES[DraftPage.TEXTS]),
    DraftEdit.FALLBACK: (lambda argument: fall_back(Locale(argument)), PAGES[DraftPage.TEXTS]),
    DraftEdit.NOW: (lambda _argument: send_now, PAGES[DraftPage.TIME]),
    DraftEdit.ZONE: (set_zone, PAGES[DraftPage.TIME]),
    DraftEdit.TERM: (lambda argument: change_term(TermName(argument)), PAGES[DraftPage.TERMS]),
    DraftEdit.DROP_TEXT: (lambda argument: set_text(Locale(argument), ""), PAGES[DraftPage.TEXTS]),
    DraftEdit.DROP_ATTACHMENT: (lambda _argument: set_attachment(None), PAGES[DraftPage.TEXTS]),
    DraftEdit.DROP_LINKS: (lambda _argument: drop_links, PAGES[DraftPage.OVERVIEW]),
}
"""What a press changes in a draft, and the page that shows it."""


async def _ask_label(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    prompt = PendingPrompt(PromptKind.LABEL, announcement.announcement_id)
    await ask(context, prompt, said(announcement_texts.ask_new_label(context.t), context.locale))


STEPS: dict[DraftStep, Callable[[OrganiserContext, Announcement, str], Awaitable[None]]] = {
    DraftStep.SOURCE: ask_source,
    DraftStep.WRITE: ask_text,
    DraftStep.DRAFT_OTHERS: draft_others,
    DraftStep.COMPARE: compare,
    DraftStep.READ: read,
    DraftStep.ONCE: ask_once,
    DraftStep.REPEATEDLY: ask_cron,
    DraftStep.ZONES: ask_zone,
    DraftStep.LINKS: ask_links,
    DraftStep.LABEL: _ask_label,
    DraftStep.ADD_CHAT: ask_besides,
    DraftStep.LEAVE_OUT: ask_without,
    DraftStep.SHOW: show_copy,
    DraftStep.SUBMIT: submit,
    DraftStep.TAKE_BACK: take_back,
    DraftStep.EMERGENCY: ask_emergency,
}


async def answer_label(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The name among organisers: the draft comes into being with it, or gets another one."""
    label = one_line(text, limit=LABEL_LIMIT)
    if not label:
        await context.say(said(announcement_texts.ask_label(context.t), context.locale))
    elif prompt.subject:
        close_prompt(context)
        await change_draft(context, prompt.subject, set_label(label), page=drawn(overview_page), is_new=True)
    else:
        await _begin(context, label)


async def _begin(context: OrganiserContext, label: str) -> None:
    draft = Draft(label=label, topic=NewsTopic.EXPO, content=Content(source=context.locale, texts={}))
    decision = await context.announcements.workflow.create(
        draft, actor=context.actor, request_key=f"update-{context.update.update_id}", now=context.now
    )
    close_prompt(context)
    if decision.announcement is None:
        await context.say(refusal_reply(context, decision))
        return
    await context.say(topic_page(await view_of(context, decision.announcement), context.t))
