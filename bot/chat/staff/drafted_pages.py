"""Drafts for the knowledge as staff see them: the list, and one of them beside its original."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.text import announcement_texts, draft_texts, texts
from bot.chat.text.keyboards import Key, Rows, column
from bot.chat.text.rendering import Html, blockquote, bold, lines, paragraphs, plain, quoted, said
from bot.chat.text.replies import Reply
from bot.drafting.model import WaitingDraft
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.ingestion.model import DraftSection

_LISTED = 20
"""Buttons on a page: two screens of a phone. Chosen by reasoning."""
_LONGEST = 12_000
"""Characters of a page, about three messages; the rest is read in its file (by reasoning)."""


def drafts_page(waiting: Sequence[WaitingDraft], t: Translator, *, besides: Html = Html()) -> Reply:  # noqa: B008 - a frozen value
    """The list, the oldest first: language, document, and how many texts, questions and near misses it holds."""
    if not waiting:
        return Reply(paragraphs(besides, said(draft_texts.none(t), t.locale)))
    keys = [staff_key(_label(one, t), StaffVerb.DRAFT, one.draft.file) for one in waiting[:_LISTED]]
    return Reply(paragraphs(besides, bold(said(draft_texts.title(t, len(waiting)), t.locale))), column(keys))


def draft_page(waiting: WaitingDraft, t: Translator, *, following: WaitingDraft, may_review: bool) -> Reply:
    """Section by section: the original, the draft below it, and both kinds of questions."""
    draft, original = waiting.draft, waiting.original
    known = {section.section_id: section for section in original.sections} if original is not None else {}
    shown = [
        bold(quoted(draft.file, Locale.EN)),
        said(draft_texts.compare(t, draft.locale.endonym), t.locale),
        said(draft_texts.new_document(t), t.locale) if original is None else Html(),
    ]
    length = 0
    for section in draft.sections:
        source = known.get(section.section_id)
        above = quoted(source.text, original.locale) if original is not None and source is not None else Html()
        part = _section(section, draft.locale, t, original=above)
        length += len(plain(part))
        if length > _LONGEST:
            shown.append(said(draft_texts.cut(t, draft.file), t.locale))
            break
        shown.append(part)
    return Reply(paragraphs(*shown), _rows(waiting, following, t, may_review=may_review))


def _section(section: DraftSection, locale: Locale, t: Translator, *, original: Html) -> Html:
    return lines(
        bold(quoted(section.heading or section.section_id, locale)),
        blockquote(original, expandable=True),
        blockquote(quoted(section.text, locale), expandable=True),
        _questions(draft_texts.answered(t), section.questions, locale, t),
        _questions(draft_texts.not_answered(t), section.near_misses, locale, t),
    )


def _questions(title: str, questions: Sequence[str], locale: Locale, t: Translator) -> Html:
    if not questions:
        return Html()
    return lines(said(title, t.locale), *(quoted(f"• {question}", locale) for question in questions))


def _rows(waiting: WaitingDraft, following: WaitingDraft, t: Translator, *, may_review: bool) -> Rows:
    draft = waiting.draft
    rows: list[list[Key]] = []
    if may_review:
        seen = f"{draft.content_hash} {draft.file}"
        rows.append([staff_key(draft_texts.button_approve(t), StaffVerb.DRAFT_YES, seen)])
        rows.append([staff_key(draft_texts.button_discard(t), StaffVerb.DRAFT_NO, seen)])
    rows.append([staff_key(texts.button_back(t), StaffVerb.DRAFTS)])
    if following.draft.file != draft.file:
        rows[-1].append(staff_key(announcement_texts.button_next(t), StaffVerb.DRAFT, following.draft.file))
    return rows


def _label(waiting: WaitingDraft, t: Translator) -> str:
    draft = waiting.draft
    counts = (
        ("📄", sum(bool(section.text) for section in draft.sections)),
        ("❓", sum(len(section.questions) for section in draft.sections)),
        ("❗", sum(len(section.near_misses) for section in draft.sections)),
    )
    held = " ".join(f"{sign}{t.number(count)}" for sign, count in counts if count)
    return f"{draft.locale} · {draft.path.removesuffix('.md')} · {held or '–'}"
