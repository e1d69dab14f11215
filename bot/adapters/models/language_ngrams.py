"""Character n-grams of the twelve languages and of the ways they are typed: how probable a word is in each.

The table beside this file is made by `python -m tests.bench.train_language`. For each script it holds, for n-grams of
up to five characters, the interpolated log-probability of the last character after the others in every language that is
written in the script (the special letters lost, romanised and other variants included), and the weight with which
a longer context hands over to a shorter one: the layout of an ARPA file, with all languages side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from bot.errors import ScodaError
from bot.ids import Locale

ORDER = 5
"""Characters of the longest n-gram in the table, which was trained so (`tests/bench/train_language.py`)."""
STEPS_PER_NAT = 8
"""The table's bytes are costs (negative logarithms) in eighths of a nat."""
EDGE = "_"
TABLE = Path(__file__).with_name("language_ngrams.npz")

_LOANS = (
    (Locale.EN, 0.15, (Locale.HI, Locale.UR)),
    (Locale.RU, 0.01, (Locale.KK, Locale.KY, Locale.TG, Locale.UZ, Locale.BE, Locale.MN)),
)
"""Who lends which share of their words to whom.

Romanised, Hindi and Urdu take every seventh word or so from English («zone total kitne square km»). Who speaks Russian,
too, mixes it in («хабтан сколько дней жетеді»); the share is less than the truth, so that Russian stays Russian.
"""
_SURPRISE_NATS = 7.0
"""How much a single word may speak against a language at most. Chosen: one name or slip must not outweigh a
sentence."""

_WORDS_KEPT = 8192
"""Words whose costs stay known: by reasoning, half a megabyte that holds the usual words of all languages."""
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’`ʻʼ´", "'"))
_WORDS = {
    "cyrillic": regex.compile(r"\p{Cyrillic}+(?:'\p{Cyrillic}+)*"),
    "latin": regex.compile(r"\p{Latin}+(?:'\p{Latin}*)*"),
    "arabic": regex.compile(r"\p{Arabic}+"),
}

Costs = npt.NDArray[np.float32]


def words_of(text: str, script: str) -> list[str]:
    """The words of `text` that are written in `script`, in small letters and with one kind of apostrophe."""
    return _WORDS[script].findall(text.casefold().translate(_APOSTROPHES))


@dataclass(frozen=True, slots=True, eq=False)
class ScriptNgrams:
    """The n-grams of one script; the columns of both tables are `locales`."""

    locales: tuple[Locale, ...]
    rows: dict[str, int]
    costs: npt.NDArray[np.uint8]
    handovers: npt.NDArray[np.uint8]

    def word_scores(self, found: list[str]) -> Costs:
        """Log-probabilities in nats: a row for each word, a column for each locale.

        A word may be a loan, and no single word speaks against a language without limit.
        """
        scores = np.vstack([_log_probability(self, word) for word in found])
        for borrower, lender, share in self._loans():
            loan = scores[:, lender] + np.log(share)
            scores[:, borrower] = np.logaddexp(scores[:, borrower] + np.log(1 - share), loan)
        limited: Costs = np.logaddexp(scores, scores.max(axis=1, keepdims=True) - _SURPRISE_NATS)
        return limited

    def _loans(self) -> Iterator[tuple[int, int, float]]:
        """The columns of those who borrow and of those who lend, with the share."""
        places = {locale: place for place, locale in enumerate(self.locales)}
        for lender, share, borrowers in _LOANS:
            for borrower in borrowers if lender in places else ():
                if borrower in places:
                    yield places[borrower], places[lender], share

    def log_probability(self, word: str) -> Costs:
        """That of one word in each locale, in nats, whatever it may be borrowed from."""
        found, handed_over = self._walk(f"{EDGE}{word}{EDGE}")
        cost: Costs = self.costs[found].sum(axis=0, dtype=np.float32)
        if handed_over:
            cost += self.handovers[handed_over].sum(axis=0, dtype=np.float32)
        return cost / np.float32(-STEPS_PER_NAT)

    def _walk(self, marked: str) -> tuple[list[int], list[int]]:
        """The rows of the longest known n-gram before each letter, and of the contexts that were too long."""
        found, handed_over = [], []
        for end in range(2, len(marked) + 1):
            for start in range(max(0, end - ORDER), end):
                row = self.rows.get(marked[start:end])
                if row is not None:
                    found.append(row)
                    break
                context = self.rows.get(marked[start : end - 1])
                if context is not None:
                    handed_over.append(context)
        return found, handed_over


@lru_cache(maxsize=_WORDS_KEPT)
def _log_probability(ngrams: ScriptNgrams, word: str) -> Costs:
    """Most words of a question were in others, and each question is looked at twice or more."""
    costs = ngrams.log_probability(word)
    costs.flags.writeable = False
    return costs


class LanguageNgrams:
    """The tables of all scripts and the names that every language writes alike."""

    def __init__(self, path: Path = TABLE) -> None:
        self._path = path

    @cached_property
    def scripts(self) -> dict[str, ScriptNgrams]:
        """The tables by script; read at the first use, about 20 ms.

        Raises:
            ScodaError: the file is missing or not such a table.
        """
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                return {script: _script_ngrams(stored, script) for script in _WORDS}
        except (OSError, KeyError, ValueError) as error:
            raise ScodaError(
                f"{self._path}: the table of language n-grams cannot be read ({error}); install the bot anew"
            ) from error

    @cached_property
    def shared_names(self) -> frozenset[str]:
        """Latin words that most languages of the training texts write alike: they tell no language."""
        with np.load(self._path, allow_pickle=False) as stored:
            return frozenset(_text(stored["shared"]).split("\n"))


def _script_ngrams(stored: np.lib.npyio.NpzFile, script: str) -> ScriptNgrams:
    ngrams = _text(stored[f"{script}_ngrams"]).split("\n")
    return ScriptNgrams(
        tuple(Locale(code) for code in _text(stored[f"{script}_locales"]).split()),
        {ngram: row for row, ngram in enumerate(ngrams)},
        stored[f"{script}_costs"],
        stored[f"{script}_handovers"],
    )


def _text(stored: npt.NDArray[np.uint8]) -> str:
    return stored.tobytes().decode("utf-8")
