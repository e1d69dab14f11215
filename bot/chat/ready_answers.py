"""Answers that are made and not sent yet: when sending fails and is tried again, nothing is made twice."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bot.answering.model import Answer

_MOST = 256
"""Answers that wait to be sent: eight times the chats that are handled at once. Chosen by reasoning."""


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """An answer, and the milliseconds that it took."""

    answer: Answer
    took_ms: float


class ReadyAnswers:
    """In memory alone: after a crash an answer is made anew."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._ready: OrderedDict[int, ReadyAnswer] = OrderedDict()

    def keep(self, update_id: int, ready: ReadyAnswer) -> None:
        """Keep the answer to an update until it is `done`; of too many the oldest goes."""
        self._ready[update_id] = ready
        while len(self._ready) > self._most:
            self._ready.popitem(last=False)

    def of(self, update_id: int) -> ReadyAnswer | None:
        """The answer to an update, where it is at hand."""
        return self._ready.get(update_id)

    def done(self, update_id: int) -> None:
        """It was sent, or never will be."""
        self._ready.pop(update_id, None)
