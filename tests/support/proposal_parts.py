"""Proposals over a real folder and stores in memory: three people of the staff, and a document in three languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.knowledge.proposed_changes import ChangeableFolder
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.announcements.model import Organiser, Role
from bot.ids import VisitorId
from bot.ingestion.translations import record_translated, stale_translations
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import Proposal, ProposalKind, Weight
from bot.proposals.rules import ProposalPorts
from bot.proposals.service import NewProposal, Proposals
from tests.support.fake_announcement_database import FakeDatabase
from tests.support.fake_announcement_stores import FakeAuditLog
from tests.support.fake_organiser_store import FakeOrganiserStore
from tests.support.fake_proposal_store import FakeProposalStore
from tests.support.knowledge_parts import no_language, write_file

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OWNER, REVIEWER, EDITOR, AUTHOR = VisitorId(1), VisitorId(2), VisitorId(3), VisitorId(4)
HALL = "en/venue/hall.md"
RUSSIAN_HALL = "ru/venue/hall.md"
_BODY = "## Size {{#size}}\n\n{text}\n\n## Place {{#place}}\n\n{place}\n"
_TEXTS = {
    "en": ("The hall has 1,600 seats. It opens at 9:00.", "The hall stands in Jiaozhou."),
    "ru": ("В зале 1600 мест. Он открывается в 9:00.", "Зал стоит в Цзяочжоу."),
    "zh": ("展馆有1600个座位。9:00开门。", "展馆位于胶州。"),
}


def write_hall(folder: Path) -> None:
    """The document in three languages, with its translations recorded."""
    for locale, (text, place) in _TEXTS.items():
        write_file(folder, f"{locale}/venue/hall.md", _BODY.format(text=text, place=place), title="Hall")


@dataclass
class ProposalParts:
    """Services over one folder. `database` outlives them, as a disk outlives a process."""

    folder: Path
    database: FakeDatabase = field(default_factory=FakeDatabase)

    def __post_init__(self) -> None:
        self.audit = FakeAuditLog(self.database)
        self.roles = FakeOrganiserStore(self.database)
        self.store = FakeProposalStore(self.database)
        self.changeable = ChangeableFolder(self.folder, identify=no_language)
        ports = ProposalPorts(
            proposals=self.store,
            folder=self.changeable,
            roles=self.roles,
            audit=self.audit,
            transaction=self.database.transaction,
        )
        self.proposals = Proposals(ports)
        self.approvals = ProposalApprovals(ports)

    async def appoint(self, *people: tuple[VisitorId, Role]) -> None:
        """Give roles; an owner, a reviewer, an editor and an author of announcements where none is named."""
        usual = (
            (OWNER, Role.OWNER),
            (REVIEWER, Role.REVIEWER),
            (EDITOR, Role.EDITOR),
            (AUTHOR, Role.AUTHOR),
        )
        for visitor_id, role in people or usual:
            await self.roles.grant(Organiser(visitor_id=visitor_id, role=role, granted_by=None, granted_at=NOW))

    async def proposed(
        self,
        old: str,
        new: str,
        *,
        file: str = HALL,
        actor: VisitorId = EDITOR,
        weight: Weight = Weight.OTHER_FACT,
        kind: ProposalKind = ProposalKind.UPLOAD,
    ) -> Proposal:
        """A change of a file's words that waits."""
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text
        texts = {file: text.replace(old, new)}
        decision = await self.proposals.propose(
            NewProposal(kind=kind, label="hall", texts=texts, weight=weight),
            actor=actor,
            request_key=f"{file} {new} {actor}",
            now=NOW,
        )
        assert decision.proposal is not None, decision
        return decision.proposal

    def text(self, file: str = HALL) -> str:
        """What a file says now."""
        return (self.folder / file).read_text(encoding="utf-8")

    async def audited(self) -> list[str]:
        """The audit log's actions, the oldest first."""
        return [entry.action for entry in reversed(await self.audit.entries())]

    async def record_translations(self) -> None:
        """Note that every translation is up to date."""
        reading = await KnowledgeFiles(self.folder, identify=no_language).read()
        ledger = TranslationLedger(self.folder)
        ledger.write(record_translated(reading, {}, ["."])[1])

    async def stale(self) -> list[str]:
        """The translations that are out of date."""
        reading = await KnowledgeFiles(self.folder, identify=no_language).read()
        record, _unreadable = TranslationLedger(self.folder).read()
        return [one.copy.file for one in stale_translations(reading.documents, record)]
