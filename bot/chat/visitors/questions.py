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
from bot.chat.context import UpdateContext
from bot.chat.ready_answers import ReadyAnswer
from bot.chat.text import texts
from bot.chat.text.answers import answer_text, draft_text, offers_shown, reply_to_question, turn_of
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.text.sections import section_text
from bot.chat.visitors.news import ask_for_consent
from bot.chat.visitors.notices import excuse
from bot.chat.wire.rate_limits import Admission
from bot.chat.wire.sender import SendResult
from bot.chat.wire.triage import Treatment
from bot.chat_state.model import Button
from bot.ids import Locale, SectionKey
from bot.operations.processor_time import metered
from bot.writing.cleaning import clean
from bot.writing.masking import masked

log = structlog.get_logger(__name__)

_TYPING_AFTER_S = 0.3
"""Most answers are there sooner: a «typing…» that lasts an instant is only noise, and a call."""
_STORED_QUESTION_LIMIT = 1000
"""Characters of a question that are stored: more than the 600 that an answer looks at. Chosen by reasoning."""


async def message(context: UpdateContext) -> None:
    """A text: the question, if it is meant for the bot."""
    text = addressed_text(context)
    if text is not None:
        await answer_question(context, text)


async def ask(context: UpdateContext) -> None:
    """Answer what stands behind the command."""
    incoming = context.message
    _command, _blank, text = ((incoming.text if incoming else None) or "").partition(" ")
    if text.strip():
        await answer_question(context, text)
    else:
        await context.say(context.text(texts.ask_needs_question))


def addressed_text(context: UpdateContext) -> str | None:
    """The text without the bot's name; None when it is meant for others."""
    incoming = context.message
    if incoming is None:
        return None
    text = incoming.text or incoming.caption or ""
    if incoming.via_bot is not None and incoming.via_bot.id == context.app.bot.id:
        return None
    if context.is_private:
        return text
    mention = regex.compile(rf"(?<!\w)@{regex.escape(context.app.bot.username)}\b", regex.IGNORECASE)
    if not _mentions(incoming, mention) and not _replies_to(incoming, context.app.bot.id):
        return None
    return mention.sub(" ", text).strip()


async def answer_question(
    context: UpdateContext, text: str, *, fallback: SectionKey | None = None, is_complete: bool = False
) -> None:
    """Answer `text`; when a button asked it and it gets no answer, the section that the button stands for is shown.

    What `is_complete`, as a button's question is, has nothing to do with what was said before.
    """
    app, update_id = context.app, context.update.update_id
    ready = app.ready.of(update_id)
    if ready is None:
        ready = await _made(context, text, () if is_complete else await _history(context))
        if ready is None:
            return
        app.ready.keep(update_id, ready)
    answer, took_ms = ready.answer, ready.took_ms
    turn_id = app.token()
    delivery = await context.say(_reply(context, answer, turn_id, fallback))
    app.ready.done(update_id)
    if delivery in (SendResult.SENT, SendResult.IN_DOUBT):
        _record(context, text, answer, turn_id=turn_id, took_ms=took_ms)
        if fallback is not None and answer.outcome is not Outcome.ANSWERED and answer.named is None:
            note_shown(context, fallback, turn_id=turn_id)
    if delivery is SendResult.SENT and answer.outcome is Outcome.ANSWERED:
        await ask_for_consent(context)


async def _made(context: UpdateContext, text: str, history: tuple[Turn, ...]) -> ReadyAnswer | None:
    """The answer, made now; None where the visitor was told that there is none."""
    app = context.app
    if not await _may_ask(context):
        return None
    question = Question(text, context.today, context.chosen, context.app_locale, history, visitor_id=context.payer)
    began = app.clock()
    try:
        async with _growing(context) as on_sentence, asyncio.timeout(app.rules.answer_deadline_s):
            answer = await metered(
                app.answerer.answer(question, on_sentence=on_sentence),
                partial(app.cpu.spend, context.payer, context.now),
            )
    except TimeoutError:
        log.warning("answer_took_too_long", update_id=context.update.update_id)
        await context.say(context.text(texts.busy))
        return None
    took_ms = (app.clock() - began) * 1000
    log.info(
        "question_answered",
        update_id=context.update.update_id,
        outcome=answer.outcome.value,
        locale=answer.locale.value,
        took_ms=round(took_ms, 1),
        steps_ms={name: round(step_ms, 1) for name, step_ms in answer.steps.items()},
    )
    return ReadyAnswer(answer, took_ms)


async def refuse_offers(context: UpdateContext, button: Button) -> None:
    """None of the sections on offer was meant: the question is lost, and its page says what else can be done."""
    locale, turn_id = Locale(button.argument.partition(" ")[0]), turn_of(button.argument)
    chat_id = context.chat_id
    await context.show(_reply(context, Answer(Outcome.UNKNOWN, locale, locale), turn_id, None))
    context.later(lambda: context.app.turns.reject_offers(turn_id, chat_id))


