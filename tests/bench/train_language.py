"""Make `bot/adapters/models/language_ngrams.npz` anew from the project's own texts.

    python -m tests.bench.train_language

Read: the knowledge files (bodies and questions), the typical questions, the lists of small words, and the training half of
`tests/support/everyday_messages.tsv` (short messages about anything, so that the table knows more than the subject). Each line is
counted as it stands and in its variants (`tests/support/language_variants.py`). The golden questions and the other half of the everyday
messages are never read: `bench_language` checks with them. The same texts give the same bytes.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import regex

from bot.adapters.models.language_ngrams import EDGE, ORDER, STEPS_PER_NAT, TABLE, words_of
from bot.ids import Locale
from bot.ingestion.typical_questions import typical_questions
from tests.bench.function_words import function_words
from tests.support.language_messages import everyday
from tests.support.language_variants import persian_from_tajik, urdu_from_hindi, variants

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    "cyrillic": (Locale.RU, Locale.KK, Locale.KY, Locale.TG, Locale.UZ, Locale.BE, Locale.MN),
    "latin": (
        *(Locale.EN, Locale.UZ, Locale.RU, Locale.KK, Locale.HI, Locale.UR),
        *(Locale.KY, Locale.TG, Locale.FA, Locale.BE, Locale.MN, Locale.ZH),
    ),
    "arabic": (Locale.FA, Locale.UR),
}
SHARED_FROM_LOCALES = 8
KEPT = {"cyrillic": 42_000, "latin": 36_000, "arabic": 12_000}
"""N-grams: together less than 1 MB, however long the texts are."""
URDU_FROM_HINDI, HINDI_FROM_URDU = 0.7, 0.3
BODY, QUESTION, EVERYDAY_LINE, SMALL_WORD = 1.0, 3.0, 8.0, 8.0
_FRONT_MATTER = regex.compile(r"\A---\n.*?\n---\n", regex.S)
_MARKUP = regex.compile(r"\{#[^}]*\}|https?://\S+|[*_`#|]")


@dataclass(frozen=True, slots=True)
class Line:
    """A text of one language and how much it counts."""

    locale: Locale
    text: str
    weight: float


def lines(knowledge: Path) -> Iterator[Line]:
    """Everything to learn from, as it stands."""
    for locale in Locale:
        for file in sorted((knowledge / locale).rglob("*.md")):
            body = _FRONT_MATTER.sub("", file.read_text(encoding="utf-8"))
            for line in _MARKUP.sub(" ", body).splitlines():
                yield Line(locale, line.lstrip("? "), QUESTION if line.startswith("?") else BODY)
        for question in typical_questions()[locale]:
            yield Line(locale, question, EVERYDAY_LINE)
        for word in sorted(function_words(locale)):
            yield Line(locale, word, SMALL_WORD)
    yield from (Line(Locale(code[:2]), text, EVERYDAY_LINE) for code, text in everyday("train"))


class Model:
    """Counts of n-grams of one language in one script, smoothed after Witten and Bell."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._after: dict[str, tuple[float, int]] = {}

    def learn(self, word: str, weight: float) -> None:
        """Count all n-grams of a word; the mark at its beginning is context only."""
        marked = f"{EDGE}{word}{EDGE}"
        for end in range(2, len(marked) + 1):
            for start in range(max(0, end - ORDER), end):
                self.counts[marked[start:end]] += weight

    def close(self, alphabet: int) -> None:
        """After the last word: what follows each context."""
        totals: dict[str, float] = defaultdict(float)
        kinds: dict[str, int] = defaultdict(int)
        for ngram, count in self.counts.items():
            totals[ngram[:-1]] += count
            kinds[ngram[:-1]] += 1
        self._after = {context: (totals[context], kinds[context]) for context in totals}
        self._floor = 1.0 / alphabet

    def handover(self, context: str) -> float:
        """The share of probability that the context leaves to shorter ones."""
        total, kinds = self._after.get(context, (0.0, 0))
        return kinds * 2.0 / (total + kinds * 2.0) if kinds else 1.0

    def probability(self, ngram: str) -> float:
        """Of the last character after the others."""
        if not ngram:
            return self._floor
        share = self.handover(ngram[:-1])
        total = self._after.get(ngram[:-1], (0.0, 0))[0]
        own = (1 - share) * self.counts[ngram] / total if total else 0.0
        return own + share * self.probability(ngram[1:])


