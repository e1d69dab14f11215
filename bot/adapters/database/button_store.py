"""Buttons by token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, null, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import buttons
from bot.chat_state.model import Button, ButtonAction
from bot.ids import ChatId, VisitorId


class SqlButtonStore:
    """Implements `bot.chat_state.ports.ButtonStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, new: Sequence[Button]) -> None:
        """See the port."""
        if not new:
            return
        async with self._database.writing() as connection:
            await connection.execute(buttons.insert(), [_row(button) for button in new])

    async def find(self, token: str, *, now: datetime) -> Button | None:
        """See the port."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(buttons).where(_works(token, now)))).mappings().first()
        if row is None:
            return None
        return Button(
            token=row["token"],
            chat_id=ChatId(row["chat_id"]),
            visitor_id=None if row["visitor_id"] is None else VisitorId(row["visitor_id"]),
            action=ButtonAction(row["action"]),
            argument=row["argument"],
            expires_at=row["expires_at"],
            single_use=row["single_use"],
        )

    async def use(self, token: str, *, now: datetime) -> bool:
        """See the port. A button that may be used more than once stays; False when the button works no more."""
        used_at = case((buttons.c.single_use, now), else_=null())
        async with self._database.writing() as connection:
            result = await connection.execute(update(buttons).where(_works(token, now)).values(used_at=used_at))
            return result.rowcount == 1


def _works(token: str, now: datetime) -> ColumnElement[bool]:
    return and_(buttons.c.token == token, buttons.c.expires_at > now, buttons.c.used_at.is_(None))


def _row(button: Button) -> dict[str, object]:
    return {
        "token": button.token,
        "chat_id": button.chat_id,
        "visitor_id": button.visitor_id,
        "action": button.action,
        "argument": button.argument,
        "expires_at": button.expires_at,
        "single_use": button.single_use,
    }
