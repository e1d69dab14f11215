"""The list, the calendar, and how far what went out has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Correction,
    CorrectionState,
    DeliveryState,
    Occurrence,
    OccurrenceState,
    Standing,
)
from bot.announcements.schedule import Moment
from bot.chat.organisers.buttons import ItemVerb, item_key
from bot.chat.organisers.time_pages import moment_lines
from bot.chat.text import announcement_texts, correction_texts, texts
from bot.chat.text.keyboards import Key, Rows, column
from bot.chat.text.rendering import Html, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import Locale

_BAR = 12
"""Characters of the bar of progress: it stays on one line of a small phone."""


def list_page(
    announcements: Sequence[Announcement], t: Translator, *, unread: Mapping[AnnouncementId, Sequence[Locale]]
) -> Reply:
    """The newest first; `unread` are the languages of each in which nobody has read the machine's draft."""
    if not announcements:
        return Reply(said(announcement_texts.list_empty(t), t.locale))
    keys = [
        item_key(
            f"{announcement_texts.stage(t, one.stage)} · {_drafted(unread[one.announcement_id], t)}{_name(one, t)}",
            ItemVerb.ITEM,
            one.announcement_id,
        )
        for one in announcements
    ]
    calendar = (item_key(announcement_texts.button_calendar(t), ItemVerb.CALENDAR),)
    return Reply(bold(said(announcement_texts.list_title(t), t.locale)), (*column(keys), calendar))


def _name(announcement: Announcement, t: Translator) -> str:
    """The label; of a correction also what it is, and how many were told."""
    told = announcement.audience.told
    return correction_texts.list_entry(t, announcement.label, told.people) if told else announcement.label


def _drafted(unread: Sequence[Locale], t: Translator) -> str:
    return f"🤖{t.number(len(unread))} · " if unread else ""


def calendar_page(firings: Sequence[tuple[Moment, Announcement]], t: Translator) -> Reply:
    """What goes out soon."""
    rows = ((list_key(t),),)
    if not firings:
        return Reply(said(announcement_texts.calendar_empty(t), t.locale), rows)
    entries = [
        lines(
            *(said(line, t.locale) for line in moment_lines(moment, one.schedule.zone, t)),
            italic(quoted(one.label, one.content.source)),
        )
        for moment, one in firings
    ]
    return Reply(paragraphs(bold(said(announcement_texts.calendar_title(t), t.locale)), *entries), rows)


def standing_lines(standing: Standing, t: Translator) -> Html:
    """How many copies stand where, with a bar, and what is going on."""
    occurrence, counts = standing.occurrence, standing.counts
    final = sum(number for state, number in counts.items() if state.is_final)
    filled = _BAR * final // occurrence.audience if occurrence.audience else 0
    bar = Html("▓" * filled + "░" * (_BAR - filled)) if occurrence.audience else Html()
    sentences = (
        announcement_texts.occurrence_state(t, occurrence.state),
        announcement_texts.progress(t, final, occurrence.audience),
        *(announcement_texts.delivery_state(t, state, counts[state]) for state in DeliveryState if counts.get(state)),
    )
    return lines(bar, *(said(line, t.locale) for line in sentences))


def repeat_lines(standing: Standing, t: Translator) -> Html:
    """The same of the copies that were sent once more to those in doubt."""
    return lines(said(announcement_texts.repeat_title(t), t.locale), standing_lines(standing, t))


def confirmation_rows(occurrence: Occurrence, t: Translator) -> Rows:
    """After a restore: send the rest, or let it be."""
    if occurrence.state is not OccurrenceState.AWAITING_CONFIRMATION:
        return ()
    return (
        (
            item_key(
                announcement_texts.button_send_rest(t), ItemVerb.SEND_REST, occurrence.occurrence_id, single_use=True
            ),
            item_key(
                announcement_texts.button_leave_rest(t), ItemVerb.LEAVE_REST, occurrence.occurrence_id, single_use=True
            ),
        ),
    )


def confirm_page(question: str, verb: ItemVerb, announcement_id: str, t: Translator) -> Reply:
    """Asks before what can't be undone."""
    yes = item_key(announcement_texts.button_confirm(t), verb, announcement_id, single_use=True)
    no = item_key(texts.button_cancel(t), ItemVerb.ITEM, announcement_id)
    return Reply(said(question, t.locale), ((yes, no),))


def correction_lines(correction: Correction, t: Translator) -> Html:
    """How far a correction has come."""
    counts = correction.counts
    failed = counts.get(CorrectionState.FAILED, 0) + counts.get(CorrectionState.TOO_OLD, 0)
    done, waiting = counts.get(CorrectionState.DONE, 0), counts.get(CorrectionState.PLANNED, 0)
    return said(announcement_texts.correction_counts(t, done, failed, waiting), t.locale)


def list_key(t: Translator) -> Key:
    """Back to the list."""
    return item_key(texts.button_back(t), ItemVerb.LIST)
