"""What drafting needs from outside besides a language model and its budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.drafting.model import WaitingDraft
from bot.ids import Locale, SectionKey


class Asked(Protocol):
    """Answers from what is published."""

    async def told(self, question: str, locale: Locale) -> SectionKey | None:
        """The section that is told for a question; None where none is."""
        ...


class DraftPlace(Protocol):
    """The drafts of the knowledge folder."""

    async def waiting(self) -> Sequence[WaitingDraft]:
        """All that wait, in no order."""
        ...

    async def adopt(self, waiting: WaitingDraft) -> None:
        """Put a draft in its place.

        Raises:
            KnowledgeError: it lacks what it needs, or the folder can't be written; nothing has changed then.
        """
        ...

    async def discard(self, waiting: WaitingDraft) -> None:
        """Take a draft away.

        Raises:
            KnowledgeError: the folder can't be written.
        """
        ...
