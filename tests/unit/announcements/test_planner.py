"""What is planned for one recipient."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.announcements.model import (
    AnnouncementId,
    Content,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Receipt,
    Recipient,
    SendOutcome,
)
from bot.announcements.planner import planned_delivery
from bot.announcements.policy import after_call
from bot.ids import ChatId, Locale
from tests.support.stored_announcements import approved

NOW = datetime(2026, 11, 3, 3, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
AIDA = Recipient(chat_id=ChatId(7), locale=Locale.EN, zone="UTC")


def planned(recipient: Recipient, *, now: datetime = NOW):
    announcement = approved("forum", Content(source=Locale.EN, texts={Locale.EN: "The forum moved."}), due_at=NOW)
    occurrence = Occurrence(
        occurrence_id=OccurrenceId("forum.1"),
        announcement_id=AnnouncementId("forum"),
        slot="1",
        due_at=NOW,
        valid_until=None,
        state=OccurrenceState.PLANNING,
        created_at=NOW,
    )
    return planned_delivery(announcement, occurrence, recipient, now=now)


def test_a_copy_is_due_with_its_occurrence_however_late_it_is_planned():
    assert planned(AIDA, now=NOW + timedelta(minutes=9)).due_at == NOW


def test_a_copy_is_due_when_its_recipient_s_quiet_hours_end():
    sleeper = replace(AIDA, quiet_from=time(22), quiet_until=time(7))
    assert planned(sleeper).due_at == planned(sleeper).not_before == MORNING


def test_a_later_try_does_not_move_when_a_copy_was_due():
    tried = after_call(planned(AIDA), Receipt(outcome=SendOutcome.NOT_SENT, pause_s=90.0), now=NOW)
    assert (tried.due_at, tried.not_before) == (NOW, NOW + timedelta(seconds=90))
