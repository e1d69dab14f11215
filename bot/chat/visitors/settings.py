"""/settings: announcements on or off, topics, language, time zone and quiet hours, in one message that changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import languages_page, quiet_page, settings_page, topics_page, zones_page
from bot.chat_state.model import Button, Dialogue
from bot.i18n.zones import country_of, find_zone
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription

ZONE_ASKED = "zone"
"""The kind of dialogue in which the next words may be a city; its state is the chat that they are for."""
_ANSWERED_WITHIN = timedelta(minutes=10)
_ADMINISTRATORS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
ALL_TOPICS = frozenset(NewsTopic)


async def settings(visit: Visit) -> None:
    """Show how things stand for whoever asks."""
    if not visit.is_private:
        await visit.say(visit.text(texts.private_chat_only))
        return
    await visit.say(settings_page(await _found(visit, visit.chat_id), visit.t, now=visit.now))


async def press(visit: Visit, button: Button) -> None:
    """A button of the settings: look at a page, or change something and see the page again."""
    number, _blank, wish = button.argument.partition(" ")
    chat_id = ChatId(int(number))
    if not await may_change(visit, chat_id):
        await visit.show(Reply(visit.text(texts.only_administrators)))
        return
    subscription = await _found(visit, chat_id)
    name, _blank, argument = wish.partition(" ")
    change = _CHANGES.get(name)
    if change is None:
        await _show_page(visit, subscription, name)
        return
    changed = change(visit, subscription, argument)
    visit.later(lambda: visit.newsroom.subscriptions.save(changed))
    await _show_page(visit, changed, "topics" if name == "topic" else "page")


async def answer_zone(visit: Visit, asked: Dialogue, text: str) -> bool:
    """Words after the question for a time zone: whether they were an answer to it."""
    visitor_id = visit.visitor_id
    is_question = "?" in text or "؟" in text or "？" in text or len(text.split()) > 3
    if visitor_id is None or is_question or visit.now - asked.changed_at > _ANSWERED_WITHIN:
        return False
    zone = find_zone(text)
    if zone is None:
        await visit.say(visit.text(texts.zone_unknown))
        return True
    chat_id = ChatId(int(asked.state))
    if not await may_change(visit, chat_id):
        return False
    changed = _with_zone(visit, await _found(visit, chat_id), zone)
    visit.later(lambda: visit.newsroom.subscriptions.save(changed))
    visit.later(lambda: visit.newsroom.dialogues.clear(visitor_id))
    await visit.say(settings_page(changed, visit.t, now=visit.now))
    return True


async def show_settings(visit: Visit, subscription: Subscription) -> None:
    """The settings of any chat, as a new message."""
    await visit.say(settings_page(subscription, visit.t, now=visit.now))


async def may_change(visit: Visit, chat_id: ChatId) -> bool:
    """Whether the person may change what a chat gets: their own private one, or one that they administer now."""
    if visit.is_private and chat_id == visit.chat_id:
        return True
    return await is_administrator(visit, chat_id)


async def is_administrator(visit: Visit, chat_id: ChatId) -> bool:
    """Whether the person, writing under their own name, administers the chat now."""
    if visit.user is None:
        return False
    try:
        member = await visit.house.bot.get_chat_member(chat_id, visit.user.id)
    except TelegramError:
        return False
    return member.status in _ADMINISTRATORS


async def _found(visit: Visit, chat_id: ChatId) -> Subscription:
    return await visit.newsroom.subscriptions.find(chat_id) or Subscription(chat_id=chat_id)


async def _show_page(visit: Visit, subscription: Subscription, name: str) -> None:
    t, now, visitor_id = visit.t, visit.now, visit.visitor_id
    if name == "zones":
        if visitor_id is not None and visit.is_private:
            asked = Dialogue(visitor_id, ZONE_ASKED, str(subscription.chat_id), now)
            visit.later(lambda: visit.newsroom.dialogues.save(asked))
        await visit.show(zones_page(subscription, t, now=now))
    elif name == "topics":
        await visit.show(topics_page(subscription, t))
    elif name == "quiet":
        await visit.show(quiet_page(subscription, t))
    elif name == "languages":
        await visit.show(languages_page(subscription, t))
    else:
        await visit.show(settings_page(subscription, t, now=now))


def switched_on(visit: Visit, subscription: Subscription) -> Subscription:
    """Agreed, with every topic where none is chosen."""
    is_group = subscription.chat_id < 0
    return replace(
        subscription,
        agreed_at=subscription.agreed_at or visit.now,
        asked_at=visit.now,
        topics=subscription.topics or ALL_TOPICS,
        locale=subscription.locale or visit.locale if is_group else subscription.locale,
    )


def _on(visit: Visit, subscription: Subscription, _argument: str) -> Subscription:
    return switched_on(visit, subscription)


def _off(visit: Visit, subscription: Subscription, _argument: str) -> Subscription:
    return replace(subscription, agreed_at=None, asked_at=visit.now)


def _topic(_visit: Visit, subscription: Subscription, argument: str) -> Subscription:
    return replace(subscription, topics=subscription.topics ^ {NewsTopic(argument)})


def _with_zone(_visit: Visit, subscription: Subscription, argument: str) -> Subscription:
    return replace(subscription, zone=argument, country=country_of(argument))


def _quiet(_visit: Visit, subscription: Subscription, argument: str) -> Subscription:
    start, end = (time.fromisoformat(hour) for hour in argument.split()) if argument else (None, None)
    return replace(subscription, quiet_from=start, quiet_until=end)


def _locale(_visit: Visit, subscription: Subscription, argument: str) -> Subscription:
    return replace(subscription, locale=Locale(argument))


_CHANGES: dict[str, Callable[[Visit, Subscription, str], Subscription]] = {
    "on": _on,
    "off": _off,
    "topic": _topic,
    "zone": _with_zone,
    "hours": _quiet,
    "locale": _locale,
}
