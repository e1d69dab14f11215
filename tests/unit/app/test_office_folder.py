"""Office files in the folder of a running bot: a draft once a content, told once, and nothing where there is none."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from bot.adapters.knowledge.reader import KnowledgeFiles, walk_folder
from bot.adapters.office.converting import OfficeConverter
from bot.adapters.office.outcome import Converted, Refused
from bot.adapters.office.work import convert
from bot.app import office_folder
from bot.app.office_folder import OfficeFolder, OfficeNotes, with_office_files
from bot.app.office_import import OfficeImport
from bot.errors import KnowledgeError
from bot.ingestion.model import DRAFTS_FOLDER
from bot.proposals.model import OfficeFileNews, UnreadableFile
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.office_files import docx, paragraph
from tests.support.visitors import until

TEXT = "The expo opens at nine in the morning and closes at six in the evening, every day of the week."
PRICES = "ru/venue/prices.docx"
DRAFT = f"{DRAFTS_FOLDER}/ru/venue/prices.md"


def guide(text: str = TEXT) -> bytes:
    return docx(paragraph("Guide", "Title"), paragraph("Hours", "Heading1"), paragraph(text))


class CountingConverter(OfficeConverter):
    """In this process; counts how often each content was converted."""

    def __init__(self) -> None:
        super().__init__()
        self.converted: Counter[bytes] = Counter()

    async def convert(self, content: bytes, label: str) -> Converted | Refused:
        self.converted[content] += 1
        return convert(content, label)


class Bench:
    """The folder with what sees it; `restart` is another process over the same files."""

    def __init__(self, place: Path) -> None:
        self.folder, self.data = place / "knowledge", place / "data"
        (self.folder / "ru/venue").mkdir(parents=True)
        self.data.mkdir()
        self.converter = CountingConverter()
        self.told: list[OfficeFileNews] = []
        self.started = asyncio.Event()
        self.restart()

    def restart(self) -> None:
        async def tell(news: OfficeFileNews) -> None:
            self.told.append(news)

        async def pause(_s: float) -> None:
            pass

        self.notes = OfficeNotes(self.data)
        imports = OfficeImport(self.folder, self.converter)
        self.office = OfficeFolder(
            self.folder, imports, self.notes, tell, started=self.started, settle_s=1.0, pause=pause
        )

    def put(self, content: bytes, name: str = PRICES) -> None:
        file = self.folder / name
        file.write_bytes(content)
        os.utime(file, (1_768_780_800, 1_768_780_800))

    async def look(self) -> None:
        self.office.notice(walk_folder(self.folder))
        await self.office.take_in()

    @property
    def settings(self) -> Settings:
        return Settings(knowledge=KnowledgeSettings(folder=self.folder), store=StoreSettings(data=self.data))

    async def fate(self) -> str:
        reading = await KnowledgeFiles(self.folder, identify=lambda _text: None).read()
        warnings = with_office_files(reading, self.settings).warnings
        return next(one.reason for one in warnings if one.path == PRICES)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_file_becomes_a_draft_and_is_told_once_however_often_it_is_seen_and_after_a_restart(bench):
    bench.put(guide())
    assert "scoda knowledge import ru/venue/prices.docx" in await bench.fate()
    for _ in range(3):
        await bench.look()
    assert TEXT in (bench.folder / DRAFT).read_text(encoding="utf-8")
    bench.restart()
    await bench.look()
    (bench.folder / PRICES).touch()
    await bench.look()
    assert bench.told == [OfficeFileNews(file=PRICES, draft=DRAFT)]
    assert list(bench.converter.converted.values()) == [1]
    assert f"it became {DRAFT}, which waits" in await bench.fate()
    (bench.folder / DRAFT).unlink()
    bench.restart()
    await bench.look()
    assert not (bench.folder / DRAFT).exists(), "what a person took away does not come back"
    assert "moved or removed" in await bench.fate()


async def test_the_same_content_under_another_name_is_neither_converted_nor_told_again(bench):
    bench.put(guide())
    await bench.look()
    bench.put(guide(), "ru/venue/copy.docx")
    await bench.look()
    assert len(bench.told) == 1
    assert list(bench.converter.converted.values()) == [1]
    assert bench.notes.read()["ru/venue/copy.docx"].draft == DRAFT


async def test_a_refused_file_is_told_once_with_its_reason_and_a_better_one_is_taken(bench):
    bench.put(b"\xd0\xcf\x11\xe0 an old format")
    for _ in range(2):
        await bench.look()
        bench.restart()
    [news] = bench.told
    assert (news.file, news.draft) == (PRICES, "")
    assert news.kind in set(UnreadableFile)
    assert str(bench.folder) not in news.reason
    assert f"no draft was made of it: {news.reason}" in await bench.fate()
    bench.put(guide())
    await bench.look()
    assert bench.told[1:] == [OfficeFileNews(file=PRICES, draft=DRAFT)]


async def test_a_new_content_does_not_write_over_the_draft_that_waits(bench):
    bench.put(guide())
    await bench.look()
    before = (bench.folder / DRAFT).read_bytes()
    bench.put(guide(TEXT.replace("nine", "ten")))
    assert "scoda knowledge import" in await bench.fate(), "what is noted was about another content"
    await bench.look()
    assert (bench.folder / DRAFT).read_bytes() == before
    assert "move or remove it first" in bench.told[-1].reason


async def test_killed_after_the_draft_and_before_the_note_it_is_taken_for_its_own_and_told(bench):
    bench.put(guide())
    await OfficeImport(bench.folder, bench.converter).make_draft(bench.folder / PRICES)
    before = (bench.folder / DRAFT).read_bytes()
    bench.restart()
    await bench.look()
    assert bench.told == [OfficeFileNews(file=PRICES, draft=DRAFT)]
    assert (bench.folder / DRAFT).read_bytes() == before


@pytest.mark.parametrize("name", ["ru/venue/~$prices.docx", "ru/venue/.prices.docx", f"{DRAFTS_FOLDER}/prices.docx"])
async def test_a_temporary_file_a_hidden_one_and_one_among_the_drafts_are_left_alone(bench, name):
    (bench.folder / DRAFTS_FOLDER).mkdir()
    bench.put(guide(), name)
    await bench.look()
    assert bench.told == []
    assert not bench.converter.converted


async def test_a_file_that_is_still_being_written_waits_for_the_look_that_sees_it_whole(bench):
    bench.put(guide()[:100])
    bench.office.notice(walk_folder(bench.folder))
    bench.put(guide())
    await bench.office.take_in()
    assert bench.told == []
    await bench.look()
    assert [one.draft for one in bench.told] == [DRAFT]


async def test_where_no_office_file_is_nothing_is_read_and_the_task_sleeps(bench, monkeypatch):
    monkeypatch.setattr(office_folder, "content_of", lambda _file: pytest.fail("read"))
    bench.started.set()
    running = asyncio.create_task(bench.office.run())
    for _ in range(3):
        bench.office.notice(walk_folder(bench.folder))
        await asyncio.sleep(0)
    assert not bench.office._changed.is_set()
    assert not (bench.data / "office-files.json").exists()
    running.cancel()
    await asyncio.wait({running})


async def test_nobody_is_told_before_the_chat_has_started(bench):
    bench.put(guide())
    running = asyncio.create_task(bench.office.run())
    bench.office.notice(walk_folder(bench.folder))
    await asyncio.sleep(0)
    assert not bench.converter.converted
    bench.started.set()
    await until(lambda: bench.told, "news of the file")
    running.cancel()
    await asyncio.wait({running})


async def test_a_draft_that_cannot_be_written_is_no_refusal_and_is_tried_after_the_next_start(bench, monkeypatch):
    async def full(*_args: object, **_more: object):
        raise KnowledgeError("no space left")

    bench.put(guide())
    with monkeypatch.context() as patch:
        patch.setattr(OfficeImport, "make_draft", full)
        await bench.look()
    assert bench.told == []
    bench.restart()
    await bench.look()
    assert [one.draft for one in bench.told] == [DRAFT]


async def test_notes_that_cannot_be_read_are_none_and_the_oldest_are_forgotten(bench, monkeypatch):
    (bench.data / "office-files.json").write_text("{", encoding="ascii")
    assert bench.notes.read() == {}
    monkeypatch.setattr(office_folder, "_MOST_NOTES", 2)
    note = office_folder._Note(digest="0")
    for number in (1, 2, 1, 3):
        bench.notes.write(f"{number}.pdf", note.model_copy(update={"draft": str(number)}))
    assert list(bench.notes.read()) == ["1.pdf", "3.pdf"]
