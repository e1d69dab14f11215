"""A long reading is published in steps; a change touches only what it must."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.errors import EmbeddingError, IndexVersionError
from bot.ids import Locale
from bot.ingestion import version_draft
from bot.ingestion.chunking import chunks_of
from bot.ingestion.model import (
    ChunkKind,
    Document,
    IndexVersion,
    IndexVersionContent,
    LanguagePart,
    Means,
    PartNames,
    Progress,
    PublishingConsent,
    SyncStage,
    Vector,
)
from bot.ingestion.ports import ReportShare, Side
from bot.ingestion.service import Ingestion
from bot.ingestion.typical_questions import typical_questions
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

TYPICAL = {text for texts in typical_questions().values() for text in texts}
BATCH = 8
STEP_S = 8.0


class TimedEmbeddings(LetterEmbeddings):
    """Each text takes a second of `seconds`; from the text number `fails_at` on it fails."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.fails_at: int | None = None
        self.has_failed = threading.Event()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        own = len([text for text in texts if text not in TYPICAL])
        if self.fails_at is not None and len(self.own) + own > self.fails_at:
            self.has_failed.set()
            raise EmbeddingError("the endpoint is gone")
        self.seconds += own
        return super().embed_documents(texts)

    @property
    def own(self) -> list[str]:
        """The texts of the knowledge that were embedded, in their order."""
        return [text for text in self.embedded if text not in TYPICAL]


class RecordingIndexStore(MemoryIndexStore):
    """Keeps every content as it came, and can be told to wait before it builds."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[IndexVersionContent] = []
        self.is_building = asyncio.Event()
        self.may_build = asyncio.Event()
        self.may_build.set()

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        self.given.append(content)
        self.is_building.set()
        await self.may_build.wait()
        await super().build(content, report=report)


class OpenManifest(MemoryManifest):
    """Knows whether a version is being published."""

    def __init__(self) -> None:
        super().__init__()
        self.is_idle = asyncio.Event()
        self.is_idle.set()

    async def begin(self, embedding_identity: str) -> int:
        self.is_idle.clear()
        return await super().begin(embedding_identity)

    async def discard(self, number: int) -> None:
        await super().discard(number)
        self.is_idle.set()

    async def tidy(self) -> tuple[int, ...]:
        self.is_idle.set()
        return await super().tidy()


class PatientEmbedder(CachedEmbedder):
    """Goes on once the step before is published, if the index store may build: so steps are no matter of the machine's speed."""

    def __init__(
        self, embeddings: TimedEmbeddings, cache: MemoryVectorCache, at: OpenManifest, of: RecordingIndexStore
    ) -> None:
        super().__init__(embeddings, cache, workers=1)
        self._manifest, self._index_store = at, of

    async def embed(self, side: Side, texts: Sequence[str]) -> Vector:
        if self._index_store.may_build.is_set():
            await self._manifest.is_idle.wait()
        return await super().embed(side, texts)


class IngestionRig:
    """An ingestion over fakes whose time is that of the embedding."""

    def __init__(self, *documents: Document, asked_in: Sequence[Locale] = ()) -> None:
        self.reader = GivenReading(*documents)
        self.embeddings = TimedEmbeddings()
        self.manifest = OpenManifest()
        self.index_store = RecordingIndexStore()
        self.cache = MemoryVectorCache()
        self.published: list[IndexVersion] = []
        self.asked_in = asked_in
        self.ingestion = self.new_ingestion()

    def new_ingestion(self) -> Ingestion:
        """As after a restart."""

        async def asked_in() -> Sequence[Locale]:
            return self.asked_in

        return Ingestion(
            reader=self.reader,
            embedder=PatientEmbedder(self.embeddings, self.cache, at=self.manifest, of=self.index_store),
            manifest=self.manifest,
            index_store=self.index_store,
            asked_in=asked_in,
            clock=lambda: self.embeddings.seconds,
            first_step_s=STEP_S,
        )

    def now_reads(self, *documents: Document) -> None:
        self.reader.reading = GivenReading(*documents).reading

    async def on_published(self, published: IndexVersion) -> None:
        self.published.append(published)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_draft, "BATCH", BATCH)


