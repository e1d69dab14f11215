"""Which of the twelve languages a short message is in: character n-grams of how people type them."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Protocol

import numpy as np
import regex

from bot.adapters.models.language_ngrams import LanguageNgrams, words_of
from bot.answering.ports import LanguageGuess
from bot.ids import Locale
from bot.writing.layouts import retypings

_PRIOR_NATS = 3.0
"""How much likelier the language is that is expected of somebody. Chosen: a word or two of another language do not move
it, a sentence does."""
_TEMPERATURE = 2.0
"""What the n-grams' log-likelihoods are divided by to be probabilities: neighbouring n-grams say the same, so the bare
sum is too sure of itself. Chosen."""
_ENOUGH_WORDS = 200
"""So many tell the language of a whole file."""
_FOREIGN_FROM_WORDS = 3
"""Words from which a message may be in none of the twelve. Chosen: names and greetings of two words are in all
languages."""
_UNLIKE_NATS = 3.0
"""A letter. Nearer to one of the twelve than this, a text is in it: 9 of 10 messages about anything."""
_NO_WORD_NATS = 5.0
"""A letter. What costs more is a code rather than a word, and tells little of the language around it."""
_FOREIGN_NATS = 4.0
"""A letter, of both models together: found 30 of 36 messages in 20 other languages, and 4 of 1000 in the twelve."""
_TWELVE = frozenset(Locale)
_SELDOM_IN_LATIN = frozenset({Locale.KY, Locale.TG, Locale.FA, Locale.BE, Locale.MN, Locale.ZH})
_SELDOM_NATS = 4.0
"""What it takes to believe that they are typed in Latin letters where none of them is expected.

From 4 on it costs the other languages nothing, and still finds nine of ten.
"""
_ENGLISH_NATS = 1.0
"""Of whom nothing is known, English is expected a little: it decides single words (hi, ok) alone."""
_RETYPED_NATS = 1.5
"""A letter. By so much likelier a text must be in another keyboard layout to be meant in it."""
_RETYPED_NATS_IN_ALL = 20.0
"""And so much in all: codes and abbreviations are short. With both, questions typed in a wrong layout are
answered rightly for 90 instead of 4 % of 207, and no other of 3,754 is taken for one, nor a name in the knowledge."""
_TWINS = (Locale.HI, Locale.UR)
_TWIN_SHARE = 0.4
"""What is left of the distance between Hindi and Urdu in Latin letters, which differ in few words. Chosen."""

_SCRIPTS = {
    "han": regex.compile(r"\p{Han}"),
    "devanagari": regex.compile(r"\p{Devanagari}"),
    "arabic": regex.compile(r"\p{Arabic}"),
    "cyrillic": regex.compile(r"\p{Cyrillic}"),
    "latin": regex.compile(r"\p{Latin}"),
}
_FOREIGN_SCRIPTS = {
    "ko": regex.compile(r"\p{Hangul}{2}"),
    "ja": regex.compile(r"[\p{Hiragana}\p{Katakana}]{2}"),
    "ka": regex.compile(r"\p{Georgian}{2}"),
    "hy": regex.compile(r"\p{Armenian}{2}"),
    "he": regex.compile(r"\p{Hebrew}{2}"),
    "el": regex.compile(r"\p{Greek}{2}"),
    "th": regex.compile(r"\p{Thai}{2}"),
}
_HAN_IN_A_WORD = 2
"""Chinese characters that count as a word. Chosen, as in `folding.word_count`."""
_WEIGHTS = {"han": 6, "devanagari": 2, "arabic": 2, "cyrillic": 2, "latin": 1}
"""Every language names things in Latin letters, none but its own in another script; a Chinese character is a word."""
_ONLY = {"han": Locale.ZH, "devanagari": Locale.HI}
_OWN = {
    Locale.HI: "devanagari",
    **dict.fromkeys((Locale.FA, Locale.UR), "arabic"),
    **dict.fromkeys((Locale.RU, Locale.BE, Locale.KK, Locale.KY, Locale.TG, Locale.MN), "cyrillic"),
}
_OWN_WORDS = 2
"""So many words in the script of the language that is expected tell it, however many English ones are between them."""


class RankingModel(Protocol):
    """What is used of py3langid's identifier."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All languages with their log-likelihood in nats, best first."""
        ...


