"""What announcements need from outside. Writes join the transaction that is open around them, if there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.announcements.events import OrganiserEvent
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Attachment,
    Audience,
    AuditEntry,
    ChangeRequest,
    Correction,
    CorrectionState,
    Delivery,
    DeliveryState,
    Epoch,
    Invitation,
    ListedRecipient,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Organiser,
    OutgoingMessage,
    Receipt,
    Recipient,
    Role,
    Stage,
    Standing,
)
from bot.ids import ChatId, Locale, NewsTopic, VisitorId


class AnnouncementStore(Protocol):
    """Keeps announcements."""

    async def create(self, announcement: Announcement, *, request_key: str) -> AnnouncementId:
        """Store a new one; a `request_key` that is known (a double tap) gives the id of the one it made."""
        ...

    async def find(self, announcement_id: AnnouncementId) -> Announcement | None:
        """The announcement with its attachment, or None."""
        ...

    async def save(self, announcement: Announcement) -> bool:
        """Replace it if its stored version is one below `announcement.version`; False when somebody was first."""
        ...

    async def recent(self, *, stages: frozenset[Stage] = frozenset(), limit: int = 50) -> Sequence[Announcement]:
        """The newest first, without the attachment's content; an empty filter lets all stages pass."""
        ...

    async def due(self, *, now: datetime, limit: int) -> Sequence[Announcement]:
        """Approved ones with `next_due_at` at or before now, earliest first."""
        ...

    async def keep_file_id(self, announcement_id: AnnouncementId, file_id: str) -> None:
        """The attachment was uploaded: from now on it goes by this id."""
        ...

    async def delivered_to(self, chat_id: ChatId, *, since: datetime, limit: int) -> Sequence[Announcement]:
        """What this chat was sent (or subscribed topics were told) since then, newest first: for /news."""
        ...


class Subscribers(Protocol):
    """Who agreed to announcements, seen from the planner's side."""

    async def snapshot(self) -> int:
        """A bound: who subscribes after this call is not in the audience of a plan that uses it."""
        ...

    async def page(
        self, audience: Audience, *, topic: NewsTopic, snapshot: int, after: ChatId | None, limit: int
    ) -> Sequence[Recipient]:
        """The next recipients within the bound, in order of chat id above `after`."""
        ...

    async def count(self, audience: Audience, *, topic: NewsTopic) -> Mapping[Locale, int]:
        """How many it would reach now, by language."""
        ...

    async def still_wanted(
        self, chat_ids: Sequence[ChatId], audience: Audience, *, topic: NewsTopic
    ) -> frozenset[ChatId]:
        """Those who are reachable and have not unsubscribed from the topic or from all.

        Of an audience that is a list: those who are reachable and have not said since that they want no messages.
        """
        ...

    async def keep_list(self, announcement_id: AnnouncementId, people: Sequence[ListedRecipient]) -> None:
        """Store the list of an announcement's recipients; who is on it stays."""
        ...

    async def mark_gone(self, chat_id: ChatId) -> None:
        """Blocked or deleted: gets nothing until they come back and agree anew."""
        ...

    async def migrate(self, old: ChatId, new: ChatId) -> None:
        """A group got a new id: its subscription moves along; nothing is doubled when the new one is subscribed."""
        ...


