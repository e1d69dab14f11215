"""What the chat needs for the staff of the knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.drafting.desk import DraftDesk
from bot.ids import Locale, SectionKey
from bot.ingestion.overview import SectionStatus
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import FolderCheck
from bot.proposals.sent_files import SentFiles
from bot.proposals.service import Proposals
from bot.reminding.ports import Expiring

Sections = Callable[[datetime], Awaitable[Sequence[SectionStatus]]]
"""How every section stands at a time, the ones that need a person first."""


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """An open question that a change of the folder seems to answer: where it stands, and what it is called."""

    file: str
    section_id: str
    heading: str
    by: SectionKey


AnsweredQuestions = Callable[[FolderCheck, Locale], Awaitable[Sequence[AnsweredQuestion]]]
"""The open questions that a change seems to answer, with their headings in a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffContext:
    """Everything about the knowledge that handlers work with; one for the life of the process."""

    proposals: Proposals
    approvals: ProposalApprovals
    sent_files: SentFiles
    expiring: Expiring
    drafts: DraftDesk
    sections: Sections
    answered: AnsweredQuestions
