"""How the inbox stands as a whole, for whoever watches over the bot."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import inbox
from bot.chat_state.model import InboxState


async def longest_wait_s(database: Database, *, now: datetime) -> float:
    """Seconds since the oldest update that waits was received, whichever replica handles it; 0 when none waits."""
    query = select(func.min(inbox.c.received_at)).where(inbox.c.state == InboxState.PENDING)
    async with database.reading() as connection:
        oldest = await connection.scalar(query)
    return max((now - oldest).total_seconds(), 0.0) if oldest is not None else 0.0
