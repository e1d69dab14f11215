"""Rows K01–K07 of tests/faults/README.md: knowledge files as staff may write them. Each is told clearly, and answers go on, from the others and
from what is left of the odd one.

| id  | bad input                                          | what must happen                                              |
|-----|----------------------------------------------------|---------------------------------------------------------------|
| K01 | a section of one word                              | answered by that word                                         |
| K02 | a section of 20,000 words                          | told as long; answered by its sentences                       |
| K03 | headings alone; a heading without text             | the file is refused, the heading named; the others answer     |
| K04 | twelve copies of which three contradict            | each of the three is named with both figures; each copy tells its own |
| K05 | a file in one language only                        | told to all, with a line that says in which language it is    |
| K06 | a folder, or a file, in a thirteenth language      | refused, or told as such, by name; never taken for another    |
| K07 | a title with a colon                               | read as the title that it is                                  |
| Q01 | a calibration of another embedding, damaged, missing | said in the log; answers go on, by offers where nothing is fitted (tests/unit/answering/test_calibration.py) |
"""  # fmt: skip

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from itertools import cycle, islice
from pathlib import Path

import pytest

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.answering.model import Answer, Outcome, Question
from bot.app.core import open_core
from bot.app.knowledge_parts import identify_locale
from bot.ids import Locale
from bot.ingestion.chunking import LONGEST_SENTENCE
from bot.ingestion.inspection import in_other_languages, inspect
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.little_knowledge import write_little_knowledge

TODAY = date(2026, 7, 1)
MATTER = """\
---
title: {title}
as_of: 2026-01-19
source:
  publisher: The staff
  url: https://example.org/
---

"""
GERMAN = "Das Fahrradmuseum öffnet um zehn Uhr. Der Eintritt kostet fünf Euro. Hunde dürfen nicht hinein."
POOL = {
    Locale.EN: "The pool opens at {}:00 and closes at 20:00.",
    Locale.ZH: "游泳池{}:00开放，20:00关闭。",
    Locale.RU: "Бассейн открывается в {}:00 и закрывается в 20:00.",
    Locale.KK: "Бассейн {}:00-де ашылып, 20:00-де жабылады.",
    Locale.KY: "Бассейн {}:00дө ачылып, 20:00дө жабылат.",
    Locale.TG: "Ҳавз соати {}:00 кушода ва соати 20:00 баста мешавад.",
    Locale.UZ: "Basseyn soat {}:00 da ochiladi va 20:00 da yopiladi.",
    Locale.FA: "استخر ساعت {}:00 باز و ساعت 20:00 بسته می‌شود.",
    Locale.UR: "تالاب {}:00 بجے کھلتا ہے اور 20:00 بجے بند ہوتا ہے۔",
    Locale.HI: "पूल {}:00 बजे खुलता है और 20:00 बजे बंद होता है।",
    Locale.BE: "Басейн адчыняецца ў {}:00 і зачыняецца ў 20:00.",
    Locale.MN: "Бассейн {}:00 цагт нээгдэж, 20:00 цагт хаагдана.",
}
WRONG = (Locale.KK, Locale.FA, Locale.BE)
ORCHESTRA = "The brass orchestra is led by Mister Okonkwo."
_EVERYDAY = tuple(
    f"{what} lies behind the {colour} house and was repaired by the harbour office."
    for what in ("The ferry", "The bakery", "The old mill", "The skating rink", "The orchard", "The laundry")
    for colour in ("yellow", "green", "white", "brown")
)


def _words_of(sentences: Sequence[str], count: int) -> str:
    """Sentences in turn until they have `count` words: repeated ones are embedded once."""
    each = sum(len(sentence.split()) for sentence in sentences) / len(sentences)
    return " ".join(islice(cycle(sentences), int(count / each)))


def _write(folder: Path, name: str, body: str, *, title: str = "A file") -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(MATTER.format(title=title) + body, encoding="utf-8")


