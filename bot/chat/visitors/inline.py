"""Inline mode: `@bot question` in any chat lists up to five answers to post there."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.answering.model import Answer, Outcome, Question
from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.answers import answer_text
from bot.chat.text.sections import section_text
from bot.chat.wire.calls import InlineAnswer
from bot.errors import NothingPublishedError
from bot.operations.processor_time import metered
from bot.writing.cleaning import one_line

_RESULTS = 5
"""As many as a phone shows above its keyboard; Telegram would take 50. Chosen by reasoning."""
_CACHE_S = 10
"""For which Telegram may show the same results again: short, for the knowledge may change. Chosen by reasoning."""
_TITLE_LIMIT = 80
"""Characters: apps show a line of the title and two of the description. Chosen by reasoning."""
_DESCRIPTION_LIMIT = 160
"""Characters."""
_QUERY_LIMIT = 256
"""Characters: Telegram sends no more (https://core.telegram.org/bots/api#inlinequery)."""


async def inline(context: UpdateContext) -> None:
    """Answer what was typed so far."""
    query = context.update.inline_query
    if query is None:
        return
    text = one_line(query.query, limit=_QUERY_LIMIT)
    results = await _results(context, text) if text else []
    hint = texts.inline_nothing(context.t) if text and not results else texts.inline_hint(context.t)
    await context.app.sender.inline(query.id, results, hint=hint, cache_s=_CACHE_S)


async def _results(context: UpdateContext, text: str) -> list[InlineAnswer]:
    app = context.app
    if app.cpu.is_used_up(context.payer, context.now):
        return []
    try:
        async with asyncio.timeout(app.rules.answer_deadline_s):
            # It is asked at every pause in the typing: too often, and in too much of a hurry, for a language model.
            question = Question(text, context.today, context.chosen, context.app_locale, may_compose=False)
            answer = await metered(app.answerer.answer(question), partial(app.cpu.spend, context.payer, context.now))
    except (TimeoutError, NothingPublishedError):
        return []
    results = [_answer_result(context, answer, text)] if answer.outcome is Outcome.ANSWERED else []
    related = [(suggestion.key, suggestion.text) for suggestion in answer.suggestions]
    for key, title in related + [(offer.key, offer.title) for offer in answer.offers]:
        section = app.answerer.section(key, answer.locale, context.today)
        if section is not None:
            results.append(_section_result(context, section, title))
    return results[:_RESULTS]


def _answer_result(context: UpdateContext, answer: Answer, title: str) -> InlineAnswer:
    """The answer without the line that introduces buttons: there are none."""
    told, pinned = answer.sentences, answer.pinned
    alone = Answer(answer.outcome, answer.locale, answer.written_in, told, citations=answer.citations, pinned=pinned)
    content = answer_text(alone, context.translator(answer.locale), near=context.near)
    return InlineAnswer(context.app.token(), _short(title), _short(answer.sentences, _DESCRIPTION_LIMIT), content)


def _section_result(context: UpdateContext, section: Answer, title: str) -> InlineAnswer:
    content = section_text(section, context.translator(section.locale), near=context.near)
    return InlineAnswer(context.app.token(), _short(title), _short(section.sentences, _DESCRIPTION_LIMIT), content)


def _short(text: str | tuple[str, ...], limit: int = _TITLE_LIMIT) -> str:
    return one_line(text if isinstance(text, str) else " ".join(text), limit=limit)
