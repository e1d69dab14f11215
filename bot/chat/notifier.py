"""Carries events from the organisers' services, which are made before the chat, to the chat."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.announcements.model import Role
from bot.announcements.ports import Notify

log = structlog.get_logger(__name__)


class Notifier:
    """Is a `bot.announcements.ports.Notify`; whoever words the events is bound to it later."""

    def __init__(self) -> None:
        self._tell: Notify | None = None

    def bind(self, tell: Notify) -> None:
        """From now on events go there."""
        self._tell = tell

    async def __call__(self, roles: frozenset[Role], event: str, facts: Mapping[str, str]) -> None:
        """Pass an event on; what happens before the chat stands is in the log only."""
        if self._tell is None:
            log.warning("organisers_not_told", what=event)
            return
        await self._tell(roles, event, facts)
