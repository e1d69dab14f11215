"""What each person was asked last."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import dialogues
from bot.chat_state.model import Dialogue
from bot.ids import VisitorId

_FINDING_DIALOGUE = select(dialogues).where(dialogues.c.visitor_id == bindparam("of"))
"""Asked for every message: it is made once."""


class SqlDialogueStore:
    """Implements `bot.chat_state.ports.DialogueStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, visitor_id: VisitorId) -> Dialogue | None:
        """See the port."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_FINDING_DIALOGUE, {"of": visitor_id})).mappings().first()
        return None if row is None else Dialogue(visitor_id, row["kind"], row["state"], row["changed_at"])

    async def save(self, dialogue: Dialogue) -> None:
        """See the port."""
        values = {"kind": dialogue.kind, "state": dialogue.state, "changed_at": dialogue.changed_at}
        saving = self._database.insert(dialogues).values(visitor_id=dialogue.visitor_id, **values)
        async with self._database.writing() as connection:
            await connection.execute(saving.on_conflict_do_update(index_elements=[dialogues.c.visitor_id], set_=values))

    async def clear(self, visitor_id: VisitorId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(delete(dialogues).where(dialogues.c.visitor_id == visitor_id))
