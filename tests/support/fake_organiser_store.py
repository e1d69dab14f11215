"""Who may do what with announcements, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.announcements.model import (
    Invitation,
    Organiser,
    Role,
)
from bot.ids import VisitorId
from tests.support.fake_announcement_database import FakeDatabase


class FakeOrganiserStore:
    """Implements `bot.announcements.ports.OrganiserStore`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def roles(self, visitor_id: VisitorId) -> frozenset[Role]:
        return frozenset(role for known, role in (await self.database.reading()).organisers if known == visitor_id)

    async def all(self) -> Sequence[Organiser]:
        return list((await self.database.reading()).organisers.values())

    async def grant(self, organiser: Organiser) -> None:
        async with self.database.writing() as tables:
            tables.organisers.setdefault((organiser.visitor_id, organiser.role), organiser)

    async def revoke(self, visitor_id: VisitorId, role: Role) -> bool:
        async with self.database.writing() as tables:
            return tables.organisers.pop((visitor_id, role), None) is not None

    async def invite(self, invitation: Invitation) -> None:
        async with self.database.writing() as tables:
            tables.invitations[invitation.token_hash] = invitation

    async def redeem(
        self, token_hash: str, visitor_id: VisitorId, *, now: datetime, until: datetime
    ) -> Invitation | None:
        async with self.database.writing() as tables:
            invitation = tables.invitations.get(token_hash)
            if invitation is None or invitation.used_by is not None or invitation.expires_at <= now:
                return None
            tables.invitations[token_hash] = used = replace(invitation, used_by=visitor_id, expires_at=until)
            return used

    async def invitation(self, token_hash: str) -> Invitation | None:
        return (await self.database.reading()).invitations.get(token_hash)

    async def decide(self, token_hash: str, *, now: datetime) -> Invitation | None:
        async with self.database.writing() as tables:
            invitation = tables.invitations.get(token_hash)
            if invitation is None or invitation.used_by is None or invitation.expires_at <= now:
                return None
            if invitation.decided_at is not None:
                return None
            tables.invitations[token_hash] = decided = replace(invitation, decided_at=now)
            return decided