class ShortMessageIdentifier:
    """Implements `answering.ports.LanguageIdentifier`.

    The script leaves a few candidates; the n-grams of the message's words and the prior decide among them. Only a text
    that is unusual in all of them is shown to py3langid, which knows 140 languages and takes 0.4 s to load.
    """

    def __init__(self) -> None:
        self._ngrams = LanguageNgrams()

    @cached_property
    def _wide_model(self) -> RankingModel:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - 0.4 s, rarely needed

        model: RankingModel = LanguageIdentifier.from_model_file(MODEL_FILE)
        return model

    def warm(self) -> None:
        """Read the tables now, 0.5 s of work, rather than while the first who needs them, and all others, wait."""
        self._wide_model.rank("warm")
        self.identify("warm", prior=None)

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess | None:
        """See the port."""
        if code := _foreign_by_script(text):
            return LanguageGuess(prior or Locale.EN, 0.0, is_foreign=True, foreign=code)
        script = self._main_script(text, prior)
        if script is None:
            return None
        if script in _ONLY:
            size = len(_SCRIPTS[script].findall(text)) // _HAN_IN_A_WORD if script == "han" else len(text.split())
            return LanguageGuess(_ONLY[script], 1.0, words=size, is_other_script=prior is not _ONLY[script])
        found = [word for word in words_of(text, script) if word not in self._ngrams.shared_names][:_ENOUGH_WORDS]
        ngrams = self._ngrams.scripts[script]
        is_latin, is_other = script == "latin", prior is not None and prior not in ngrams.locales
        if not found:
            locale = prior if prior in ngrams.locales else ngrams.locales[0]
            return LanguageGuess(locale, 1 / len(ngrams.locales), is_latin=is_latin, is_other_script=is_other)
        by_word = ngrams.word_scores(found)
        scores = by_word.sum(axis=0)
        letters = np.array([len(word) + 1 for word in found])
        costs = np.minimum(-by_word[:, scores.argmax()], _NO_WORD_NATS * letters)
        unlike = float(costs.sum() / letters.sum())
        by_locale = dict(zip(ngrams.locales, scores.tolist(), strict=True))
        if is_latin:
            by_locale |= {locale: by_locale[locale] - _SELDOM_NATS for locale in _SELDOM_IN_LATIN - {prior}}
            by_locale[Locale.EN] += _ENGLISH_NATS * (prior is None)
        locale, probability = _decide(by_locale, prior)
        foreign = self._foreign(text, len(found), unlike)
        return LanguageGuess(
            locale,
            probability,
            is_foreign=foreign is not None,
            foreign=foreign or "",
            words=min(len(found), len(text.split())),
            is_latin=is_latin,
            is_other_script=is_other,
        )

    def retyped(self, text: str, *, prior: Locale | None) -> str:
        """See the port."""
        if self._main_script(text) not in self._ngrams.scripts:
            return text
        enough = self._unlikeness(text) - max(_RETYPED_NATS * len(text), _RETYPED_NATS_IN_ALL)
        return next((other for other in retypings(text, prior) if self._unlikeness(other) < enough), text)

    def _unlikeness(self, text: str) -> float:
        """What a text costs in the language that it is likest, in nats."""
        script = self._main_script(text)
        found = words_of(text, script) if script in self._ngrams.scripts else []
        others = len(text) - text.count(" ") - sum(map(len, found))
        likeness = self._ngrams.scripts[script].word_scores(found).sum(axis=0).max() if script and found else 0.0
        return _NO_WORD_NATS * others - float(likeness)

    def _main_script(self, text: str, prior: Locale | None = None) -> str | None:
        counts = {name: _WEIGHTS[name] * len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
        if any(counts[script] for script in counts if script != "latin"):
            counts["latin"] -= sum(len(word) for word in words_of(text, "latin") if word in self._ngrams.shared_names)
        name = max(counts, key=lambda script: counts[script])
        if name == "latin" and prior in _OWN and _words_in(_OWN[prior], text) >= _OWN_WORDS:
            return _OWN[prior]
        return name if counts[name] else None

    def _foreign(self, text: str, size: int, unlike: float) -> str | None:
        """The language that `size` words, `unlike` nats a letter away from the twelve, are nearer to, if they are."""
        if size < _FOREIGN_FROM_WORDS or unlike < _UNLIKE_NATS:
            return None
        text = text.casefold()
        ranked = self._wide_model.rank(text)
        lead = ranked[0][1] - next(likelihood for code, likelihood in ranked if code in _TWELVE)
        return ranked[0][0] if unlike + 0.5 * lead / len(text) > _FOREIGN_NATS else None


def _foreign_by_script(text: str) -> str:
    """The language of a text in a script that none of the twelve is written in; empty of all others."""
    return next((code for code, pattern in _FOREIGN_SCRIPTS.items() if pattern.search(text)), "")


def _words_in(script: str, text: str) -> int:
    return sum(_SCRIPTS[script].search(word) is not None for word in text.split())


def _decide(scores: dict[Locale, float], prior: Locale | None) -> tuple[Locale, float]:
    """The most probable language, and its probability among the candidates.

    Romanised Hindi and Urdu differ in few words, so the prior weighs more between them; without one their
    probabilities count together: whichever it is, it is not English.
    """
    if Locale.EN in scores:
        _bring_together(scores, *_TWINS)
    for locale in scores:
        scores[locale] += _PRIOR_NATS * (locale is prior)
    best = max(scores, key=lambda locale: scores[locale])
    weights = {locale: math.exp((score - scores[best]) / _TEMPERATURE) for locale, score in scores.items()}
    twins = _TWINS if Locale.EN in scores and best in _TWINS and prior not in _TWINS else (best,)
    return best, sum(weights[locale] for locale in twins) / sum(weights.values())


def _bring_together(scores: dict[Locale, float], one: Locale, other: Locale) -> None:
    """Keep the better score and shrink the distance of the worse."""
    low, high = sorted((one, other), key=lambda locale: scores[locale])
    scores[low] = scores[high] - _TWIN_SHARE * (scores[high] - scores[low])
