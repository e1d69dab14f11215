"""Presses of buttons. The callback data is only a token: what it does, and for whom, is known to the server alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.answering.model import Feedback
from bot.chat.context import UpdateContext
from bot.chat.organisers import announcements, approvals, composing, roles
from bot.chat.staff import desk, gaps, relay_answers
from bot.chat.text import announcement_texts, gap_texts, texts
from bot.chat.text.answers import section_keys, turn_of
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.text.sections import section_text, source_details
from bot.chat.text.unsubscribe import Unsubscribe
from bot.chat.visitors import asking_people, gap_news, news, privacy, settings, start, topics
from bot.chat.visitors.notices import help_page
from bot.chat.visitors.questions import answer_question, note_shown, refuse_offers
from bot.chat.wire.sender import SendResult
from bot.chat_state.model import Button, ButtonAction
from bot.ids import SectionKey

_TOKEN_LIMIT = 64
"""Bytes that callback data may have (https://core.telegram.org/bots/api#inlinekeyboardbutton); ours have 22."""


async def press(context: UpdateContext) -> None:
    """Find the button, see whether it is this visitor's in this chat, and do what it does."""
    query = context.press
    if query is None:
        return
    unsubscribe = Unsubscribe.read(query.data)
    if unsubscribe is not None and context.app.announcements is not None and context.chat is not None:
        await context.app.sender.acknowledge(query.id, await news.unsubscribe(context, unsubscribe.topic))
        return
    button = await _button(context, query.data or "")
    if button is None:
        await context.app.sender.acknowledge(query.id, texts.button_expired(context.t))
        return
    notice = _NOTICES.get(button.action)
    delivery = await context.app.sender.acknowledge(query.id, notice(context.t) if notice else "")
    if delivery is SendResult.REFUSED and button.action in _ORGANISERS:  # it waited while the bot was away
        return
    await _ACTIONS[button.action](context, button)


async def _button(context: UpdateContext, token: str) -> Button | None:
    """The button, unless it is unknown, old, used up, of another chat or of another visitor."""
    if not token.isascii() or not token.isprintable() or len(token) > _TOKEN_LIMIT or context.chat is None:
        return None
    button = await context.app.buttons.find(token, now=context.now)
    if button is None or button.chat_id != context.chat_id:
        return None
    return button if button.visitor_id in (None, context.visitor_id) else None


async def _more(context: UpdateContext, button: Button) -> None:
    locale, keys = section_keys(button.argument)
    t = context.translator(locale)
    for key in keys[:1]:
        section = context.app.answerer.section(key, locale, context.today)
        await context.say(
            section_text(section, t, near=context.near) if section else said(texts.no_longer_valid(t), locale)
        )


async def _source(context: UpdateContext, button: Button) -> None:
    locale, keys = section_keys(button.argument)
    sections = [context.app.answerer.section(key, locale, context.today) for key in keys]
    await context.say(source_details([section for section in sections if section], context.translator(locale)))


async def _offer(context: UpdateContext, button: Button) -> None:
    """The section comes as a new message, so that the other offers stay."""
    locale, keys = section_keys(button.argument)
    for key in keys:
        await context.say(topics.section_reply(context, key, locale=locale))
        _note_choice(context, button, key)
        if context.app.answerer.section(key, locale, context.today) is not None:
            note_shown(context, key, turn_id=turn_of(button.argument))


async def _ask(context: UpdateContext, button: Button) -> None:
    _head, key, text = button.argument.split("\n", 2)
    if not key:
        await answer_question(context, text, is_complete=True)
        return
    _note_choice(context, button, SectionKey.parse(key))
    await answer_question(context, text, fallback=SectionKey.parse(key), is_complete=True)


def _note_choice(context: UpdateContext, button: Button, key: SectionKey) -> None:
    """What was chosen below a question that got no answer helps to know whether it is lost."""
    turn_id, chat_id = turn_of(button.argument), context.chat_id
    if turn_id:
        context.later(lambda: context.app.turns.tap(turn_id, chat_id, key))


async def _rate(context: UpdateContext, button: Button) -> None:
    feedback = Feedback.HELPFUL if button.action is ButtonAction.HELPFUL else Feedback.UNHELPFUL
    visitor_id, turn_id, now = context.visitor_id, button.argument, context.now
    if visitor_id is not None:
        context.later(lambda: context.app.turns.rate(turn_id, visitor_id, feedback, now=now))


async def _topics(context: UpdateContext, button: Button) -> None:
    """Under an answer the menu comes as a new message, so that the answer stays; within the menu it changes it."""
    if button.argument:
        await topics.show_topics(context, button)
    else:
        await topics.topics(context)


async def _language(context: UpdateContext, button: Button) -> None:
    if button.argument:
        await start.choose(context, button)
    else:
        await start.language(context)


async def _delete_question(context: UpdateContext, button: Button) -> None:  # noqa: ARG001 - every press has this form
    await privacy.delete_me(context)


async def _delete_me(context: UpdateContext, button: Button) -> None:
    """Roles are laid down at once, not with the rest: whether an owner remains must be known before a word is said."""
    if context.visitor_id is None:
        return
    if await roles.leave(context, context.visitor_id):
        await privacy.delete_confirmed(context, button)
    else:
        await context.show(Reply(context.text(announcement_texts.last_owner_stays)))


async def _help(context: UpdateContext, button: Button) -> None:  # noqa: ARG001 - every press has this form
    await help_page(context)


async def _relay(context: UpdateContext, button: Button) -> None:
    """Of the visitor in a private chat, of the staff in their group."""
    await (asking_people.press if context.is_private else relay_answers.press)(context, button)


_NOTICES = {
    ButtonAction.HELPFUL: texts.feedback_thanks,
    ButtonAction.UNHELPFUL: texts.feedback_thanks,
    ButtonAction.TELL_ME: gap_texts.will_tell,
}
"""What is shown for a moment when a button is pressed."""
_ORGANISERS = (
    ButtonAction.DRAFT,
    ButtonAction.APPROVAL,
    ButtonAction.ANNOUNCEMENT,
    ButtonAction.ORGANISERS,
    ButtonAction.STAFF,
    ButtonAction.GAP,
)
_ACTIONS: dict[ButtonAction, Callable[[UpdateContext, Button], Awaitable[None]]] = {
    ButtonAction.LANGUAGE: _language,
    ButtonAction.MORE: _more,
    ButtonAction.SOURCE: _source,
    ButtonAction.ASK: _ask,
    ButtonAction.SECTION: topics.show_section,
    ButtonAction.OFFER: _offer,
    ButtonAction.NONE_OF_THESE: refuse_offers,
    ButtonAction.TOPICS: _topics,
    ButtonAction.TOPIC: topics.show_topic,
    ButtonAction.DOCUMENT: topics.show_document,
    ButtonAction.HELPFUL: _rate,
    ButtonAction.UNHELPFUL: _rate,
    ButtonAction.DELETE_QUESTION: _delete_question,
    ButtonAction.DELETE_ME: _delete_me,
    ButtonAction.CANCEL: privacy.cancelled,
    ButtonAction.HELP: _help,
    ButtonAction.CONSENT: news.answer_consent,
    ButtonAction.SETTINGS: settings.press,
    ButtonAction.DRAFT: composing.press,
    ButtonAction.APPROVAL: approvals.press,
    ButtonAction.ANNOUNCEMENT: announcements.press,
    ButtonAction.ORGANISERS: roles.press,
    ButtonAction.STAFF: desk.press,
    ButtonAction.TELL_ME: gap_news.tell_me,
    ButtonAction.GAP: gaps.press,
    ButtonAction.ASK_PERSON: asking_people.offer,
    ButtonAction.RELAY: _relay,
}
