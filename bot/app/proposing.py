"""Joins what changes the knowledge folder by proposals: stores, folder, roles, and who reads sent files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import partial

import structlog

from bot.adapters.announcements.knowledge import ANNOUNCED_FOLDER
from bot.adapters.database.connection import Database
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.proposal_store import SqlProposalStore
from bot.adapters.database.reminder_store import SqlReminderStore
from bot.adapters.knowledge.proposed_changes import ChangeableFolder
from bot.adapters.knowledge.text_files import TextFileConverter
from bot.adapters.office.converting import LARGEST_FILE, OfficeConverter
from bot.adapters.office.outcome import Refused
from bot.adapters.system.clock import utc_now
from bot.answering.browsing import best_copy
from bot.app.announcing import AnnouncementStores, Announcing, sql_stores
from bot.app.core import Core
from bot.app.drafting import WaitingDrafts
from bot.app.knowledge_parts import identify_locale
from bot.app.office_import import UNREADABLE
from bot.app.overview import sections_of
from bot.chat.staff_context import AnsweredQuestion, StaffContext
from bot.drafting.desk import DraftDesk
from bot.errors import ScodaError
from bot.ids import Locale
from bot.ingestion.asked_close_by import is_open_to_drafts
from bot.ingestion.validity import Expiry, expiring
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import FolderCheck
from bot.proposals.news import tell_owed
from bot.proposals.ports import ConversionRefusal, ConvertedDocument, DocumentConverter, TellProposer
from bot.proposals.rules import ProposalPorts
from bot.proposals.sent_files import SentFiles
from bot.proposals.service import Proposals
from bot.reminding.ports import Tell
from bot.reminding.reminders import Reminders
from bot.settings import Settings

_log = structlog.get_logger(__name__)

_AGAIN_S = 60.0
"""Before it is tried again to write what was approved while the folder could not be written (by reasoning)."""


def proposal_ports(settings: Settings, database: Database, stores: AnnouncementStores) -> ProposalPorts:
    """What proposals work with, over one database and the knowledge folder of the settings."""
    return ProposalPorts(
        proposals=SqlProposalStore(database),
        folder=ChangeableFolder(settings.knowledge.folder, identify=identify_locale()),
        roles=stores.organisers,
        audit=stores.audit,
        transaction=stores.transaction,
    )


def proposals_of(settings: Settings, database: Database) -> Proposals:
    """For looking at proposals beside a running bot."""
    return Proposals(proposal_ports(settings, database, sql_stores(database, settings.store.data)))


class OfficeFiles:
    """Implements `bot.proposals.ports.DocumentConverter` by what reads office files in a process of its own."""

    def __init__(self) -> None:
        self._converter = OfficeConverter()

    @property
    def endings(self) -> frozenset[str]:
        """See the port."""
        return frozenset({"docx", "xlsx", "pptx", "pdf", "html", "htm", "csv", "ics", "txt"})

    @property
    def most_bytes(self) -> int:
        """See the port."""
        return LARGEST_FILE

    async def convert(self, content: bytes, label: str) -> ConvertedDocument | ConversionRefusal:
        """See the port."""
        found = await self._converter.convert(content, label)
        if isinstance(found, Refused):
            return ConversionRefusal(found.reason.value, UNREADABLE[found.reason])
        return ConvertedDocument(found.markdown, tuple(map(str, found.remarks)))


def converters() -> list[DocumentConverter]:
    """Who reads a file that somebody of the staff has sent."""
    return [TextFileConverter(), OfficeFiles()]


async def expiring_of(core: Core, today: date) -> Sequence[Expiry]:
    """The facts of the folder that end soon or have ended; what was announced is nobody's to renew."""
    told = [
        document
        for document in await core.ingestion.documents()
        if not document.path.startswith(f"{ANNOUNCED_FOLDER}/")
    ]
    return await asyncio.to_thread(expiring, told, today=today, days=core.settings.knowledge.remind_days)


async def answered_of(core: Core, check: FolderCheck, locale: Locale) -> Sequence[AnsweredQuestion]:
    """The open questions that what is new in a change seems to answer."""
    knowledge = await core.published_knowledge()
    if knowledge is None:
        return ()
    known = {section.text for document in check.before for section in document.sections}
    found = []
    for document in filter(is_open_to_drafts, check.after):
        for section in document.sections:
            gaps = await core.open_questions_near(document, section) if section.text not in known else ()
            for gap in gaps:
                copies = knowledge.copies(gap)
                named = best_copy(copies, locale, utc_now().date()) or copies[0]
                file = f"{copies[0].locale}/{gap.path}"
                found.append(AnsweredQuestion(file, gap.section_id, named.heading, document.key_of(section)))
    return found


def reminders_of(core: Core, tell: Tell) -> Reminders:
    """Who reminds people by `tell` of what ends."""
    return Reminders(
        partial(expiring_of, core),
        SqlOrganiserStore(core.database),
        SqlReminderStore(core.database),
        tell,
        owners=core.settings.knowledge.owners,
    )


def staff_context_of(core: Core, parts: Announcing) -> StaffContext:
    """What the chat's handlers work with."""
    ports = proposal_ports(core.settings, core.database, parts.stores)
    return StaffContext(
        proposals=Proposals(ports),
        approvals=ProposalApprovals(ports),
        sent_files=SentFiles(converters()),
        expiring=partial(expiring_of, core),
        drafts=DraftDesk(WaitingDrafts(core.settings.knowledge.folder, core.ingestion.check), ports.roles, ports.audit),
        sections=partial(sections_of, core),
        answered=partial(answered_of, core),
    )


async def keep_written(approvals: ProposalApprovals, tell: TellProposer, started: asyncio.Event) -> None:
    """Write what was approved before a crash, and what could not be written since; until cancelled.

    Once the chat has `started`, whoever was not told of a decision is told.
    """
    while True:
        try:
            await approvals.complete_all(utc_now())
            with suppress(TimeoutError):
                await asyncio.wait_for(started.wait(), _AGAIN_S)
            if started.is_set():
                await tell_owed(approvals.news, tell)
        except ScodaError as error:
            _log.warning("proposals_not_completed", reason=str(error))
        await asyncio.sleep(_AGAIN_S)
