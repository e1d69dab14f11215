from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.errors import Fault, IndexVersionError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import Progress, PublishingConsent, SyncStage
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import (
    NOW,
    GivenReading,
    LetterEmbeddings,
    MemoryIndexStore,
    MemoryManifest,
    MemoryVectorCache,
    document,
    section,
)

TRAINS = document("logistics/trains.md", Locale.EN, section("a", "The trains carry timber.", "What do they carry?"))
EXPO = document("expo/first.md", Locale.EN, section("a", "The hall is white.", "Is the hall white?"))
EXPO_RU = document("expo/first.md", Locale.RU, section("a", "Зал белый.", "Зал белый?"))


class IngestionRig:
    """An ingestion over fakes, with its parts in reach."""

    def __init__(self, *documents: object, broken: tuple[str, ...] = ()) -> None:
        self.reader = GivenReading(*documents, broken=broken)
        self.embeddings = LetterEmbeddings()
        self.manifest = MemoryManifest()
        self.index_store = MemoryIndexStore()
        self.cache = MemoryVectorCache()
        self.ingestion = self.with_embeddings(self.embeddings)

    def with_embeddings(self, embeddings: LetterEmbeddings) -> Ingestion:
        embedder = CachedEmbedder(embeddings, self.cache)
        return Ingestion(reader=self.reader, embedder=embedder, manifest=self.manifest, index_store=self.index_store)

    def now_reads(self, *documents: object, broken: tuple[str, ...] = ()) -> None:
        self.reader.reading = GivenReading(*documents, broken=broken).reading

    async def files(self) -> set[str]:
        published = await self.manifest.published()
        return {one.file for one in await self.manifest.documents(published.number)}


async def test_a_first_synchronisation_publishes_everything() -> None:
    rig = IngestionRig(TRAINS, EXPO)

    report = await rig.ingestion.sync(now=NOW)

    assert report.published.number == 1
    assert report.published.published_at == NOW
    assert (report.documents, report.chunks, report.embedded) == (2, 6, 6)
    assert await rig.files() == {"en/logistics/trains.md", "en/expo/first.md"}


class ImpatientIndexStore(MemoryIndexStore):
    """Waits for nobody, as the real one does not wait for ever for another process."""

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        if self.lock.locked():
            raise KnowledgeError("another process has been building the index")
        async with super().exclusive():
            yield


async def test_two_synchronisations_in_one_process_wait_for_each_other() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    ingestion = Ingestion(
        reader=rig.reader,
        embedder=CachedEmbedder(rig.embeddings, rig.cache),
        manifest=rig.manifest,
        index_store=ImpatientIndexStore(),
    )
    reports = await asyncio.gather(*(ingestion.sync(now=NOW) for _ in range(3)))
    assert [report.published is not None for report in reports] == [True, False, False]
    assert not ingestion.is_busy


async def test_it_is_busy_while_it_synchronises() -> None:
    rig = IngestionRig(TRAINS)
    seen: list[bool] = []
    await rig.ingestion.sync(now=NOW, progress=lambda _: seen.append(rig.ingestion.is_busy))
    assert seen
    assert all(seen)


async def test_running_it_twice_changes_nothing() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    await rig.ingestion.sync(now=NOW)
    rig.embeddings.embedded.clear()

    report = await rig.ingestion.sync(now=NOW)

    assert report.published is None
    assert (report.chunks, report.embedded) == (6, 0)
    assert not rig.embeddings.embedded
    assert rig.manifest.last == 1


async def test_only_what_changed_is_embedded() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    await rig.ingestion.sync(now=NOW)
    rig.embeddings.embedded.clear()
    changed = section("a", "The hall is white. The floor is green.", "Is the hall white?")
    rig.now_reads(TRAINS, document("expo/first.md", Locale.EN, changed))

    report = await rig.ingestion.sync(now=NOW)

    assert report.published.number == 2
    assert set(rig.embeddings.embedded) == {"A\nThe hall is white. The floor is green.", "The floor is green."}
    assert report.embedded == 2


async def test_progress_only_rises_and_is_complete_when_the_store_is_written() -> None:
    rig = IngestionRig(TRAINS, EXPO, EXPO_RU)
    seen: list[Progress] = []

    await rig.ingestion.sync(now=NOW, progress=seen.append)
    before_the_store = seen[-1].share
    await rig.ingestion.store(progress=seen.append)

    shares = [one.share for one in seen]
    assert shares == sorted(shares)
    assert 0.9 < before_the_store < shares[-1] == 1.0
    assert list(dict.fromkeys(one.stage for one in seen)) == [
        SyncStage.READ,
        SyncStage.EMBED,
        SyncStage.BUILD,
        SyncStage.STORE,
    ]


async def test_a_broken_file_answers_in_its_last_good_version_and_does_not_stop_the_others() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    await rig.ingestion.sync(now=NOW)
    fault = Fault("en/expo/first.md", 3, "title is missing")
    rig.now_reads(TRAINS, EXPO_RU, broken=("en/expo/first.md",))
    rig.reader.reading = replace(rig.reader.reading, faults=(fault,))

    report = await rig.ingestion.sync(now=NOW)

    assert await rig.files() == {"en/logistics/trains.md", "en/expo/first.md", "ru/expo/first.md"}
    assert report.kept == ("en/expo/first.md",)
    assert report.faults == (fault,)
    status = await rig.ingestion.status()
    assert status.kept == ("en/expo/first.md",)
    assert status.is_current


