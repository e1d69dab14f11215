"""What drafting needs from outside besides a language model and its budget."""

from __future__ import annotations

from typing import Protocol

from bot.ids import Locale, SectionKey


class Asked(Protocol):
    """Answers from what is published."""

    async def told(self, question: str, locale: Locale) -> SectionKey | None:
        """The section that is told for a question; None where none is."""
        ...
