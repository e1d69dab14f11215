"""Announcements from the visitor's side: consent, the end of it, groups and channels, and what was announced lately."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.announcements.content import edited_texts
from bot.announcements.model import Announcement
from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import consent_reply, news_page, topic_title
from bot.chat.visitors.settings import is_administrator, show_settings
from bot.chat.visitors.settings_buttons import Consent
from bot.chat_state.model import Button, Dialogue
from bot.i18n.negotiation import fallbacks
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription
from bot.visitors.subscriptions import agreed, declined, is_postponed, postponed, was_asked, without

POSTPONED = "consent_postponed"
"""The kind of dialogue that notes that somebody wants to be asked later."""
_NEWS_DAYS = 30
"""Older announcements are no news. Chosen by reasoning."""
_NEWS_SHOWN = 10
"""Announcements of a page: what a few screens of a phone hold. Chosen by reasoning."""
_OCCURRENCES_LIMIT = 1000
"""Of one announcement, among which the latest is looked for: one a day makes 365 a year."""


async def ask_for_consent(context: UpdateContext) -> None:
    """Ask once, in a private chat, whether announcements are wanted; after «later» again, but not soon."""
    announcements = context.app.announcements
    if announcements is None or not announcements.asks_for_consent or not context.is_private:
        return
    if context.visitor_id is None:
        return
    known = await announcements.subscriptions.find(context.chat_id)
    if was_asked(known):
        return
    dialogue = await context.dialogue()
    if dialogue is not None and dialogue.kind == POSTPONED and is_postponed(dialogue.changed_at, context.now):
        return
    await context.say(consent_reply(context.t))
    noted = replace(known or Subscription(chat_id=context.chat_id), asked_at=context.now)
    context.later(lambda: announcements.subscriptions.save(noted))


async def answer_consent(context: UpdateContext, button: Button) -> None:
    """Yes, no or later."""
    announcements, visitor_id, now = context.announcements, context.visitor_id, context.now
    if visitor_id is None:
        return
    answer = Consent(button.argument)
    known = await announcements.subscriptions.find(context.chat_id) or Subscription(chat_id=context.chat_id)
    if answer is Consent.YES:
        decided, sentence = agreed(known, now=now, locale=context.locale), texts.consent_given
    elif answer is Consent.NO:
        decided, sentence = declined(known, now=now), texts.consent_declined
    else:
        decided, sentence = postponed(known), texts.consent_postponed
        context.later(lambda: announcements.dialogues.save(Dialogue(visitor_id, POSTPONED, "", now)))
    context.later(lambda: announcements.subscriptions.save(decided))
    await context.show(Reply(context.text(sentence)))


async def unsubscribe(context: UpdateContext, topic: NewsTopic | None) -> str:
    """End a topic, or all, for the chat in which the button was pressed; returns the notice to show.

    It only ever takes away from the presser's own chat, so a forged press does no harm; in a group and in a channel
    it is for administrators.
    """
    if not context.is_private and not await is_administrator(context, context.chat_id):
        return texts.only_administrators(context.t)
    store = context.announcements.subscriptions
    known = await store.find(context.chat_id)
    if known is None and topic is None:
        known = Subscription(chat_id=context.chat_id)
    if known is not None:
        ended = without(known, topic, now=context.now)
        context.later(lambda: store.save(ended))
    if topic is None:
        return texts.unsubscribed_all(context.t)
    return texts.unsubscribed_topic(context.t, topic_title(context.t, topic))


async def news(context: UpdateContext) -> None:
    """Show what was announced lately to whoever asks, in their language and time."""
    announcements = context.announcements
    known = await announcements.subscriptions.find(context.chat_id)
    since = context.now - timedelta(days=_NEWS_DAYS)
    delivered = await announcements.announcements.delivered_to(context.chat_id, since=since, limit=_NEWS_SHOWN)
    entries = [await _entry(context, announcement) for announcement in delivered]
    is_off = known is None or known.agreed_at is None
    page = news_page(entries, context.t, zone=known.zone if known else "", days=_NEWS_DAYS, is_off=is_off)
    await context.say(page)


async def subscribe(context: UpdateContext) -> None:
    """In a group, or in private for a channel: its administrators choose what is announced there."""
    if not context.is_private:
        if await is_administrator(context, context.chat_id):
            await _open_settings(context, context.chat_id)
        else:
            await context.say(context.text(texts.only_administrators))
        return
    _command, _blank, name = ((context.message.text if context.message else None) or "").partition(" ")
    if not name.strip():
        await context.say(said(texts.subscribe_help(context.t, "@channel"), context.locale))
        return
    chat_id = await chat_called(context, name.strip())
    if chat_id is None or not await is_administrator(context, chat_id):  # which of the two would tell where the bot is
        await context.say(context.text(texts.chat_not_yours))
    else:
        await _open_settings(context, chat_id)


def end(context: UpdateContext) -> None:
    """End the consent of a chat that blocked or removed the bot."""
    announcements, chat_id = context.app.announcements, context.chat_id
    if announcements is not None:
        context.later(lambda: announcements.subscriptions.end(chat_id))


async def _open_settings(context: UpdateContext, chat_id: ChatId) -> None:
    """The settings of a group or channel, switched on by asking for them."""
    store = context.announcements.subscriptions
    known = await store.find(chat_id) or Subscription(chat_id=chat_id)
    if known.agreed_at is not None:
        await show_settings(context, known)
        return
    switched_on = agreed(known, now=context.now, locale=context.locale)
    context.later(lambda: store.save(switched_on))
    await show_settings(context, switched_on)


async def chat_called(context: UpdateContext, name: str) -> ChatId | None:
    """A group or channel by its @name or number, if the bot is in it."""
    wanted: str | int = int(name) if name.removeprefix("-").isdecimal() and len(name) < 20 else name
    if isinstance(wanted, str) and not wanted.startswith("@"):
        return None
    try:
        chat = await context.app.bot.get_chat(wanted)
    except TelegramError:
        return None
    return None if chat.type == ChatType.PRIVATE else ChatId(chat.id)


def _locale_for(announcement: Announcement, locale: Locale) -> Locale:
    chain = (*fallbacks(locale), announcement.content.source)
    return next(known for known in chain if announcement.content.texts.get(known))


async def _entry(context: UpdateContext, announcement: Announcement) -> tuple[datetime, Announcement, Locale]:
    """When it was due last, and what it says since it was corrected, in the reader's language if there is a text."""
    locale = _locale_for(announcement, context.locale)
    outbox = context.announcements.outbox
    occurrences = await outbox.occurrences(of=announcement.announcement_id, limit=_OCCURRENCES_LIMIT)
    latest = max(occurrences, key=lambda one: one.due_at, default=None)
    if latest is None:
        return announcement.created_at, announcement, locale
    content = announcement.content
    edits = await context.announcements.corrections.edits(latest.occurrence_id)
    corrected = {**content.texts, **edited_texts(edits)}
    return latest.due_at, replace(announcement, content=replace(content, texts=corrected)), locale
