"""Gaps in the knowledge as staff see them: the list, one of them, and what was drafted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from bot.chat.staff.gap_buttons import GapButton, GapVerb
from bot.chat.text import gap_texts, texts
from bot.chat.text.keyboards import Key, column, grid
from bot.chat.text.rendering import Html, bold, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.gaps.model import Gap, GapState
from bot.i18n.translator import Translator

_LISTED = 10
"""Buttons on a page that can be read at a glance. Chosen by reasoning."""
_EXAMPLES = 8
"""Questions of a gap that are shown, the newest of each language first. Chosen by reasoning."""


def gaps_page(gaps: Sequence[Gap], t: Translator) -> Reply:
    """The list; `gaps` are the worst first."""
    if not gaps:
        return Reply(said(gap_texts.none(t), t.locale))
    keys = [GapButton(GapVerb.SHOW, gap.gap_id).key(_label(gap, t)) for gap in gaps[:_LISTED]]
    return Reply(bold(said(gap_texts.title(t), t.locale)), column(keys))


def gap_page(gap: Gap, t: Translator, *, besides: Html = Html()) -> Reply:  # noqa: B008 - a frozen value
    """Everything about a gap, and what can be done with it."""
    first, last = (moment.astimezone(UTC).date() for moment in (gap.first_seen, gap.last_seen))
    facts = (
        gap_texts.asked(t, len(gap.questions)),
        gap_texts.seen(t, first, last),
        gap_texts.languages(t, ", ".join(locale.endonym for locale in gap.locales)),
        gap_texts.lost_by(t, gap.lost_by[0]),
        gap_texts.nearest(t, str(gap.nearest)) if gap.nearest else "",
        gap_texts.answered_by(t, str(gap.answered_by)) if gap.answered_by else "",
        gap_texts.assigned_to(t, str(gap.assignee)) if gap.assignee else "",
    )
    examples = [(question, locale) for locale in gap.locales for question in gap.asked_in(locale)]
    text = paragraphs(
        lines(*(quoted(f"• {question}", locale) for question, locale in examples[:_EXAMPLES])),
        lines(*(said(fact, t.locale) for fact in facts if fact)),
        besides,
    )
    return Reply(text, (*grid(_steps(gap, t), columns=2), (GapButton(GapVerb.LIST).key(texts.button_back(t)),)))


def drafted_note(files: Sequence[Path], t: Translator) -> Html:
    """Which files were begun."""
    return said(gap_texts.drafted(t, ", ".join(map(str, files))), t.locale)


def _steps(gap: Gap, t: Translator) -> list[Key]:
    offered = (
        (GapVerb.DRAFT, gap_texts.button_draft(t)),
        (GapVerb.TAKE, gap_texts.button_take(t)),
        (GapVerb.CLOSE, gap_texts.button_close(t)),
    )
    return [GapButton(verb, gap.gap_id).key(label) for verb, label in offered]


def _label(gap: Gap, t: Translator) -> str:
    """How often, whether it is answered, and a question of the reader's language if there is one."""
    own = gap.asked_in(t.locale) or gap.asked_in(gap.locales[0])
    mark = "✅ " if gap.state is GapState.ANSWERED else ""
    return f"{mark}{t.number(len(gap.questions))} · {own[0]}"
