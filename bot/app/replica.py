"""This process as one of several on a PostgreSQL database: its name, that it lives, and what it may do."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import structlog

from bot.adapters.database.connection import Database
from bot.adapters.database.election import ServerElection
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.replica_store import Allowance, Replica, Report, SqlReplicas
from bot.adapters.database.shared_inbox import SharedInbox
from bot.adapters.system.clock import stopwatch, utc_now
from bot.app.leading import Election
from bot.app.pace_shares import shares
from bot.app.roles import RunRole
from bot.chat.wire.pace import Pace
from bot.chat_state.ports import Inbox
from bot.errors import DatabaseError

_log = structlog.get_logger(__name__)

ALIVE_S = 15.0
"""How long a replica counts as alive after it was last heard of, while its connection stands: one that is held up for
5 s, on a machine that is short of processors, is not dead. By reasoning."""
_BEAT_S = 0.5
"""How often it tells of itself, and hears of a pause; chosen: it costs four short statements."""
_WINDOW_S = 1.5
"""How long what was sent counts with Telegram, with the way there: only then others have the place. By reasoning."""
_PATIENCE_S = 5.0
"""How long one word to the others may take; chosen: a third of `ALIVE_S`."""
_LEAVING_S = 2.0
"""How long a replica that ends tries to say so; chosen: if it can't, the others find out by themselves."""
_HOST_LENGTH = 30
"""Characters of the machine's name in the replica's, which may have 50 on PostgreSQL's list of connections."""


@dataclass(frozen=True, slots=True)
class Membership:
    """How this process takes part."""

    inbox: Inbox
    election: Election | None
    """None: another one leads."""
    heart: Heart | None = None
    """None: it is alone."""

    def begin(self, pace: Pace) -> None:
        """Tell the others of this process, and send no more than its part."""
        if self.heart is not None:
            self.heart.start(pace)


class SoleElection:
    """Implements `bot.app.leading.Election` for the one process that there is."""

    async def won(self) -> None:
        """See the port: at once."""

    async def lost(self) -> None:
        """See the port: never."""
        await asyncio.Event().wait()

    async def resign(self) -> None:
        """See the port."""


class Heart:
    """Tells the others that this replica lives, and takes its part of what may be sent."""

    def __init__(self, roll: SqlReplicas, replica: Replica) -> None:
        self._roll = roll
        self._replica = replica
        self._held: deque[tuple[float, int]] = deque([(stopwatch(), 0)])
        """Since when it may send how many messages a second, as far as that still counts."""
        self._heard_at = stopwatch()
        """When the others last heard of it."""
        self._beating: asyncio.Task[None] | None = None

    async def sees_others(self) -> bool:
        """Whether others live; they see this one from its first word."""
        await self._roll.be_present(self._replica.name)
        return bool(await self._roll.living())

    def start(self, pace: Pace) -> None:
        """Tell of this replica from now on, also while it ends: until `stop`."""
        pace.share(0)
        self._beating = asyncio.create_task(self._beat(pace))

    async def _beat(self, pace: Pace) -> None:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._roll.be_present(self._replica.name)
                    allowance = await self._tell(pace)
                self._heard_at = stopwatch()
                self._follow(pace, allowance)
            except Exception as error:  # noqa: BLE001 - a heart that stops would let others answer beside this replica
                _log.warning("replica_not_heard_of", error=type(error).__name__, reason=str(error))
                if stopwatch() - self._heard_at > ALIVE_S:
                    self._follow(pace, Allowance(0, 0.0))  # the others have its places by now
            await asyncio.sleep(_BEAT_S)

    async def _tell(self, pace: Pace) -> Allowance:
        replies, copies = (math.ceil(count / _BEAT_S) for count in pace.take_demand())
        now = stopwatch()
        while len(self._held) > 1 and self._held[1][0] <= now - _WINDOW_S:
            self._held.popleft()
        report = Report(max(places for _, places in self._held), replies, copies, pace.pause_s)
        share = partial(shares, pace.rates.overall_per_s)
        return await self._roll.beat(self._replica, report, lasts_s=ALIVE_S, share=share)

    def _follow(self, pace: Pace, allowance: Allowance) -> None:
        if allowance.places != self._held[-1][1]:
            self._held.append((stopwatch(), allowance.places))
            pace.share(allowance.places)
        if allowance.pause_s:
            pace.pause(allowance.pause_s)

    async def stop(self) -> None:
        """Leave, so that the others need not wait."""
        if self._beating is not None:
            self._beating.cancel()
        with suppress(DatabaseError, TimeoutError):
            async with asyncio.timeout(_LEAVING_S):
                await self._roll.leave(self._replica.name)
                await self._roll.be_absent()


@asynccontextmanager
async def joined_as(role: RunRole, database: Database) -> AsyncIterator[Membership]:
    """Take part until the end; the others are told of it by the heart, which is to be set going."""
    if not database.can_be_shared:
        yield Membership(SqlInbox(database), SoleElection())
        return
    name = f"{socket.gethostname()[:_HOST_LENGTH]}-{os.getpid()}-{secrets.token_hex(3)}"
    heart = Heart(SqlReplicas(database), Replica(name, role, utc_now()))
    election = None if role is RunRole.WEB else ServerElection(database, name)
    _log.info("replica_joined", replica=name, role=role.value)
    try:
        yield Membership(SharedInbox(database, name), election, heart)
    finally:
        await heart.stop()
