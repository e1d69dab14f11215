"""What composing needs from outside: a language model, and somebody who counts what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.answering.generation.model import ChatMessage, Completion, Reservation
from bot.ids import VisitorId


class ChatModel(Protocol):
    """A language model that continues a conversation."""

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        deadline_s: float,
        on_text: Callable[[str], None] | None = None,
        schema: Mapping[str, object] | None = None,
    ) -> Completion:
        """The model's next message; `on_text` gets the whole text so far each time it has grown.

        `schema` is the JSON Schema that it should follow, as far as the model's server can see to that: what comes may
        be anything all the same.

        Raises:
            ModelError: it failed, took longer than `deadline_s`, answered nothing, refused or wrote too much.
        """
        ...


class BudgetLedger(Protocol):
    """Counts tokens against the budgets of the visitor's day, the day, and all time."""

    async def reserve(self, visitor_id: VisitorId | None, tokens: int, *, now: datetime) -> Reservation | None:
        """Count `tokens` as spent, in all budgets at once; None when one of them does not hold so many."""
        ...

    async def settle(self, reservation: Reservation, *, prompt_tokens: int, completion_tokens: int) -> None:
        """Put what was really used in the place of what was reserved."""
        ...
