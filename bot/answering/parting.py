"""Whether the two halves of a message are two questions: a logistic model over what they and the whole lead to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answering.confidence import ConfidenceModel
from bot.answering.judging import Finding
from bot.ids import Locale
from bot.writing.folding import word_count

_LEAST_ASKED = 0.3
"""The similarity to an example question below which less of it proves no more. Chosen; fitted with it in place."""
_MOST_WORDS = 10
"""Words of the shorter half from which more prove no more. Chosen; fitted with it in place."""
_SURE = 1e-3
"""Keeps log odds finite."""
FEATURES = frozenset(
    {
        "first_asked",
        "second_asked",
        "asking",
        "first_is_question",
        "least_share",
        "words",
        "whole",
        "whole_share",
        "whole_is_first",
    }
)


@dataclass(frozen=True, slots=True)
class PartingModel:
    """Weights of `FEATURES`, a constant, and the probability from which a message is parted."""

    weights: Mapping[str, float]
    constant: float
    part_from: float

    def predict(self, features: Mapping[str, float]) -> float:
        """The probability, 0 to 1, that the message asks two questions; the same in each language."""
        return ConfidenceModel(self.weights, self.constant).predict(features, Locale.EN)

    def are_two(self, features: Mapping[str, float]) -> bool:
        """Whether each half is to be answered by itself."""
        return self.predict(features) >= self.part_from


NEVER = PartingModel({}, 0.0, 1.0)
"""Parts no message: where nothing was fitted."""


@dataclass(frozen=True, slots=True)
class Half:
    """Half a message with the section or open question that it leads to.

    `asks` tells whether it asks something, by its words or in about these words; `is_question` by its words alone.
    """

    finding: Finding
    asks: bool
    is_question: bool


def features(halves: Sequence[Half], whole: Finding, *, probability: float, is_first: bool) -> Mapping[str, float]:
    """What speaks for two questions, by name.

    `whole` is the message as it was typed, `probability` that of the best reading of it; `is_first` tells that the
    whole leads to the same as the first half.
    """
    first, second = (half.finding for half in halves)
    return {
        "first_asked": _asked(first),
        "second_asked": _asked(second),
        "asking": float(sum(half.asks for half in halves)),
        "first_is_question": float(halves[0].is_question),
        "least_share": _log_odds(min(first.share, second.share)),
        "words": float(min(_MOST_WORDS, *(word_count(half.reading.text) for half in (first, second)))),
        "whole": _log_odds(probability),
        "whole_share": _log_odds(whole.share),
        "whole_is_first": float(is_first),
    }


def _asked(half: Finding) -> float:
    return max(half.best_first[0].section.question, _LEAST_ASKED)


def _log_odds(share: float) -> float:
    return math.log((share + _SURE) / (1 - share + _SURE))
