"""The moments at which a process may die, by name, so that a harness can kill it just there."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from enum import Enum


class CrashPoint(Enum):
    """Where in the life of a copy; CP4 to CP6 lie inside the sender's call and at Telegram."""

    CP0 = "before_plan_commits"
    CP1 = "planned_nothing_claimed"
    CP2 = "chosen_intent_not_committed"
    CP3 = "intent_committed_no_byte_out"
    CP4 = "half_a_request_out"
    CP5 = "request_in_not_acted_on"
    CP6 = "acted_on_answer_lost"
    CP7 = "answer_here_result_not_committed"
    CP8 = "in_the_results_commit"
    CP9 = "done"
    CP10 = "before_the_call_perhaps_paused_beyond_the_lease"


Probe = Callable[[CrashPoint], Awaitable[None] | None]
"""Called at each crash point. A harness kills or stops the process in it; the product does nothing there."""


def no_probe(_point: CrashPoint) -> None:
    """Does nothing."""


async def hit_crash_point(probe: Probe, point: CrashPoint) -> None:
    """Tell the probe that the point is reached."""
    waiting = probe(point)
    if inspect.isawaitable(waiting):
        await waiting
