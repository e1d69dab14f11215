"""What Telegram allows, who goes first, and what is said to who would wait too long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Priority(IntEnum):
    """Who goes first."""

    REPLY = 0
    ANNOUNCEMENT = 1
    PAID = 2
    """By Telegram's paid broadcast, in a budget of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What Telegram allows. `paid_messages` caps what may go by paid broadcast in this process; 0 switches it off."""

    overall_per_s: int = 30
    chat_per_s: int = 1
    group_per_min: int = 20
    paid_per_s: int = 1000
    paid_messages: int = 0


class TooLongError(Exception):
    """The turn would come later than the caller is willing to wait: nothing was sent."""

    def __init__(self, wait_s: float, *, concerns_all: bool) -> None:
        super().__init__(f"no turn for {wait_s:.1f} s")
        self.wait_s = wait_s
        self.concerns_all = concerns_all
