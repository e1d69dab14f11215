"""What figures for people need from outside."""

from __future__ import annotations

from typing import Protocol

from bot.reports.statistics import Period, Statistics


class StatisticsStore(Protocol):
    """Counts what was asked and what became of it."""

    async def count(self, period: Period) -> Statistics:
        """The figures of a period; what is kept for a shorter time than it reaches back is not in them."""
        ...
