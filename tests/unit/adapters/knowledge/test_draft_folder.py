"""An approved draft stands in its place with its record, and nothing of it is left among the drafts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.knowledge.draft_folder import DraftFolder, empty_draft
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import FolderReading
from bot.ingestion.translations import content_hash, copies_of
from tests.support.knowledge_parts import no_language

ENGLISH = "# Hall\n\n## Hours {#hours}\n\nThe hall opens at 9:00.\n\n? When does it open?\n"
RUSSIAN = "---\ntitle: 'Зал'\n---\n\n## Часы {#hours}\n\nЗал открывается в 9:00.\n\n? Когда открывается зал?\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en" / "notes").mkdir(parents=True)
    (tmp_path / "en" / "notes" / "hall.md").write_text(ENGLISH, encoding="utf-8")
    return tmp_path


def _drafted(folder: Path, locale: Locale, text: str) -> None:
    file = folder / "drafts" / locale / "notes" / "hall.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


async def _read(folder: Path) -> FolderReading:
    return await KnowledgeFiles(folder, identify=no_language).read()


async def _adopt(folder: Path) -> str:
    reading = await _read(folder)
    (draft,), (copies,) = reading.drafts, copies_of(reading.documents)
    return DraftFolder(folder).adopt(draft, copies)


async def test_a_translation_is_told_once_it_is_approved(folder: Path) -> None:
    _drafted(folder, Locale.RU, RUSSIAN)
    before = await _read(folder)
    assert [document.file for document in before.documents] == ["en/notes/hall.md"]
    assert await _adopt(folder) == "ru/notes/hall.md"
    after = await _read(folder)
    english, russian = after.documents
    assert russian.sections[0].text == "Зал открывается в 9:00."
    assert after.drafts == ()
    assert TranslationLedger(folder).read()[0] == {"ru/notes/hall.md": content_hash(english)}


async def test_questions_join_the_file_in_their_language(folder: Path) -> None:
    _drafted(folder, Locale.EN, "## Hours {#hours}\n\n? opening time?\n! Is it open at night?\n")
    assert await _adopt(folder) == "en/notes/hall.md"
    (document,) = (await _read(folder)).documents
    assert document.sections[0].questions == ("When does it open?", "opening time?")
    assert document.sections[0].near_misses == ("Is it open at night?",)


async def test_a_new_translation_keeps_the_questions_that_there_were(folder: Path) -> None:
    _drafted(folder, Locale.RU, RUSSIAN)
    await _adopt(folder)
    _drafted(folder, Locale.RU, RUSSIAN.replace("Когда открывается зал?", "Во сколько?").replace("9:00.", "9:00 утра."))
    await _adopt(folder)
    russian = next(one for one in (await _read(folder)).documents if one.locale is Locale.RU)
    assert russian.sections[0].text == "Зал открывается в 9:00 утра."
    assert russian.sections[0].questions == ("Когда открывается зал?", "Во сколько?")


async def test_an_empty_draft_is_refused_and_stays(folder: Path) -> None:
    (document,) = (await _read(folder)).documents
    drafts = DraftFolder(folder)
    empty = empty_draft(document, Locale.KK)
    assert drafts.write(empty, document)
    with pytest.raises(KnowledgeError, match="has no text for hours"):
        drafts.adopt(empty, [document])
    assert (folder / empty.file).exists()


async def test_a_draft_is_never_written_over(folder: Path) -> None:
    _drafted(folder, Locale.RU, RUSSIAN)
    (document,) = (await _read(folder)).documents
    assert not DraftFolder(folder).write(empty_draft(document, Locale.RU), document)
    assert (folder / "drafts/ru/notes/hall.md").read_text(encoding="utf-8") == RUSSIAN


async def test_a_draft_of_questions_alone_gives_them_to_the_translation(folder: Path) -> None:
    _drafted(folder, Locale.RU, "## Hours {#hours}\n\n? Во сколько открытие?\n")
    (asked,) = (await _read(folder)).drafts
    _drafted(folder, Locale.RU, RUSSIAN)
    reading = await _read(folder)
    (translated,), (original,) = reading.drafts, reading.documents

    assert not DraftFolder(folder).write(translated, original)
    assert DraftFolder(folder).write(translated, original, asked)

    (draft,) = (await _read(folder)).drafts
    assert draft.sections[0].text == "Зал открывается в 9:00."
    assert draft.sections[0].questions == ("Во сколько открытие?", "Когда открывается зал?")


async def test_a_new_document_is_put_in_place_as_it_stands(folder: Path) -> None:
    draft = folder / "drafts" / "en" / "notes" / "parking.md"
    draft.parent.mkdir(parents=True)
    draft.write_text(ENGLISH, encoding="utf-8")
    (found,) = (await _read(folder)).drafts
    assert DraftFolder(folder).adopt(found, []) == "en/notes/parking.md"
    assert (folder / "en/notes/parking.md").read_text(encoding="utf-8") == ENGLISH
    assert not draft.exists()


async def test_a_new_document_with_a_fault_is_refused_with_its_line(folder: Path) -> None:
    draft = folder / "drafts" / "en" / "notes" / "parking.md"
    draft.parent.mkdir(parents=True)
    draft.write_text(f"---\ntitle: Parking\nas_of: soon\n---\n{ENGLISH}", encoding="utf-8")
    (found,) = (await _read(folder)).drafts
    with pytest.raises(KnowledgeError, match=r"drafts/en/notes/parking\.md:3: as_of must be a date"):
        DraftFolder(folder).adopt(found, [])
    assert draft.exists()


async def test_a_draft_is_taken_away(folder: Path) -> None:
    _drafted(folder, Locale.RU, RUSSIAN)
    (draft,) = (await _read(folder)).drafts
    DraftFolder(folder).discard(draft)
    assert (await _read(folder)).drafts == ()