class Outbox(Protocol):
    """Occurrences and deliveries: the truth about what was and will be sent."""

    async def open_occurrence(self, occurrence: Occurrence) -> bool:
        """Store a new one; False when its announcement has this slot already."""
        ...

    async def find(self, occurrence_id: OccurrenceId) -> Occurrence | None:
        """The occurrence, or None."""
        ...

    async def occurrences(
        self, *, states: frozenset[OccurrenceState] = frozenset(), of: AnnouncementId | None = None, limit: int = 100
    ) -> Sequence[Occurrence]:
        """The earliest due first; an empty filter lets all pass."""
        ...

    async def set_state(
        self, occurrence_id: OccurrenceId, state: OccurrenceState, *, now: datetime, reason: str = ""
    ) -> None:
        """Move it; an ended state is never left, and `finished_at` is set with it."""
        ...

    async def plan(self, deliveries: Sequence[Delivery], *, occurrence_id: OccurrenceId, through: ChatId | None) -> int:
        """Store a batch and note how far planning has come; a (occurrence, chat) that exists is left alone.

        Returns how many were new; they are added to the occurrence's audience.
        """
        ...

    async def claim(
        self, occurrence_id: OccurrenceId, *, epoch: Epoch, now: datetime, limit: int
    ) -> Sequence[Delivery]:
        """Move up to `limit` due rows from PLANNED to SENDING under this epoch; returns them.

        Nothing is claimed when `epoch` is no longer the live one or the occurrence is not RUNNING.
        """
        ...

    async def settle(self, results: Sequence[Delivery], *, epoch: Epoch) -> int:
        """Store results of rows that are SENDING with the same attempt and epoch (compare-and-set); returns how many.

        A row that was meanwhile taken from us stays as it is.
        """
        ...

    async def orphans(self, *, live: Epoch, limit: int) -> Sequence[Delivery]:
        """Rows that are SENDING under an older epoch, or IN_DOUBT: the policy must be applied."""
        ...

    async def resolve(self, deliveries: Sequence[Delivery]) -> int:
        """Move orphans (SENDING of a dead epoch, or IN_DOUBT) to the state that they now have."""
        ...

    async def rename(self, occurrence_id: OccurrenceId, old: ChatId, new: ChatId) -> bool:
        """Give a row the group's new id; when the new id has a row already the old one becomes SKIPPED: False."""
        ...

    async def end_remaining(
        self, occurrence_id: OccurrenceId, state: DeliveryState, *, now: datetime, reason: str
    ) -> int:
        """Move every PLANNED row to a final state (cancelled, expired); returns how many."""
        ...

    async def standing(self, occurrence_id: OccurrenceId) -> Standing:
        """The counts, read in one transaction."""
        ...

    async def next_moment(self, *, after: datetime) -> datetime | None:
        """When the next PLANNED row of a running occurrence may be sent; None when there is none."""
        ...

    def rows(
        self, occurrence_id: OccurrenceId, *, states: frozenset[DeliveryState] = frozenset()
    ) -> AsyncIterator[Delivery]:
        """Row by row in order of chat id, in flat memory, for exports; an empty filter lets all pass."""
        ...


class Corrections(Protocol):
    """Edits and withdrawals of what was delivered."""

    async def open(self, correction: Correction) -> None:
        """Store it with one PLANNED row for each copy that was SENT."""
        ...

    async def next(self, *, limit: int) -> Sequence[tuple[Correction, Delivery]]:
        """Copies still to be corrected, oldest correction first."""
        ...

    async def settle(self, correction_id: str, chat_id: ChatId, state: CorrectionState) -> None:
        """Store what became of one."""
        ...

    async def find(self, correction_id: str) -> Correction | None:
        """The correction with its counts."""
        ...

    async def edits(self, occurrence_id: OccurrenceId) -> Sequence[Correction]:
        """Every edit of what an occurrence delivered, the oldest first, without counts."""
        ...


class Requests(Protocol):
    """Changes of what was delivered that one has asked for and another must agree to."""

    async def open(self, request: ChangeRequest) -> None:
        """Store a new one."""
        ...

    async def find(self, request_id: str) -> ChangeRequest | None:
        """The request, or None."""
        ...

    async def waiting(self, announcement_id: AnnouncementId) -> Sequence[ChangeRequest]:
        """Those of an announcement that nobody has decided yet, the oldest first."""
        ...

    async def decide(self, request: ChangeRequest) -> bool:
        """Store the decision; False when somebody has decided already."""
        ...


class Lease(Protocol):
    """At most one dispatcher lives at a time; an older epoch can write nothing."""

    async def take(self, holder: str, *, now: datetime, lasts_s: float) -> Epoch | None:
        """A new epoch, or None while another holder's lease lasts."""
        ...

    async def renew(self, epoch: Epoch, *, now: datetime, lasts_s: float) -> bool:
        """Prolong it; False when it was lost: stop at once."""
        ...

    async def release(self, epoch: Epoch) -> None:
        """Give it back, so that the next need not wait."""
        ...