def hall(locale: Locale, number: int, *, text: str = "") -> Document:
    """A document with a passage, a sentence and a question, each of which says its language and number."""
    return document(
        f"expo/hall{number}.md",
        locale,
        section("a", text or f"Hall {number} {locale} is white.", f"Is hall {number} {locale} white?"),
    )


def halls(locale: Locale, count: int) -> tuple[Document, ...]:
    return tuple(hall(locale, number) for number in range(count))


def kinds_of(texts: Sequence[str], documents: Sequence[Document]) -> list[tuple[ChunkKind, Locale]]:
    known = {chunk.text: (chunk.kind, chunk.locale) for document in documents for chunk in chunks_of(document)}
    return [known[text] for text in texts]


def part_of(content: IndexVersionContent, locale: Locale) -> LanguagePart:
    return next(part for part in content.parts if part.locale is locale)


# ── steps ──


async def test_passages_are_read_before_sentences_before_questions_and_first_in_the_languages_asked_in() -> None:
    documents = (*halls(Locale.EN, 3), *halls(Locale.RU, 3), *halls(Locale.ZH, 3))
    rig = IngestionRig(*documents, asked_in=[Locale.ZH, Locale.RU])

    await rig.ingestion.sync(now=NOW)

    order = list(dict.fromkeys(kinds_of(rig.embeddings.own, documents)))
    kinds = (ChunkKind.PASSAGE, ChunkKind.SENTENCE, ChunkKind.QUESTION)
    assert order == [(kind, locale) for kind in kinds for locale in (Locale.ZH, Locale.RU, Locale.EN)]


async def test_of_passages_the_first_of_each_section_comes_before_all_others() -> None:
    long_text = " ".join(
        f"The hall has a floor number {number} with many a stand and many a visitor." for number in range(60)
    )
    documents = (document("expo/long.md", Locale.EN, section("a", long_text)), hall(Locale.RU, 1))
    rig = IngestionRig(*documents, asked_in=[Locale.EN])

    await rig.ingestion.sync(now=NOW)

    passages = [chunk for one in documents for chunk in chunks_of(one) if chunk.kind is ChunkKind.PASSAGE]
    later = [chunk.text for chunk in passages if chunk.ordinal > 0]
    [russian] = [chunk.text for chunk in passages if chunk.locale is Locale.RU]
    assert later
    assert rig.embeddings.own.index(russian) < min(map(rig.embeddings.own.index, later))


async def test_a_long_reading_is_published_in_steps_each_of_which_holds_more() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))

    report = await rig.ingestion.sync(now=NOW, on_published=rig.on_published)

    pending = [version.pending for version in rig.published]
    assert len(pending) >= 3
    assert pending == sorted(set(pending), reverse=True)
    assert pending[-1] == 0
    assert [version.chunks + version.pending for version in rig.published] == [90] * len(pending)
    assert report.published == rig.published[-1]
    assert (report.chunks, report.embedded) == (90, 90)


async def test_steps_grow_rarer() -> None:
    rig = IngestionRig(*halls(Locale.EN, 200))
    await rig.ingestion.sync(now=NOW, on_published=rig.on_published)
    assert 3 <= len(rig.published) <= 10


async def test_what_is_read_in_seconds_is_published_at_once() -> None:
    rig = IngestionRig(hall(Locale.EN, 1))
    await rig.ingestion.sync(now=NOW, on_published=rig.on_published)
    assert [version.pending for version in rig.published] == [0]


async def test_each_step_holds_only_what_is_embedded_and_names_itself_by_it() -> None:
    rig = IngestionRig(*halls(Locale.EN, 20), *halls(Locale.RU, 20), asked_in=[Locale.RU])

    await rig.ingestion.sync(now=NOW)

    assert len(rig.index_store.given) >= 3
    for content in rig.index_store.given:
        held = [chunk for part in content.parts for chunk in part.chunks]
        assert content.chunks == len(held) == 120 - content.pending
        assert all(len(part.vectors) == len(part.chunks) == part.names.chunks for part in content.parts)
        assert all(np.abs(part.vectors).sum(axis=1).all() for part in content.parts)
    assert len({content.fingerprint for content in rig.index_store.given}) == len(rig.index_store.given)
    assert len({part_of(content, Locale.EN).names for content in rig.index_store.given}) >= 2


