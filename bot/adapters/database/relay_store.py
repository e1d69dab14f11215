"""Conversations between visitors and the staff, and what is carried in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.relay_tables import relayed_messages, relays
from bot.ids import Locale, VisitorId
from bot.relay.model import (
    Relay,
    RelayedKind,
    RelayedMessage,
    RelayedState,
    RelayId,
    RelayState,
    StaffPhrase,
)

_MESSAGES = select(relayed_messages, relays.c.locale).join(relays, relays.c.relay_id == relayed_messages.c.relay_id)


class SqlRelayStore:
    """Implements `bot.relay.ports.RelayStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_of(self, visitor_id: VisitorId) -> Relay | None:
        """See the port."""
        return await self._relay(and_(relays.c.visitor_id == visitor_id, relays.c.state == RelayState.OPEN))

    async def find(self, relay_id: RelayId) -> Relay | None:
        """See the port."""
        return await self._relay(relays.c.relay_id == relay_id)

    async def begin(self, relay: Relay) -> None:
        """See the port."""
        row = {
            "relay_id": relay.relay_id,
            "visitor_id": relay.visitor_id,
            "locale": relay.locale,
            "state": relay.state,
            "changed_at": relay.changed_at,
            "said_at": relay.said_at,
        }
        async with self._database.writing() as connection:
            await connection.execute(relays.insert().values(row))

    async def end(self, relay_id: RelayId, *, now: datetime) -> bool:
        """See the port."""
        is_open = and_(relays.c.relay_id == relay_id, relays.c.state == RelayState.OPEN)
        async with self._database.writing() as connection:
            ending = update(relays).where(is_open).values(state=RelayState.ENDED, changed_at=now)
            return (await connection.execute(ending)).rowcount == 1

    async def silent_since(self, moment: datetime, *, limit: int) -> Sequence[Relay]:
        """See the port."""
        query = (
            select(relays)
            .where(relays.c.state == RelayState.OPEN, relays.c.changed_at <= moment)
            .order_by(relays.c.changed_at, relays.c.relay_id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_relay(row) for row in (await connection.execute(query)).mappings()]

    async def add(self, message: RelayedMessage) -> bool:
        """See the port. Changing the conversation first has two who write at once wait for each other."""
        changes: dict[str, object] = {}
        if message.kind.is_of_visitor:
            changes = {"changed_at": message.at, "said_at": message.at, "state": RelayState.OPEN}
        elif message.kind is RelayedKind.ANSWER:
            changes = {"changed_at": message.at}
        its = relays.c.relay_id == message.relay_id
        async with self._database.writing() as connection:
            if changes:
                await connection.execute(update(relays).where(its).values(changes))
            if await connection.scalar(select(relays.c.relay_id).where(its)) is None:
                return False
            await connection.execute(relayed_messages.insert().values(_row(message)))
        return True

    async def waiting(self, *, to_staff: bool, limit: int) -> Sequence[RelayedMessage]:
        """See the port."""
        kinds = [kind for kind in RelayedKind if kind.goes_to_staff is to_staff]
        which = and_(relayed_messages.c.state == RelayedState.WAITING, relayed_messages.c.kind.in_(kinds))
        return await self._messages(which, limit=limit)

    async def message(self, entry: int) -> RelayedMessage | None:
        """See the port."""
        return next(iter(await self._messages(relayed_messages.c.entry == entry)), None)

    async def messages(self, relay_id: RelayId) -> Sequence[RelayedMessage]:
        """See the port."""
        return await self._messages(relayed_messages.c.relay_id == relay_id)

    async def claim(self, message: RelayedMessage) -> bool:
        """See the port."""
        waits = and_(relayed_messages.c.entry == message.entry, relayed_messages.c.state == RelayedState.WAITING)
        values = {
            "state": RelayedState.SENDING,
            "written_in": message.written_in,
            "translation": message.translation,
        }
        async with self._database.writing() as connection:
            return (await connection.execute(update(relayed_messages).where(waits).values(values))).rowcount == 1

    async def settle(self, entry: int, state: RelayedState) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            its = relayed_messages.c.entry == entry
            await connection.execute(update(relayed_messages).where(its).values(state=state))

    async def interrupted(self) -> Sequence[RelayedMessage]:
        """See the port."""
        return await self._messages(relayed_messages.c.state == RelayedState.SENDING)

    async def _relay(self, which: ColumnElement[bool]) -> Relay | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(relays).where(which))).mappings().first()
        return None if row is None else _relay(row)

    async def _messages(self, which: ColumnElement[bool], *, limit: int | None = None) -> list[RelayedMessage]:
        query = _MESSAGES.where(which).order_by(relayed_messages.c.entry).limit(limit)
        async with self._database.reading() as connection:
            return [_message(row) for row in (await connection.execute(query)).mappings()]


def _row(message: RelayedMessage) -> dict[str, object]:
    return {
        "relay_id": message.relay_id,
        "visitor_id": message.visitor_id,
        "kind": message.kind,
        "state": message.state,
        "at": message.at,
        "text": message.text,
        "translation": message.translation,
        "written_in": message.written_in,
        "turn_id": message.turn_id,
        "about": message.about,
        "reply_to": message.reply_to,
        "phrase": message.phrase,
    }


def _relay(row: RowMapping) -> Relay:
    return Relay(
        relay_id=RelayId(row["relay_id"]),
        visitor_id=VisitorId(row["visitor_id"]),
        locale=Locale(row["locale"]),
        state=RelayState(row["state"]),
        changed_at=row["changed_at"],
        said_at=row["said_at"],
    )


def _message(row: RowMapping) -> RelayedMessage:
    return RelayedMessage(
        entry=row["entry"],
        relay_id=RelayId(row["relay_id"]),
        visitor_id=VisitorId(row["visitor_id"]),
        kind=RelayedKind(row["kind"]),
        text=row["text"],
        at=row["at"],
        locale=Locale(row["locale"]),
        state=RelayedState(row["state"]),
        translation=row["translation"],
        written_in=row["written_in"] and Locale(row["written_in"]),
        turn_id=row["turn_id"],
        about=row["about"],
        reply_to=row["reply_to"],
        phrase=row["phrase"] and StaffPhrase(row["phrase"]),
    )
