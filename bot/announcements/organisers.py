"""Who may do what: roles by numeric id, given by the settings or by single-use links."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.announcements.model import ORGANISER_ROLES, STAFF_ROLES, AuditEntry, Invitation, Organiser, Role
from bot.announcements.ports import AuditLog, OrganiserStore
from bot.ids import VisitorId
from bot.transaction import Transaction

ANY_ROLE = ORGANISER_ROLES | STAFF_ROLES
"""For the list of roles alone: neither half of them has to do with the other's work."""
MAY_WRITE = frozenset({Role.OWNER, Role.AUTHOR})
MAY_APPROVE = frozenset({Role.OWNER, Role.APPROVER})
MAY_REVIEW = frozenset({Role.OWNER, Role.REVIEWER})
"""Of the staff: who decides about what another proposes for the knowledge."""
INVITATION_LASTS = timedelta(days=2)
"""For which a link can be opened, and then again for which its candidate can be confirmed (chosen by reasoning)."""


class RoleChange(Enum):
    """What became of a wish to change who is an organiser."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    LAST_OWNER = "last_owner"
    """There would be no owner left."""
    NOT_THERE = "not_there"
    """They don't have this role, or the link is unknown, used up or too old."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What became of an invitation; it is there when that was done."""

    change: RoleChange
    invitation: Invitation | None = None


