"""/fix in reply to an answer: the sentence that it quotes is put right, once a second person agrees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.announcements.model import STAFF_ROLES
from bot.chat.admission import OrganiserContext, admit
from bot.chat.context import UpdateContext
from bot.chat.staff.buttons import SentenceFix, StaffButton, StaffVerb
from bot.chat.staff.handing_in import say_handed_in
from bot.chat.text import staff_texts
from bot.chat.text.keyboards import Rows, column
from bot.chat.text.rendering import Html, bold, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.why import turn_meant
from bot.errors import KnowledgeError
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.proposals.fixing import is_plain_sentence, nearest_sentence, with_sentence
from bot.proposals.model import ProposalKind, Weight
from bot.proposals.sent_files import parts_of
from bot.proposals.service import NewProposal
from bot.writing.cleaning import clean, one_line

_MOST_SECTIONS = 3
"""Of an answer: it seldom quotes more than two (by reasoning)."""
_MOST_OTHERS = 4
"""Sentences offered besides the nearest: as many buttons as a small phone shows with the rest (by reasoning)."""
_LONGEST = 2000
"""Characters of what is to stand there: some ten sentences (by reasoning)."""
_LABEL_LIMIT = 60
"""Characters by which people know the proposal: a line on a phone."""


async def fix(update: UpdateContext) -> None:
    """Find the sentence that is meant and ask what kind of change it is."""
    context = await admit(update, STAFF_ROLES, "fix")
    if context is None:
        return
    new = _written(context)
    found = await _sentences(context) if new else []
    if not new or not found:
        await context.say(context.text(staff_texts.fix_how))
        return
    nearest = nearest_sentence([one.old for one in found], new)
    chosen, *others = [replace(found[place], new=new) for place in nearest.places]
    await context.say(await _page(context, chosen, () if nearest.is_clear else others[:_MOST_OTHERS]))


def _written(context: UpdateContext) -> str:
    """What follows the command, as running text; empty when it would be more than that in a file."""
    message = context.message
    _command, _blank, rest = ((message.text if message else None) or "").partition(" ")
    text = " ".join(clean(rest).split())
    return text if len(text) <= _LONGEST and is_plain_sentence(text) else ""


async def _sentences(context: UpdateContext) -> list[SentenceFix]:
    """Every sentence of the sections that the answer was told from, in the language that it quoted."""
    turn = await turn_meant(context)
    keys = turn.keys[:_MOST_SECTIONS] if turn is not None else ()
    found: list[SentenceFix] = []
    for key in keys:
        section = context.app.answerer.section(key, turn.locale if turn else context.locale, context.today)
        if section is not None:
            file = f"{section.written_in}/{key.path}"
            sentences = (*section.sentences, *section.rest)
            found.extend(SentenceFix(file, key.section_id, sentence, "") for sentence in sentences)
    return found


async def _page(context: OrganiserContext, chosen: SentenceFix, others: Sequence[SentenceFix]) -> Reply:
    if await _fixed(context, chosen) is None:
        return Reply(context.text(staff_texts.fix_not_possible), _other_rows(others))
    t, locale = context.t, _locale_of(chosen)
    return Reply(
        paragraphs(
            bold(said(staff_texts.fix_title(t), t.locale)),
            lines(
                Html("➖ ") + quoted(chosen.old, locale),
                Html("✏️ ") + quoted(chosen.new, locale),
                quoted(chosen.file, Locale.EN),
            ),
            said(staff_texts.fix_weight_question(t), t.locale),
            said(staff_texts.fix_others(t), t.locale) if others else Html(),
        ),
        (*_weight_rows(chosen, t), *_other_rows(others)),
    )


def _weight_rows(chosen: SentenceFix, t: Translator) -> Rows:
    return column(
        [
            StaffButton(StaffVerb.FIX_AS, replace(chosen, weight=weight).argument()).key(
                staff_texts.button_weight(t, weight)
            )
            for weight in Weight
        ]
    )


def _other_rows(others: Sequence[SentenceFix]) -> Rows:
    return column([StaffButton(StaffVerb.FIX, one.argument()).key(one.old) for one in others])


async def _show(context: OrganiserContext, argument: str) -> None:
    """Another sentence was meant."""
    await context.show(await _page(context, SentenceFix.read(argument), ()))


async def _propose(context: OrganiserContext, argument: str) -> None:
    chosen = SentenceFix.read(argument)
    text = await _fixed(context, chosen)
    if text is None or chosen.weight is None:
        await context.say(context.text(staff_texts.fix_not_possible))
        return
    new = NewProposal(
        kind=ProposalKind.FIX,
        label=one_line(chosen.new, limit=_LABEL_LIMIT),
        texts={chosen.file: text},
        weight=chosen.weight,
    )
    button = context.press.data if context.press else ""  # the same button twice makes one proposal
    decision = await context.staff.proposals.propose(
        new, actor=context.actor, request_key=f"button-{button}", now=context.now
    )
    await say_handed_in(context, decision)


async def _fixed(context: OrganiserContext, chosen: SentenceFix) -> str | None:
    """The file's text with the sentence put right; None where that can't be done by itself."""
    try:
        text = await context.staff.proposals.text_of(chosen.file)
    except KnowledgeError:
        return None
    return None if text is None else with_sentence(text, chosen.section_id, chosen.old, chosen.new)


def _locale_of(chosen: SentenceFix) -> Locale:
    return parts_of(chosen.file)[0]


HANDLERS: dict[StaffVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    StaffVerb.FIX: _show,
    StaffVerb.FIX_AS: _propose,
}