async def test_a_folder_that_can_t_be_read_keeps_all_its_documents() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    await rig.ingestion.sync(now=NOW)
    rig.now_reads(TRAINS, broken=("en/expo",))

    await rig.ingestion.sync(now=NOW)

    assert await rig.files() == {"en/logistics/trains.md", "en/expo/first.md"}


async def test_a_file_that_was_never_good_is_only_reported() -> None:
    rig = IngestionRig(TRAINS, broken=("en/expo/first.md",))

    report = await rig.ingestion.sync(now=NOW)

    assert report.kept == ()
    assert await rig.files() == {"en/logistics/trains.md"}


async def test_an_empty_folder_never_replaces_a_full_index_by_itself() -> None:
    rig = IngestionRig(TRAINS)
    await rig.ingestion.sync(now=NOW)
    rig.now_reads()

    report = await rig.ingestion.sync(now=NOW)
    assert "no readable document" in report.held.reasons[0]
    assert (await rig.manifest.published()).number == 1

    report = await rig.ingestion.sync(now=NOW, consent=PublishingConsent.EMPTY)
    assert report.published.documents == 0


async def test_a_failed_check_leaves_the_old_generation_in_use() -> None:
    rig = IngestionRig(TRAINS)
    await rig.ingestion.sync(now=NOW)
    rig.now_reads(TRAINS, EXPO)
    rig.index_store.fault = IndexVersionError("a chunk is missing")

    with pytest.raises(IndexVersionError, match="a chunk is missing"):
        await rig.ingestion.sync(now=NOW)

    assert (await rig.manifest.published()).number == 1
    assert rig.manifest.begun == {}

    rig.index_store.fault = None
    assert (await rig.ingestion.sync(now=NOW)).published.number == 3


async def test_the_published_generation_and_the_one_before_stay_in_the_index_store() -> None:
    rig = IngestionRig(TRAINS)
    for number in range(4):
        rig.now_reads(document("a/b.md", Locale.EN, section("a", f"Text number {number}.")))
        await rig.ingestion.sync(now=NOW)

    assert set(rig.index_store.built) == {3, 4}


async def test_missing_files_are_built_again_from_the_manifest_with_the_same_vectors() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    await rig.ingestion.sync(now=NOW)
    before = rig.index_store.built.pop(1)
    rig.embeddings.embedded.clear()

    assert await rig.ingestion.restore(now=NOW)

    assert [part.names for part in rig.index_store.built[1].parts] == [part.names for part in before.parts]
    for rebuilt, part in zip(rig.index_store.built[1].parts, before.parts, strict=True):
        assert np.array_equal(rebuilt.vectors, part.vectors)
    assert not rig.embeddings.embedded
    assert not await rig.ingestion.restore(now=NOW)


async def test_a_synchronisation_without_changes_repairs_missing_files() -> None:
    rig = IngestionRig(TRAINS)
    await rig.ingestion.sync(now=NOW)
    rig.index_store.built.clear()

    report = await rig.ingestion.sync(now=NOW)

    assert report.published is None
    assert set(rig.index_store.built) == {1}


async def test_o07_another_embedding_model_makes_a_whole_new_generation() -> None:
    rig = IngestionRig(TRAINS)
    await rig.ingestion.sync(now=NOW)
    other = LetterEmbeddings("other", dimensions=32)

    report = await rig.with_embeddings(other).sync(now=NOW)

    assert report.published.embedding_identity == "other"
    assert report.embedded == 3
    assert rig.index_store.built[2].parts[0].vectors.shape[1] == 32


async def test_expired_sections_are_left_out_of_the_search_only() -> None:
    yesterday = (NOW - timedelta(days=1)).date()
    rig = IngestionRig(
        document(
            "entry/visa.md",
            Locale.EN,
            section("old", "The trial ended.", valid_until=yesterday),
            section("last-day", "The trial ends.", valid_until=NOW.date()),
            section("later", "Another trial.", valid_until=date(2030, 1, 1)),
        )
    )

    await rig.ingestion.sync(now=NOW)

    [part] = rig.index_store.built[1].parts
    assert set(map(str, part.left_out)) == {"entry/visa.md#old"}
    assert len(rig.index_store.built[1].documents[0].sections) == 3


async def test_status_names_what_differs_from_the_index() -> None:
    rig = IngestionRig(TRAINS, EXPO)
    assert not (await rig.ingestion.status()).is_current
    await rig.ingestion.sync(now=NOW)
    assert (await rig.ingestion.status()).is_current
    rig.now_reads(EXPO_RU, document("expo/first.md", Locale.EN, section("a", "The hall is grey.")))

    status = await rig.ingestion.status()

    assert status.added == ("ru/expo/first.md",)
    assert status.changed == ("en/expo/first.md",)
    assert status.removed == ("en/logistics/trains.md",)
    assert not status.is_current


async def test_a_translation_is_built_anew_when_its_copy_s_end_shortens_how_long_it_holds() -> None:
    def copy(locale: Locale, **more: object) -> object:
        return document("expo/first.md", locale, section("a", "The hall is white.", **more))

    rig = IngestionRig(copy(Locale.EN), copy(Locale.RU))
    await rig.ingestion.sync(now=NOW)
    rig.now_reads(copy(Locale.EN, valid_until=NOW.date() - timedelta(days=1)), copy(Locale.RU))
    await rig.ingestion.sync(now=NOW)

    (russian,) = [part for part in rig.index_store.built[2].parts if part.locale is Locale.RU]
    assert russian.documents[0].sections[0].valid_until == NOW.date() - timedelta(days=1)
    assert {str(key) for key in russian.left_out} == {"expo/first.md#a"}
    stored = await rig.manifest.documents(2)
    assert stored[1].sections[0].valid_until is None, "the file itself says nothing of it"
