"""The dispatcher's lease, kept alive while it is used. What is lost is noticed by our own stopwatch at the latest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from bot.announcements.model import Epoch
from bot.announcements.ports import Lease
from bot.errors import DatabaseError

_log = structlog.get_logger(__name__)


class LeaseLostError(Exception):
    """Somebody else has the lease, or what we know could not be stored: stop at once."""


class LeaseHolder:
    """One epoch's hold on the lease.

    `monotonic` counts also while the process is stopped, so one that wakes up after its lease knows it at once.
    """

    def __init__(
        self,
        lease: Lease,
        *,
        holder: str,
        lasts_s: float,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._lease = lease
        self._holder = holder
        self._lasts_s = lasts_s
        self._clock = clock
        self._monotonic = monotonic
        self._good_until = 0.0

    async def take(self) -> Epoch | None:
        """A new epoch, or None while another one has the lease."""
        asked_at = self._monotonic()
        epoch = await self._lease.take(self._holder, now=self._clock(), lasts_s=self._lasts_s)
        if epoch is not None:
            self._good_until = asked_at + self._lasts_s
        return epoch

    @property
    def is_good(self) -> bool:
        """Whether the lease lasts for certain."""
        return self._monotonic() < self._good_until

    async def keep(self, epoch: Epoch) -> None:
        """Renew it again and again.

        While the database fails the lease may run out: then nothing is sent, but results may still be stored as long
        as nobody else has taken it.

        Raises:
            LeaseLostError: somebody else has it.
        """
        wait_s = self._lasts_s / 3
        while True:
            await asyncio.sleep(wait_s)
            asked_at = self._monotonic()
            try:
                if not await self._lease.renew(epoch, now=self._clock(), lasts_s=self._lasts_s):
                    raise LeaseLostError(f"epoch {epoch} is over")
            except DatabaseError as error:
                _log.warning("lease_not_renewed", epoch=epoch, error=str(error))
                wait_s = min(1.0, self._lasts_s / 3)
            else:
                self._good_until = asked_at + self._lasts_s
                wait_s = self._lasts_s / 3

    async def release(self, epoch: Epoch) -> None:
        """Give it back, so that the next need not wait; if that fails it runs out by itself."""
        try:
            await self._lease.release(epoch)
        except DatabaseError as error:
            _log.warning("lease_not_released", epoch=epoch, error=str(error))
