"""Changes of the knowledge that wait for a second person, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass
from sqlalchemy import ColumnElement, RowMapping, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.knowledge_tables import proposals
from bot.ids import VisitorId
from bot.proposals.model import DECIDED, FileChange, Proposal, ProposalId, ProposalKind, ProposalState, Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """What has no column of its own."""

    kind: ProposalKind
    label: str
    changes: tuple[FileChange, ...]
    weight: Weight
    proposed_at: datetime
    recorded: Mapping[str, str]
    reason: str


_BODY = TypeAdapter(_Body)
OWED, TELLING = "owed", "telling"
"""What `news` says of a proposal whose proposer is to be told, or is being told."""


class SqlProposalStore:
    """Implements `bot.proposals.ports.ProposalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, proposal: Proposal) -> bool:
        """See the port."""
        creating = self._database.insert(proposals).values(
            proposal_id=proposal.proposal_id, visitor_id=proposal.proposed_by, **_changing(proposal)
        )
        async with self._database.writing() as connection:
            stored = creating.on_conflict_do_nothing().returning(proposals.c.proposal_id)
            return (await connection.execute(stored)).first() is not None

    async def find(self, proposal_id: ProposalId) -> Proposal | None:
        """See the port."""
        query = select(proposals).where(proposals.c.proposal_id == proposal_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _proposal(row)

    async def save(self, proposal: Proposal) -> bool:
        """See the port. Who has proposed it stays as it is stored: they may have been forgotten since it was read."""
        is_it = (proposals.c.proposal_id == proposal.proposal_id, proposals.c.version == proposal.version - 1)
        async with self._database.writing() as connection:
            saved = await connection.execute(update(proposals).where(*is_it).values(_changing(proposal)))
            return saved.rowcount == 1

    async def listed(self, states: Collection[ProposalState], *, limit: int = 50) -> Sequence[Proposal]:
        """See the port."""
        query = (
            select(proposals)
            .where(proposals.c.state.in_([state.value for state in states]))
            .order_by(proposals.c.changed_at, proposals.c.proposal_id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_proposal(row) for row in (await connection.execute(query)).mappings()]

    async def owe(self, proposal_id: ProposalId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            its = proposals.c.proposal_id == proposal_id
            await connection.execute(update(proposals).where(its).values(news=OWED))

    async def owed(self, *, limit: int) -> Sequence[Proposal]:
        """See the port."""
        is_due = (proposals.c.news == OWED, proposals.c.state.in_([state.value for state in DECIDED]))
        query = select(proposals).where(*is_due).order_by(proposals.c.changed_at, proposals.c.proposal_id).limit(limit)
        async with self._database.reading() as connection:
            return [_proposal(row) for row in (await connection.execute(query)).mappings()]

    async def claim(self, proposal_id: ProposalId) -> bool:
        """See the port."""
        return bool(await self._turn_news(OWED, TELLING, proposals.c.proposal_id == proposal_id))

    async def settle(self, proposal_id: ProposalId, *, is_owed: bool) -> None:
        """See the port."""
        await self._turn_news(TELLING, OWED if is_owed else None, proposals.c.proposal_id == proposal_id)

    async def doubt_interrupted(self) -> int:
        """See the port."""
        return await self._turn_news(TELLING, None)

    async def _turn_news(self, before: str, after: str | None, *its: ColumnElement[bool]) -> int:
        """Returns how many there were."""
        async with self._database.writing() as connection:
            turning = update(proposals).where(proposals.c.news == before, *its).values(news=after)
            return (await connection.execute(turning)).rowcount


def _changing(proposal: Proposal) -> dict[str, object]:
    body = _Body(
        kind=proposal.kind,
        label=proposal.label,
        changes=proposal.changes,
        weight=proposal.weight,
        proposed_at=proposal.proposed_at,
        recorded=proposal.recorded,
        reason=proposal.reason,
    )
    return {
        "state": proposal.state.value,
        "version": proposal.version,
        "changed_at": proposal.changed_at,
        "body": _BODY.dump_json(body).decode(),
    }


def _proposal(row: RowMapping) -> Proposal:
    body: _Body = _BODY.validate_json(row["body"])
    return Proposal(
        proposal_id=ProposalId(row["proposal_id"]),
        kind=body.kind,
        state=ProposalState(row["state"]),
        label=body.label,
        changes=body.changes,
        weight=body.weight,
        proposed_by=VisitorId(row["visitor_id"]),
        proposed_at=body.proposed_at,
        changed_at=row["changed_at"],
        version=row["version"],
        recorded=body.recorded,
        reason=body.reason,
    )
