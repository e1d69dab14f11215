"""Which of the twelve languages a short message is in: py3langid, helped where short chat messages defeat it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import regex

from bot.answering.ports import LanguageGuess
from bot.vocabulary import Locale
from bot.writing.folding import words
from bot.writing.function_words import function_words

_PRIOR_NATS = 3.0
_LETTER_NATS = 9.0
_WORD_NATS = 9.0
_FOREIGN_NATS = 12.0
_FOREIGN_FROM_WORDS = 3
_TEMPERATURE = 4.0
_FAR_BELOW = -400.0

_SCRIPTS = {
    "han": regex.compile(r"\p{Han}"),
    "devanagari": regex.compile(r"\p{Devanagari}"),
    "arabic": regex.compile(r"\p{Arabic}"),
    "cyrillic": regex.compile(r"\p{Cyrillic}"),
    "latin": regex.compile(r"\p{Latin}"),
}
_WRITTEN_IN = {
    "han": (Locale.ZH,),
    "devanagari": (Locale.HI,),
    "arabic": (Locale.FA, Locale.UR),
    "cyrillic": (Locale.RU, Locale.KK, Locale.KY, Locale.TG, Locale.UZ, Locale.BE, Locale.MN),
    "latin": (Locale.EN, Locale.UZ, Locale.RU, Locale.KK, Locale.HI, Locale.UR),
}
_ROMANISED = (Locale.RU, Locale.KK, Locale.HI, Locale.UR)
_HAN_WEIGHT = 3
"""A Chinese character is about a syllable or a word: it weighs more than a letter beside it."""

_LETTERS = (
    (regex.compile("[ٹڈڑںےہھ]"), (Locale.UR,)),
    (regex.compile("[ؤأإةيك]|ه"), (Locale.FA,)),
    (regex.compile("[әұһ]", regex.I), (Locale.KK,)),
    (regex.compile("і", regex.I), (Locale.KK, Locale.BE)),
    (regex.compile("[ңү]", regex.I), (Locale.KK, Locale.KY, Locale.MN)),
    (regex.compile("ө", regex.I), (Locale.KK, Locale.KY, Locale.MN)),
    (regex.compile("[қғ]", regex.I), (Locale.KK, Locale.TG, Locale.UZ)),
    (regex.compile("ҳ", regex.I), (Locale.TG, Locale.UZ)),
    (regex.compile("[ӣӯҷ]", regex.I), (Locale.TG,)),
    (regex.compile("ў", regex.I), (Locale.BE, Locale.UZ)),
    (regex.compile("[ыэ]", regex.I), (Locale.RU, Locale.BE, Locale.KK, Locale.KY, Locale.MN)),
    (regex.compile("щ", regex.I), (Locale.RU,)),
    (regex.compile("[ʻʼ]|[og]['’‘`]", regex.I), (Locale.UZ,)),
    (regex.compile("[ǵńúıäş]", regex.I), (Locale.KK,)),
)


class RankingModel(Protocol):
    """What is used of py3langid's identifier."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All languages with their log-likelihood in nats, best first."""
        ...


class ShortMessageIdentifier:
    """Implements `answering.ports.LanguageIdentifier`.

    The script leaves a few candidates; among them py3langid's log-likelihood, letters that only some languages use,
    small words (which alone know the romanised forms) and the prior add up in nats. About 0.2 ms a message.
    """

    @cached_property
    def _model(self) -> RankingModel:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - 0.4 s, not at import

        model: RankingModel = LanguageIdentifier.from_model_file(MODEL_FILE)
        return model

    def warm(self) -> None:
        """Load the model now rather than at the first message."""
        self._model.rank("warm")

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess | None:
        """See the port."""
        script = _main_script(text)
        if script is None:
            return None
        ranked = dict(self._model.rank(text.casefold()))
        scores = _scores(text, _WRITTEN_IN[script], ranked, prior)
        best = max(scores, key=lambda locale: scores[locale])
        return LanguageGuess(best, _probability(best, scores), _is_foreign(text, best, ranked, script))


def _main_script(text: str) -> str | None:
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    counts["han"] *= _HAN_WEIGHT
    name = max(counts, key=lambda script: counts[script])
    return name if counts[name] else None


def _scores(
    text: str, candidates: tuple[Locale, ...], ranked: Mapping[str, float], prior: Locale | None
) -> dict[Locale, float]:
    floor = min((ranked.get(locale, _FAR_BELOW) for locale in candidates if locale not in _ROMANISED), default=0.0)
    found = words(text)
    scores = {}
    for locale in candidates:
        likelihood = ranked.get(locale, _FAR_BELOW)
        if len(candidates) > 1 and candidates[0] is Locale.EN and locale in _ROMANISED:
            likelihood = floor
        scores[locale] = (
            likelihood
            + _WORD_NATS * sum(word in function_words(locale) for word in found)
            + _LETTER_NATS * sum(_fit(pattern.search(text) is not None, locale, users) for pattern, users in _LETTERS)
            + _PRIOR_NATS * (locale is prior)
        )
    return scores


def _fit(occurs: bool, locale: Locale, users: tuple[Locale, ...]) -> int:  # noqa: FBT001 - a private truth table
    return int(occurs and locale in users)


def _probability(best: Locale, scores: Mapping[Locale, float]) -> float:
    return 1.0 / sum(math.exp(max(-60.0, (score - scores[best]) / _TEMPERATURE)) for score in scores.values())


def _is_foreign(text: str, best: Locale, ranked: Mapping[str, float], script: str) -> bool:
    found = words(text)
    if script not in ("latin", "cyrillic", "arabic") or len(found) < _FOREIGN_FROM_WORDS:
        return False
    if any(word in function_words(best) for word in found):
        return False
    return max(ranked.values()) - ranked.get(best, _FAR_BELOW) > _FOREIGN_NATS
