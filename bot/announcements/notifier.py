"""How an event reaches organisers: past the late birth of the chat, and without holding up what it tells of."""

from __future__ import annotations

import asyncio

import structlog

from bot.announcements.events import OrganiserEvent
from bot.announcements.model import ORGANISER_ROLES, Role
from bot.announcements.ports import Notify
from bot.errors import ScodaError

_log = structlog.get_logger(__name__)

_LIMIT_S = 60.0
"""Seconds. A report is several messages, and no chat gets more than one a second; chosen by reasoning, not measured."""


class Notifier:
    """Is a `bot.announcements.ports.Notify`. Stands before the chat does: the notices need the services, they need it.

    Where no chat is ever bound (a command while no bot runs) events are in the log only.
    """

    def __init__(self) -> None:
        self._notify: Notify | None = None

    def bind(self, notify: Notify) -> None:
        """From now on events go there."""
        self._notify = notify

    async def __call__(self, roles: frozenset[Role], event: OrganiserEvent) -> None:
        """Pass an event on."""
        if self._notify is None:
            _log.warning("organisers_not_told", what=event.name)
            return
        await self._notify(roles, event)


async def notify_all(notify: Notify, event: OrganiserEvent, *, roles: frozenset[Role] = ORGANISER_ROLES) -> None:
    """Tell every organiser with one of the roles; what fails, or takes over a minute, is logged and ends there."""
    try:
        async with asyncio.timeout(_LIMIT_S):
            await notify(roles, event)
    except (ScodaError, TimeoutError) as error:
        _log.warning("organisers_not_told", told=event.name, error=type(error).__name__)
