"""What the chat needs for announcements: the organisers' services, the visitors' subscriptions, and open questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.announcements.change_requests import ChangeRequests
from bot.announcements.lifecycle import Lifecycle
from bot.announcements.model import Announcement, OccurrenceId
from bot.announcements.notifier import Notifier
from bot.announcements.organisers import Organisers
from bot.announcements.ports import AnnouncementStore, AuditLog, Corrections, Outbox
from bot.announcements.text_drafting import TextDrafting
from bot.announcements.workflow import ApprovalWorkflow
from bot.chat_state.ports import DialogueStore
from bot.reports.report_picture import CopyOutcome
from bot.visitors.ports import SubscriptionStore


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file that belongs to a report."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceReport:
    """What became of an occurrence's copies: how many, as a picture, and why some failed. It names no recipient."""

    label: str
    """What organisers call the announcement."""
    totals: Mapping[CopyOutcome, int]
    picture: ReportFile
    """By language and over time, as a PNG without words."""
    failures: ReportFile | None
    """How many copies failed, or may have, in each language and why, as CSV; None when there are none."""


class Reports(Protocol):
    """Makes the report of an occurrence."""

    async def make(self, announcement: Announcement, occurrence_id: OccurrenceId) -> OccurrenceReport:
        """Count every copy and draw what was counted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementContext:
    """Everything about announcements that handlers work with; one for the life of the process."""

    workflow: ApprovalWorkflow
    lifecycle: Lifecycle
    change_requests: ChangeRequests
    organisers: Organisers
    announcements: AnnouncementStore
    outbox: Outbox
    corrections: Corrections
    audit: AuditLog
    reports: Reports
    subscriptions: SubscriptionStore
    dialogues: DialogueStore
    notifier: Notifier
    text_drafting: TextDrafting
    has_model: bool = False
    """Whether a language model drafts the texts that an announcement lacks."""
    asks_for_consent: bool = True
    """Whether visitors are asked once whether they want announcements."""
    typed_confirmation_above: int = 1000
    """Recipients above which an approver types their number; 1,000 as in the settings, chosen by reasoning."""
    star_price: float = 0.0
    """Telegram Stars that one copy costs by the paid broadcast; 0 where it may not be used."""
