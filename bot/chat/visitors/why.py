"""/why: the passages behind an answer, word for word."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup, Message

from bot.answering.model import Answer, TurnRecord
from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.replies import Reply
from bot.chat.text.sections import why_page
from bot.chat_state.model import ButtonAction


async def why(context: UpdateContext) -> None:
    """Explain the answer that the command replies to, or else the visitor's last one in this chat."""
    turn = await turn_meant(context)
    if turn is None:
        await context.say(context.text(texts.why_nothing))
        return
    sections = [context.app.answerer.section(key, turn.locale, context.today) for key in turn.keys]
    await context.say(_page(context, turn, [section for section in sections if section is not None]))


def _page(context: UpdateContext, turn: TurnRecord, sections: list[Answer]) -> Reply:
    if not turn.keys:
        return Reply(context.text(texts.why_no_passages))
    if not sections:
        return Reply(context.text(texts.no_longer_valid))
    return Reply(why_page(turn, sections, context.t))


async def turn_meant(context: UpdateContext) -> TurnRecord | None:
    """The turn whose answer the message replies to, or else the visitor's last one in this chat."""
    if context.visitor_id is None:
        return None
    replied_to = _answer_replied_to(context)
    if replied_to is None:
        return await context.app.turns.answered(context.chat_id, context.visitor_id)
    turn_id = await _turn_id_of(context, replied_to)
    return await context.app.turns.answered(context.chat_id, context.visitor_id, turn_id=turn_id) if turn_id else None


def _answer_replied_to(context: UpdateContext) -> Message | None:
    """The message of the bot's own that the command replies to."""
    replied_to = context.message.reply_to_message if context.message else None
    if replied_to is None or replied_to.from_user is None or replied_to.from_user.id != context.app.bot.id:
        return None
    return replied_to


async def _turn_id_of(context: UpdateContext, answer: Message) -> str:
    """Which turn a message answered: the button for the opinion on it knows. Empty when there is none any more."""
    markup = answer.reply_markup
    rows = markup.inline_keyboard if isinstance(markup, InlineKeyboardMarkup) else ()
    for token in (key.callback_data for row in rows for key in row):
        button = await context.app.buttons.find(token, now=context.now) if isinstance(token, str) else None
        if button is not None and button.action is ButtonAction.HELPFUL and button.chat_id == context.chat_id:
            return button.argument
    return ""
