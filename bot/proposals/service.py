"""Making proposals: what a member of the staff hands in, changes before it is handed in, and takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import KnowledgeError
from bot.ids import VisitorId
from bot.proposals.model import (
    OF_ONE_PLACE,
    FileChange,
    FolderCheck,
    Proposal,
    ProposalId,
    ProposalKind,
    ProposalState,
    Weight,
    content_name,
    proposal_id_of,
)
from bot.proposals.ports import RecognisedText
from bot.proposals.rules import OPEN_STATES, ProposalDecision, ProposalOutcome, ProposalPorts, ProposalRights

_NOTED = {
    ProposalState.PREPARING: "proposal_prepared",
    ProposalState.WAITING: "proposal_submitted",
    ProposalState.WITHDRAWN: "proposal_withdrawn",
}
"""In the audit log."""
_LISTED = (ProposalState.WAITING, ProposalState.APPROVING, ProposalState.STALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProposal:
    """What somebody hands in. `texts` are the files by name: the whole new text, or None to take it away."""

    kind: ProposalKind
    label: str
    texts: Mapping[str, str | None]
    weight: Weight = Weight.OTHER_FACT
    recorded: Mapping[str, str] = field(default_factory=dict)
    is_ready: bool = True
    """Not set: its proposer may still say which file it becomes."""


class Proposals:
    """Makes proposals and shows them; deciding about them is `approving.ProposalApprovals`."""

    def __init__(self, ports: ProposalPorts) -> None:
        self._ports = ports
        self.rights = ProposalRights(ports)

    async def propose(self, new: NewProposal, *, actor: VisitorId, request_key: str, now: datetime) -> ProposalDecision:
        """Store it against the files as they stand; the same `request_key` gives what it made before."""
        if not await self.rights.may_propose(actor):
            return ProposalDecision(outcome=ProposalOutcome.NOT_ALLOWED)
        try:
            changes = await self._changes(new.texts)
        except KnowledgeError as error:
            return ProposalDecision(outcome=ProposalOutcome.BAD_FILE, detail=str(error))
        if not changes:
            return ProposalDecision(outcome=ProposalOutcome.BAD_FILE, detail="it says that already")
        proposal = Proposal(
            proposal_id=proposal_id_of(request_key),
            kind=new.kind,
            state=ProposalState.WAITING if new.is_ready else ProposalState.PREPARING,
            label=new.label,
            changes=changes,
            weight=new.weight,
            proposed_by=actor,
            proposed_at=now,
            changed_at=now,
            recorded=new.recorded,
        )
        async with self._ports.transaction():
            if await self._ports.proposals.create(proposal):
                await self.rights.note(_NOTED[proposal.state], proposal, actor=actor, now=now)
            else:
                proposal = await self._ports.proposals.find(proposal.proposal_id) or proposal
        return ProposalDecision(outcome=ProposalOutcome.DONE, proposal=proposal)

    async def aim(self, proposal_id: ProposalId, file: str, *, actor: VisitorId, now: datetime) -> ProposalDecision:
        """Let what is being prepared become another file."""
        return await self._own(proposal_id, ProposalState.PREPARING, actor=actor, now=now, file=file)

    async def submit(
        self, proposal_id: ProposalId, *, weight: Weight, actor: VisitorId, now: datetime
    ) -> ProposalDecision:
        """Hand in what was prepared, against the file as it stands now."""
        return await self._own(proposal_id, ProposalState.WAITING, actor=actor, now=now, weight=weight)

    async def withdraw(self, proposal_id: ProposalId, *, actor: VisitorId, now: datetime) -> ProposalDecision:
        """Take one's own back."""
        async with self._ports.transaction():
            proposal = await self._ports.proposals.find(proposal_id)
            refusal = self._refusal(proposal, OPEN_STATES, actor)
            if refusal is not None or proposal is None:
                return ProposalDecision(outcome=refusal or ProposalOutcome.NOT_FOUND, proposal=proposal)
            return await self._move(proposal, ProposalState.WITHDRAWN, actor=actor, now=now)

    async def renew(self, proposal_id: ProposalId, *, actor: VisitorId, now: datetime) -> ProposalDecision:
        """Hand in anew what has become stale, against the files as they stand now.

        What changes one place can't be (`OF_ONE_PLACE`).
        """
        proposal = await self._ports.proposals.find(proposal_id)
        if proposal is None:
            return ProposalDecision(outcome=ProposalOutcome.NOT_FOUND)
        if not await self.rights.may_propose(actor):
            return ProposalDecision(outcome=ProposalOutcome.NOT_ALLOWED)
        if proposal.state is not ProposalState.STALE or proposal.kind in OF_ONE_PLACE:
            return ProposalDecision(outcome=ProposalOutcome.DECIDED, proposal=proposal)
        try:
            changes = await self._changes({change.file: change.text for change in proposal.changes})
        except KnowledgeError as error:
            return ProposalDecision(outcome=ProposalOutcome.BAD_FILE, proposal=proposal, detail=str(error))
        if not changes:
            return ProposalDecision(outcome=ProposalOutcome.BAD_FILE, proposal=proposal, detail="it says that already")
        async with self._ports.transaction():
            fresh = replace(proposal, changes=changes)
            return await self._move(fresh, ProposalState.WAITING, actor=actor, now=now)

    async def find(self, proposal_id: ProposalId) -> Proposal | None:
        """The proposal, or None."""
        return await self._ports.proposals.find(proposal_id)

    async def prepared(self, proposal_id: ProposalId, *, actor: VisitorId) -> Proposal | None:
        """What this person is preparing; None when it is another's, or no longer being prepared."""
        found = await self._ports.proposals.find(proposal_id)
        refusal = self._refusal(found, frozenset({ProposalState.PREPARING}), actor)
        return found if refusal is None else None

    async def text_of(self, file: str) -> str | None:
        """What a file of the folder says now; None where there is none.

        Raises:
            KnowledgeError: it is none that may be written, or can't be read.
        """
        return (await self._ports.folder.standing(file)).text

    async def recognised(self, text: str) -> RecognisedText:
        """What a text tells of itself: its language, topic and title."""
        return await self._ports.folder.recognised(text)

    async def listed(self) -> Sequence[Proposal]:
        """What waits for somebody, the oldest first."""
        return await self._ports.proposals.listed(_LISTED)

    async def check(self, proposal: Proposal) -> FolderCheck:
        """What it would make of the folder as it stands now."""
        return await self._ports.folder.check(proposal.changes)

    async def _changes(self, texts: Mapping[str, str | None]) -> tuple[FileChange, ...]:
        """The changes against the files as they stand; a file that stays the same is none."""
        changes = []
        for file, text in texts.items():
            standing = await self._ports.folder.standing(file)
            wanted = content_name(text.encode()) if text is not None else ""
            if wanted != standing.content_name:
                changes.append(FileChange(file=file, text=text, made_from=standing.content_name))
        return tuple(changes)

    async def _own(
        self,
        proposal_id: ProposalId,
        state: ProposalState,
        *,
        actor: VisitorId,
        now: datetime,
        file: str | None = None,
        weight: Weight | None = None,
    ) -> ProposalDecision:
        """Change what is being prepared by the one who prepares it."""
        proposal = await self._ports.proposals.find(proposal_id)
        refusal = self._refusal(proposal, frozenset({ProposalState.PREPARING}), actor)
        if refusal is not None or proposal is None:
            return ProposalDecision(outcome=refusal or ProposalOutcome.NOT_FOUND, proposal=proposal)
        if not await self.rights.may_propose(actor):
            return ProposalDecision(outcome=ProposalOutcome.NOT_ALLOWED)
        texts = {file or change.file: change.text for change in proposal.changes}
        try:
            changes = await self._changes(texts)
        except KnowledgeError as error:
            return ProposalDecision(outcome=ProposalOutcome.BAD_FILE, proposal=proposal, detail=str(error))
        if not changes:
            return ProposalDecision(outcome=ProposalOutcome.BAD_FILE, proposal=proposal, detail="it says that already")
        async with self._ports.transaction():
            fresh = replace(proposal, changes=changes, weight=weight or proposal.weight)
            return await self._move(fresh, state, actor=actor, now=now)

    async def _move(
        self, proposal: Proposal, state: ProposalState, *, actor: VisitorId, now: datetime
    ) -> ProposalDecision:
        moved = replace(proposal, state=state, version=proposal.version + 1, changed_at=now)
        if not await self._ports.proposals.save(moved):
            return ProposalDecision(outcome=ProposalOutcome.SEEN_ANOTHER, proposal=proposal)
        await self.rights.note(_NOTED[state], moved, actor=actor, now=now)
        return ProposalDecision(outcome=ProposalOutcome.DONE, proposal=moved)

    @staticmethod
    def _refusal(
        proposal: Proposal | None, states: frozenset[ProposalState], actor: VisitorId
    ) -> ProposalOutcome | None:
        if proposal is None:
            return ProposalOutcome.NOT_FOUND
        if proposal.proposed_by != actor:
            return ProposalOutcome.NOT_ALLOWED
        return None if proposal.state in states else ProposalOutcome.DECIDED
