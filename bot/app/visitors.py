"""Visitors: where they are kept, for how long, and who must stay forgotten."""

from __future__ import annotations

from datetime import datetime

import structlog

from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.organisers import Organisers, RoleChange
from bot.app.core import Core
from bot.settings import Settings
from bot.visitors.model import Retention

_log = structlog.get_logger(__name__)


def visitor_store_of(core: Core) -> SqlVisitorStore:
    """Visitors in the database, and in the data folder the marks of those who must not come back with a backup."""
    return SqlVisitorStore(core.database, Tombstones(core.settings.store.data))


def retention_of(settings: Settings) -> Retention:
    """How long what names a person is kept."""
    terms = settings.privacy
    return Retention(
        questions_days=terms.keep_questions_days,
        visitors_days=terms.keep_visitors_days,
        deliveries_days=terms.keep_deliveries_days,
        audit_days=terms.keep_audit_days,
        tombstones_days=terms.keep_tombstones_days,
    )


async def keep_forgotten(core: Core, organisers: Organisers, *, now: datetime) -> None:
    """Forget again whom a restored backup brought back; the last owner stays one, or nobody could invite."""
    visitors = visitor_store_of(core)
    returned = await visitors.returned()
    for visitor_id in returned:
        if await organisers.leave(visitor_id, now=now) is RoleChange.LAST_OWNER:
            _log.warning(
                "forgotten_owner_kept", visitor_id=visitor_id, what_to_do="invite another owner, revoke this one"
            )
    await visitors.forget_again(returned, now=now)
    if returned:
        _log.warning("forgotten_again", people=len(returned), reason="the database comes from a backup")
