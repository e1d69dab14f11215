"""Organisers' roles and invitations, what they were asked last, what they did, and the dispatcher's lease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Integer, RowMapping, Text, bindparam, cast, delete, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.outbox_store import DISPATCHER
from bot.adapters.database.tables import audit_log, dialogues, invitations, leases, organisers
from bot.announcements.model import AuditEntry, Epoch, Invitation, Organiser, Role
from bot.chat_state.model import Dialogue
from bot.ids import VisitorId

_FINDING_DIALOGUE = select(dialogues).where(dialogues.c.visitor_id == bindparam("of"))
"""Asked for every message: it is made once."""


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


class SqlAuditLog:
    """Implements `bot.announcements.ports.AuditLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, entry: AuditEntry) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                audit_log.insert().values(
                    at=entry.at, actor=entry.actor, action=entry.action, subject=entry.subject, detail=entry.detail
                )
            )

    async def count(self, action: str, *, day: date) -> None:
        """See the port."""
        of_the_day = audit_log.c.subject == day.isoformat()
        row = update(audit_log).where(audit_log.c.actor.is_(None), audit_log.c.action == action, of_the_day)
        one_more = cast(cast(audit_log.c.detail, Integer) + 1, Text)
        async with self._database.writing() as connection:
            if not (await connection.execute(row.values(detail=one_more))).rowcount:
                at = datetime.combine(day, time(), UTC)
                first = audit_log.insert().values(at=at, action=action, subject=day.isoformat(), detail="1")
                await connection.execute(first)

    async def entries(self, *, subject: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """See the port."""
        query = select(audit_log).order_by(audit_log.c.entry.desc()).limit(limit)
        if subject:
            query = query.where(audit_log.c.subject == subject)
        async with self._database.reading() as connection:
            return [
                AuditEntry(
                    at=row["at"],
                    actor=None if row["actor"] is None else VisitorId(row["actor"]),
                    action=row["action"],
                    subject=row["subject"],
                    detail=row["detail"],
                )
                for row in (await connection.execute(query)).mappings()
            ]


class SqlLease:
    """Implements `bot.announcements.ports.Lease`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, holder: str, *, now: datetime, lasts_s: float) -> Epoch | None:
        """See the port."""
        until = now + timedelta(seconds=lasts_s)
        first = self._database.insert(leases).values(name=DISPATCHER, epoch=1, holder=holder, expires_at=until)
        next_one = first.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"epoch": leases.c.epoch + 1, "holder": holder, "expires_at": until},
            where=(leases.c.holder == "") | (leases.c.expires_at <= now),
        )
        async with self._database.writing() as connection:
            epoch = await connection.scalar(next_one.returning(leases.c.epoch))
        return None if epoch is None else Epoch(epoch)

    async def renew(self, epoch: Epoch, *, now: datetime, lasts_s: float) -> bool:
        """See the port. An expired lease that nobody else took may be renewed."""
        renewing = (
            update(leases)
            .where(leases.c.name == DISPATCHER, leases.c.epoch == epoch, leases.c.holder != "")
            .values(expires_at=now + timedelta(seconds=lasts_s))
        )
        async with self._database.writing() as connection:
            return (await connection.execute(renewing)).rowcount == 1

    async def release(self, epoch: Epoch) -> None:
        """See the port."""
        releasing = update(leases).where(leases.c.name == DISPATCHER, leases.c.epoch == epoch).values(holder="")
        async with self._database.writing() as connection:
            await connection.execute(releasing)


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
        told = {"kind": dialogue.kind, "state": dialogue.state, "changed_at": dialogue.changed_at}
        saving = self._database.insert(dialogues).values(visitor_id=dialogue.visitor_id, **told)
        async with self._database.writing() as connection:
            await connection.execute(saving.on_conflict_do_update(index_elements=[dialogues.c.visitor_id], set_=told))

    async def clear(self, visitor_id: VisitorId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(delete(dialogues).where(dialogues.c.visitor_id == visitor_id))


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(
        token_hash=row["token_hash"],
        role=Role(row["role"]),
        created_by=VisitorId(row["created_by"]),
        expires_at=row["expires_at"],
        used_by=None if row["used_by"] is None else VisitorId(row["used_by"]),
        decided_at=row["decided_at"],
    )
