"""Inline mode: `@bot question` in any chat lists up to five answers to post there."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.answering.model import Answer, Outcome, Question
from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.replies import answer_text, section_text
from bot.chat.wire.sender import Result
from bot.errors import NothingPublishedError
from bot.operations.processor_time import metered
from bot.writing.cleaning import one_line

_RESULTS = 5
_CACHE_S = 10
_TITLE_LIMIT = 80
_DESCRIPTION_LIMIT = 160
_QUERY_LIMIT = 256


async def inline(visit: Visit) -> None:
    """Answer what was typed so far."""
    query = visit.update.inline_query
    if query is None:
        return
    text = one_line(query.query, limit=_QUERY_LIMIT)
    results = await _results(visit, text) if text else []
    hint = texts.inline_nothing(visit.t) if text and not results else texts.inline_hint(visit.t)
    await visit.house.sender.inline(query.id, results, hint=hint, cache_s=_CACHE_S)


async def _results(visit: Visit, text: str) -> list[Result]:
    house = visit.house
    if house.cpu.is_used_up(visit.payer, visit.now):
        return []
    try:
        async with asyncio.timeout(house.answer_deadline_s):
            # It is asked at every pause in the typing: too often, and in too much of a hurry, for a language model.
            question = Question(text, visit.today, visit.chosen, visit.app_locale, may_compose=False)
            answer = await metered(house.answerer.answer(question), partial(house.cpu.spend, visit.payer, visit.now))
    except (TimeoutError, NothingPublishedError):
        return []
    found = [_answer_result(visit, answer, text)] if answer.outcome is Outcome.ANSWERED else []
    related = [(suggestion.key, suggestion.text) for suggestion in answer.suggestions]
    for key, title in related + [(offer.key, offer.title) for offer in answer.offers]:
        section = house.answerer.section(key, answer.locale, visit.today)
        if section is not None:
            found.append(_section_result(visit, section, title))
    return found[:_RESULTS]


def _answer_result(visit: Visit, answer: Answer, title: str) -> Result:
    """The answer without the line that introduces buttons: there are none."""
    alone = Answer(answer.outcome, answer.locale, answer.written_in, answer.sentences, citations=answer.citations)
    content = answer_text(alone, visit.translator(answer.locale))
    return Result(visit.house.token(), _short(title), _short(answer.sentences, _DESCRIPTION_LIMIT), content)


def _section_result(visit: Visit, section: Answer, title: str) -> Result:
    content = section_text(section, visit.translator(section.locale))
    return Result(visit.house.token(), _short(title), _short(section.sentences, _DESCRIPTION_LIMIT), content)


def _short(text: str | tuple[str, ...], limit: int = _TITLE_LIMIT) -> str:
    return one_line(text if isinstance(text, str) else " ".join(text), limit=limit)
