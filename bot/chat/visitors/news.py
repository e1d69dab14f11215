"""Announcements from the visitor's side: consent, the end of it, groups and channels, and what was announced lately."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.announcements.content import edited_texts
from bot.announcements.model import Announcement
from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import consent_reply, news_page, topic_title
from bot.chat.visitors.settings import ALL_TOPICS, is_administrator, show_settings, switched_on
from bot.chat_state.model import Button, Dialogue
from bot.i18n.negotiation import fallbacks
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription

POSTPONED = "consent_postponed"
"""The kind of dialogue that notes that somebody wants to be asked later."""
_ASKED_AGAIN_AFTER = timedelta(days=3)
_NEWS_DAYS = 30
_NEWS_SHOWN = 10
_OCCURRENCES_LIMIT = 1000


async def offer(visit: Visit) -> None:
    """Ask once, in a private chat, whether announcements are wanted; after «later» again, but not soon."""
    newsroom, visitor_id = visit.house.newsroom, visit.visitor_id
    if newsroom is None or not newsroom.asks_for_consent or not visit.is_private or visitor_id is None:
        return
    known = await newsroom.subscriptions.find(visit.chat_id)
    if known is not None and (known.asked_at is not None or known.agreed_at is not None):
        return
    asked = await newsroom.dialogues.find(visitor_id)
    if asked is not None and asked.kind == POSTPONED and visit.now - asked.changed_at < _ASKED_AGAIN_AFTER:
        return
    await visit.say(consent_reply(visit.t))
    noted = replace(known or Subscription(chat_id=visit.chat_id), asked_at=visit.now)
    visit.later(lambda: newsroom.subscriptions.save(noted))


async def answer_consent(visit: Visit, button: Button) -> None:
    """Yes, no or later."""
    newsroom, visitor_id, now = visit.newsroom, visit.visitor_id, visit.now
    if visitor_id is None:
        return
    known = await newsroom.subscriptions.find(visit.chat_id) or Subscription(chat_id=visit.chat_id)
    if button.argument == "yes":
        decided = replace(known, agreed_at=known.agreed_at or now, asked_at=now, topics=known.topics or ALL_TOPICS)
        sentence = texts.consent_given
    elif button.argument == "no":
        decided, sentence = replace(known, agreed_at=None, asked_at=now), texts.consent_declined
    else:
        decided, sentence = replace(known, asked_at=None), texts.consent_postponed
        visit.later(lambda: newsroom.dialogues.save(Dialogue(visitor_id, POSTPONED, "", now)))
    visit.later(lambda: newsroom.subscriptions.save(decided))
    await visit.show(Reply(visit.text(sentence)))


async def unsubscribe(visit: Visit, topic: NewsTopic | None) -> str:
    """End a topic, or all, for the chat in which the button was pressed; returns the notice to show.

    It only ever takes away from the presser's own chat, so a forged press does no harm; in a group and in a channel
    it is for administrators.
    """
    if not visit.is_private and not await is_administrator(visit, visit.chat_id):
        return texts.only_administrators(visit.t)
    store = visit.newsroom.subscriptions
    known = await store.find(visit.chat_id)
    if known is not None:
        left = known.topics - {topic} if topic is not None else frozenset()
        agreed_at = known.agreed_at if left else None
        ended = replace(known, topics=left, agreed_at=agreed_at, asked_at=known.asked_at or visit.now)
        visit.later(lambda: store.save(ended))
    if topic is None:
        return texts.unsubscribed_all(visit.t)
    return texts.unsubscribed_topic(visit.t, topic_title(visit.t, topic))


async def news(visit: Visit) -> None:
    """Show what was announced lately to whoever asks, in their language and time."""
    newsroom = visit.newsroom
    known = await newsroom.subscriptions.find(visit.chat_id)
    since = visit.now - timedelta(days=_NEWS_DAYS)
    found = await newsroom.announcements.delivered_to(visit.chat_id, since=since, limit=_NEWS_SHOWN)
    entries = [await _entry(visit, one) for one in found]
    is_off = known is None or known.agreed_at is None
    page = news_page(entries, visit.t, zone=known.zone if known else "", days=_NEWS_DAYS, is_off=is_off)
    await visit.say(page)


async def subscribe(visit: Visit) -> None:
    """In a group, or in private for a channel: its administrators choose what is announced there."""
    if not visit.is_private:
        if await is_administrator(visit, visit.chat_id):
            await _open_settings(visit, visit.chat_id)
        else:
            await visit.say(visit.text(texts.only_administrators))
        return
    _command, _blank, name = ((visit.message.text if visit.message else None) or "").partition(" ")
    if not name.strip():
        await visit.say(said(texts.subscribe_help(visit.t, "@channel"), visit.locale))
        return
    chat_id = await chat_called(visit, name.strip())
    if chat_id is None or not await is_administrator(visit, chat_id):  # which of the two would tell where the bot is
        await visit.say(visit.text(texts.chat_not_yours))
    else:
        await _open_settings(visit, chat_id)


def end(visit: Visit) -> None:
    """They blocked the bot, or removed it: nothing is agreed any more."""
    newsroom, chat_id = visit.house.newsroom, visit.chat_id
    if newsroom is not None:
        visit.later(lambda: newsroom.subscriptions.end(chat_id))


async def _open_settings(visit: Visit, chat_id: ChatId) -> None:
    """The settings of a group or channel, switched on by asking for them."""
    store = visit.newsroom.subscriptions
    known = await store.find(chat_id) or Subscription(chat_id=chat_id)
    if known.agreed_at is not None:
        await show_settings(visit, known)
        return
    agreed = switched_on(visit, known)
    visit.later(lambda: store.save(agreed))
    await show_settings(visit, agreed)


async def chat_called(visit: Visit, name: str) -> ChatId | None:
    """A group or channel by its @name or number, if the bot is in it."""
    wanted: str | int = int(name) if name.removeprefix("-").isdecimal() and len(name) < 20 else name
    if isinstance(wanted, str) and not wanted.startswith("@"):
        return None
    try:
        chat = await visit.house.bot.get_chat(wanted)
    except TelegramError:
        return None
    return None if chat.type == ChatType.PRIVATE else ChatId(chat.id)


def _locale_for(announcement: Announcement, locale: Locale) -> Locale:
    chain = (*fallbacks(locale), announcement.content.source)
    return next(known for known in chain if announcement.content.texts.get(known))


async def _entry(visit: Visit, announcement: Announcement) -> tuple[datetime, Announcement, Locale]:
    """When it was due last, and what it says since it was corrected, in the reader's language if there is a text."""
    locale = _locale_for(announcement, visit.locale)
    found = await visit.newsroom.outbox.occurrences(of=announcement.announcement_id, limit=_OCCURRENCES_LIMIT)
    latest = max(found, key=lambda one: one.due_at, default=None)
    if latest is None:
        return announcement.created_at, announcement, locale
    content = announcement.content
    edits = await visit.newsroom.corrections.edits(latest.occurrence_id)
    corrected = {**content.texts, **edited_texts(edits)}
    return latest.due_at, replace(announcement, content=replace(content, texts=corrected)), locale