async def test_reading_in_rises_from_nothing_to_nearly_all_and_is_over_in_the_end() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    assert rig.ingestion.reading_in is None
    seen: list[float | None] = []

    await rig.ingestion.sync(now=NOW, progress=lambda _: seen.append(rig.ingestion.reading_in))

    assert seen[0] == 0.0
    assert None not in seen
    assert seen == sorted(seen)
    assert seen[-1] > 0.9
    assert rig.ingestion.reading_in is None


async def test_a_small_change_is_not_told_as_reading_in() -> None:
    rig = IngestionRig(*halls(Locale.EN, 200))
    await rig.ingestion.sync(now=NOW)
    rig.now_reads(*halls(Locale.EN, 199), hall(Locale.EN, 199, text="Hall 199 is blue."))
    seen: list[float | None] = []

    await rig.ingestion.sync(now=NOW, progress=lambda _: seen.append(rig.ingestion.reading_in))

    assert set(seen) == {None}


async def test_progress_only_rises_through_steps_and_is_complete_with_the_store() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    seen: list[Progress] = []

    await rig.ingestion.sync(now=NOW, progress=seen.append)
    before_the_store = seen[-1].share
    await rig.ingestion.store(progress=seen.append)

    shares = [one.share for one in seen]
    assert shares == sorted(shares)
    assert before_the_store < shares[-1] == 1.0
    assert seen[-1].stage is SyncStage.STORE


async def test_a_partial_generation_gets_no_store() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    rig.embeddings.fails_at = 60
    with pytest.raises(EmbeddingError):
        await rig.ingestion.sync(now=NOW)
    assert not await rig.ingestion.store()
    assert rig.index_store.stored == []


async def test_an_embedding_error_leaves_the_last_step_answering_and_loses_no_vector() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    rig.embeddings.fails_at = 60

    with pytest.raises(EmbeddingError, match="the endpoint is gone"):
        await rig.ingestion.sync(now=NOW, on_published=rig.on_published)

    published = await rig.manifest.published()
    assert published == rig.published[-1]
    assert 0 < published.pending < 90
    assert not (await rig.ingestion.status()).is_current
    assert rig.manifest.begun == {}
    assert rig.ingestion.reading_in is not None, "a large part is still to be read"

    rig.embeddings.fails_at = None
    report = await rig.new_ingestion().sync(now=NOW)
    assert report.published.pending == 0
    assert sorted(rig.embeddings.own) == sorted(set(rig.embeddings.own)), "no text was embedded twice"


async def test_a_step_that_is_being_published_when_the_embedding_fails_is_published_all_the_same() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    rig.index_store.may_build.clear()
    rig.embeddings.fails_at = 24
    task = asyncio.create_task(rig.ingestion.sync(now=NOW, on_published=rig.on_published))
    await rig.index_store.is_building.wait()
    await asyncio.to_thread(rig.embeddings.has_failed.wait)
    for _ in range(20):
        await asyncio.sleep(0)
    rig.index_store.may_build.set()

    with pytest.raises(EmbeddingError, match="the endpoint is gone"):
        await task

    [step] = rig.published
    assert await rig.manifest.published() == step
    assert step.pending > 0


async def test_an_empty_folder_is_not_told_as_being_read_for_ever() -> None:
    rig = IngestionRig()
    with pytest.raises(IndexVersionError):
        await rig.ingestion.sync(now=NOW)
    assert rig.ingestion.reading_in is None


async def test_a_restart_in_the_middle_goes_on_from_the_last_step() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    rig.embeddings.fails_at = 60
    with pytest.raises(EmbeddingError):
        await rig.ingestion.sync(now=NOW)
    rig.embeddings.fails_at = None
    seen: list[float | None] = []
    again = rig.new_ingestion()

    report = await again.sync(now=NOW, progress=lambda _: seen.append(again.reading_in))

    assert None not in seen
    assert report.embedded <= 90 - 56
    assert await again.store()


