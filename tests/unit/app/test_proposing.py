"""What was approved is written after the next start, and once the folder can be written again."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest

from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.announcements.model import Organiser, Role
from bot.app import proposing
from bot.app.core import open_core
from bot.errors import DatabaseError
from bot.ids import VisitorId
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import Proposal
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.processes import Place
from tests.support.proposal_parts import NOW, REVIEWER, ProposalParts, write_hall
from tests.support.visitors import until


class Approvals(ProposalApprovals):
    """Fails the first time."""

    def __init__(self) -> None:
        self.tries = 0

    async def complete_all(self, now):
        self.tries += 1
        if self.tries == 1:
            raise DatabaseError("busy")
        return []


async def test_it_is_tried_again_and_an_error_does_not_end_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proposing, "_AGAIN_S", 0.0)
    approvals, started, told = Approvals(), asyncio.Event(), []
    keeping = asyncio.create_task(proposing.keep_written(approvals, told.append, started))
    async with asyncio.timeout(20):
        while approvals.tries < 3:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})


async def test_who_is_owed_news_is_told_once_the_chat_has_started(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proposing, "_AGAIN_S", 0.01)
    write_hall(tmp_path)
    parts, started, told = ProposalParts(tmp_path), asyncio.Event(), []
    await parts.appoint()
    proposal = await parts.proposed("1,600", "1,700")
    await parts.approvals.approve(proposal.proposal_id, version=proposal.version, actor=REVIEWER, now=NOW)

    async def tell(one: Proposal) -> bool:
        assert started.is_set()
        told.append(one.proposal_id)
        return True

    keeping = asyncio.create_task(proposing.keep_written(parts.approvals, tell, started))
    await asyncio.sleep(0)
    started.set()
    await until(lambda: told, "news")
    keeping.cancel()
    await asyncio.wait({keeping})
    assert told == [proposal.proposal_id]


def test_text_files_can_be_sent():
    assert "md" in {ending for one in proposing.converters() for ending in one.endings}


async def test_who_is_named_in_the_settings_is_reminded_once_of_what_is_published(place: Place):
    press, other = VisitorId(7_000_000_001), VisitorId(7_000_000_002)
    knowledge = KnowledgeSettings(folder=place.knowledge, owners={"press": press})
    told = []

    async def tell(person, reminders, now):
        told.extend((person, str(one.expiry.key)) for one in reminders)
        return True

    async with open_core(Settings(knowledge=knowledge, store=StoreSettings(data=place.data))) as core:
        (first, *_) = await proposing.expiring_of(core, date(2100, 1, 1))
        file = place.knowledge / first.files[0]
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(f"{{#{first.key.section_id}", f"{{#{first.key.section_id} owner=press"), "utf-8")
        await core.sync()
        ended = first.ends_on
        now = datetime(ended.year, ended.month, ended.day, 5, tzinfo=UTC)
        for person in (press, other):
            await SqlOrganiserStore(core.database).grant(
                Organiser(visitor_id=person, role=Role.EDITOR, granted_by=None, granted_at=now)
            )
        for _start in range(2):
            await proposing.reminders_of(core, tell).remind(now)
    assert told == [(press, str(first.key))]
