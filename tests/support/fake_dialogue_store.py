"""The dialogues in which organisers are, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.chat_state.model import Dialogue
from bot.ids import VisitorId


@dataclass
class FakeDialogueStore:
    """Implements `bot.chat_state.ports.DialogueStore`."""

    dialogues: dict[VisitorId, Dialogue] = field(default_factory=dict)

    async def find(self, visitor_id: VisitorId) -> Dialogue | None:
        return self.dialogues.get(visitor_id)

    async def save(self, dialogue: Dialogue) -> None:
        self.dialogues[dialogue.visitor_id] = dialogue

    async def clear(self, visitor_id: VisitorId) -> None:
        self.dialogues.pop(visitor_id, None)