class RestoreGuard(Protocol):
    """Tells a database that was restored from a backup from one that simply went on."""

    async def was_restored(self) -> bool:
        """Whether this database is older than what this installation has last seen: nothing may be sent unasked."""
        ...

    async def needs_word(self) -> bool:
        """Whether it stays so, though nothing is left to decide of announcements, until somebody accepts it."""
        ...

    async def mark(self) -> None:
        """Note how far the database has come, outside of it as well."""
        ...

    async def join(self) -> None:
        """Others work with this database, and wait for no word: an installation that has seen none goes on with it."""
        ...

    async def accept(self) -> None:
        """An organiser has confirmed: go on from here."""
        ...


class SendSlot(Protocol):
    """Leave to send one copy now, within the pace that all share."""

    def seat(self, chat_id: ChatId) -> float:
        """Give it to a chat; returns 0, or the seconds that this chat must wait: then it is free for another."""
        ...

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        """Send one copy at once, as `AnnouncementSender.deliver`; to the chat that has the turn."""
        ...

    def give_back(self) -> None:
        """Nobody needs it; without effect once it was used."""
        ...


@dataclass(frozen=True, slots=True)
class Leave:
    """Turns to send now, or none for a while."""

    turns: Sequence[SendSlot] = ()
    pause_s: float = 0.0
    """Seconds for which nothing goes to anybody."""


class AnnouncementSender(Protocol):
    """Sends. The only implementation lives beside the one sender of the house and keeps the common pace.

    It never raises for what Telegram or the network may do: the receipt says what is proved.
    """

    async def turns(self, *, limit: int, is_paid: bool) -> Leave:
        """Wait until a copy may go; gives up to `limit` turns, those that are due within a few milliseconds."""
        ...

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        """Send one copy when it has its turn."""
        ...

    async def edit(self, outgoing: OutgoingMessage, message_id: int) -> Receipt:
        """Put this in place of a delivered copy."""
        ...

    async def delete(self, chat_id: ChatId, message_id: int) -> Receipt:
        """Delete a delivered copy."""
        ...


class Composer(Protocol):
    """Renders a text as a recipient will read it, to check it before anybody gets it."""

    def check(
        self, text: str, *, locale: Locale, moments: Mapping[str, datetime], attachment: Attachment | None
    ) -> str:
        """Empty when Telegram will take it, else what is wrong in a few words (English, for logs and commands).

        Raises nothing; lengths are counted in UTF-16 units after rendering, in the longest zone form.
        """
        ...

    def check_button(self, label: str, url: str) -> str:
        """The same for a button that opens an address."""
        ...


class AuditLog(Protocol):
    """Who did what; nothing is ever changed in it but the counts of a day."""

    async def note(self, entry: AuditEntry) -> None:
        """Append."""
        ...

    async def count(self, action: str, *, day: date) -> None:
        """Count what one who is no organiser tried on a day: nobody is named, each action has one entry a day."""
        ...

    async def entries(self, *, subject: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """The newest first; an empty subject lets all pass."""
        ...


class OrganiserStore(Protocol):
    """Roles and invitations."""

    async def roles(self, visitor_id: VisitorId) -> frozenset[Role]:
        """The roles that were granted; those from the settings are added by the service."""
        ...

    async def all(self) -> Sequence[Organiser]:
        """Every grant."""
        ...

    async def grant(self, organiser: Organiser) -> None:
        """Give a role; twice changes nothing."""
        ...

    async def revoke(self, visitor_id: VisitorId, role: Role) -> bool:
        """Take a role; False when it was not there."""
        ...

    async def invite(self, invitation: Invitation) -> None:
        """Store an invitation."""
        ...

    async def redeem(
        self, token_hash: str, visitor_id: VisitorId, *, now: datetime, until: datetime
    ) -> Invitation | None:
        """Use it up: from now on it waits for a decision until then. None when unknown, used or expired."""
        ...

    async def invitation(self, token_hash: str) -> Invitation | None:
        """The invitation, or None."""
        ...

    async def decide(self, token_hash: str, *, now: datetime) -> Invitation | None:
        """Note that its candidate was decided about; None when there is none, they were already, or it has expired."""
        ...


Notify = Callable[[frozenset[Role], OrganiserEvent], Awaitable[None]]
"""Tells organisers with one of the roles of an event; the chat words it in their language."""