async def _may_ask(context: UpdateContext) -> bool:
    """Whether answers may still cost something; a visitor who has used that up is told so once."""
    admission = context.app.cpu.admit(context.payer, context.now)
    if admission is Admission.NOTICE:
        log.warning("visitor_cpu_used_up", update_id=context.update.update_id)
        await excuse(context, Treatment.TOO_MANY)
    return admission is Admission.ADMITTED


@asynccontextmanager
async def _growing(context: UpdateContext) -> AsyncIterator[OnSentence | None]:
    """Show that an answer is being made: in a private chat its first sentences when they are there, else «typing…»."""
    app = context.app
    async with app.sender.typing(context.chat_id, after_s=_TYPING_AFTER_S) as stop_typing:
        if app.drafts is None or app.drafts.are_refused or not context.is_private:
            yield None
            return
        async with app.drafts.growing(context.chat_id, context.update.update_id or 1) as show:

            def on_sentence(sentences: tuple[str, ...]) -> None:
                stop_typing()
                show(draft_text(sentences, context.locale))

            yield on_sentence


def _reply(context: UpdateContext, answer: Answer, turn_id: str, fallback: SectionKey | None) -> Reply:
    t = context.translator(answer.locale)
    if fallback is not None and answer.outcome is not Outcome.ANSWERED and answer.named is None:
        section = context.app.answerer.section(fallback, context.locale, context.today)
        return Reply(
            section_text(section, context.t, near=context.near) if section else context.text(texts.no_longer_valid)
        )
    is_alone = context.is_private and context.visitor_id is not None
    has_relay = context.app.relay is not None and is_alone
    text = answer_text(
        answer,
        t,
        near=context.near,
        contact=context.app.rules.contact,
        reading_in=context.app.reading_in(),
        has_news=context.app.announcements is not None,
        has_relay=has_relay,
    )
    reply = reply_to_question(
        answer,
        t,
        text=text,
        turn_id=turn_id,
        news_of=context.chat_id if context.app.announcements else None,
        may_wait=context.app.gaps is not None and is_alone,
        has_relay=has_relay,
    )
    return reply if reply.content else Reply(said(texts.unknown(t), t.locale))


async def _history(context: UpdateContext) -> tuple[Turn, ...]:
    if context.visitor_id is None or not context.app.rules.history_turns:
        return ()
    since = context.now - timedelta(minutes=context.app.rules.history_minutes)
    turns = await context.app.turns.recent(
        context.chat_id, context.visitor_id, since=since, limit=context.app.rules.history_turns
    )
    return tuple(turns)


def _record(context: UpdateContext, text: str, answer: Answer, *, turn_id: str, took_ms: float) -> None:
    if context.visitor_id is None:
        return
    turn = TurnRecord(
        turn_id=turn_id,
        chat_id=context.chat_id,
        visitor_id=context.visitor_id,
        asked_at=context.now,
        question=masked(clean(text))[:_STORED_QUESTION_LIMIT],
        locale=answer.locale,
        outcome=answer.outcome,
        score=answer.score,
        keys=_told(answer),
        took_ms=took_ms,
        composed=answer.composed,
        knowledge_version=answer.knowledge_version,
        loss=answer.loss if answer.outcome in (Outcome.UNKNOWN, Outcome.OFFERED) else None,
        offered=_offered(answer),
    )
    context.app.made_here.append(turn_id)
    context.later(lambda: context.app.turns.record(turn))


def note_shown(context: UpdateContext, key: SectionKey, *, turn_id: str) -> None:
    """Keep that a section was shown: who saw it can be told if it was wrong."""
    chat_id, now = context.chat_id, context.now
    if turn_id:
        context.later(lambda: context.app.turns.show(turn_id, chat_id, key, now=now))


def _told(answer: Answer) -> tuple[SectionKey, ...]:
    """The sections that were told, then the pin by which they were."""
    pinned = (answer.pinned.key,) if answer.pinned is not None else ()
    others = answer.second.citations if answer.second is not None else ()
    return tuple(dict.fromkeys((*(citation.key for citation in (*answer.citations, *others)), *pinned)))


def _offered(answer: Answer) -> tuple[SectionKey, ...]:
    """The sections that stand below it on buttons."""
    suggested, offers = [one.key for one in answer.suggestions], [one.key for one in offers_shown(answer)]
    return tuple(dict.fromkeys((*suggested, *offers)))


def _mentions(incoming: Message, mention: regex.Pattern[str]) -> bool:
    entities = [
        *incoming.parse_entities([MessageEntity.MENTION]).values(),
        *incoming.parse_caption_entities([MessageEntity.MENTION]).values(),
    ]
    return any(mention.fullmatch(entity) for entity in entities)


def _replies_to(incoming: Message, bot_id: int) -> bool:
    answered = incoming.reply_to_message
    return answered is not None and answered.from_user is not None and answered.from_user.id == bot_id
