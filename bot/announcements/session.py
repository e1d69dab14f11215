"""What the dispatcher's parts share: its rules, what stops all sending, and what lives as long as one epoch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bot.announcements.content import ApprovedBodies
from bot.announcements.corrections import Corrector
from bot.announcements.crash_points import CrashPoint, Probe, hit_crash_point
from bot.announcements.events import OccurrencePaused, OrganiserEvent
from bot.announcements.lease_holder import LeaseHolder
from bot.announcements.model import Announcement, Delivery, Epoch, Occurrence, OccurrenceId, Receipt, SendOutcome
from bot.announcements.notifier import notify_all
from bot.announcements.policy import AlikeFailures
from bot.announcements.ports import AnnouncementSender, AnnouncementStore, Lease, Notify, Outbox, Subscribers
from bot.announcements.restore_watch import RestoreWatch
from bot.announcements.turns import Turns
from bot.backoff import Backoff
from bot.ids import ChatId
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

_STRIKES = 3
"""Calls in a row for which Telegram was out of reach, before all pause: fewer are a hiccup. Chosen by reasoning."""
_RECONNECTING = Backoff(first_s=0.5, longest_s=30.0)
"""Then: soon at first, and twice a minute when the network stays away. Chosen by reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRules:
    """How the dispatcher goes about it. Where nothing else is said a figure was chosen by reasoning, not measured."""

    in_flight: int = 30
    """Copies on their way at once; more can't be in doubt after a crash. Telegram's free rate is 30 a second."""
    lease_s: float = 15.0
    """How long a dispatcher that died keeps the next one waiting; three renewals fit into it."""
    poll_s: float = 0.5
    """How soon a stop or a new occurrence is seen at the latest."""
    linger_s: float = 0.05
    """How long a result waits for others to be stored with it."""
    settle_patience_s: float = 30.0
    """How long results are kept while the database fails; then their rows are left in doubt."""
    database_pause_s: float = 5.0
    """After a failure of the database nothing is claimed for so long."""
    longest_pause_s: float = 600.0
    """When Telegram asks for more the occurrence is paused and organisers decide."""
    alike_limit: int = 5
    """Copies of one body that fail alike, one after the other, before the occurrence is paused."""
    crash_limit: int = 2
    """Senders that may die over a copy before it is given up: one death may be chance, two hardly."""
    mark_every_s: float = 1.0
    """How often it is noted outside of the database how far it has come, for the case of a restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherParts:
    """What the dispatcher needs from outside. `monotonic` is a stopwatch in seconds that never goes back."""

    announcements: AnnouncementStore
    subscribers: Subscribers
    outbox: Outbox
    lease: Lease
    announcement_sender: AnnouncementSender
    corrector: Corrector
    watch: RestoreWatch
    notify: Notify
    transaction: Transaction
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]


class SendGate:
    """Whether anything may be sent at present; it outlives a lease."""

    def __init__(self, rules: DeliveryRules, monotonic: Callable[[], float]) -> None:
        self._rules = rules
        self._monotonic = monotonic
        self._paused_until = float("-inf")
        self._strikes = 0
        self.is_leaving = False
        self.trouble = ""
        """Why nothing goes: `token_refused`, `database_failed`, or nothing."""

    @property
    def is_token_refused(self) -> bool:
        """Whether Telegram refuses the token: nothing goes until the next start."""
        return self.trouble == "token_refused"

    @property
    def pause_left_s(self) -> float:
        """Seconds for which nothing is claimed; 0 for none."""
        return max(0.0, self._paused_until - self._monotonic())

    def pause(self, seconds: float) -> None:
        """Claim nothing for so long; a longer pause stays."""
        self._paused_until = max(self._paused_until, self._monotonic() + seconds)

    def note(self, receipt: Receipt) -> None:
        """What a receipt means for the calls to come, at once and not only when it is stored."""
        if receipt.pauses_all:
            self.pause(receipt.pause_s)
        if receipt.outcome is SendOutcome.NOTHING_GOES:
            self.trouble = "token_refused"
        is_unreachable = receipt.outcome is SendOutcome.NOT_SENT and not receipt.pause_s
        self._strikes = self._strikes + 1 if is_unreachable else 0
        if self._strikes >= _STRIKES:  # Telegram is out of reach: don't run through the whole audience for nothing
            self.pause(_RECONNECTING.pause_s(self._strikes // self._rules.in_flight))

    def note_database_failure(self) -> bool:
        """Pause; whether that is news."""
        self.pause(self._rules.database_pause_s)
        is_new = self.trouble != "database_failed"
        self.trouble = "database_failed"
        return is_new

    def note_recovery(self) -> None:
        """The database works again."""
        if self.trouble == "database_failed":
            self.trouble = ""
            _log.info("database_recovered")


@dataclass(slots=True)
class OccurrenceJob:
    """An occurrence in the dispatcher's hands; its announcement is read once and not for every copy."""

    occurrence: Occurrence
    announcement: Announcement
    breaker: AlikeFailures
    bodies: ApprovedBodies = field(init=False)
    in_flight: int = 0
    look_again_at: float = 0.0
    """By the stopwatch: before that there is nothing to claim."""

    def __post_init__(self) -> None:
        """The bodies follow from the announcement."""
        self.bodies = ApprovedBodies(self.announcement)

    @property
    def is_paid(self) -> bool:
        """Whether its copies go by paid broadcast; the one that uploads does not."""
        return self.announcement.terms.is_paid and not self.uploads

    @property
    def uploads(self) -> bool:
        """Whether the attachment has no file id yet: then the first copy goes alone."""
        attachment = self.announcement.content.attachment
        return attachment is not None and not attachment.file_id

    def keep_file_id(self, file_id: str) -> None:
        """The attachment was uploaded: its bytes are let go, from now on it goes by this id."""
        content = self.announcement.content
        assert content.attachment is not None
        kept = replace(content.attachment, file_id=file_id, content=b"")
        self.announcement = replace(self.announcement, content=replace(content, attachment=kept))
        self.bodies = ApprovedBodies(self.announcement)

    def paused(self, reason: str) -> OccurrencePaused:
        """What organisers hear of a pause."""
        return OccurrencePaused(
            announcement_id=self.announcement.announcement_id,
            label=self.announcement.label,
            occurrence_id=self.occurrence.occurrence_id,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class CallResult:
    """A finished call and the row as it is to be stored."""

    job: OccurrenceJob
    claimed: Delivery
    row: Delivery
    receipt: Receipt | None
    """None: the call was never made."""
    pauses: str = ""
    """Why the occurrence is to be paused, if it is."""


@dataclass(slots=True, kw_only=True)
class DispatchSession:
    """What lives as long as one epoch."""

    epoch: Epoch
    parts: DispatcherParts
    rules: DeliveryRules
    gate: SendGate
    lease: LeaseHolder
    probe: Probe
    wake: Callable[[], None]
    """Makes the dispatcher look at once."""
    group: asyncio.TaskGroup
    turns: Turns
    jobs: dict[OccurrenceId, OccurrenceJob] = field(default_factory=dict)
    in_flight: set[tuple[OccurrenceId, ChatId, int]] = field(default_factory=set)
    finished: deque[CallResult] = field(default_factory=deque)
    is_uncertain: bool = False
    """A claim failed in a way that may have been durable: look for rows that were never sent."""

    @property
    def room(self) -> int:
        """Places that are free for more copies in flight."""
        return self.rules.in_flight - len(self.in_flight)

    @property
    def worthwhile_room(self) -> int:
        """Places that must be free before more is claimed: a quarter, so that a claim is worth its commit."""
        return max(1, self.rules.in_flight // 4)

    async def job_of(self, occurrence: Occurrence) -> OccurrenceJob:
        """The occurrence in hand, as it stands now; the first time its announcement is read."""
        job = self.jobs.get(occurrence.occurrence_id)
        if job is None:
            announcement = await self.parts.announcements.find(occurrence.announcement_id)
            assert announcement is not None
            job = OccurrenceJob(occurrence, announcement, AlikeFailures(self.rules.alike_limit))
            self.jobs[occurrence.occurrence_id] = job
        job.occurrence = occurrence
        return job

    async def hit(self, point: CrashPoint) -> None:
        """Tell the probe that a crash point is reached."""
        await hit_crash_point(self.probe, point)

    def notify(self, event: OrganiserEvent) -> None:
        """Tell organisers without making deliveries wait."""
        self.group.create_task(notify_all(self.parts.notify, event))

    def notify_paused(self, job: OccurrenceJob, reason: str) -> None:
        """Tell organisers that the bot paused an occurrence by itself."""
        _log.warning("occurrence_paused", occurrence_id=job.occurrence.occurrence_id, reason=reason)
        self.notify(job.paused(reason))


def copy_key(row: Delivery) -> tuple[OccurrenceId, ChatId, int]:
    """What tells a try of one copy from every other."""
    return (row.occurrence_id, row.chat_id, row.attempt)
