"""So many messages within so many seconds, counted as Telegram may count them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

LONG_AGO = float("-inf")
_COUNTED_WITHIN_S = 2.0
"""Seconds after which a request without an answer is taken to have counted: longer than an answer usually takes.
Chosen, not measured."""


class RateWindow:
    """At most `limit` messages in any `span_s` seconds; each place is taken until a moment that is known."""

    __slots__ = ("_busy_until", "last_at", "limit", "span_s")

    def __init__(self, limit: int, span_s: float) -> None:
        self.span_s = span_s
        self.last_at = LONG_AGO
        self.limit = limit
        self._busy_until: list[float] = []

    def taken(self, now: float) -> int:
        """How many places are taken."""
        del self._busy_until[: bisect_right(self._busy_until, now)]
        return len(self._busy_until)

    def wait_s(self, now: float, *, keep_free: int = 0) -> float:
        """Seconds until one more may go while `keep_free` places stay free; 0 means now."""
        surplus = self.taken(now) - max(self.limit - keep_free, 1)
        return self._busy_until[surplus] - now if surplus >= 0 else 0.0

    def take(self, now: float) -> float:
        """Take a place; returns until when, unless `settle` says otherwise."""
        until = now + _COUNTED_WITHIN_S + self.span_s
        insort(self._busy_until, until)
        self.last_at = now
        return until

    def settle(self, taken: float, until: float | None) -> None:
        """The place that was taken until `taken` is so until `until` only; None: it was never used."""
        place = bisect_left(self._busy_until, taken)
        if place < len(self._busy_until) and self._busy_until[place] == taken:
            del self._busy_until[place]
            if until is not None:
                insort(self._busy_until, min(until, taken))

    def is_idle(self, now: float) -> bool:
        """Whether no place is taken."""
        return not self._busy_until or self._busy_until[-1] <= now
