"""The index as answering needs it: a brute-force fake, exact comparison, embedded Chroma and a Chroma server pass the
same tests.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.index.chroma import Near, VectorStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.answering.ports import Index
from bot.answering.reading import Reading, ReadingKind
from bot.app.doctor.knowledge_checks import look_at_chroma
from bot.errors import KnowledgeError
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.model import Readership, Vector
from bot.ingestion.service import Ingestion
from bot.operations.examining import Severity
from tests.support.brute_force_index import BruteForceIndex, sections_found
from tests.support.chroma_server import chroma_server as serving_chroma
from tests.support.knowledge_parts import (
    NOW,
    THREADS,
    GivenReading,
    LetterEmbeddings,
    MemoryIndexStore,
    MemoryManifest,
    MemoryVectorCache,
    document,
    section,
)

TRAINS = SectionKey(DocumentPath("logistics/trains.md"), "figures")
ROUTES = SectionKey(DocumentPath("logistics/trains.md"), "routes")
HALL = SectionKey(DocumentPath("expo/editions.md"), "hall")
VISA = SectionKey(DocumentPath("entry/visa.md"), "trial")
DOCUMENTS = (
    document(
        "logistics/trains.md",
        Locale.EN,
        section(
            "figures",
            "The freight trains carried timber and machines in 2025. The number of freight trains was 1,000. "
            "Almaty has a warehouse of its own.",
            "How many freight trains ran in 2025?",
        ),
        section("routes", "Routes lead from Jiaozhou to Budapest, Tashkent and Minsk.", "Which routes are there?"),
    ),
    document(
        "logistics/trains.md",
        Locale.RU,
        section(
            "figures",
            "Грузовые поезда везли лес и машины в 2025 году. Всего прошла 1000 грузовых поездов.",
            "Сколько грузовых поездов прошло?",
        ),
    ),
    document("expo/editions.md", Locale.EN, section("hall", "The exhibition opened in the spring in a white hall.")),
    document("expo/editions.md", Locale.ZH, section("hall", "展览会春天在白色大厅开幕。")),
    document(
        "entry/visa.md",
        Locale.EN,
        section("trial", "A visa waiver trial ran for tourists until February.", valid_until=date(2026, 2, 1)),
    ),
    document("area/secret.md", Locale.EN, section("plan", "Staff only kettle plan."), audience=Readership.STAFF),
)
NEW_IN_CHINESE = document("expo/editions.md", Locale.ZH, section("train", "列车从青岛出发。"))


@dataclass
class Place:
    """An index over DOCUMENTS, with what is needed to publish something else."""

    index: Index
    ingestion: Ingestion
    reader: GivenReading


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server on loopback."""
    with serving_chroma(tmp_path_factory.mktemp("chroma") / "server") as server:
        yield server.url


KINDS = ("brute force", "exact", "embedded store", "server store")
STORES = ("embedded store", "server store")


@dataclass
class Parts:
    manifest: MemoryManifest
    index_store: MemoryIndexStore | FileIndexStore
    embedder: CachedEmbedder
    embeddings: LetterEmbeddings
    reader: GivenReading
    uses_store: bool = False

    @property
    def ingestion(self) -> Ingestion:
        return Ingestion(
            reader=self.reader, embedder=self.embedder, manifest=self.manifest, index_store=self.index_store
        )


def _parts(kind: str, folder: Path, request: pytest.FixtureRequest | None = None) -> Parts:
    if kind == "brute force":
        index_store: MemoryIndexStore | FileIndexStore = MemoryIndexStore()
    else:
        url = request.getfixturevalue("chroma_server") if request and kind == "server store" else ""
        index_store = FileIndexStore(folder, chroma_url=url)
    embeddings = LetterEmbeddings()
    embedder = CachedEmbedder(embeddings, MemoryVectorCache())
    reader = GivenReading(*DOCUMENTS)
    return Parts(MemoryManifest(), index_store, embedder, embeddings, reader, uses_store=kind in STORES)


def _index(parts: Parts) -> BruteForceIndex | PublishedIndex:
    if isinstance(parts.index_store, MemoryIndexStore):
        return BruteForceIndex(parts.manifest, parts.index_store, parts.embeddings)
    nominated_from = 0 if parts.uses_store else None
    return PublishedIndex(parts.manifest, parts.index_store, parts.embedder, THREADS, nominated_from=nominated_from)


