"""What the chat needs for the staff of the knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.drafting.desk import DraftDesk
from bot.ingestion.overview import SectionStatus
from bot.proposals.approving import ProposalApprovals
from bot.proposals.sent_files import SentFiles
from bot.proposals.service import Proposals
from bot.reminding.ports import Expiring

Sections = Callable[[datetime], Awaitable[Sequence[SectionStatus]]]
"""How every section stands at a time, the ones that need a person first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffContext:
    """Everything about the knowledge that handlers work with; one for the life of the process."""

    proposals: Proposals
    approvals: ProposalApprovals
    sent_files: SentFiles
    expiring: Expiring
    drafts: DraftDesk
    sections: Sections
