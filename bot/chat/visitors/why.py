"""/why: the passages behind an answer, word for word."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup, Message

from bot.answering.model import Answer, TurnRecord
from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.replies import Reply, why_page
from bot.chat_state.model import Action


async def why(visit: Visit) -> None:
    """Explain the answer that the command replies to, or else the visitor's last one in this chat."""
    turn = await _turn(visit)
    if turn is None:
        await visit.say(visit.text(texts.why_nothing))
        return
    sections = [visit.house.answerer.section(key, turn.locale, visit.today) for key in turn.keys]
    await visit.say(_page(visit, turn, [section for section in sections if section is not None]))


def _page(visit: Visit, turn: TurnRecord, sections: list[Answer]) -> Reply:
    if not turn.keys:
        return Reply(visit.text(texts.why_no_passages))
    if not sections:
        return Reply(visit.text(texts.no_longer_valid))
    return Reply(why_page(turn, sections, visit.t))


async def _turn(visit: Visit) -> TurnRecord | None:
    if visit.visitor_id is None:
        return None
    replied_to = _answer_replied_to(visit)
    if replied_to is None:
        return await visit.house.turns.answered(visit.chat_id, visit.visitor_id)
    turn_id = await _turn_id_of(visit, replied_to)
    return await visit.house.turns.answered(visit.chat_id, visit.visitor_id, turn_id=turn_id) if turn_id else None


def _answer_replied_to(visit: Visit) -> Message | None:
    """The message of the bot's own that the command replies to."""
    replied_to = visit.message.reply_to_message if visit.message else None
    if replied_to is None or replied_to.from_user is None or replied_to.from_user.id != visit.house.bot.id:
        return None
    return replied_to


async def _turn_id_of(visit: Visit, answer: Message) -> str:
    """Which turn a message answered: the button for the opinion on it knows. Empty when there is none any more."""
    markup = answer.reply_markup
    rows = markup.inline_keyboard if isinstance(markup, InlineKeyboardMarkup) else ()
    for token in (key.callback_data for row in rows for key in row):
        button = await visit.house.buttons.find(token, now=visit.now) if isinstance(token, str) else None
        if button is not None and button.action is Action.HELPFUL and button.chat_id == visit.chat_id:
            return button.argument
    return ""
