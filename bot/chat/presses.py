"""Presses of buttons. The callback data is only a token: what it does, and for whom, is known to the server alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.answering.model import Feedback
from bot.chat.context import Visit
from bot.chat.organisers import announce, announcements, approvals, organisers
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply, section_keys, section_text, source_details
from bot.chat.text.unsubscribe import Unsubscribe
from bot.chat.visitors import news, privacy, settings, start, topics
from bot.chat.visitors.notices import help_page
from bot.chat.visitors.questions import answer_question
from bot.chat.wire.sender import Delivery
from bot.chat_state.model import Action, Button
from bot.ids import SectionKey

_TOKEN_LIMIT = 64


async def press(visit: Visit) -> None:
    """Find the button, see whether it is this visitor's in this chat, and do what it does."""
    query = visit.press
    if query is None:
        return
    wish = Unsubscribe.read(query.data)
    if wish is not None and visit.house.newsroom is not None and visit.chat is not None:
        await visit.house.sender.acknowledge(query.id, await news.unsubscribe(visit, wish.topic))
        return
    button = await _button(visit, query.data or "")
    if button is None:
        await visit.house.sender.acknowledge(query.id, texts.button_expired(visit.t))
        return
    notice = texts.feedback_thanks(visit.t) if button.action in (Action.HELPFUL, Action.UNHELPFUL) else ""
    delivery = await visit.house.sender.acknowledge(query.id, notice)
    if delivery is Delivery.REFUSED and button.action in _ORGANISERS:  # it waited while the bot was away
        return
    await _ACTIONS[button.action](visit, button)


async def _button(visit: Visit, token: str) -> Button | None:
    """The button, unless it is unknown, old, used up, of another chat or of another visitor."""
    if not token.isascii() or not token.isprintable() or len(token) > _TOKEN_LIMIT or visit.chat is None:
        return None
    button = await visit.house.buttons.find(token, now=visit.now)
    if button is None or button.chat_id != visit.chat_id:
        return None
    return button if button.visitor_id in (None, visit.visitor_id) else None


async def _more(visit: Visit, button: Button) -> None:
    locale, keys = section_keys(button.argument)
    t = visit.translator(locale)
    for key in keys[:1]:
        section = visit.house.answerer.section(key, locale, visit.today)
        await visit.say(section_text(section, t) if section else said(texts.no_longer_valid(t), locale))


async def _source(visit: Visit, button: Button) -> None:
    locale, keys = section_keys(button.argument)
    sections = [visit.house.answerer.section(key, locale, visit.today) for key in keys]
    await visit.say(source_details([section for section in sections if section], visit.translator(locale)))


async def _offer(visit: Visit, button: Button) -> None:
    """The section comes as a new message, so that the other offers stay."""
    locale, keys = section_keys(button.argument)
    for key in keys:
        await visit.say(topics.section_reply(visit, key, locale=locale))


async def _ask(visit: Visit, button: Button) -> None:
    _locale, key, text = button.argument.split("\n", 2)
    await answer_question(visit, text, fallback=SectionKey.parse(key))


async def _rate(visit: Visit, button: Button) -> None:
    feedback = Feedback.HELPFUL if button.action is Action.HELPFUL else Feedback.UNHELPFUL
    visitor_id, turn_id, now = visit.visitor_id, button.argument, visit.now
    if visitor_id is not None:
        visit.later(lambda: visit.house.turns.rate(turn_id, visitor_id, feedback, now=now))


async def _topics(visit: Visit, button: Button) -> None:
    """Under an answer the menu comes as a new message, so that the answer stays; within the menu it changes it."""
    if button.argument:
        await topics.show_topics(visit, button)
    else:
        await topics.topics(visit)


async def _language(visit: Visit, button: Button) -> None:
    if button.argument:
        await start.choose(visit, button)
    else:
        await start.language(visit)


async def _delete_question(visit: Visit, button: Button) -> None:  # noqa: ARG001 - every press has this form
    await privacy.delete_me(visit)


async def _delete_me(visit: Visit, button: Button) -> None:
    """Roles are laid down at once, not with the rest: whether an owner remains must be known before a word is said."""
    if visit.visitor_id is None:
        return
    if await organisers.leave(visit, visit.visitor_id):
        await privacy.delete_confirmed(visit, button)
    else:
        await visit.show(Reply(visit.text(desk_texts.last_owner_stays)))


async def _help(visit: Visit, button: Button) -> None:  # noqa: ARG001 - every press has this form
    await help_page(visit)


_ORGANISERS = (Action.DRAFT, Action.APPROVAL, Action.ANNOUNCEMENT, Action.ORGANISERS)
_ACTIONS: dict[Action, Callable[[Visit, Button], Awaitable[None]]] = {
    Action.LANGUAGE: _language,
    Action.MORE: _more,
    Action.SOURCE: _source,
    Action.ASK: _ask,
    Action.SECTION: topics.show_section,
    Action.OFFER: _offer,
    Action.TOPICS: _topics,
    Action.TOPIC: topics.show_topic,
    Action.DOCUMENT: topics.show_document,
    Action.HELPFUL: _rate,
    Action.UNHELPFUL: _rate,
    Action.DELETE_QUESTION: _delete_question,
    Action.DELETE_ME: _delete_me,
    Action.CANCEL: privacy.cancelled,
    Action.HELP: _help,
    Action.CONSENT: news.answer_consent,
    Action.SETTINGS: settings.press,
    Action.DRAFT: announce.press,
    Action.APPROVAL: approvals.press,
    Action.ANNOUNCEMENT: announcements.press,
    Action.ORGANISERS: organisers.press,
}
