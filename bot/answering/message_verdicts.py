"""What became of a first message: short, mostly without a name, of which several outcomes may be right."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.answering.model import Answer, Outcome


class Verdict(StrEnum):
    """What a visitor got for a first message."""

    RIGHT = "right"
    OFFERED = "offered"
    """The right section stands below it, as a button."""
    TOLD_ELSE = "told_else"
    """Something else was told."""
    TAKEN = "taken"
    """It was taken for small talk, an emergency or noise, or declined."""
    LOST = "lost"
    """«I do not know», or a question back, though it is known what to say."""
    OTHER_OPEN = "other_open"
    """Something else was said to be unknown."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may come of a message: sections told, open questions named, other outcomes."""

    told: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, line: Mapping[str, object]) -> Expected:
        """From the lists of a line."""
        return cls(*(_listed(line.get(name)) for name in ("told", "named", "outcomes")))

    def __bool__(self) -> bool:
        return bool(self.told or self.named or self.outcomes)

    def verdict(self, answer: Answer) -> Verdict:
        """What became of it."""
        outcome = answer.outcome
        if outcome.value in self.outcomes:
            return Verdict.RIGHT
        if outcome is Outcome.ANSWERED:
            first = next((str(citation.key) for citation in answer.citations), "")
            return Verdict.RIGHT if first in self.told else Verdict.TOLD_ELSE
        if outcome is Outcome.UNKNOWN and answer.named is not None:
            return Verdict.RIGHT if str(answer.named) in self.named else Verdict.OTHER_OPEN
        if outcome in _QUESTIONS:
            shown = {*(str(one.key) for one in answer.offers), *(str(one.key) for one in answer.suggestions)}
            return Verdict.OFFERED if shown & (self.told | self.named) else Verdict.LOST
        return Verdict.TAKEN


NOTHING = Expected()
"""Of whatever is no first message."""
MISLED = (Verdict.TOLD_ELSE, Verdict.TAKEN)
LOST = (Verdict.LOST, Verdict.OTHER_OPEN)
_QUESTIONS = (Outcome.UNKNOWN, Outcome.OFFERED, Outcome.CLARIFY)


def _listed(found: object) -> frozenset[str]:
    return frozenset(map(str, found)) if isinstance(found, Collection) and not isinstance(found, str) else frozenset()
