"""A machine's draft below its original, and how far the drafting has come."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.announcements.content import is_outdated, seal_of
from bot.announcements.model import Announcement, TextDraft, TextDraftState
from bot.chat.organisers.buttons import DraftButton, DraftPage, DraftStep
from bot.chat.organisers.views import View, draft_key, draft_lines
from bot.chat.text import announcement_draft_texts, announcement_texts
from bot.chat.text.keyboards import Rows
from bot.chat.text.markup import MarkupError
from bot.chat.text.rendering import Html, blockquote, bold, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.wire.composer import HtmlComposer
from bot.i18n.translator import Translator
from bot.ids import Locale


def compare_page(view: View, locale: Locale, t: Translator) -> Reply:
    """Original above, draft below, each to be unfolded; whoever may says that it is right, and goes on to the next."""
    content = view.announcement.content
    draft = next(one for one in view.drafts if one.locale is locale and one.is_unread)
    title = announcement_draft_texts.compare_title(t, locale.endonym)
    shown = paragraphs(
        said(title, t.locale),
        said(announcement_draft_texts.outdated(t), t.locale) if is_outdated(draft, content) else Html(),
        lines(
            bold(said(announcement_draft_texts.original(t, content.source.endonym), t.locale)),
            _folded(view.announcement, content.texts[content.source], content.source),
        ),
        lines(
            bold(said(announcement_draft_texts.draft(t, locale.endonym), t.locale)),
            _folded(view.announcement, draft.text, locale),
        ),
        lines(*(quoted(f"{label} → {drafted}", locale) for label, drafted in draft.labels.items())),
    )
    return Reply(shown, _compare_rows(view, draft, t))


def _compare_rows(view: View, draft: TextDraft, t: Translator) -> Rows:
    rows = []
    if view.may_read:
        seal = f"{draft.locale} {seal_of(draft, view.announcement.content)}"
        rows.append([draft_key(view, announcement_draft_texts.button_right(t), DraftStep.READ, seal)])
    if view.may_edit:
        rows.append([draft_key(view, announcement_draft_texts.button_write(t), DraftStep.WRITE, draft.locale)])
    rows.append([draft_key(view, announcement_texts.button_overview(t), DraftPage.OVERVIEW)])
    following = view.unread[(view.unread.index(draft.locale) + 1) % len(view.unread)]
    if following is not draft.locale:
        rows[-1].append(draft_key(view, announcement_texts.button_next(t), DraftStep.COMPARE, following))
    return rows


def progress_page(announcement: Announcement, drafts: Sequence[TextDraft], t: Translator) -> Reply:
    """What is drafted, what is being drafted, and what was thrown away; at the end the way to read it."""
    title = bold(said(announcement_texts.draft_title(t, announcement.label), t.locale))
    content = paragraphs(title, draft_lines(drafts, t))
    name = announcement.announcement_id
    if any(one.state is TextDraftState.WAITING for one in drafts):
        return Reply(content)
    read = DraftButton(name, DraftStep.COMPARE).key(announcement_draft_texts.button_compare(t))
    texts = DraftButton(name, DraftPage.TEXTS).key(announcement_texts.button_texts(t))
    return Reply(content, ((read,), (texts,)) if any(one.is_unread for one in drafts) else ((texts,),))


def _folded(announcement: Announcement, text: str, locale: Locale) -> Html:
    """As its readers get it. Telegram knows no quotation in a quotation: a text with one stands as it is."""
    zone, moments = ZoneInfo(announcement.schedule.zone), announcement.content.moments
    try:
        shown = HtmlComposer().preview(text, locale=locale, zone=zone, moments=moments).html
    except MarkupError:
        shown = quoted(text, locale)
    return shown if "<blockquote" in shown.source else blockquote(shown, expandable=True)
