"""Deciding about proposals, and carrying out what was approved so that a death at any moment leaves nothing half done.

First APPROVING is stored, then the files are written, each whole, then APPROVED is stored. Whoever finds APPROVING
writes again: a file that stands as it is to be is left alone. One that was changed by others in between is left alone,
too, and the proposal is stale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.errors import KnowledgeError
from bot.ids import VisitorId
from bot.proposals.model import Proposal, ProposalId, ProposalState, Weight
from bot.proposals.ports import ProposalNews
from bot.proposals.rules import ProposalDecision, ProposalOutcome, ProposalPorts, ProposalRights, objections

_log = structlog.get_logger(__name__)


class ProposalApprovals:
    """The second person's part. One process holds the folder: it decides about one proposal at a time."""

    def __init__(self, ports: ProposalPorts) -> None:
        self._ports = ports
        self._rights = ProposalRights(ports)
        self._turn = asyncio.Lock()

    @property
    def news(self) -> ProposalNews:
        """Whose proposer is still to be told."""
        return self._ports.proposals

    async def approve(
        self, proposal_id: ProposalId, *, version: int, actor: VisitorId, now: datetime
    ) -> ProposalDecision:
        """Approve the version that was seen, and write it.

        Nobody approves what they have proposed. An owner may while nobody else may decide: it is noted as such.
        """
        async with self._turn:
            decision = await self._begin(proposal_id, version, actor, now)
            if not decision.is_done or decision.proposal is None:
                return decision
            return await self._complete(decision.proposal, now, actor)

    async def return_to_proposer(
        self, proposal_id: ProposalId, reason: str, *, version: int, actor: VisitorId, now: datetime
    ) -> ProposalDecision:
        """Do not approve the version that was seen, and say why."""
        async with self._turn, self._ports.transaction():
            proposal = await self._ports.proposals.find(proposal_id)
            refusal = await self._refusal(proposal, version, actor, now, is_approval=False)
            if refusal is not None or proposal is None:
                return ProposalDecision(outcome=refusal or ProposalOutcome.NOT_FOUND, proposal=proposal)
            moved = self._moved(replace(proposal, reason=reason), ProposalState.RETURNED, now)
            await self._save(moved)
            await self._owe_news(moved, actor)
            await self._rights.note("proposal_returned", moved, actor=actor, now=now)
        return ProposalDecision(outcome=ProposalOutcome.DONE, proposal=moved)

    async def complete_all(self, now: datetime) -> Sequence[ProposalDecision]:
        """Carry out what was approved and not written to its end; doing it twice changes nothing."""
        async with self._turn:
            found = await self._ports.proposals.listed({ProposalState.APPROVING})
            for proposal in found:
                await self._ports.folder.clear_up(proposal.files)
            return [await self._complete(proposal, now, None) for proposal in found]

    async def _begin(self, proposal_id: ProposalId, version: int, actor: VisitorId, now: datetime) -> ProposalDecision:
        """Look at the folder, and store that it is approved. Roles are read in the transaction that stores it."""
        seen = await self._ports.proposals.find(proposal_id)
        check = await self._ports.folder.check(seen.changes) if seen is not None else None
        async with self._ports.transaction():
            proposal = await self._ports.proposals.find(proposal_id)
            refusal = await self._refusal(proposal, version, actor, now, is_approval=True)
            if refusal is not None or proposal is None or check is None:
                return ProposalDecision(outcome=refusal or ProposalOutcome.NOT_FOUND, proposal=proposal)
            if check.moved:
                return await self._overtaken(proposal, check.moved, now, actor)
            if objections(proposal, check):
                return ProposalDecision(outcome=ProposalOutcome.HAS_FAULTS, proposal=proposal, check=check)
            following = {} if proposal.weight is Weight.OTHER_FACT else check.following
            recorded = {**following, **proposal.recorded}
            approved = self._moved(replace(proposal, recorded=recorded), ProposalState.APPROVING, now)
            await self._save(approved)
            await self._owe_news(approved, actor)
            action = "proposal_approved_alone" if proposal.proposed_by == actor else "proposal_approved"
            await self._rights.note(action, approved, actor=actor, now=now)
        return ProposalDecision(outcome=ProposalOutcome.DONE, proposal=approved)

    async def _complete(self, proposal: Proposal, now: datetime, actor: VisitorId | None) -> ProposalDecision:
        try:
            foreign = await self._ports.folder.write(proposal.changes, proposal.recorded)
        except KnowledgeError as error:
            _log.error("proposal_not_written", proposal=proposal.proposal_id, reason=str(error))
            return ProposalDecision(outcome=ProposalOutcome.CANNOT_WRITE, proposal=proposal, detail=str(error))
        async with self._ports.transaction():
            if foreign:
                return await self._overtaken(proposal, frozenset(foreign), now, actor)
            written = self._moved(proposal, ProposalState.APPROVED, now)
            await self._save(written)
            await self._rights.note("proposal_written", written, actor=None, now=now)
            overtaken = await self._overtake_others(written, now, actor)
        return ProposalDecision(outcome=ProposalOutcome.DONE, proposal=written, overtaken=overtaken)

    async def _overtake_others(self, written: Proposal, now: datetime, actor: VisitorId | None) -> tuple[Proposal, ...]:
        """What else waits for one of these files was made against another text."""
        waiting = await self._ports.proposals.listed({ProposalState.WAITING})
        others = [one for one in waiting if one.files & written.files]
        moved = [(await self._overtaken(one, one.files & written.files, now, actor)).proposal for one in others]
        return tuple(one for one in moved if one is not None)

    async def _overtaken(
        self, proposal: Proposal, files: frozenset[str], now: datetime, actor: VisitorId | None
    ) -> ProposalDecision:
        stale = self._moved(proposal, ProposalState.STALE, now)
        await self._save(stale)
        await self._owe_news(stale, actor)
        await self._rights.note("proposal_overtaken", stale, actor=None, now=now)
        detail = ", ".join(sorted(files))
        return ProposalDecision(outcome=ProposalOutcome.CHANGED_MEANWHILE, proposal=stale, detail=detail)

    async def _refusal(
        self, proposal: Proposal | None, version: int, actor: VisitorId, now: datetime, *, is_approval: bool
    ) -> ProposalOutcome | None:
        if proposal is None:
            return ProposalOutcome.NOT_FOUND
        if not await self._rights.may_review(actor):
            await self._rights.note("proposal_decision_denied", proposal, actor=actor, now=now)
            return ProposalOutcome.NOT_ALLOWED
        if proposal.state is not ProposalState.WAITING:
            return ProposalOutcome.DECIDED
        if is_approval and proposal.proposed_by == actor and not await self._rights.is_alone(actor):
            return ProposalOutcome.OWN_WORK
        return None if proposal.version == version else ProposalOutcome.SEEN_ANOTHER

    @staticmethod
    def _moved(proposal: Proposal, state: ProposalState, now: datetime) -> Proposal:
        return replace(proposal, state=state, version=proposal.version + 1, changed_at=now)

    async def _owe_news(self, proposal: Proposal, actor: VisitorId | None) -> None:
        """In the transaction that decides, so that no death loses it; whoever decides needs no telling."""
        if proposal.proposed_by != actor:
            await self._ports.proposals.owe(proposal.proposal_id)

    async def _save(self, proposal: Proposal) -> None:
        """In the transaction that has read it: nobody can have been first."""
        if not await self._ports.proposals.save(proposal):
            raise KnowledgeError(f"the proposal {proposal.proposal_id} was changed at the same time: try again")
