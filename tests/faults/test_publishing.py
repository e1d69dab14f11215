"""Rows F15 to F19 of tests/faults/README.md: a disk that is full, two at once, a folder that changes meanwhile, an end in the middle."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bot.adapters.index.index_store
import bot.adapters.index.store_files
import bot.ingestion.version_draft
from bot.adapters.index.index_store import FileIndexStore
from bot.answering.ports import Retriever, StoredSection
from bot.answering.reading import Reading
from bot.errors import EmbeddingError, IndexVersionError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import IndexVersion
from bot.ingestion.typical_questions import typical_questions
from tests.support.brute_force_index import sections_found
from tests.support.knowledge_parts import NOW, LetterEmbeddings, section_text, write_file
from tests.support.knowledge_rig import KnowledgeRig

TYPICAL = {text for texts in typical_questions().values() for text in texts}


def write_hall(folder: Path, language: str, number: int, *, colour: str = "white") -> None:
    text = f"Hall {number} {language} is {colour}. It is the {number}. of its kind."
    write_file(
        folder, f"{language}/expo/hall{number}.md", section_text("a", text, f"Is hall {number} {language} white?")
    )


@pytest.fixture
def rig(tmp_path: Path) -> KnowledgeRig:
    rig = KnowledgeRig(tmp_path / "knowledge", tmp_path / "data")
    for language in ("en", "ru"):
        for number in range(3):
            write_hall(rig.folder, language, number)
    return rig


async def found(rig: KnowledgeRig, *, asks_store: bool = False) -> set[str]:
    """The texts of all sections that are found, with nobody there to restore anything."""
    async with rig.index(restores=False, asks_store=asks_store) as index:
        search = index.current()
        found = await sections_found(search, "which hall is white", Locale.EN, top_k=100)
        return {copy.text.partition(".")[0] for one in found for copy in search.knowledge.copies(one.key)}


def told(colour: str = "white") -> set[str]:
    """What is found of the folder when hall 0 in English has this colour."""
    others = {f"Hall {number} {language} is white" for language in ("en", "ru") for number in range(3)}
    return others - {"Hall 0 en is white"} | {f"Hall 0 en is {colour}"}


# ── F15: a full disk ──


def _full(*arguments: object, **named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _full_in_the_child(function_name: str) -> Callable[..., Any]:
    in_child = bot.adapters.index.index_store.in_child

    async def in_full_child(function: Callable[..., Any], *arguments: object, **named: Any) -> Any:
        if function.__name__ == function_name:
            _full()
        return await in_child(function, *arguments, **named)

    return in_full_child


def _half_written(file: str) -> Callable[..., None]:
    """Something has been written when the space ends."""

    def write(folder: Path, *arguments: object, **named: object) -> None:
        (folder / file).write_bytes(b"half of the te")
        _full()

    return write


@dataclass(frozen=True, slots=True)
class Place:
    """Where the space ends."""

    name: str
    stand_in: Callable[..., Any]
    module: ModuleType = bot.adapters.index.index_store


BUILD_PLACES = (
    Place("write_means", _half_written("means.npz")),
    Place("write_vectors", _half_written("vectors.npy")),
    Place("take_over", _full),
    Place("seal", _half_written("generation.json")),
    Place("_write_and_learn", _full),
    Place("in_child", _full_in_the_child("_write_and_learn")),
)
STORE_PLACES = (
    Place("in_child", _full_in_the_child("write_from_nothing")),
    Place("_sealed_names", _full, bot.adapters.index.store_files),
    Place("sync_to_disk", _full, bot.adapters.index.store_files),
)


@pytest.mark.parametrize("place", BUILD_PLACES, ids=["means", "vectors", "links", "seal", "texts", "in a child"])
async def test_F15_a_disk_that_is_full_while_a_generation_is_built_leaves_the_last_one_answering(
    rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    await rig.ingestion.sync(now=NOW)
    before = rig.left()
    write_hall(rig.folder, "en", 0, colour="blue")
    monkeypatch.setattr(place.module, place.name, place.stand_in)
    if place.name == "in_child":
        monkeypatch.setattr(place.module, "_FEW_SECTIONS", 0)

    with pytest.raises(IndexVersionError, match=r"data/index failed: .*No space left on device"):
        await rig.ingestion.sync(now=NOW)

    assert rig.left() == before
    assert await found(rig) == told()
    monkeypatch.undo()
    rig.embeddings.embedded.clear()
    assert (await rig.ingestion.sync(now=NOW)).published is not None
    assert rig.embeddings.embedded == [], "what was embedded before the disk was full is kept"
    assert await found(rig) == told("blue")


@pytest.mark.nightly
@pytest.mark.parametrize("place", STORE_PLACES, ids=["chunks", "sealing", "syncing"])
async def test_F15_a_disk_that_is_full_while_the_store_is_written_leaves_exact_search(
    rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    await rig.ingestion.sync(now=NOW)
    before = rig.left()
    monkeypatch.setattr(place.module, place.name, place.stand_in)

    with pytest.raises(IndexVersionError, match=r"store of version 1 in .* failed: .*No space left on device"):
        await rig.ingestion.store()

    assert rig.left() == before
    assert await found(rig, asks_store=True) == told()
    monkeypatch.undo()
    assert await rig.ingestion.store()
    assert rig.left() == before | {"store-1"}
    assert await found(rig, asks_store=True) == told()


async def test_F15_a_store_that_can_t_be_patched_is_written_from_nothing(
    rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.publish()
    write_hall(rig.folder, "en", 0, colour="blue")
    await rig.ingestion.sync(now=NOW)
    monkeypatch.setattr(bot.adapters.index.index_store, "in_child", _full_in_the_child("patch_copy"))

    assert await rig.ingestion.store()

    assert {name for name in rig.left() if "store" in name} == {"store-2"}
    assert await found(rig, asks_store=True) == told("blue")


# ── F16: an end in the middle ──


@pytest.mark.parametrize("name", ["write_vectors", "seal"])
async def test_F16_a_build_that_is_cancelled_while_it_writes_leaves_nothing_behind(
    rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await rig.ingestion.sync(now=NOW)
    before = rig.left()
    write_hall(rig.folder, "en", 0, colour="blue")
    loop, is_writing, may_write = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    write = getattr(bot.adapters.index.index_store, name)

    def wait_and_write(*arguments: object, **named: object) -> None:
        loop.call_soon_threadsafe(is_writing.set)
        may_write.wait()
        write(*arguments, **named)

    monkeypatch.setattr(bot.adapters.index.index_store, name, wait_and_write)
    task = asyncio.create_task(rig.ingestion.sync(now=NOW))
    await is_writing.wait()
    task.cancel()
    loop.call_later(0, may_write.set)
    await asyncio.wait({task})
    monkeypatch.undo()

    assert task.cancelled()
    assert not {name for name in rig.left() - before if name.startswith(".")}
    assert rig.manifest.begun == {}
    assert (await rig.manifest.published()).number == 1
    assert await found(rig) == told()
    await rig.ingestion.sync(now=NOW)
    assert await found(rig) == told("blue")


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["_prune_folders", pytest.param("_prune_stores", marks=pytest.mark.nightly)])
async def test_F16_what_a_process_left_that_ended_before_it_tidied_up_goes_with_the_next_synchronisation(
    rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for colour in ("white", "blue", "green"):
        write_hall(rig.folder, "en", 0, colour=colour)
        with monkeypatch.context() as patch:
            patch.setattr(FileIndexStore, name, lambda *arguments: None)
            await rig.publish()
    (rig.index_store.folder_of(1).with_name(".build-2")).mkdir()
    (rig.index_store.folder_of(1).with_name(".store-2")).mkdir()

    assert (await rig.publish()).published is None

    assert rig.left() == {"gen-2", "gen-3", "store-3"}


# ── F17: two at once ──


async def test_F17_who_comes_second_waits_and_then_finds_it_done(rig: KnowledgeRig) -> None:
    second = rig.new_ingestion(FileIndexStore(rig.index_store.folder_of(1).parent))
    reports = await asyncio.gather(rig.ingestion.sync(now=NOW), second.sync(now=NOW))
    assert sorted(report.published is not None for report in reports) == [False, True]
    assert rig.left() == {"gen-1"}


async def test_F17_who_comes_second_gives_up_in_the_end_and_says_why(rig: KnowledgeRig) -> None:
    second = rig.new_ingestion(FileIndexStore(rig.index_store.folder_of(1).parent, lock_timeout_s=0.0))
    async with rig.index_store.exclusive():
        with pytest.raises(KnowledgeError, match="another process has been building the index"):
            await second.sync(now=NOW)
    assert (await second.sync(now=NOW)).published is not None


async def test_F17_two_that_write_the_store_of_a_generation_write_it_once(rig: KnowledgeRig) -> None:
    await rig.ingestion.sync(now=NOW)
    second = rig.new_ingestion(FileIndexStore(rig.index_store.folder_of(1).parent))
    assert sorted(await asyncio.gather(rig.ingestion.store(), second.store())) == [False, True]
    assert await found(rig, asks_store=True) == told()


# ── F18: a folder that changes while it is read in ──


@pytest.fixture
def stepping(rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch) -> KnowledgeRig:
    """A rig that publishes a step after every few texts."""
    monkeypatch.setattr(bot.ingestion.version_draft, "BATCH", 6)
    rig.first_step_s = 6.0
    rig.ingestion = rig.new_ingestion(rig.index_store)
    return rig


async def test_F18_a_file_that_changes_between_a_step_and_the_end_comes_with_the_next_synchronisation(
    stepping: KnowledgeRig,
) -> None:
    pending: list[int] = []

    async def change_a_file(published: IndexVersion) -> None:
        pending.append(published.pending)
        write_hall(stepping.folder, "en", 0, colour="blue")

    await stepping.ingestion.sync(now=NOW, on_published=change_a_file)

    assert len(pending) >= 2
    assert pending[0] > 0 == pending[-1]
    assert await found(stepping) == told(), "a version is of one reading"
    assert (await stepping.ingestion.status()).changed == ("en/expo/hall0.md",)
    await stepping.ingestion.sync(now=NOW)
    assert await found(stepping) == told("blue")


# ── F19: what is read in by now is answered from ──


def _own(embeddings: LetterEmbeddings) -> list[str]:
    return [text for text in embeddings.embedded if text not in TYPICAL]


async def test_F19_each_step_answers_from_what_is_embedded_and_scores_the_sentences_that_are(
    stepping: KnowledgeRig,
) -> None:
    steps: list[tuple[int, int]] = []
    index = stepping.index(restores=False)

    async def ask(published: IndexVersion) -> None:
        await index.take(published)
        search = index.current()
        found = await sections_found(search, "which hall is white", Locale.EN, top_k=100)
        embedded = set(_own(stepping.embeddings))
        for one in found:
            copies = search.knowledge.copies(one.key)
            assert any(f"{copy.heading}\n{copy.text}" in embedded for copy in copies)
            for copy in copies:
                await _sentences_are_all_scored(search, copy, are_embedded=set(copy.sentences) <= embedded)
        steps.append((published.pending, len(found)))

    await stepping.ingestion.sync(now=NOW, on_published=ask)
    await index.close()

    assert len(steps) >= 2
    assert steps[0][0] > 0
    assert steps[-1] == (0, 3)
    assert [count for _, count in steps] == sorted(count for _, count in steps)


async def _sentences_are_all_scored(retriever: Retriever, copy: StoredSection, *, are_embedded: bool) -> None:
    """Those of a step that holds them by meaning; where none is embedded all are as near."""
    (found,) = await retriever.retrieve([Reading(copy.sentences[1])], copy.locale, top_k=100)
    first, second = found.sentence_scores(copy)
    if first or second:
        assert are_embedded
        assert second == pytest.approx(1.0, abs=0.02) or second > first


async def test_F19_an_embedding_that_fails_leaves_the_last_step_answering_after_a_restart(
    stepping: KnowledgeRig,
) -> None:
    class Failing(LetterEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            if len(_own(self)) >= 12:
                raise EmbeddingError("the endpoint is gone")
            return super().embed_documents(texts)

    failing = Failing()
    stepping.use(failing)
    with pytest.raises(EmbeddingError, match="the endpoint is gone"):
        await stepping.ingestion.sync(now=NOW)
    published = await stepping.manifest.published()
    assert published.pending > 0
    assert await found(stepping)

    stepping.use(LetterEmbeddings())
    await stepping.ingestion.sync(now=NOW)

    assert await found(stepping) == told()
    assert set(_own(stepping.embeddings)).isdisjoint(_own(failing))


async def test_F19_what_did_not_change_is_the_same_file_in_the_next_generation(rig: KnowledgeRig) -> None:
    for number in range(3, 40):
        write_hall(rig.folder, "en", number)
    await rig.ingestion.sync(now=NOW)
    rig.embeddings.embedded.clear()
    write_hall(rig.folder, "ru", 1, colour="blue")

    report = await rig.ingestion.sync(now=NOW)

    before, after = rig.index_store.folder_of(1), rig.index_store.folder_of(report.published.number)
    inodes = [{path.name: path.stat().st_ino for path in (folder / "en").iterdir()} for folder in (before, after)]
    assert inodes[0] == inodes[1]
    assert len(inodes[0]) == 7
    assert not {path.stat().st_ino for path in (before / "ru").iterdir()} & {
        path.stat().st_ino for path in (after / "ru").iterdir()
    }
    assert set(rig.embeddings.embedded) == {
        "Heading\nHall 1 ru is blue. It is the 1. of its kind.", "Hall 1 ru is blue.",
    }  # fmt: skip


async def test_F19_a_file_system_without_second_names_gets_copies(
    rig: KnowledgeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    for number in range(3, 40):
        write_hall(rig.folder, "en", number)
    await rig.ingestion.sync(now=NOW)
    write_hall(rig.folder, "ru", 1, colour="blue")
    monkeypatch.setattr("os.link", refuse)
    await rig.ingestion.sync(now=NOW)
    assert "Hall 1 ru is blue" in await found(rig)