async def test_a_cancelled_synchronisation_publishes_nothing_afterwards() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    rig.index_store.may_build.clear()
    may_embed = threading.Event()
    embed = rig.embeddings.embed_documents

    def wait_after_the_first_step(texts: list[str]) -> list[list[float]]:
        if rig.index_store.given:
            may_embed.wait()
        return embed(texts)

    rig.embeddings.embed_documents = wait_after_the_first_step  # type: ignore[method-assign]
    task = asyncio.create_task(rig.ingestion.sync(now=NOW, on_published=rig.on_published))
    await rig.index_store.is_building.wait()

    task.cancel()
    await asyncio.wait({task})
    rig.index_store.may_build.set()
    may_embed.set()
    for _ in range(20):
        await asyncio.sleep(0)

    assert task.cancelled()
    assert await rig.manifest.published() is None
    assert rig.manifest.begun == {}
    assert rig.index_store.built == {}
    assert rig.published == []
    assert not rig.ingestion.is_busy


async def test_a_step_that_can_t_be_built_ends_the_synchronisation_with_its_reason() -> None:
    rig = IngestionRig(*halls(Locale.EN, 200))
    rig.index_store.fault = OSError("no space left on device")
    with pytest.raises(OSError, match="no space left"):
        await rig.ingestion.sync(now=NOW)
    assert await rig.manifest.published() is None
    rig.index_store.fault = None
    assert (await rig.ingestion.sync(now=NOW)).published.pending == 0


# ── changes ──

ENGLISH, RUSSIAN = halls(Locale.EN, 100), halls(Locale.RU, 60)
CHANGED = hall(Locale.RU, 59, text="Hall 59 ru is blue.")


async def _published_halls() -> IngestionRig:
    rig = IngestionRig(*ENGLISH, *RUSSIAN)
    await rig.ingestion.sync(now=NOW)
    rig.embeddings.embedded.clear()
    rig.index_store.given.clear()
    return rig


async def test_a_change_in_one_language_leaves_the_other_languages_as_they_were() -> None:
    rig = await _published_halls()
    before = rig.index_store.built[(await rig.manifest.published()).number]
    rig.now_reads(*ENGLISH, *RUSSIAN[:-1], CHANGED)

    report = await rig.ingestion.sync(now=NOW)

    [given] = rig.index_store.given
    english, russian = part_of(given, Locale.EN), part_of(given, Locale.RU)
    assert (english.documents, english.chunks, english.vectors) == (None, None, None)
    assert english.names == part_of(before, Locale.EN).names
    assert russian.names != part_of(before, Locale.RU).names
    assert _rows_apart(russian, part_of(before, Locale.RU)) < 1e-6
    assert set(rig.embeddings.embedded) == {"A\nHall 59 ru is blue.", "Hall 59 ru is blue."}
    assert (report.embedded, report.chunks) == (2, 480)


async def test_the_means_stay_while_little_changed_and_count_how_much() -> None:
    rig = await _published_halls()
    _, before = rig.manifest.versions[-1]
    rig.now_reads(*ENGLISH, *RUSSIAN[:-1], CHANGED)

    await rig.ingestion.sync(now=NOW)

    _, after = rig.manifest.versions[-1]
    assert _same(after, before)
    assert (after.fitted_on, after.drift) == (480, before.drift + 6)


async def test_when_too_much_has_come_and_gone_since_all_is_fitted_anew() -> None:
    rig = await _published_halls()
    _, before = rig.manifest.versions[-1]
    russian, changes = list(RUSSIAN), 0
    while _same(rig.manifest.versions[-1][1], before):
        russian[changes] = hall(Locale.RU, changes, text=f"Hall {changes} ru is blue.")
        rig.now_reads(*ENGLISH, *russian)
        await rig.ingestion.sync(now=NOW)
        changes += 1

    assert changes == 2, "the first change moved 6 of 480, the second would make it 12: more than 2 %"
    _, after = rig.manifest.versions[-1]
    assert (after.fitted_on, after.drift) == (480, 0)
    assert all(part.vectors is not None for part in rig.index_store.given[-1].parts)
    assert "Hall 0 en is white." not in rig.embeddings.embedded


