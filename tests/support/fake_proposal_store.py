"""Proposals in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.proposals.model import DECIDED, Proposal, ProposalId, ProposalState
from tests.support.fake_announcement_database import FakeDatabase


class FakeProposalStore:
    """Implements `bot.proposals.ports.ProposalStore`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def create(self, proposal: Proposal) -> bool:
        async with self.database.writing() as tables:
            if proposal.proposal_id in tables.proposals:
                return False
            tables.proposals[proposal.proposal_id] = proposal
            return True

    async def find(self, proposal_id: ProposalId) -> Proposal | None:
        return (await self.database.reading()).proposals.get(proposal_id)

    async def save(self, proposal: Proposal) -> bool:
        async with self.database.writing() as tables:
            stored = tables.proposals.get(proposal.proposal_id)
            if stored is None or stored.version != proposal.version - 1:
                return False
            tables.proposals[proposal.proposal_id] = proposal
            return True

    async def listed(self, states: Collection[ProposalState], *, limit: int = 50) -> Sequence[Proposal]:
        rows = (await self.database.reading()).proposals.values()
        found = sorted((one for one in rows if one.state in states), key=lambda one: (one.changed_at, one.proposal_id))
        return found[:limit]

    async def owe(self, proposal_id: ProposalId) -> None:
        async with self.database.writing() as tables:
            tables.proposal_news[proposal_id] = "owed"

    async def owed(self, *, limit: int) -> Sequence[Proposal]:
        news = (await self.database.reading()).proposal_news
        return [one for one in await self.listed(DECIDED, limit=999) if news.get(one.proposal_id) == "owed"][:limit]

    async def claim(self, proposal_id: ProposalId) -> bool:
        async with self.database.writing() as tables:
            if tables.proposal_news.get(proposal_id) != "owed":
                return False
            tables.proposal_news[proposal_id] = "telling"
            return True

    async def settle(self, proposal_id: ProposalId, *, is_owed: bool) -> None:
        async with self.database.writing() as tables:
            if tables.proposal_news.get(proposal_id) == "telling":
                tables.proposal_news[proposal_id] = "owed" if is_owed else ""

    async def doubt_interrupted(self) -> int:
        async with self.database.writing() as tables:
            telling = [name for name, state in tables.proposal_news.items() if state == "telling"]
            tables.proposal_news.update(dict.fromkeys(telling, ""))
            return len(telling)