def _stores(folder: Path) -> dict[str, int]:
    """The stores in the folder, and how many chunks were changed in each since it was a copy of an older one."""
    seals = folder.glob("store-*/store.json")
    return {seal.parent.name: json.loads(seal.read_text(encoding="utf-8"))["patched"] for seal in seals}


@contextmanager
def counting_store_questions() -> Iterator[list[int]]:
    """Lists how many chunks each question to a vector store asks for, meanwhile."""
    asked: list[int] = []
    nearest = VectorStore.nearest

    def counted(store: VectorStore, vector: Vector, *, top_k: int) -> list[Near]:
        asked.append(top_k)
        return nearest(store, vector, top_k=top_k)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VectorStore, "nearest", counted)
        yield asked


async def _publish(parts: Parts) -> None:
    await parts.ingestion.sync(now=NOW)
    if parts.uses_store:
        assert await parts.ingestion.store()


@pytest.fixture(scope="module", params=KINDS)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Parts whose index store holds DOCUMENTS; tests only read it."""
    parts = _parts(request.param, tmp_path_factory.mktemp("index"), request)
    asyncio.run(_publish(parts))
    return parts


@pytest.fixture
async def index(published: Parts) -> AsyncIterator[Index]:
    index = _index(published)
    with counting_store_questions() as asked:
        await index.refresh()
        await sections_found(index.current(), "trains", Locale.EN, top_k=1)
    assert bool(asked) is published.uses_store
    yield index
    await index.close()


async def test_what_a_question_is_about_is_the_nearest(index: Index) -> None:
    found = await sections_found(index.current(), "which routes lead to Budapest", Locale.EN, top_k=3)

    assert found[0].key == ROUTES
    assert all(-1.001 <= max(one.passage, one.question) <= 1.001 for one in found)


async def test_several_readings_are_looked_for_at_once_each_for_itself(index: Index) -> None:
    readings = [Reading("which routes lead to Budapest"), Reading("exhibition hall in spring")]

    routes, hall = await index.current().retrieve(readings, Locale.EN, top_k=3)
    (alone,) = await index.current().retrieve(readings[1:], Locale.EN, top_k=3)

    assert max(routes.sections, key=lambda one: one.passage).key == ROUTES
    assert max(hall.sections, key=lambda one: one.passage).key == HALL
    together = {one.key: one.passage for one in hall.sections}
    assert [together[one.key] for one in alone.sections] == pytest.approx(
        [one.passage for one in alone.sections], abs=1e-5
    )


async def test_what_was_said_before_draws_a_reading_towards_it(index: Index) -> None:
    asked = "and in spring?"
    readings = [Reading(asked), Reading(asked, ReadingKind.AFTER_QUESTION, "Which routes lead to Budapest?")]

    alone, together = await index.current().retrieve(readings, Locale.EN, top_k=9)

    routes = [next(one.passage for one in found.sections if one.key == ROUTES) for found in (alone, together)]
    halls = [next(one.passage for one in found.sections if one.key == HALL) for found in (alone, together)]
    assert routes[0] < routes[1]
    assert halls[1] < halls[0]


async def test_a_section_is_found_by_its_stored_questions(index: Index) -> None:
    best, *_ = await sections_found(index.current(), "How many freight trains ran in 2025?", Locale.EN, top_k=3)

    assert best.key == TRAINS
    assert best.question == pytest.approx(1.0, abs=0.01)
    assert best.passage < best.question


async def test_the_means_are_taken_over_the_languages_of_a_section(index: Index) -> None:
    sections = await sections_found(index.current(), "Сколько грузовых поездов прошло?", Locale.RU, top_k=20)
    found = {one.key: one for one in sections}

    assert found[TRAINS].question == pytest.approx(1.0, abs=0.01)
    assert found[TRAINS].question_mean < 0.9
    assert found[TRAINS].passage_mean < found[TRAINS].passage
    assert found[ROUTES].passage_mean == pytest.approx(found[ROUTES].passage)
    assert found[ROUTES].question_mean == pytest.approx(found[ROUTES].question)


async def test_the_passages_of_a_section_without_questions_stand_in_for_them(index: Index) -> None:
    found = await sections_found(index.current(), "hall in spring", Locale.EN, top_k=20)

    hall = next(one for one in found if one.key.section_id == "hall")
    assert not hall.has_questions
    assert (hall.question, hall.question_mean) == (hall.passage, hall.passage_mean)
    assert hall.passage > 0
    assert next(one for one in found if one.key == TRAINS).has_questions


async def test_the_best_sentence_in_any_language_speaks_for_a_section(index: Index) -> None:
    (found,) = await index.current().retrieve([Reading("Almaty warehouse")], Locale.RU, top_k=20)

    trains = next(one for one in found.sections if one.key == TRAINS)
    scores = [max(found.sentence_scores(copy)) for copy in index.current().knowledge.copies(TRAINS)]
    assert trains.sentence == pytest.approx(max(scores), abs=1e-5)
    assert min(scores) < max(scores)


async def test_it_is_told_which_sections_stand_in_the_question_s_language(index: Index) -> None:
    found = {one.key: one for one in await sections_found(index.current(), "белый зал", Locale.RU, top_k=20)}

    assert (found[HALL].is_native, found[TRAINS].is_native) == (False, True)
    assert found[TRAINS].log_posterior is None


async def test_coverage_speaks_of_the_copy_in_the_question_s_language(index: Index) -> None:
    found = {one.key: one for one in await sections_found(index.current(), "грузовых поездов", Locale.RU, top_k=20)}

    assert 0.9 < found[TRAINS].coverage <= 1.0
    assert found[ROUTES].coverage == 0.0


async def test_names_and_numbers_are_covered_by_copies_in_other_languages_too(index: Index) -> None:
    found = {one.key: one for one in await sections_found(index.current(), "Budapest", Locale.RU, top_k=20)}

    assert found[ROUTES].coverage == 0.0
    assert found[ROUTES].foreign_coverage > 0.5
    assert found[TRAINS].foreign_coverage < found[ROUTES].foreign_coverage


@pytest.mark.parametrize(("words", "least"), [("timber machines", 0.9), ("Almaty warehouse", 0.5)])
async def test_who_holds_all_words_has_all_but_what_length_and_place_cost(
    index: Index, words: str, least: float
) -> None:
    found = await sections_found(index.current(), words, Locale.EN, top_k=1)

    assert least < next(one for one in found if one.key == TRAINS).coverage <= 1.0


async def test_a_section_that_holds_the_words_is_found_however_far_it_is_by_meaning(index: Index) -> None:
    found = await sections_found(index.current(), "Budapest hall hall hall exhibition", Locale.EN, top_k=1)

    assert {"routes", "hall"} <= {one.key.section_id for one in found}


async def test_chinese_is_found_by_single_characters(index: Index) -> None:
    found = await sections_found(index.current(), "白厅", Locale.ZH, top_k=1)

    assert any(one.key.section_id == "hall" and one.coverage > 0.3 for one in found)


async def test_asking_for_more_than_there_is_gives_every_section_once(index: Index) -> None:
    found = await sections_found(index.current(), "trains", Locale.EN, top_k=500)

    assert sorted(one.key.section_id for one in found) == ["figures", "hall", "routes"]


@pytest.mark.parametrize("text", ["", " ", "?!", "🚂🚂", "\x00\ud800", "a" * 5000, "'; DROP TABLE x; --"])
async def test_any_text_can_be_asked(index: Index, text: str) -> None:
    assert await sections_found(index.current(), text, Locale.UR, top_k=3)


async def test_every_sentence_is_scored_in_reading_order(index: Index) -> None:
    retriever = index.current()
    (stored,) = [copy for copy in retriever.knowledge.copies(TRAINS) if copy.locale is Locale.EN]

    (found,) = await retriever.retrieve([Reading("a warehouse in Almaty")], Locale.EN, top_k=3)
    scores = list(found.sentence_scores(stored))

    assert len(scores) == 3
    assert scores.index(max(scores)) == 2
    assert stored.sentences[2] == "Almaty has a warehouse of its own."


async def test_what_has_expired_is_not_found_but_can_be_read(index: Index) -> None:
    retriever = index.current()

    (found,) = await retriever.retrieve([Reading("visa waiver trial for tourists")], Locale.EN, top_k=500)

    assert VISA not in {one.key for one in found.sections}
    (stored,) = retriever.knowledge.copies(VISA)
    assert stored.valid_until == date(2026, 2, 1)
    assert len(found.sentence_scores(stored)) == 1


async def test_what_is_for_staff_is_nowhere(index: Index) -> None:
    retriever = index.current()

    found = await sections_found(retriever, "Staff only kettle plan", Locale.EN, top_k=500)

    assert not any(one.key.path == "area/secret.md" for one in found)
    keys = retriever.knowledge.keys()
    assert not any(key.path == "area/secret.md" for key in keys)


async def test_the_copies_of_a_section_are_its_languages(index: Index) -> None:
    copies = index.current().knowledge.copies(TRAINS)

    assert {copy.locale for copy in copies} == {Locale.EN, Locale.RU}
    assert copies[0].publisher == "Xinhua"
    assert index.current().knowledge.copies(SectionKey(DocumentPath("no/such.md"), "x")) in ((), [])


async def test_keys_stand_in_the_order_of_topic_document_and_place(index: Index) -> None:
    keys = index.current().knowledge.keys()

    assert [str(key) for key in keys] == [
        "entry/visa.md#trial",
        "expo/editions.md#hall",
        "logistics/trains.md#figures",
        "logistics/trains.md#routes",
    ]


@pytest.fixture(params=KINDS)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Parts:
    return _parts(request.param, tmp_path / "index", request)


async def test_before_anything_was_published_it_says_what_to_do(fresh: Parts) -> None:
    index = _index(fresh)

    assert not await index.refresh()
    with pytest.raises(KnowledgeError, match="scoda knowledge sync"):
        index.current()
    await index.close()


async def test_a_newer_generation_takes_over_while_a_running_search_keeps_its_own(fresh: Parts) -> None:
    index = _index(fresh)
    fresh.reader.reading = GivenReading(*DOCUMENTS[:1]).reading
    await _publish(fresh)
    await index.refresh()
    old = index.current()

    fresh.reader.reading = GivenReading(*DOCUMENTS[2:3]).reading
    await _publish(fresh)
    assert await index.refresh()

    assert index.current().knowledge.version > old.knowledge.version
    assert {one.key.path for one in await sections_found(old, "trains", Locale.EN, top_k=9)} == {"logistics/trains.md"}
    new = await sections_found(index.current(), "trains", Locale.EN, top_k=9)
    assert {one.key.path for one in new} == {"expo/editions.md"}
    del old
    await index.close()


@pytest.mark.parametrize("kind", STORES)
async def test_a_store_that_was_written_later_is_taken_without_a_new_generation(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    parts = _parts(kind, tmp_path, request)
    await parts.ingestion.sync(now=NOW)
    async with _index(parts) as index:
        with counting_store_questions() as asked:
            exact = await sections_found(index.current(), "freight trains", Locale.EN, top_k=3)
            assert not asked
            await parts.ingestion.store()
            await index.take_store()
            nominated = await sections_found(index.current(), "freight trains", Locale.EN, top_k=3)
    assert asked == [1, 3]
    compared = {one.key: one.question for one in exact}
    assert nominated[0].key == exact[0].key
    assert [one.question for one in nominated] == pytest.approx([compared[one.key] for one in nominated], abs=1e-5)


async def test_few_rows_are_compared_exactly_though_there_is_a_store(tmp_path: Path) -> None:
    parts = _parts("exact", tmp_path)
    await parts.ingestion.sync(now=NOW)
    assert await parts.ingestion.store()
    with counting_store_questions() as asked:
        async with _index(parts) as index:
            await sections_found(index.current(), "freight trains", Locale.EN, top_k=3)
    assert not asked


async def test_a_store_that_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    parts = _parts("embedded store", tmp_path)
    await _publish(parts)
    assert not await parts.ingestion.store()


async def test_the_store_of_a_changed_generation_is_made_from_the_one_before(tmp_path: Path) -> None:
    parts = _parts("embedded store", tmp_path)
    many = [document("open/halls.md", Locale.EN, *(section(f"h{n}", f"Hall {n} is white.") for n in range(200)))]
    parts.reader.reading = GivenReading(*DOCUMENTS, *many).reading
    await _publish(parts)
    parts.reader.reading = GivenReading(*DOCUMENTS[:3], *DOCUMENTS[4:], *many, NEW_IN_CHINESE).reading
    await _publish(parts)

    assert _stores(tmp_path) == {"store-2": 2}
    async with _index(parts) as index:
        best, *_ = await sections_found(index.current(), "列车从青岛出发", Locale.ZH, top_k=3)
        assert best.key.section_id == "train"
        assert "hall" in {
            one.key.section_id for one in await sections_found(index.current(), "hall", Locale.EN, top_k=500)
        }


async def test_many_stored_questions_tell_together_whose_a_question_is(tmp_path: Path) -> None:
    tea = [f"What does tea number {number} cost?" for number in range(700)]
    silk = [f"Who sells silk of kind {number}?" for number in range(700)]
    parts = _parts("exact", tmp_path)
    parts.reader = GivenReading(
        document("market/goods.md", Locale.EN, section("tea", "Tea is sold in the market.", *tea)),
        document("open/goods.md", Locale.EN, section("silk", "Nothing is known of silk.", *silk), answerable=False),
        document("area/plain.md", Locale.EN, section("plain", "The area lies by the sea.")),
    )
    await parts.ingestion.sync(now=NOW)
    async with _index(parts) as index:
        found = await sections_found(index.current(), "what does the tea cost", Locale.EN, top_k=50)

    posterior = {one.key.section_id: math.exp(one.log_posterior) for one in found}
    assert posterior["tea"] > 0.5 > posterior["silk"]
    assert sum(posterior.values()) == pytest.approx(1.0, abs=1e-3)


async def test_words_with_lost_letters_are_found_like_those_that_have_them(tmp_path: Path) -> None:
    parts = _parts("exact", tmp_path)
    parts.reader = GivenReading(document("expo/hall.md", Locale.KK, section("hall", "Көрме ақ залда өтеді.")))
    await parts.ingestion.sync(now=NOW)
    async with _index(parts) as index:
        whole, lost, other = [
            (await sections_found(index.current(), text, Locale.KK, top_k=9))[0]
            for text in ("Көрме қай залда өтеді", "Корме қай залда отеди", "Карта қай залда отыр")
        ]
    assert lost.passage == whole.passage != other.passage


async def test_latin_letters_are_read_with_the_words_of_the_texts_or_letter_by_letter(tmp_path: Path) -> None:
    parts = _parts("exact", tmp_path)
    parts.reader = GivenReading(document("expo/hall.md", Locale.MN, section("hall", "Цагаан танхим хаана байдаг вэ.")))
    await parts.ingestion.sync(now=NOW)
    async with _index(parts) as index:
        retriever = index.current()
        read = [
            await retriever.in_own_letters(text, locale)
            for text, locale in (
                ("tsagaan tanhim xaana", Locale.MN),
                ("Цагаан танхим", Locale.MN),
                ("belyy zal", Locale.RU),
                ("white hall", Locale.EN),
            )
        ]
    assert read == ["Цагаан танхим хаана", "Цагаан танхим", "белый зал", "white hall"]


async def test_a_folder_without_stored_questions_is_searched_by_its_texts_alone(tmp_path: Path) -> None:
    parts = _parts("exact", tmp_path)
    halls = [section(f"hall-{number}", f"Hall number {number} is white, and it is large.") for number in range(4)]
    parts.reader = GivenReading(document("venue/halls.md", Locale.EN, *halls))
    await parts.ingestion.sync(now=NOW)
    async with _index(parts) as index:
        own = await sections_found(index.current(), "hall number 2", Locale.EN, top_k=9)
        foreign = await sections_found(index.current(), "hall number 2", Locale.RU, top_k=9)

    assert all(one.is_native and not one.has_questions for one in own)
    assert not any(one.is_native for one in foreign)
    assert {one.log_posterior for one in (*own, *foreign)} == {None}


async def test_sentences_that_are_not_embedded_yet_are_all_as_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = _parts("exact", tmp_path)
    await parts.ingestion.sync(now=NOW)
    async with _index(parts) as index:
        retriever = index.current()
        (stored,) = [copy for copy in retriever.knowledge.copies(TRAINS) if copy.locale is Locale.EN]
        monkeypatch.setattr(type(retriever._files), "rows_of", lambda *_: np.zeros(0, dtype=np.int64))

        (found,) = await retriever.retrieve([Reading("a warehouse in Almaty")], Locale.EN, top_k=3)

        assert list(found.sentence_scores(stored)) == [0.0, 0.0, 0.0]


def test_the_doctor_tells_the_version_of_a_real_chroma_server(chroma_server):
    told = look_at_chroma(chroma_server)
    assert re.search(r"version \d+\.\d+\.\d+", told.what)
    assert told.severity is Severity.FINE
