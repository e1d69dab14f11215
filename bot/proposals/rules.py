"""Who may do what with a proposal, at which state, and what in the folder stands in the way of its approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.announcements.model import STAFF_ROLES, AuditEntry, Role
from bot.announcements.organisers import MAY_REVIEW
from bot.announcements.ports import AuditLog, OrganiserStore
from bot.errors import Fault
from bot.ids import VisitorId
from bot.proposals.model import FolderCheck, Proposal, ProposalState, Weight
from bot.proposals.ports import KnowledgeFolder, ProposalStore
from bot.transaction import Transaction

OPEN_STATES = frozenset({ProposalState.PREPARING, ProposalState.WAITING, ProposalState.STALE})


class ProposalOutcome(Enum):
    """What became of an action."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    OWN_WORK = "own_work"
    """Somebody else must approve it."""
    DECIDED = "decided"
    """It is at a state at which this can't be done any more."""
    SEEN_ANOTHER = "seen_another"
    """It was changed since it was looked at: look again."""
    CHANGED_MEANWHILE = "changed_meanwhile"
    """A file was changed since it was made: it is stale now."""
    HAS_FAULTS = "has_faults"
    CANNOT_WRITE = "cannot_write"
    """Approved, but the folder can't be written just now; it is tried again."""
    BAD_FILE = "bad_file"
    """No file of that name may stand in the folder, or nothing would change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecision:
    """What became of an action, and the proposal as it stands after it."""

    outcome: ProposalOutcome
    proposal: Proposal | None = None
    check: FolderCheck | None = None
    overtaken: tuple[Proposal, ...] = ()
    """Others that do not fit any more because this one was carried out."""
    detail: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it was carried out."""
        return self.outcome is ProposalOutcome.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPorts:
    """What proposals work with. Roles and the audit log are those of the organisers."""

    proposals: ProposalStore
    folder: KnowledgeFolder
    roles: OrganiserStore
    audit: AuditLog
    transaction: Transaction


class ProposalRights:
    """Reads rights when something is carried out, and notes what was tried without them."""

    def __init__(self, ports: ProposalPorts) -> None:
        self._ports = ports

    async def may_propose(self, actor: VisitorId) -> bool:
        """Whether they belong to the staff now."""
        return bool(STAFF_ROLES & await self._ports.roles.roles(actor))

    async def may_review(self, actor: VisitorId) -> bool:
        """Whether they decide about what others propose."""
        return bool(MAY_REVIEW & await self._ports.roles.roles(actor))

    async def reviewers(self) -> frozenset[VisitorId]:
        """Everybody who may."""
        return frozenset(one.visitor_id for one in await self._ports.roles.all() if one.role in MAY_REVIEW)

    async def is_alone(self, actor: VisitorId) -> bool:
        """Whether an owner is the only one who may decide: then there is no second person to wait for."""
        is_owner = Role.OWNER in await self._ports.roles.roles(actor)
        return is_owner and await self.reviewers() == {actor}

    async def note(self, action: str, proposal: Proposal, *, actor: VisitorId | None, now: datetime) -> None:
        """Write into the audit log: which proposal, and which files."""
        detail = ", ".join(sorted(proposal.files))
        entry = AuditEntry(at=now, actor=actor, action=action, subject=proposal.proposal_id, detail=detail)
        await self._ports.audit.note(entry)


def objections(proposal: Proposal, check: FolderCheck) -> tuple[Fault, ...]:
    """What forbids the approval.

    Where facts part from the copies in other languages, a typing error or a clarification has changed more than it
    says, and a new file is a wrong translation. Another fact in a file that there was parts from its translations by
    its nature: they are out of date then, and whoever approves is told.
    """
    return (*check.faults, *(() if _may_part(proposal, check) else check.partings))


def cautions(proposal: Proposal, check: FolderCheck) -> tuple[Fault, ...]:
    """What an approver should know and may accept."""
    return (*(check.partings if _may_part(proposal, check) else ()), *check.warnings)


def _may_part(proposal: Proposal, check: FolderCheck) -> bool:
    return proposal.weight is Weight.OTHER_FACT and bool(check.before)
