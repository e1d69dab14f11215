"""Questions: in a private chat any text, in a group what is addressed to the bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import regex
import structlog
from telegram import Message, MessageEntity

from bot.answering.model import Answer, OnSentence, Outcome, Question, Turn, TurnRecord
from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply, draft_text, reply_to_question, section_text
from bot.chat.visitors.news import offer
from bot.chat.visitors.notices import excuse
from bot.chat.wire.limits import Admission
from bot.chat.wire.sender import Delivery
from bot.chat.wire.triage import Treatment
from bot.ids import SectionKey
from bot.operations.processor_time import metered
from bot.writing.cleaning import clean
from bot.writing.masking import masked

log = structlog.get_logger(__name__)

_TYPING_AFTER_S = 0.3
"""Most answers are there sooner: a «typing…» that lasts an instant is only noise, and a call."""
_STORED_QUESTION_LIMIT = 1000


async def message(visit: Visit) -> None:
    """A text: the question, if it is meant for the bot."""
    text = addressed_text(visit)
    if text is not None:
        await answer_question(visit, text)


async def ask(visit: Visit) -> None:
    """Answer what stands behind the command."""
    incoming = visit.message
    _command, _blank, text = ((incoming.text if incoming else None) or "").partition(" ")
    if text.strip():
        await answer_question(visit, text)
    else:
        await visit.say(visit.text(texts.ask_needs_question))


def addressed_text(visit: Visit) -> str | None:
    """What is said to the bot, without its name; None when others are meant."""
    incoming = visit.message
    if incoming is None:
        return None
    text = incoming.text or incoming.caption or ""
    if incoming.via_bot is not None and incoming.via_bot.id == visit.house.bot.id:
        return None
    if visit.is_private:
        return text
    mention = regex.compile(rf"(?<!\w)@{regex.escape(visit.house.bot.username)}\b", regex.IGNORECASE)
    if not _mentions(incoming, mention) and not _replies_to(incoming, visit.house.bot.id):
        return None
    return mention.sub(" ", text).strip()


async def answer_question(visit: Visit, text: str, *, fallback: SectionKey | None = None) -> None:
    """Answer `text`; when a button asked it and it gets no answer, the section that the button stands for is shown."""
    house = visit.house
    if not await _may_ask(visit):
        return
    question = Question(
        text, visit.today, visit.chosen, visit.app_locale, await _history(visit), visitor_id=visit.payer
    )
    began = house.clock()
    try:
        async with _growing(visit) as on_sentence, asyncio.timeout(house.answer_deadline_s):
            answer = await metered(
                house.answerer.answer(question, on_sentence=on_sentence),
                partial(house.cpu.spend, visit.payer, visit.now),
            )
    except TimeoutError:
        log.warning("answer_took_too_long", update_id=visit.update.update_id)
        await visit.say(visit.text(texts.busy))
        return
    took_ms = (house.clock() - began) * 1000
    log.info(
        "question_answered",
        update_id=visit.update.update_id,
        outcome=answer.outcome.value,
        locale=answer.locale.value,
        took_ms=round(took_ms, 1),
        steps_ms={name: round(step_ms, 1) for name, step_ms in answer.steps.items()},
    )
    turn_id = house.token()
    delivery = await visit.say(_reply(visit, answer, turn_id, fallback))
    if delivery in (Delivery.SENT, Delivery.IN_DOUBT):
        _record(visit, text, answer, turn_id=turn_id, took_ms=took_ms)
    if delivery is Delivery.SENT and answer.outcome is Outcome.ANSWERED:
        await offer(visit)


async def _may_ask(visit: Visit) -> bool:
    """Whether the visitor has not used up what answers may cost; who has is told so once."""
    admission = visit.house.cpu.admit(visit.payer, visit.now)
    if admission is Admission.NOTICE:
        log.warning("visitor_cpu_used_up", update_id=visit.update.update_id)
        await excuse(visit, Treatment.TOO_MANY)
    return admission is Admission.ADMITTED


@asynccontextmanager
async def _growing(visit: Visit) -> AsyncIterator[OnSentence | None]:
    """Show that an answer is being made: in a private chat its first sentences when they are there, else «typing…»."""
    house = visit.house
    async with house.sender.typing(visit.chat_id, after_s=_TYPING_AFTER_S) as stop_typing:
        if house.drafts is None or house.drafts.are_refused or not visit.is_private:
            yield None
            return
        async with house.drafts.growing(visit.chat_id, visit.update.update_id or 1) as show:

            def on_sentence(sentences: tuple[str, ...]) -> None:
                stop_typing()
                show(draft_text(sentences, visit.locale))

            yield on_sentence


def _reply(visit: Visit, answer: Answer, turn_id: str, fallback: SectionKey | None) -> Reply:
    t = visit.translator(answer.locale)
    if fallback is not None and answer.outcome is not Outcome.ANSWERED:
        section = visit.house.answerer.section(fallback, visit.locale, visit.today)
        return Reply(section_text(section, visit.t) if section else visit.text(texts.no_longer_valid))
    reply = reply_to_question(
        answer,
        t,
        contact=visit.house.contact,
        turn_id=turn_id,
        reading_in=visit.house.reading_in(),
        news_of=visit.chat_id if visit.house.newsroom else None,
    )
    return reply if reply.content else Reply(said(texts.unknown(t), t.locale))


async def _history(visit: Visit) -> tuple[Turn, ...]:
    if visit.visitor_id is None or not visit.house.history_turns:
        return ()
    since = visit.now - timedelta(minutes=visit.house.history_minutes)
    turns = await visit.house.turns.recent(
        visit.chat_id, visit.visitor_id, since=since, limit=visit.house.history_turns
    )
    return tuple(turns)


def _record(visit: Visit, text: str, answer: Answer, *, turn_id: str, took_ms: float) -> None:
    if visit.visitor_id is None:
        return
    turn = TurnRecord(
        turn_id=turn_id,
        chat_id=visit.chat_id,
        visitor_id=visit.visitor_id,
        asked_at=visit.now,
        question=masked(clean(text))[:_STORED_QUESTION_LIMIT],
        locale=answer.locale,
        outcome=answer.outcome,
        score=answer.score,
        keys=tuple(dict.fromkeys(citation.key for citation in answer.citations)),
        took_ms=took_ms,
        composed=answer.composed,
        generation=answer.generation,
    )
    visit.later(lambda: visit.house.turns.record(turn))


def _mentions(incoming: Message, mention: regex.Pattern[str]) -> bool:
    entities = [
        *incoming.parse_entities([MessageEntity.MENTION]).values(),
        *incoming.parse_caption_entities([MessageEntity.MENTION]).values(),
    ]
    return any(mention.fullmatch(entity) for entity in entities)


def _replies_to(incoming: Message, bot_id: int) -> bool:
    answered = incoming.reply_to_message
    return answered is not None and answered.from_user is not None and answered.from_user.id == bot_id
