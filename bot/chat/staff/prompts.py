"""What a member of the staff was asked last: stored, so that it outlives a restart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.chat.context import UpdateContext
from bot.chat_state.model import Dialogue
from bot.proposals.model import ProposalId

_KIND = "staff"
_LASTS = timedelta(hours=24)
"""What is written later is no answer any more (by reasoning, as for organisers)."""


class StaffPromptKind(StrEnum):
    """What the next message answers."""

    REASON = "reason"
    """Why a proposal is returned."""
    NAME = "name"
    """What a file is called."""


@dataclass(frozen=True, slots=True)
class StaffPrompt:
    """A question that is open, about which proposal, and the version that was seen."""

    kind: StaffPromptKind
    proposal_id: ProposalId
    version: int = 0

    @classmethod
    def read(cls, dialogue: Dialogue, *, now: datetime) -> StaffPrompt | None:
        """The open question; None when it is of another kind or too old."""
        if dialogue.kind != _KIND or now - dialogue.changed_at > _LASTS:
            return None
        state = json.loads(dialogue.state)
        return cls(StaffPromptKind(state["kind"]), ProposalId(state["proposal"]), state["version"])


def remember_prompt(context: UpdateContext, prompt: StaffPrompt) -> None:
    """Take the next message of this person as the answer."""
    state = json.dumps({"kind": prompt.kind.value, "proposal": prompt.proposal_id, "version": prompt.version})
    dialogue = Dialogue(context.actor, _KIND, state, context.now)
    context.later(lambda: context.announcements.dialogues.save(dialogue))


def forget_prompt(context: UpdateContext) -> None:
    """Nothing is asked any more."""
    actor = context.actor
    context.later(lambda: context.announcements.dialogues.clear(actor))
