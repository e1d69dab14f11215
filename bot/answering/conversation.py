"""A conversation of several turns with the Answerer, outside a chat: for the command line and for evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.answering.model import Answer, Question, Turn
from bot.answering.ports import Answering
from bot.ids import Locale


async def converse(
    answerer: Answering,
    turns: Sequence[str],
    *,
    today: date,
    chosen: Locale | None = None,
    app_locale: Locale | None = None,
) -> tuple[Answer, Question]:
    """Ask the turns one after another; returns the last answer and the question, with its history, that got it.

    `chosen` is the language that the visitor picked, `app_locale` that of their app, a hint only.

    Raises:
        ValueError: there is no turn.
    """
    if not turns:
        raise ValueError("a conversation needs at least one turn")
    history: list[Turn] = []
    for text in turns:
        question = Question(text, today, chosen=chosen, app_locale=app_locale, history=tuple(history))
        answer = await answerer.answer(question)
        history.append(turn_of(question, answer))
    return answer, question


def turn_of(question: Question, answer: Answer) -> Turn:
    """What later questions need to know of this one."""
    return Turn(question.text, answer.locale, answer.outcome, tuple(citation.key for citation in answer.citations))
