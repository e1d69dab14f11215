"""/pin in reply to an answer: the question gets this answer, or a text of the staff's own; /unpin takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.announcements.model import STAFF_ROLES
from bot.answering.model import Answer, Citation, Outcome, TurnRecord
from bot.chat.admission import OrganiserContext, admit
from bot.chat.context import UpdateContext
from bot.chat.staff.handing_in import say_handed_in
from bot.chat.text import pin_texts
from bot.chat.visitors.why import turn_meant
from bot.errors import KnowledgeError
from bot.ids import DocumentPath, Locale
from bot.proposals.model import ProposalKind
from bot.proposals.pinning import PinSource, PinWish, is_pin_file, running_text, source_at_end
from bot.proposals.service import NewProposal
from bot.writing.cleaning import one_line

_LONGEST = 2000
"""Characters of a text: some ten sentences, as of `/fix` (by reasoning)."""
_LABEL_LIMIT = 60
"""Characters by which people know the proposal: a line on a phone."""


async def pin(update: UpdateContext) -> None:
    """Propose that the answer which is replied to, or the text behind the command, answers its question."""
    context = await admit(update, STAFF_ROLES, "pin")
    if context is None:
        return
    turn = await turn_meant(context)
    written = _written(context)
    if turn is None or len(written) > _LONGEST:
        await context.say(context.text(pin_texts.pin_how))
    elif written:
        await _pin_text(context, turn, written)
    else:
        await _pin_told(context, turn)


async def unpin(update: UpdateContext) -> None:
    """Propose that the pin by which the answer was told goes, in all languages."""
    context = await admit(update, STAFF_ROLES, "unpin")
    if context is None:
        return
    turn = await turn_meant(context)
    pinned = await _pins_of(context, turn) if turn is not None else {}
    if turn is None or not pinned:
        await context.say(context.text(pin_texts.unpin_how))
    else:
        await _propose(context, turn.question, dict.fromkeys(pinned))


def _written(context: UpdateContext) -> str:
    message = context.message
    _command, _blank, rest = ((message.text if message else None) or "").partition(" ")
    return rest.strip()


async def _pin_told(context: OrganiserContext, turn: TurnRecord) -> None:
    """The section that was told is told for this question, whatever comes nearer later."""
    if await _pins_of(context, turn):
        await context.say(context.text(pin_texts.pinned_already))
        return
    told = _told(context, turn)
    if told is None:
        await context.say(context.text(pin_texts.pin_how))
        return
    await _propose_pin(context, replace(_wish(context, turn), tells=told.key))


async def _pin_text(context: OrganiserContext, turn: TurnRecord, written: str) -> None:
    """A text with the address at its end, or else the source of what was told."""
    text, source = source_at_end(written)
    told = _told(context, turn)
    source = source or (_source_of(told) if told is not None else None)
    if source is None:
        await context.say(context.text(pin_texts.pin_needs_source))
    elif not (line := running_text(text)):
        await context.say(context.text(pin_texts.pin_how))
    else:
        wish = _wish(context, turn)
        await _propose_pin(context, replace(wish, text=line, source=source))


def _wish(context: OrganiserContext, turn: TurnRecord) -> PinWish:
    return PinWish(questions=(turn.question,), locale=turn.locale, day=context.today)


async def _propose_pin(context: OrganiserContext, wish: PinWish) -> None:
    await _propose(context, wish.questions[0], {wish.file: wish.content})


async def _propose(context: OrganiserContext, question: str, texts: Mapping[str, str | None]) -> None:
    label = f"📌 {one_line(question, limit=_LABEL_LIMIT)}"
    new = NewProposal(kind=ProposalKind.PIN, label=label, texts=texts)
    update_id = context.update.update_id  # the same update carried out twice makes one proposal
    decision = await context.staff.proposals.propose(
        new, actor=context.actor, request_key=f"update-{update_id}", now=context.now
    )
    await say_handed_in(context, decision)


def _told(context: OrganiserContext, turn: TurnRecord) -> Citation | None:
    """The first section of the answer, as it can still be told."""
    if turn.outcome is not Outcome.ANSWERED:
        return None
    found = (context.app.answerer.section(key, turn.locale, context.today) for key in turn.keys)
    told: Answer | None = next((section for section in found if section is not None), None)
    return told.citations[0] if told is not None else None


def _source_of(told: Citation) -> PinSource | None:
    return PinSource(told.publisher, told.url, told.source_title, told.source_date) if told.url else None


async def _pins_of(context: OrganiserContext, turn: TurnRecord) -> list[str]:
    """The files of the pins by which an answer was told, in all languages."""
    paths = dict.fromkeys(key.path for key in turn.keys)
    return [file for path in paths for file in await _pin_files(context, path)]


async def _pin_files(context: OrganiserContext, path: DocumentPath) -> list[str]:
    found = []
    for file in (f"{locale}/{path}" for locale in Locale):
        try:
            text = await context.staff.proposals.text_of(file)
        except KnowledgeError:
            continue
        if text is not None and is_pin_file(text):
            found.append(file)
    return found
