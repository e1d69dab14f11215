"""What organisers are notified of: a frozen value for each kind of event, its figures as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bot.announcements.model import (
    AnnouncementId,
    ChangeRequest,
    CorrectionState,
    DeliveryState,
    Invitation,
    OccurrenceId,
)
from bot.ids import VisitorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserEvent:
    """Something that happened and that organisers are notified of."""

    event_name: ClassVar[str]

    @property
    def name(self) -> str:
        """For the log, in snake_case and past tense."""
        return self.event_name

    @property
    def subject(self) -> AnnouncementId | None:
        """The announcement that it is about; None when it concerns all of them, or none."""
        return None

    @property
    def caused_by(self) -> VisitorId | None:
        """Who did it and is not notified of it; None for the bot itself."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementEvent(OrganiserEvent):
    """An organiser did something with an announcement."""

    announcement_id: AnnouncementId
    label: str
    actor: VisitorId

    @property
    def subject(self) -> AnnouncementId | None:
        """See the base."""
        return self.announcement_id

    @property
    def caused_by(self) -> VisitorId | None:
        """See the base."""
        return self.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementSubmitted(AnnouncementEvent):
    """It waits for an approval."""

    event_name = "announcement_submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementReturned(AnnouncementEvent):
    """An approver wants it changed; its author is notified."""

    event_name = "announcement_returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementApproved(AnnouncementEvent):
    """A second person let it go out."""

    event_name = "announcement_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementApprovedInEmergency(AnnouncementEvent):
    """An owner let their own announcement go out alone."""

    event_name = "announcement_approved_in_emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementWithdrawn(AnnouncementEvent):
    """It stops, and its delivered copies are deleted."""

    event_name = "announcement_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceConfirmed(AnnouncementEvent):
    """After a restore: an organiser said what is to become of an occurrence."""

    event_name = "word_given"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent(AnnouncementEvent):
    """An organiser asked for a change of what was delivered, or decided about one."""

    request: ChangeRequest

    @property
    def name(self) -> str:
        """With what was asked for: `correct_asked`, `put_back_agreed`."""
        return f"{self.request.kind.value}_{self.event_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAsked(ChangeEvent):
    """It waits for a second person."""

    event_name = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgreed(ChangeEvent):
    """A second person let it happen."""

    event_name = "agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgreedInEmergency(ChangeEvent):
    """An owner let their own request happen alone."""

    event_name = "agreed_in_emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRefused(ChangeEvent):
    """It will not happen."""

    event_name = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceEvent(OrganiserEvent):
    """The bot did something with one firing of an announcement."""

    announcement_id: AnnouncementId
    label: str
    occurrence_id: OccurrenceId

    @property
    def subject(self) -> AnnouncementId | None:
        """See the base."""
        return self.announcement_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceLate(OccurrenceEvent):
    """It goes out later than it was due, or firings before it were missed."""

    event_name = "occurrence_late"
    late_s: int
    missed: int
    """Firings, this one not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceMissed(OccurrenceEvent):
    """Its time passed while the bot was down, and it is not sent late."""

    event_name = "occurrence_missed"
    late_s: int
    missed: int
    """Firings, this one counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceAwaitsConfirmation(OccurrenceEvent):
    """The database was restored: an organiser must say whether it was sent already."""

    event_name = "occurrence_awaits_word"


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrencePaused(OccurrenceEvent):
    """The bot paused it by itself."""

    event_name = "occurrence_paused"
    reason: str
    """A constant: `flood_wait`, `body_refused`, `body_changed`, `states_do_not_add_up`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceFinished(OccurrenceEvent):
    """Nothing of it is left to send."""

    event_name = "occurrence_finished"
    counts: Mapping[DeliveryState, int]
    """Copies in each state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFinished(OrganiserEvent):
    """Every copy that a correction concerns was edited or deleted, or can't be."""

    event_name = "correction_finished"
    correction_id: str
    occurrence_id: OccurrenceId
    counts: Mapping[CorrectionState, int]
    """Copies in each state."""

    @property
    def subject(self) -> AnnouncementId | None:
        """Its id is the first part of the occurrence's."""
        return AnnouncementId(self.occurrence_id.partition(".")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRestored(OrganiserEvent):
    """The database is older than what was seen last."""

    event_name = "database_restored"
    occurrences: int
    """Those that wait for an organiser's confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFailed(OrganiserEvent):
    """Nothing can be claimed at present."""

    event_name = "database_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsNotStored(OrganiserEvent):
    """Copies were sent, but that could not be stored in time: they are in doubt."""

    event_name = "results_not_stored"
    count: int
    """Copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused(OrganiserEvent):
    """Telegram refuses the bot's token: nothing goes to anybody."""

    event_name = "token_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeHeld(OrganiserEvent):
    """A change of the knowledge folder waits for a person's word; the knowledge from before answers on."""

    event_name = "knowledge_held"
    reason: str
    """The first one, a sentence in English, with file names."""
    reasons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationEvent(OrganiserEvent):
    """Something happened to an invitation that its candidate has opened."""

    invitation: Invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationOpened(InvitationEvent):
    """Its maker must say whether the candidate is whom they meant."""

    event_name = "invitation_opened"
    candidate_name: str
    """What the candidate calls themselves: it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationDecided(InvitationEvent):
    """An owner decided about the candidate."""

    actor: VisitorId

    @property
    def caused_by(self) -> VisitorId | None:
        """See the base."""
        return self.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationConfirmed(InvitationDecided):
    """The candidate has the role."""

    event_name = "invitation_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRefused(InvitationDecided):
    """The candidate gets nothing."""

    event_name = "invitation_refused"