def _write_odd_files(folder: Path) -> None:
    _write(folder, "en/odd/locker.md", "## Code of the locker {#code}\n\nBlue\n")
    half = "\n\n".join([_words_of(_EVERYDAY, 1_000)] * 10)
    long = f"{half} {ORCHESTRA} {half}"
    _write(folder, "en/odd/long.md", f"## Chronicle of the quarter {{#long}}\n\n{long}\n")
    endless = " ".join(_words_of(_EVERYDAY, 2_000).replace(".", "").split())
    _write(folder, "en/odd/endless.md", f"## Endless {{#endless}}\n\n{endless}\n")
    _write(folder, "en/odd/headings.md", "## One {#one}\n\n## Two {#two}\n\n### Three {#three}\n")
    _write(
        folder,
        "en/odd/bare.md",
        "## Stables {#stables}\n\n### Where are the llamas? {#where}\n\n## Opening of the stables {#opening}\n\n"
        "The llamas can be seen from six.\n",
    )
    for locale, text in POOL.items():
        _write(folder, f"{locale}/odd/pool.md", f"## Pool {{#pool}}\n\n{text.format(9 if locale in WRONG else 7)}\n")
    _write(folder, "fa/odd/library.md", "## کتابخانه {#library}\n\nکتابخانهٔ کودکان روز جمعه بسته است.\n")
    _write(folder, "de/odd/museum.md", f"## Fahrradmuseum {{#museum}}\n\n{GERMAN}\n")
    _write(folder, "en/odd/museum.md", f"## Fahrradmuseum {{#museum}}\n\n{GERMAN}\n")
    _write(
        folder, "en/odd/parking.md", "## Cars {#cars}\n\nCars stand in yard 5.\n", title="Parking: where and how (#2)"
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A little knowledge with all odd files in it, read in once."""
    place = tmp_path_factory.mktemp("bad")
    write_little_knowledge(place / "knowledge")
    _write_odd_files(place / "knowledge")
    settings = Settings(
        knowledge=KnowledgeSettings(folder=place / "knowledge"), store=StoreSettings(data=place / "data")
    )

    async def read() -> None:
        async with open_core(settings) as core:
            await core.make_answerable()
            await core.write_store()

    asyncio.run(read())
    return settings


@pytest.fixture(scope="module")
def told(settings: Settings) -> Sequence[str]:
    """The lines of `scoda knowledge check`, and what it finds between the languages."""
    folder = settings.knowledge.folder
    reading = asyncio.run(KnowledgeFiles(folder, identify=identify_locale()).read())
    foreign = in_other_languages(reading.documents, identify_locale())
    inspected = inspect(reading)
    return [str(fault) for fault in (*inspected.faults, *inspected.warnings, *foreign)]


def about(file: str, told: Sequence[str]) -> list[str]:
    lacks = ("has no copy in", "lacks what")  # of the little knowledge all files lack languages
    return [line for line in told if line.startswith(file) and not any(one in line for one in lacks)]


async def answered(settings: Settings, text: str, chosen: Locale = Locale.EN) -> Answer:
    async with open_core(settings) as core:
        await core.index.refresh()
        return await core.extractive.answer(Question(text, TODAY, chosen=chosen))


async def test_K01_a_section_of_one_word_is_answered_by_it(settings: Settings, told: Sequence[str]) -> None:
    assert (await answered(settings, "What is the code of the locker?")).sentences == ("Blue",)
    assert about("en/odd/locker.md", told) == []


async def test_K02_a_section_of_20_000_words_is_answered_by_its_sentences_and_told_as_long(
    settings: Settings, told: Sequence[str]
) -> None:
    answer = await answered(settings, "Who leads the brass orchestra?")
    assert ORCHESTRA in answer.sentences
    assert sum(map(len, answer.sentences)) < LONGEST_SENTENCE
    line = about("en/odd/long.md", told)[0]
    assert line.startswith("en/odd/long.md:9: «Chronicle of the quarter» has ")
    assert "divide it by headings" in line


async def test_K02_a_sentence_without_end_is_told_in_pieces(settings: Settings, told: Sequence[str]) -> None:
    answer = await answered(settings, "What lies behind the yellow house?")
    assert all(len(sentence) <= LONGEST_SENTENCE for sentence in answer.sentences)
    assert [line for line in about("en/odd/endless.md", told) if "end sentences with full stops" in line]


async def test_K03_headings_alone_are_refused_by_name_and_a_bare_heading_is_named(
    settings: Settings, told: Sequence[str]
) -> None:
    assert about("en/odd/headings.md", told)[0] == (
        "en/odd/headings.md:1: the file holds no text below its headings: write below each what is to be told"
    )
    assert about("en/odd/bare.md", told) == [
        "en/odd/bare.md:11: «Where are the llamas?» has no text below it: it is told to nobody"
    ]
    assert (await answered(settings, "From when can the llamas be seen?")).sentences == (
        "The llamas can be seen from six.",
    )


@pytest.mark.parametrize(
    ("asked", "chosen", "hour"),
    [("When does the pool open?", Locale.EN, "7:00"), ("Бассейн қашан ашылады?", Locale.KK, "9:00")],
)
async def test_K04_each_copy_that_contradicts_is_named_and_each_tells_its_own(
    settings: Settings, told: Sequence[str], asked: str, chosen: Locale, hour: str
) -> None:
    lines = [line for line in told if "odd/pool.md" in line and "says" in line]
    assert lines == [
        f"{locale}/odd/pool.md:9: pool, sentence 1: says 9:00, en says 7:00: mend the wrong one"
        for locale in Locale
        if locale in WRONG
    ]
    assert hour in " ".join((await answered(settings, asked, chosen)).sentences)


async def test_K05_what_stands_in_one_language_only_is_found_in_it_and_offered_or_told_to_others(
    settings: Settings,
) -> None:
    own = await answered(settings, "کتابخانهٔ کودکان چه روزی بسته است؟", Locale.FA)
    assert own.sentences == ("کتابخانهٔ کودکان روز جمعه بسته است.",)
    other = await answered(settings, "On which day is the children's library closed?")
    assert own.citations[0].key in [cited.key for cited in (*other.citations, *other.offers)]


async def test_K06_a_folder_in_a_thirteenth_language_is_refused_and_taken_for_no_other(
    settings: Settings, told: Sequence[str]
) -> None:
    (line,) = about("de/odd/museum.md", told)
    assert "is in none of the languages en, zh, ru, kk" in line
    assert "translate it" in line
    (line,) = about("en/odd/museum.md", told)
    assert "none of the bot's languages, but is told as en: translate it or move the file" in line
    assert (await answered(settings, "Where is the Pearl?")).outcome is Outcome.ANSWERED


async def test_K07_a_title_with_a_colon_is_a_title(settings: Settings, told: Sequence[str]) -> None:
    assert about("en/odd/parking.md", told) == []
    answer = await answered(settings, "In which yard do cars stand?")
    assert answer.citations[0].title == "Parking: where and how (#2)"
