"""Gaps in the knowledge: their stores, what staff do with them, and what goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.connection import Database
from bot.adapters.database.gap_store import SqlGapStore, SqlWatchStore
from bot.adapters.index.gap_tracer import IndexTracer
from bot.adapters.knowledge.gap_drafts import GapDraftFiles
from bot.adapters.system.clock import utc_now
from bot.app.core import Core
from bot.errors import GapError
from bot.gaps.keeper import GapKeeper, KeeperParts
from bot.gaps.model import GapId
from bot.gaps.ports import Tell
from bot.gaps.service import GapDesk
from bot.ids import Locale, VisitorId
from bot.settings import Settings

_QINGDAO = timezone(timedelta(hours=8))
"""Sections are valid by the date of there, as for visitors who ask."""


def gap_desk_of(database: Database, settings: Settings) -> GapDesk:
    """What staff and visitors want of gaps."""
    files = GapDraftFiles(settings.knowledge.folder)
    return GapDesk(
        SqlGapStore(database),
        SqlWatchStore(database),
        files,
        audit=SqlAuditLog(database),
        transaction=database.transaction,
        now=utc_now,
    )


class GapOrders:
    """Orders of `scoda gaps`, carried out by who holds the state: a running bot, through its spool, or this process."""

    def __init__(self, desk: GapDesk) -> None:
        self._desk = desk

    async def execute(self, order: Mapping[str, object]) -> dict[str, object]:
        """Do what an order says.

        Raises:
            GapError: it can't be read, or is not possible.
        """
        name, gap_id, person = order.get("order"), GapId(str(order.get("gap"))), order.get("person")
        if name == "close":
            await self._desk.close(gap_id, actor=None)
        elif name == "assign" and isinstance(person, int | None):
            await self._desk.assign(gap_id, VisitorId(person) if person is not None else None, actor=None)
        elif name == "draft":
            locales = order.get("locales")
            chosen = [Locale(str(one)) for one in locales] if isinstance(locales, list) else []
            files = await self._desk.draft(gap_id, chosen)
            return {"ok": True, "gap": gap_id, "files": [str(file) for file in files]}
        else:
            raise GapError(f"unknown order {name!r}")
        return {"ok": True, "gap": gap_id}


def gap_spool_of(data: Path) -> CommandSpool:
    """Where these orders wait, beside those about announcements."""
    return CommandSpool(data / "gaps")


def gap_keeper_of(core: Core, tell: Tell) -> GapKeeper:
    """What goes on by itself; `tell` writes to visitors."""
    parts = KeeperParts(
        store=SqlGapStore(core.database),
        watches=SqlWatchStore(core.database),
        tracer=IndexTracer(core.index, core.embedder, core.identifier),
        answers=core.extractive,
        tell=tell,
        transaction=core.database.transaction,
    )
    return GapKeeper(parts, today=_date_in_qingdao)


def _date_in_qingdao(now: datetime) -> date:
    return now.astimezone(_QINGDAO).date()
