"""The words for what organisers are told."""

from __future__ import annotations

from bot.announcements import events
from bot.chat.organisers.notifications import wording

WITH_A_PAGE = {
    events.AnnouncementSubmitted,
    events.AnnouncementReturned,
    events.ChangeAsked,
    events.InvitationOpened,
    events.InvitationConfirmed,
    events.InvitationRefused,
}
"""Told by a page with buttons."""
KINDS = [one for one in vars(events).values() if isinstance(one, type) and hasattr(one, "event_name")]
"""Those that are made: what kinds have in common bears no name."""
TECHNICAL = {events.DatabaseFailed, events.ResultsNotStored, events.TokenRefused}
"""Told by their English names, for whoever runs the bot."""


def test_every_event_has_a_wording_a_page_or_is_technical_on_purpose():
    unworded = {kind for kind in KINDS if wording.dispatch(kind) is wording.dispatch(object)}
    assert unworded == WITH_A_PAGE | TECHNICAL


def test_no_two_events_share_a_name_in_the_log():
    names = [kind.event_name for kind in KINDS]
    assert len(names) == len(set(names)) > 20
