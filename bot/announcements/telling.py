"""Telling organisers, which must never hold up or end what it is told of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from bot.announcements.organisers import ANY_ROLE
from bot.announcements.ports import Notify
from bot.errors import ScodaError

_log = structlog.get_logger(__name__)

_LIMIT_S = 60.0
"""A report is several messages, and no chat gets more than one a second."""


async def tell_all(tell: Notify, event: str, facts: Mapping[str, str]) -> None:
    """Tell every organiser; what goes wrong is logged."""
    try:
        async with asyncio.timeout(_LIMIT_S):
            await tell(ANY_ROLE, event, facts)
    except (ScodaError, TimeoutError) as error:
        _log.warning("organisers_not_told", told=event, error=type(error).__name__)
