"""Versions that are kept, held changes, and the way back, with real files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.adapters.index.version_retriever import VersionRetriever
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import IndexVersion, PublishingConsent
from bot.ingestion.trials import Trials
from tests.support.brute_force_index import sections_found
from tests.support.knowledge_parts import NOW, THREADS, section_text, write_file
from tests.support.knowledge_rig import KnowledgeRig


@pytest.fixture
def rig(tmp_path: Path) -> KnowledgeRig:
    (tmp_path / "data").mkdir()
    rig = KnowledgeRig(tmp_path / "knowledge", tmp_path / "data")
    for number in range(6):
        write_hall(rig, number, f"Hall {number} is white.")
    return rig


def write_hall(rig: KnowledgeRig, number: int, text: str) -> Path:
    return write_file(rig.folder, f"en/area/hall{number}.md", section_text("colour", text))


def folder_of(rig: KnowledgeRig) -> dict[str, bytes]:
    return {str(file.relative_to(rig.folder)): file.read_bytes() for file in rig.folder.rglob("*") if file.is_file()}


async def texts_of(rig: KnowledgeRig) -> list[str]:
    published = await rig.manifest.published()
    assert published is not None
    documents = await rig.manifest.documents(published.number)
    return [section.text for document in documents for section in document.sections]


async def test_going_back_restores_the_files_byte_by_byte_and_publishes_them(rig: KnowledgeRig):
    (rig.folder / "translations.sum").write_bytes(b"0123456789ab  ru/a.md\n")
    old = write_hall(rig, 0, "Hall 0 is red.")
    old.write_bytes(b"\xef\xbb\xbf" + old.read_bytes().replace(b"\n", b"\r\n"))
    first = (await rig.publish()).published
    before = folder_of(rig)
    write_hall(rig, 0, "Hall 0 is blue.")
    write_hall(rig, 7, "Hall 7 is new.")
    (rig.folder / "en/area/hall1.md").unlink()
    (rig.folder / "translations.sum").unlink()
    second = (await rig.publish()).published
    assert first is not None
    assert second is not None

    back = await rig.roll_back(first.number)

    assert folder_of(rig) == before
    assert back.published is not None
    assert back.published.fingerprint == first.fingerprint
    assert not rig.restore.is_waiting
    records = await rig.history().records()
    assert [(one.number, one.note.cause, one.is_published) for one in records] == [
        (back.published.number, f"rollback to {first.number}", True),
        (second.number, "folder", False),
        (first.number, "folder", False),
    ]
    assert records[1].note.summary == "1 section added (en), 1 section removed (en), 1 section changed (en)"
    assert (await rig.ingestion.sync(now=NOW)).published is None, "nothing flaps"

    await rig.roll_back(second.number)
    assert "Hall 0 is blue." in await texts_of(rig)


async def test_what_was_not_published_is_kept_before_it_is_replaced(rig: KnowledgeRig):
    await rig.publish()
    write_hall(rig, 0, "Hall 0 is blue.")
    broken = rig.folder / "en/area/hall1.md"
    broken.write_bytes(b"\xff\xfe\xfa nonsense")
    unpublished = folder_of(rig)

    await rig.roll_back(1)

    kept = (await rig.history().records())[0]
    assert (kept.was_published, kept.note.cause) == (False, "before the rollback to 1")
    await rig.roll_back(kept.number)
    assert folder_of(rig) == unpublished


async def test_a_version_that_is_not_kept_is_named_with_those_that_are(rig: KnowledgeRig):
    await rig.publish()
    with pytest.raises(KnowledgeError, match=r"version 7 is not kept \(kept are 1\)"):
        await rig.history().begin_rollback(7, now=NOW)


async def test_a_version_from_before_files_were_kept_can_not_be_gone_back_to_until_it_is_read_again(rig: KnowledgeRig):
    await rig.publish()
    rig.manifest.names.clear()
    with pytest.raises(KnowledgeError, match="published by an older version"):
        await rig.history().files(1)

    await rig.ingestion.sync(now=NOW)
    assert len(await rig.history().files(1)) == 6


@pytest.mark.nightly
async def test_a_rollback_takes_away_as_much_as_it_must(rig: KnowledgeRig):
    await rig.publish()
    for number in range(6, 40):
        write_hall(rig, number, f"Hall {number} is white.")
    await rig.publish()

    await rig.roll_back(1)

    assert len(await texts_of(rig)) == 6


async def test_a_folder_from_which_much_is_gone_changes_nothing_until_a_person_says_so(rig: KnowledgeRig):
    await rig.publish()
    for number in range(4):
        (rig.folder / f"en/area/hall{number}.md").unlink()

    held = (await rig.publish()).held
    assert held is not None
    assert "4 of 6 sections in English (en)" in held.reasons[0]
    assert len(await texts_of(rig)) == 6

    report = await rig.ingestion.sync(now=NOW, consent=PublishingConsent.ANYTHING)
    assert report.held is None
    assert len(await texts_of(rig)) == 2
    assert (await rig.history().records())[0].note.cause == "folder, by a person's word"


class Objecting:
    """Objects to the first versions, as often as it was told, and counts how often it was asked."""

    has_questions = True

    def __init__(self, times: int) -> None:
        self.left = times
        self.asked: list[int] = []

    async def objections(self, version: IndexVersion) -> Sequence[str]:
        self.asked.append(version.number)
        self.left -= 1
        return ["«Which hall is white?» is no longer answered"] if self.left >= 0 else []


async def test_what_the_examiner_objects_to_is_not_published_and_leaves_nothing_behind(rig: KnowledgeRig):
    await rig.publish()
    examiner = rig.examiner = Objecting(1)
    rig.ingestion = rig.new_ingestion(rig.index_store)
    write_hall(rig, 0, "Hall 0 is blue.")

    report = await rig.ingestion.sync(now=NOW)

    assert report.held is not None
    assert report.held.reasons == ("«Which hall is white?» is no longer answered",)
    assert examiner.asked == [2]
    assert "Hall 0 is blue." not in await texts_of(rig)
    assert rig.left() == {"gen-1", "store-1"}
    assert (await rig.ingestion.sync(now=NOW, known_held=report.held)).held == report.held
    assert examiner.asked == [2], "what is known to be held is not examined again"

    assert (await rig.ingestion.sync(now=NOW)).held is None
    assert "Hall 0 is blue." in await texts_of(rig)


async def test_nothing_is_examined_at_first_nor_when_a_person_says_so(rig: KnowledgeRig):
    rig.examiner = Objecting(9)
    rig.ingestion = rig.new_ingestion(rig.index_store)
    assert (await rig.ingestion.sync(now=NOW)).published is not None
    write_hall(rig, 0, "Hall 0 is blue.")
    assert (await rig.ingestion.sync(now=NOW, consent=PublishingConsent.ANYTHING)).published is not None


async def test_a_version_on_trial_answers_beside_the_published_one_and_goes_without_a_trace(rig: KnowledgeRig):
    await rig.publish()
    write_hall(rig, 0, "Hall 0 is turquoise.")
    documents = (await rig.ingestion.check()).documents
    rig.embeddings.embedded.clear()
    trial_store = rig.index_store.for_trials()
    trials = Trials(embedder=rig.embedder, manifest=rig.manifest, index_store=rig.index_store, trial_store=trial_store)

    async with trials.built(documents, 2, day=NOW.date()) as version:
        files = await trial_store.read(version, is_just_built=True)
        assert files is not None
        search = VersionRetriever(files, rig.embedder, THREADS)
        found = await sections_found(search, "turquoise hall", Locale.EN, top_k=1)
        assert search.knowledge.copies(found[0].key)[0].text == "Hall 0 is turquoise."

    assert {text for text in rig.embeddings.embedded if "white" in text} == set(), "only what is new is embedded"
    assert not list(trial_store.folder_of(2).parent.glob("gen-*"))
    published = await rig.manifest.published()
    assert published is not None
    assert published.number == 1
    assert list(rig.manifest.begun) == []
