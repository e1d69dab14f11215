"""What a process of `scoda run` does among others."""

from __future__ import annotations

from enum import StrEnum

from bot.errors import SettingsError
from bot.settings import Settings


class RunRole(StrEnum):
    """Its part where several run on one PostgreSQL database."""

    ALL = "all"
    WEB = "web"
    """Takes updates in and handles them; never leads."""
    SENDER = "sender"
    """Leads, if it is elected: announcements, knowledge, all that goes by the clock. Handles no updates."""


def require_shareable(settings: Settings, role: RunRole) -> None:
    """See that the role can be played.

    Raises:
        SettingsError: it needs a PostgreSQL database.
    """
    is_shared = settings.store.database_url.get_secret_value().startswith("postgres")
    if role is not RunRole.ALL and not is_shared:
        raise SettingsError(
            f"--role {role} is for one of several processes, and SQLite serves one: set SCODA_STORE_DATABASE_URL to a "
            "PostgreSQL database, or run without --role"
        )