@pytest.mark.parametrize("comes", [True, False])
async def test_a_language_that_comes_or_goes_has_all_fitted_anew(comes: bool) -> None:
    rig = await _published_halls()
    _, before = rig.manifest.versions[-1]
    rig.now_reads(*ENGLISH, *RUSSIAN, hall(Locale.ZH, 1)) if comes else rig.now_reads(*ENGLISH)

    await rig.ingestion.sync(now=NOW, consent=PublishingConsent.ANYTHING)

    _, after = rig.manifest.versions[-1]
    assert not _same(after, before)
    assert after.drift == 0
    assert all(part.vectors is not None for part in rig.index_store.given[-1].parts)


async def test_a_section_that_has_expired_since_is_left_out_with_the_next_change_of_another_language() -> None:
    trial = document("entry/visa.md", Locale.EN, section("trial", "The trial runs.", valid_until=NOW.date()))
    rig = IngestionRig(*ENGLISH, trial, *RUSSIAN)
    await rig.ingestion.sync(now=NOW)
    assert part_of(rig.index_store.given[-1], Locale.EN).left_out == frozenset()
    rig.now_reads(*ENGLISH, trial, *RUSSIAN[:-1], CHANGED)

    await rig.ingestion.sync(now=NOW + timedelta(days=1))

    english = part_of(rig.index_store.given[-1], Locale.EN)
    assert set(map(str, english.left_out)) == {"entry/visa.md#trial"}
    assert english.chunks is not None


async def test_what_does_not_stand_whole_in_the_index_store_is_not_built_upon() -> None:
    class Damaged(RecordingIndexStore):
        async def parts(self, version: IndexVersion) -> dict[Locale, PartNames]:
            return {}

    rig = await _published_halls()
    damaged = Damaged()
    damaged.built = rig.index_store.built
    rig.index_store = damaged
    rig.now_reads(*ENGLISH, *RUSSIAN[:-1], CHANGED)

    await rig.new_ingestion().sync(now=NOW)

    assert damaged.given[-1].before is None
    assert all(part.vectors is not None for part in damaged.given[-1].parts)


async def test_a_partial_generation_that_is_lost_is_built_again_from_what_is_known() -> None:
    rig = IngestionRig(*halls(Locale.EN, 30))
    rig.embeddings.fails_at = 60
    with pytest.raises(EmbeddingError):
        await rig.ingestion.sync(now=NOW)
    published = await rig.manifest.published()
    del rig.index_store.built[published.number]

    assert await rig.ingestion.restore(now=NOW)

    rebuilt = rig.index_store.built[published.number]
    assert rebuilt.fingerprint == published.fingerprint
    assert rebuilt.chunks >= published.chunks
    assert len(rig.embeddings.own) <= 60, "nothing was embedded for it"


def _rows_apart(one: LanguagePart, other: LanguagePart) -> float:
    """The largest difference between the vectors of the chunks that both hold: all but three."""
    places = {chunk.chunk_id: place for place, chunk in enumerate(other.chunks)}
    both = [(place, places[chunk.chunk_id]) for place, chunk in enumerate(one.chunks) if chunk.chunk_id in places]
    assert len(both) >= len(one.chunks) - 3
    mine, theirs = zip(*both, strict=True)
    return float(np.abs(one.vectors[list(mine)] - other.vectors[list(theirs)]).max())


def _same(one: Means, other: Means) -> bool:
    return np.array_equal(one.metric, other.metric) and all(
        np.array_equal(mine[locale], theirs[locale])
        for mine, theirs in ((one.passages, other.passages), (one.queries, other.queries))
        for locale in mine
    )


def test_the_fingerprint_changes_with_what_it_is_of() -> None:
    known = version_draft.fingerprint_of("e5", ENGLISH)
    assert known == version_draft.fingerprint_of("e5", list(ENGLISH))
    others = {
        version_draft.fingerprint_of("other", ENGLISH),
        version_draft.fingerprint_of("e5", ENGLISH[:-1]),
        version_draft.fingerprint_of("e5", (*ENGLISH[:-1], replace(ENGLISH[-1], content_hash="another"))),
        version_draft.fingerprint_of("e5", (*ENGLISH[:-1], replace(ENGLISH[-1], path="another.md"))),
    }
    assert len(others | {known}) == 5