def models(every_line: list[Line], shared: frozenset[str]) -> dict[str, dict[Locale, Model]]:
    """A model for each language in each script it is typed in."""
    learnt = {script: {locale: Model() for locale in locales} for script, locales in SCRIPTS.items()}
    for line in every_line:
        for script, locales in SCRIPTS.items():
            if line.locale in locales:
                forms = [line.text, *variants(line.text, line.locale)]
                _learn(learnt[script][line.locale], forms, script, line.weight, shared)
        _lend(line, learnt["latin"], shared)
    return learnt


def _lend(line: Line, latin: dict[Locale, Model], shared: frozenset[str]) -> None:
    """Romanised Urdu learns from Hindi too: daily speech is shared, and the Urdu script does not tell the vowels.

    Hindi learns from romanised Urdu in turn, or it would lose wherever people say the same. Persian learns from Tajik.
    """
    if line.locale is Locale.TG:
        _learn(latin[Locale.FA], list(persian_from_tajik(line.text)), "latin", line.weight, shared)
    if line.locale is Locale.HI:
        _learn(latin[Locale.UR], list(urdu_from_hindi(line.text)), "latin", URDU_FROM_HINDI * line.weight, shared)
    if line.locale is Locale.UR:
        _learn(latin[Locale.HI], [line.text], "latin", HINDI_FROM_URDU * line.weight, shared)


def _learn(model: Model, forms: list[str], script: str, weight: float, shared: frozenset[str]) -> None:
    """Count the forms that are in the script; together they weigh as much as one."""
    inside = [words_of(text, script) for text in forms if _is_in(text, script)]
    for words in inside:
        for word in words:
            if word not in shared:
                model.learn(word, weight / len(inside))


def _is_in(text: str, script: str) -> bool:
    """Whether a text is written in the script, rather than naming something in it."""
    inside = sum(map(len, words_of(text, script)))
    return inside > 0 and 2 * inside >= sum(letter.isalpha() for letter in text)


def shared_names(every_line: list[Line]) -> frozenset[str]:
    """Latin words in the texts of most languages that are not written in Latin letters."""
    users: dict[str, set[Locale]] = defaultdict(set)
    for line in every_line:
        if line.weight in (BODY, QUESTION):
            for word in words_of(line.text, "latin"):
                users[word].add(line.locale)
    return frozenset(word for word, locales in users.items() if len(locales) >= SHARED_FROM_LOCALES)


def table(by_locale: dict[Locale, Model], size: int) -> dict[str, np.ndarray]:
    """The arrays of one script, with about `size` n-grams."""
    alphabet = {ngram for model in by_locale.values() for ngram in model.counts if len(ngram) == 1}
    for model in by_locale.values():
        model.close(len(alphabet))
    kept = _most_used(by_locale, size)
    costs = [[_steps(model.probability(ngram)) for model in by_locale.values()] for ngram in kept]
    handovers = [[_steps(model.handover(ngram)) for model in by_locale.values()] for ngram in kept]
    return {
        "ngrams": _bytes("\n".join(kept)),
        "locales": _bytes(" ".join(by_locale)),
        "costs": np.array(costs, dtype=np.uint8),
        "handovers": np.array(handovers, dtype=np.uint8),
    }


def _most_used(by_locale: dict[Locale, Model], size: int) -> list[str]:
    """The n-grams that some language uses most, and all of one or two characters: the others back off to them."""
    uses: dict[str, float] = defaultdict(float)
    for model in by_locale.values():
        for ngram, count in model.counts.items():
            uses[ngram] = max(uses[ngram], count)
    ranked = sorted(uses, key=lambda ngram: (-uses[ngram], ngram))
    return sorted({EDGE, *ranked[:size], *(ngram for ngram in ranked[size:] if len(ngram) <= 2)})


def _steps(probability: float) -> int:
    return min(255, round(-np.log(max(probability, 1e-7)) * STEPS_PER_NAT))


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--knowledge", type=Path, default=ROOT / "knowledge")
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    every_line = list(lines(given.knowledge))
    shared = shared_names(every_line)
    stored = {"shared": _bytes("\n".join(sorted(shared)))}
    for script, by_locale in models(every_line, shared).items():
        for name, array in table(by_locale, KEPT[script]).items():
            stored[f"{script}_{name}"] = array
        print(f"{script}: {len(stored[f'{script}_costs'])} n-grams")
    np.savez_compressed(given.out, **stored)
    print(f"{given.out.name}: {given.out.stat().st_size // 1024} KiB, {len(shared)} shared names")


if __name__ == "__main__":
    main()
