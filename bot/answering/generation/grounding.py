"""Whether passages hold what a sentence says: each figure, unit, name and turning word, where it stands."""

from __future__ import annotations

from bot.answering.generation.claims import Claims
from bot.answering.generation.comparison import Comparison
from bot.answering.generation.evidence import PassageEvidence
from bot.answering.generation.grounding_figures import misplaced, missing, turned_row, wrong_unit
from bot.answering.generation.grounding_names import missing_name
from bot.answering.generation.grounding_words import left_out, strange_words, turned_twice, unknown_words
from bot.answering.generation.known_terms import KnownTerms
from bot.answering.generation.model import RejectionReason

_RULES = (missing, turned_twice, missing_name, wrong_unit, turned_row, misplaced, left_out)
"""In this order: the first that speaks against a sentence names the reason."""


class GroundingCheck:
    """One sentence held against the evidence; `known_terms` are the words that its language is known to have."""

    def __init__(self, claims: Claims, evidence: PassageEvidence, known_terms: KnownTerms) -> None:
        self._compared = Comparison(claims, evidence)
        self._known_terms = known_terms

    @property
    def share(self) -> float:
        """The share of the sentence's own words that the evidence holds, 0 to 1."""
        return self._compared.share

    def block(self) -> RejectionReason | None:
        """Why the evidence does not hold the sentence; None when it does."""
        for rule in _RULES:
            if (reason := rule(self._compared)) is not None:
                return reason
        if self._compared.is_same_language:
            return strange_words(self._compared)
        return unknown_words(self._compared, self._known_terms)
