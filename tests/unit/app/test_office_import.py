from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.adapters.knowledge.front_matter import read_front_matter
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.office.converting import OfficeConverter
from bot.adapters.office.outcome import Converted, Refused
from bot.adapters.office.work import convert
from bot.app.office_import import OfficeImport
from bot.errors import KnowledgeError
from bot.ids import Locale
from tests.support.office_files import docx, paragraph, run

TEXT = "The expo opens at nine in the morning and closes at six in the evening, every day of the week."


class InThisProcess(OfficeConverter):
    """Without the start of another process."""

    async def convert(self, content: bytes, label: str) -> Converted | Refused:
        return convert(content, label)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "knowledge"
    (place / "en/venue/halls").mkdir(parents=True)
    return place


def guide(*more: str) -> bytes:
    return docx(paragraph("Guide: the «expo»", "Title"), paragraph("Hours", "Heading1"), paragraph(TEXT), *more)


def put(place: Path, content: bytes) -> Path:
    place.write_bytes(content)
    os.utime(place, (1_768_780_800, 1_768_780_800))
    return place


def imports(folder: Path) -> OfficeImport:
    return OfficeImport(folder, InThisProcess())


async def test_a_file_in_the_folder_becomes_a_draft_of_its_language_and_topic(folder: Path):
    put(folder / "en/venue/halls/Opening Hours.docx", guide(paragraph(run("secret", "<w:vanish/>"))))
    made = await imports(folder).make_draft(Path("en/venue/halls/Opening Hours.docx"))
    assert made.file == "drafts/en/venue/halls/opening-hours.md"
    assert made.target == "en/venue/halls/opening-hours.md"
    assert made.remarks == ("characters left out that no reader sees (white, tiny, hidden or off the page): 6",)
    assert (
        (folder / made.file).read_text(encoding="utf-8")
        == f"""---
# A draft made from Opening Hours.docx. Nothing is told from it.
# Missing: who published this (publisher) and where it can be read (url).
# When text and source are right, move this file to {made.target} and run: scoda knowledge check
# Remark: {made.remarks[0]}
title: "Guide: the «expo»"
topic: venue/halls
source:
  publisher: ''
  title: "Opening Hours.docx"
  date: 2026-01-19
  url: ''
as_of: 2026-01-19
---

# Guide: the «expo»

## Hours {{#hours}}

{TEXT}
"""
    )


async def test_a_draft_is_taken_for_knowledge_only_when_it_was_moved_and_its_source_named(folder: Path):
    put(folder / "en/venue/a.docx", guide())
    made = await imports(folder).make_draft(folder / "en/venue/a.docx")
    reader = KnowledgeFiles(folder, identify=lambda _text: None)
    reading = await reader.read()
    assert reading.documents == ()
    assert [str(one) for one in reading.warnings] == [
        "en/venue/a.docx:1: an office file: make a draft of it with scoda knowledge import en/venue/a.docx"
    ]

    draft = (folder / made.file).read_text(encoding="utf-8")
    faults = read_front_matter(draft.split("---\n")[1], first_line=2)
    assert isinstance(faults, list)
    assert [fault.reason.split(" ")[0].rstrip(":") for fault in faults] == ["source.publisher", "source.url"]

    complete = draft.replace("publisher: ''", "publisher: SCODA").replace("url: ''", "url: https://example.org/")
    (folder / made.target).write_text(complete, encoding="utf-8")
    [document] = (await reader.read()).documents
    assert document.title == "Guide: the «expo»"
    assert [(one.section_id, one.text) for one in document.sections] == [("hours", TEXT)]


async def test_elsewhere_the_text_tells_the_language_and_the_caller_the_topic(folder: Path, tmp_path: Path):
    file = put(tmp_path / "a.docx", guide())
    assert (await imports(folder).make_draft(file)).file == "drafts/en/general/a.md"
    assert (await imports(folder).make_draft(file, topic="venue")).file == "drafts/en/venue/a.md"
    assert (await imports(folder).make_draft(file, locale=Locale("ru"))).file == "drafts/ru/general/a.md"


async def test_what_can_t_become_a_draft_says_why(folder: Path, tmp_path: Path):
    file = put(tmp_path / "a.docx", guide())
    for path, topic, reason in (
        (Path("nowhere.docx"), None, "there is no such file"),
        (folder, None, "there is no such file"),
        (file, "../../etc", "is no topic"),
        (put(tmp_path / "b.docx", b"PK\x03\x04"), None, "b.docx: it is damaged"),
        (
            put(tmp_path / "c.docx", docx(paragraph("Le salon ouvre à neuf heures du matin et ferme le soir."))),
            None,
            "its language can't be told",
        ),
    ):
        with pytest.raises(KnowledgeError, match=reason):
            await imports(folder).make_draft(path, topic=topic)
    assert not (folder / "drafts").exists()


async def test_a_draft_that_somebody_may_have_edited_is_never_written_over(folder: Path, tmp_path: Path):
    file = put(tmp_path / "a.docx", guide())
    made = await imports(folder).make_draft(file)
    (folder / made.file).write_text("edited", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="is there already"):
        await imports(folder).make_draft(file)
    assert (folder / made.file).read_text(encoding="utf-8") == "edited"


@pytest.mark.parametrize(
    ("name", "draft"),
    [("Выставка 2026.docx", "выставка-2026"), ("展览 – план.docx", "展览-план"), ("x" * 100 + ".docx", "x" * 60)],
)
async def test_drafts_are_called_like_their_files(folder: Path, tmp_path: Path, name: str, draft: str):
    made = await imports(folder).make_draft(put(tmp_path / name, guide()))
    assert made.file == f"drafts/en/general/{draft}.md"
