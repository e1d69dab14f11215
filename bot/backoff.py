"""How long to wait before what failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 32
"""Beyond it every pause is the longest one; without it 1,024 failures in a row would be a number too large."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double from `first_s` to `longest_s` seconds."""

    first_s: float
    longest_s: float

    def pause_s(self, failures: int) -> float:
        """The pause, in seconds, after so many failures before this one."""
        return min(self.first_s * 2.0 ** min(failures, _MOST_DOUBLINGS), self.longest_s)
