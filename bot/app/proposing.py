"""Joins what changes the knowledge folder by proposals: stores, folder, roles, and who reads sent files."""

from __future__ import annotations

import asyncio

import structlog

from bot.adapters.database.connection import Database
from bot.adapters.database.proposal_store import SqlProposalStore
from bot.adapters.knowledge.proposed_changes import ChangeableFolder
from bot.adapters.knowledge.text_files import TextFileConverter
from bot.adapters.system.clock import utc_now
from bot.app.announcing import AnnouncementStores, Announcing, sql_stores
from bot.app.core import Core
from bot.app.knowledge_parts import identify_locale
from bot.chat.staff_context import StaffContext
from bot.errors import ScodaError
from bot.proposals.approving import ProposalApprovals
from bot.proposals.ports import DocumentConverter
from bot.proposals.rules import ProposalPorts
from bot.proposals.sent_files import SentFiles
from bot.proposals.service import Proposals
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


def converters() -> list[DocumentConverter]:
    """Who reads a file that somebody of the staff has sent."""
    return [TextFileConverter()]


def staff_context_of(core: Core, parts: Announcing) -> StaffContext:
    """What the chat's handlers work with."""
    ports = proposal_ports(core.settings, core.database, parts.stores)
    return StaffContext(
        proposals=Proposals(ports), approvals=ProposalApprovals(ports), sent_files=SentFiles(converters())
    )


async def keep_written(approvals: ProposalApprovals) -> None:
    """Write what was approved before a crash, and what could not be written since; until cancelled."""
    while True:
        try:
            await approvals.complete_all(utc_now())
        except ScodaError as error:
            _log.warning("proposals_not_completed", reason=str(error))
        await asyncio.sleep(_AGAIN_S)
