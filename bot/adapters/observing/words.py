"""The words that facts may be: what is not among them is «other», whoever told it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.observing import Fact

OTHER = "other"
RESULTS = ("done", "error", "cancelled")
"""What a piece of work ends with that tells no result of its own."""


@dataclass(frozen=True, slots=True)
class Words:
    """By the name of a fact the words that it may be."""

    lists: Mapping[str, frozenset[str]]

    def of(self, name: str) -> frozenset[str]:
        """All that may be told under the name, «other» included."""
        return self.lists[name] | {OTHER}

    def known(self, name: str, value: Fact) -> str:
        """The word, if it is one of the list."""
        word = str(value)
        return word if word in self.lists[name] else OTHER


def ended(facts: dict[str, Fact], kind: type[BaseException] | None) -> dict[str, Fact]:
    """The facts with a result: its own, or how the work ended."""
    if kind is None:
        return {"result": "done", **facts}
    failed: Fact = "cancelled" if issubclass(kind, asyncio.CancelledError) else "error"
    return {"result": failed, **facts}