def token_hash(token: str) -> str:
    """All that is kept of an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Organisers:
    """Reads roles anew at every use, gives and takes them. Every change stands in the audit log."""

    def __init__(
        self,
        store: OrganiserStore,
        audit: AuditLog,
        transaction: Transaction,
        *,
        new_token: Callable[[], str] = lambda: secrets.token_urlsafe(24),
    ) -> None:
        self._store = store
        self._audit = audit
        self._transaction = transaction
        self._new_token = new_token

    async def roles(self, visitor_id: VisitorId) -> frozenset[Role]:
        """What they may do now; nothing for a stranger."""
        return await self._store.roles(visitor_id)

    async def all(self) -> Sequence[Organiser]:
        """Everybody with a role."""
        return await self._store.all()

    async def appoint(self, owners: Iterable[VisitorId], *, now: datetime) -> None:
        """Make the settings' owners the only ones that were never granted by a person. Twice changes nothing."""
        wanted = set(owners)
        async with self._transaction():
            known = {
                organiser.visitor_id
                for organiser in await self._store.all()
                if organiser.role is Role.OWNER and organiser.granted_by is None
            }
            for visitor_id in sorted(known - wanted):
                await self._store.revoke(visitor_id, Role.OWNER)
                await self._note("role_revoked", visitor_id, Role.OWNER, actor=None, now=now)
            for visitor_id in sorted(wanted - known):
                await self._store.grant(
                    Organiser(visitor_id=visitor_id, role=Role.OWNER, granted_by=None, granted_at=now)
                )
                await self._note("role_granted", visitor_id, Role.OWNER, actor=None, now=now)

    async def invite(
        self, role: Role, *, actor: VisitorId, now: datetime, lasts: timedelta = INVITATION_LASTS
    ) -> str | None:
        """The token of a link to `role` for the first who opens it; None when `actor` is no owner."""
        async with self._transaction():
            if not await self._is_owner(actor, "invitation_made", now):
                return None
            token = self._new_token()
            invitation = Invitation(token_hash=token_hash(token), role=role, created_by=actor, expires_at=now + lasts)
            await self._store.invite(invitation)
            await self._note("invitation_made", actor, role, actor=actor, now=now)
        return token

    async def redeem(self, token: str, *, visitor_id: VisitorId, now: datetime) -> Welcome:
        """Make who opened a link its candidate. The link is worthless once its maker is no owner any more."""
        async with self._transaction():
            until = now + INVITATION_LASTS
            invitation = await self._store.redeem(token_hash(token), visitor_id, now=now, until=until)
            if invitation is None:
                return Welcome(RoleChange.NOT_THERE)
            if Role.OWNER not in await self._store.roles(invitation.created_by):
                return Welcome(RoleChange.NOT_ALLOWED)
            await self._note("invitation_redeemed", visitor_id, invitation.role, actor=visitor_id, now=now)
        return Welcome(RoleChange.DONE, invitation)

    async def confirm(self, invitation_hash: str, *, actor: VisitorId, now: datetime) -> Welcome:
        """Give a candidate the role: only whoever has invited them knows whom they meant."""
        async with self._transaction():
            found = await self._store.invitation(invitation_hash)
            if not await self._is_owner(actor, "invitation_confirmed", now):
                return Welcome(RoleChange.NOT_ALLOWED)
            if found is not None and found.created_by != actor:
                return Welcome(RoleChange.NOT_ALLOWED)
            invitation = await self._store.decide(invitation_hash, now=now)
            if invitation is None or invitation.used_by is None:
                return Welcome(RoleChange.NOT_THERE)
            person = invitation.used_by
            await self._store.grant(
                Organiser(visitor_id=person, role=invitation.role, granted_by=actor, granted_at=now)
            )
            await self._note("invitation_confirmed", person, invitation.role, actor=actor, now=now)
        return Welcome(RoleChange.DONE, invitation)

    async def refuse(self, invitation_hash: str, *, actor: VisitorId, now: datetime) -> Welcome:
        """Give a candidate nothing; every owner may do that."""
        async with self._transaction():
            if not await self._is_owner(actor, "invitation_refused", now):
                return Welcome(RoleChange.NOT_ALLOWED)
            invitation = await self._store.decide(invitation_hash, now=now)
            if invitation is None or invitation.used_by is None:
                return Welcome(RoleChange.NOT_THERE)
            await self._note("invitation_refused", invitation.used_by, invitation.role, actor=actor, now=now)
        return Welcome(RoleChange.DONE, invitation)

    async def grant(self, visitor_id: VisitorId, role: Role, *, actor: VisitorId, now: datetime) -> RoleChange:
        """Give a role to somebody whose id is known."""
        async with self._transaction():
            if not await self._is_owner(actor, "role_granted", now):
                return RoleChange.NOT_ALLOWED
            await self._store.grant(Organiser(visitor_id=visitor_id, role=role, granted_by=actor, granted_at=now))
            await self._note("role_granted", visitor_id, role, actor=actor, now=now)
        return RoleChange.DONE

    async def revoke(self, visitor_id: VisitorId, role: Role, *, actor: VisitorId, now: datetime) -> RoleChange:
        """Take a role. Owners may take every role, others may lay down their own; an owner always remains."""
        async with self._transaction():
            if actor != visitor_id and not await self._is_owner(actor, "role_revoked", now):
                return RoleChange.NOT_ALLOWED
            if role is Role.OWNER and await self.is_last_owner(visitor_id):
                return RoleChange.LAST_OWNER
            if not await self._store.revoke(visitor_id, role):
                return RoleChange.NOT_THERE
            await self._note("role_revoked", visitor_id, role, actor=actor, now=now)
        return RoleChange.DONE

    async def leave(self, visitor_id: VisitorId, *, now: datetime) -> RoleChange:
        """Lay down every role, for one who wants to be forgotten; the last owner has to stay."""
        async with self._transaction():
            if await self.is_last_owner(visitor_id):
                return RoleChange.LAST_OWNER
            roles = await self._store.roles(visitor_id)
            for role in sorted(roles):
                await self._store.revoke(visitor_id, role)
                await self._note("role_revoked", visitor_id, role, actor=visitor_id, now=now)
        return RoleChange.DONE if roles else RoleChange.NOT_THERE

    async def is_last_owner(self, visitor_id: VisitorId) -> bool:
        """Whether there would be no owner without this person."""
        owners = {organiser.visitor_id for organiser in await self._store.all() if organiser.role is Role.OWNER}
        return owners == {visitor_id}

    async def _is_owner(self, actor: VisitorId, action: str, now: datetime) -> bool:
        if Role.OWNER in await self._store.roles(actor):
            return True
        await self._audit.note(AuditEntry(at=now, actor=actor, action=f"{action}_denied", subject=str(actor)))
        return False

    async def _note(
        self, action: str, subject: VisitorId, role: Role, *, actor: VisitorId | None, now: datetime
    ) -> None:
        await self._audit.note(AuditEntry(at=now, actor=actor, action=action, subject=str(subject), detail=role.value))
