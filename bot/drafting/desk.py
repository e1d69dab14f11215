"""What waits for a person's yes, and the yes or no of somebody who may review.

A machine made the draft, so whoever approves it is the second one. What stands in the folder is the truth: a draft that
somebody else has decided about meanwhile, or changed, is not decided about unseen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.announcements.model import AuditEntry
from bot.announcements.organisers import MAY_REVIEW
from bot.announcements.ports import AuditLog, OrganiserStore
from bot.drafting.model import WaitingDraft
from bot.drafting.ports import DraftPlace
from bot.errors import KnowledgeError
from bot.ids import VisitorId

_SUBJECT = "knowledge_draft"
"""What the audit log's entries of drafts are found by; the file stands in the detail."""


class DraftOutcome(Enum):
    """What became of a decision."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    """It was approved or removed already."""
    SEEN_ANOTHER = "seen_another"
    """Its file was changed since it was looked at."""
    NOT_FIT = "not_fit"
    """It can't take its place: the detail says why."""


@dataclass(frozen=True, slots=True)
class DraftDecision:
    """What became of it, and why it could not be done, in plain words."""

    outcome: DraftOutcome
    detail: str = ""


class DraftDesk:
    """Drafts of the knowledge folder; one decision at a time."""

    def __init__(self, place: DraftPlace, roles: OrganiserStore, audit: AuditLog) -> None:
        self._place = place
        self._roles = roles
        self._audit = audit
        self._turn = asyncio.Lock()

    async def waiting(self) -> Sequence[WaitingDraft]:
        """The oldest first."""
        return sorted(await self._place.waiting(), key=lambda one: (one.since, one.draft.file))

    async def may_review(self, actor: VisitorId) -> bool:
        """Whether they may decide now."""
        return bool(MAY_REVIEW & await self._roles.roles(actor))

    async def approve(self, file: str, content_hash: str, *, actor: VisitorId, now: datetime) -> DraftDecision:
        """Put the draft that was seen in its place: visitors are told from it once it is published."""
        return await self._decide(file, content_hash, actor, now, approves=True)

    async def discard(self, file: str, content_hash: str, *, actor: VisitorId, now: datetime) -> DraftDecision:
        """Take the draft that was seen away."""
        return await self._decide(file, content_hash, actor, now, approves=False)

    async def _decide(
        self, file: str, content_hash: str, actor: VisitorId, now: datetime, *, approves: bool
    ) -> DraftDecision:
        action = "draft_approved" if approves else "draft_discarded"
        async with self._turn:
            if not await self.may_review(actor):
                await self._note(f"{action}_denied", file, actor, now)
                return DraftDecision(DraftOutcome.NOT_ALLOWED)
            found = next((one for one in await self._place.waiting() if one.draft.file == file), None)
            if found is None:
                return DraftDecision(DraftOutcome.GONE)
            if found.draft.content_hash != content_hash:
                return DraftDecision(DraftOutcome.SEEN_ANOTHER)
            try:
                await (self._place.adopt(found) if approves else self._place.discard(found))
            except KnowledgeError as error:
                return DraftDecision(DraftOutcome.NOT_FIT, str(error))
            await self._note(action, file, actor, now)
        return DraftDecision(DraftOutcome.DONE)

    async def _note(self, action: str, file: str, actor: VisitorId, now: datetime) -> None:
        await self._audit.note(AuditEntry(at=now, actor=actor, action=action, subject=_SUBJECT, detail=file))
