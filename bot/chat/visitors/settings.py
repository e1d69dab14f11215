"""/settings: announcements on or off, topics, language, time zone and quiet hours, in one message that changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import languages_page, quiet_page, settings_page, topics_page, zones_page
from bot.chat.visitors.settings_buttons import SettingsButton, SettingsEdit, SettingsPage
from bot.chat_state.model import Button, Dialogue
from bot.i18n.zones import country_of, find_zone
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription
from bot.visitors.subscriptions import agreed, declined, turned

ZONE_ASKED = "zone"
"""The kind of dialogue in which the next words may be a city; its state is the chat that they are for."""
_ANSWERED_WITHIN = timedelta(minutes=10)
"""Words that come later than this after the question for a city are a message of their own. Chosen by reasoning."""
_MOST_WORDS_OF_A_CITY = 3
"""More words are a message of their own. Chosen by reasoning: «Rio de Janeiro»."""
_QUESTION_MARKS = "?؟？"
_ADMINISTRATORS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


async def settings(context: UpdateContext) -> None:
    """Show how things stand for whoever asks."""
    if not context.is_private:
        await context.say(context.text(texts.private_chat_only))
        return
    await context.say(settings_page(await _found(context, context.chat_id), context.t, now=context.now))


async def press(context: UpdateContext, button: Button) -> None:
    """A button of the settings: look at a page, or change something and see the page again."""
    pressed = SettingsButton.read(button)
    if not await may_change(context, pressed.chat_id):
        await context.show(Reply(context.text(texts.only_administrators)))
        return
    subscription, verb = await _found(context, pressed.chat_id), pressed.verb
    if isinstance(verb, SettingsPage):
        await _show_page(context, subscription, verb)
        return
    changed = EDITS[verb](context, subscription, pressed.argument)
    context.later(lambda: context.announcements.subscriptions.save(changed))
    await _show_page(context, changed, SettingsPage.TOPICS if verb is SettingsEdit.TOPIC else SettingsPage.OVERVIEW)


async def answer_zone(context: UpdateContext, dialogue: Dialogue, text: str) -> bool:
    """Words after the question for a time zone: whether they were an answer to it."""
    visitor_id = context.visitor_id
    is_late = context.now - dialogue.changed_at > _ANSWERED_WITHIN
    if visitor_id is None or is_late or not _may_be_a_city(text):
        return False
    zone = find_zone(text)
    if zone is None:
        await context.say(context.text(texts.zone_unknown))
        return True
    chat_id = ChatId(int(dialogue.state))
    if not await may_change(context, chat_id):
        return False
    changed = _with_zone(context, await _found(context, chat_id), zone)
    context.later(lambda: context.announcements.subscriptions.save(changed))
    context.later(lambda: context.announcements.dialogues.clear(visitor_id))
    await context.say(settings_page(changed, context.t, now=context.now))
    return True


def _may_be_a_city(text: str) -> bool:
    return not any(mark in text for mark in _QUESTION_MARKS) and len(text.split()) <= _MOST_WORDS_OF_A_CITY


async def show_settings(context: UpdateContext, subscription: Subscription) -> None:
    """The settings of any chat, as a new message."""
    await context.say(settings_page(subscription, context.t, now=context.now))


async def may_change(context: UpdateContext, chat_id: ChatId) -> bool:
    """Whether the person may change what a chat gets: their own private one, or one that they administer now."""
    if context.is_private and chat_id == context.chat_id:
        return True
    return await is_administrator(context, chat_id)


async def is_administrator(context: UpdateContext, chat_id: ChatId) -> bool:
    """Whether the person, writing under their own name, administers the chat now."""
    if context.user is None:
        return False
    try:
        member = await context.app.bot.get_chat_member(chat_id, context.user.id)
    except TelegramError:
        return False
    return member.status in _ADMINISTRATORS


async def _found(context: UpdateContext, chat_id: ChatId) -> Subscription:
    return await context.announcements.subscriptions.find(chat_id) or Subscription(chat_id=chat_id)


async def _show_page(context: UpdateContext, subscription: Subscription, page: SettingsPage) -> None:
    t, now, visitor_id = context.t, context.now, context.visitor_id
    if page is SettingsPage.ZONES:
        if visitor_id is not None and context.is_private:
            dialogue = Dialogue(visitor_id, ZONE_ASKED, str(subscription.chat_id), now)
            context.later(lambda: context.announcements.dialogues.save(dialogue))
        await context.show(zones_page(subscription, t, now=now))
    elif page is SettingsPage.TOPICS:
        await context.show(topics_page(subscription, t))
    elif page is SettingsPage.QUIET:
        await context.show(quiet_page(subscription, t))
    elif page is SettingsPage.LANGUAGES:
        await context.show(languages_page(subscription, t))
    else:
        await context.show(settings_page(subscription, t, now=now))


def _on(context: UpdateContext, subscription: Subscription, _argument: str) -> Subscription:
    return agreed(subscription, now=context.now, locale=context.locale)


def _off(context: UpdateContext, subscription: Subscription, _argument: str) -> Subscription:
    return declined(subscription, now=context.now)


def _topic(_context: UpdateContext, subscription: Subscription, argument: str) -> Subscription:
    return turned(subscription, NewsTopic(argument))


def _with_zone(_context: UpdateContext, subscription: Subscription, argument: str) -> Subscription:
    return replace(subscription, zone=argument, country=country_of(argument))


def _quiet(_context: UpdateContext, subscription: Subscription, argument: str) -> Subscription:
    start, end = (time.fromisoformat(hour) for hour in argument.split()) if argument else (None, None)
    return replace(subscription, quiet_from=start, quiet_until=end)


def _locale(_context: UpdateContext, subscription: Subscription, argument: str) -> Subscription:
    return replace(subscription, locale=Locale(argument))


EDITS: dict[SettingsEdit, Callable[[UpdateContext, Subscription, str], Subscription]] = {
    SettingsEdit.ON: _on,
    SettingsEdit.OFF: _off,
    SettingsEdit.TOPIC: _topic,
    SettingsEdit.ZONE: _with_zone,
    SettingsEdit.HOURS: _quiet,
    SettingsEdit.LOCALE: _locale,
}
