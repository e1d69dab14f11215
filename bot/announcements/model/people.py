"""Who may do what, and who did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.ids import VisitorId


class Role(StrEnum):
    """What somebody may do. Roles hang on numeric Telegram ids, never on names."""

    OWNER = "owner"
    """Invites and removes everybody with a role, and may do all that the others may."""
    APPROVER = "approver"
    """Approves or returns what another has written."""
    AUTHOR = "author"
    """Composes and submits."""
    REVIEWER = "reviewer"
    """Approves or returns what another proposes for the knowledge; may propose, too."""
    EDITOR = "editor"
    """Proposes changes of the knowledge."""


ORGANISER_ROLES = frozenset({Role.OWNER, Role.APPROVER, Role.AUTHOR})
"""Who has to do with announcements."""
STAFF_ROLES = frozenset({Role.OWNER, Role.REVIEWER, Role.EDITOR})
"""Who has to do with the knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which announcement or organiser. `detail` holds no text of an announcement."""

    at: datetime
    actor: VisitorId | None
    """None for the bot itself."""
    action: str
    """snake_case, past tense: `announcement_approved`."""
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """Somebody with a role; the same person may have several."""

    visitor_id: VisitorId
    role: Role
    granted_by: VisitorId | None
    """None: named in the settings."""
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A single-use, expiring link to a role; only the hash of its token is stored.

    Who opens it is a candidate. Whoever made it decides about them, before it expires; the role is theirs only then.
    """

    token_hash: str
    role: Role
    created_by: VisitorId
    expires_at: datetime
    used_by: VisitorId | None = None
    decided_at: datetime | None = None
