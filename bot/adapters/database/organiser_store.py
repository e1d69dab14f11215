"""Organisers' roles and invitations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import invitations, organisers
from bot.announcements.model import Invitation, Organiser, Role
from bot.ids import VisitorId


class SqlOrganiserStore:
    """Implements `bot.announcements.ports.OrganiserStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def roles(self, visitor_id: VisitorId) -> frozenset[Role]:
        """See the port."""
        query = select(organisers.c.role).where(organisers.c.visitor_id == visitor_id)
        async with self._database.reading() as connection:
            return frozenset(map(Role, await connection.scalars(query)))

    async def all(self) -> Sequence[Organiser]:
        """See the port."""
        query = select(organisers).order_by(organisers.c.granted_at, organisers.c.visitor_id, organisers.c.role)
        async with self._database.reading() as connection:
            return [
                Organiser(
                    visitor_id=VisitorId(row["visitor_id"]),
                    role=Role(row["role"]),
                    granted_by=None if row["granted_by"] is None else VisitorId(row["granted_by"]),
                    granted_at=row["granted_at"],
                )
                for row in (await connection.execute(query)).mappings()
            ]

    async def grant(self, organiser: Organiser) -> None:
        """See the port."""
        granting = self._database.insert(organisers).values(
            visitor_id=organiser.visitor_id,
            role=organiser.role.value,
            granted_by=organiser.granted_by,
            granted_at=organiser.granted_at,
        )
        async with self._database.writing() as connection:
            await connection.execute(granting.on_conflict_do_nothing())

    async def revoke(self, visitor_id: VisitorId, role: Role) -> bool:
        """See the port."""
        revoking = delete(organisers).where(organisers.c.visitor_id == visitor_id, organisers.c.role == role.value)
        async with self._database.writing() as connection:
            return (await connection.execute(revoking)).rowcount == 1

    async def invite(self, invitation: Invitation) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                invitations.insert().values(
                    token_hash=invitation.token_hash,
                    role=invitation.role.value,
                    created_by=invitation.created_by,
                    expires_at=invitation.expires_at,
                )
            )

    async def redeem(
        self, token_hash: str, visitor_id: VisitorId, *, now: datetime, until: datetime
    ) -> Invitation | None:
        """See the port."""
        using = (
            update(invitations)
            .where(
                invitations.c.token_hash == token_hash,
                invitations.c.used_by.is_(None),
                invitations.c.expires_at > now,
            )
            .values(used_by=visitor_id, expires_at=until)
            .returning(invitations)
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(using)).mappings().first()
        return None if row is None else _invitation(row)

    async def invitation(self, token_hash: str) -> Invitation | None:
        """See the port."""
        query = select(invitations).where(invitations.c.token_hash == token_hash)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _invitation(row)

    async def decide(self, token_hash: str, *, now: datetime) -> Invitation | None:
        """See the port."""
        deciding = (
            update(invitations)
            .where(
                invitations.c.token_hash == token_hash,
                invitations.c.used_by.is_not(None),
                invitations.c.decided_at.is_(None),
                invitations.c.expires_at > now,
            )
            .values(decided_at=now)
            .returning(invitations)
        )
        async with self._database.writing() as connection:
            row = (await connection.execute(deciding)).mappings().first()
        return None if row is None else _invitation(row)


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(
        token_hash=row["token_hash"],
        role=Role(row["role"]),
        created_by=VisitorId(row["created_by"]),
        expires_at=row["expires_at"],
        used_by=None if row["used_by"] is None else VisitorId(row["used_by"]),
        decided_at=row["decided_at"],
    )
