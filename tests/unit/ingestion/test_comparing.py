"""Copies of a document in different languages laid side by side."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
import regex

from bot.adapters.knowledge.file_format import FilePlace, parse_file
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.ids import DocumentPath, Locale
from bot.ingestion.comparing import differences_of
from bot.ingestion.inspection import inspect
from bot.ingestion.model import Document, FolderReading, Source
from bot.writing.figures import FigureKind, figures_of
from tests.support.knowledge_parts import document, no_language, section

FOLDER = Path(__file__).parents[3] / "knowledge"
EN = "In 2025 SCODA handled 1,300 trains. On 18 July 2025 goods grew by 20%."
RU = "В 2025 году SCODA приняла 1 300 поездов. 18 июля 2025 года грузы выросли на 20%."
ZH = "2025年，上合示范区到发班列 1300 列。2025年7月18日，货运量增长 20%。"


def _told(*documents: Document) -> list[str]:
    differences = differences_of(documents)
    return [
        *(f"fault {fault}" for fault in differences.faults),
        *(f"warning {warning}" for warning in differences.warnings),
    ]


def _copy(locale: Locale, text: str, **more: object) -> Document:
    return document("area/x.md", locale, section("a", text, line=9, heading="A", **more))


def test_true_translations_are_not_told() -> None:
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, RU), _copy(Locale.ZH, ZH)) == []


def test_another_figure_is_a_fault_with_both_values_in_their_own_writing() -> None:
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, RU.replace("1 300", "1 200"))) == [
        "fault ru/area/x.md:9: a, sentence 1: says 1 200, en says 1,300: mend the wrong one"
    ]


def test_a_figure_that_a_translation_lacks_is_a_fault() -> None:
    assert _told(_copy(Locale.EN, EN), _copy(Locale.ZH, ZH.replace("增长 20%", "也增长了"))) == [
        "fault zh/area/x.md:9: a, sentence 2: lacks 20%, which en has: add it"
    ]


def test_a_figure_that_only_a_translation_has_is_a_fault() -> None:
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, RU.replace("поездов", "поездов из 7 стран"))) == [
        "fault ru/area/x.md:9: a, sentence 1: says 7, which en does not: take it out or add it there"
    ]


def test_another_month_is_a_fault() -> None:
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, RU.replace("июля", "июня"))) == [
        "fault ru/area/x.md:9: a, sentence 2: says июня, en says July: mend the wrong one"
    ]


def test_where_most_languages_agree_against_the_reference_it_is_named_once() -> None:
    told = _told(_copy(Locale.EN, EN.replace("20%", "30%")), _copy(Locale.RU, RU), _copy(Locale.ZH, ZH))
    assert told == ["fault en/area/x.md:9: a, sentence 2: says 30%, the others say 20%: mend the wrong one"]


def test_a_translation_with_other_sentences_is_compared_as_a_whole() -> None:
    joined = RU.replace("поездов. 18", "поездов, а 18")
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, joined)) == []
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, joined.replace("20%", "21%"))) == [
        "fault ru/area/x.md:9: a: says 21%, en says 20%: mend the wrong one"
    ]


def test_figures_that_stand_in_the_other_sentence_are_a_warning() -> None:
    swapped = "В 2025 году SCODA приняла 20% поездов. 18 июля 2025 года грузы выросли на 1 300."
    told = _told(_copy(Locale.EN, EN), _copy(Locale.RU, swapped))
    assert len(told) == 2
    assert all(line.startswith("warning ru/area/x.md:9: a, sentence") for line in told)


def test_a_figure_said_twice_is_a_warning() -> None:
    twice = RU.replace("поездов", "поездов (1 300)")
    assert [line.split()[0] for line in _told(_copy(Locale.EN, EN), _copy(Locale.RU, twice))] == ["warning"]


def test_other_sections_are_faults() -> None:
    one, two, three = (section(name, "Text.") for name in ("one", "two", "three"))
    english = document("area/x.md", Locale.EN, one, two)
    russian = document("area/x.md", Locale.RU, two, replace(three, line=20))
    assert _told(english, russian) == [
        "fault ru/area/x.md:1: lacks what en has: one",
        "fault ru/area/x.md:20: the section three is missing in en",
    ]


def test_another_order_of_sections_is_a_warning() -> None:
    one, two = (section(name, "Text.") for name in ("one", "two"))
    told = _told(document("area/x.md", Locale.EN, one, two), document("area/x.md", Locale.RU, two, one))
    assert told == ["warning ru/area/x.md:1: the section two stands where en has one: put them in the same order"]


@pytest.mark.parametrize("name", ["as_of", "valid_from", "valid_until"])
def test_another_date_of_a_section_is_a_fault(name: str) -> None:
    english = _copy(Locale.EN, EN, **{name: date(2026, 1, 19)})
    russian = _copy(Locale.RU, RU, **{name: date(2026, 1, 20)})
    assert _told(english, russian) == [
        f"fault ru/area/x.md:9: a: {name} is 2026-01-20, in en it is 2026-01-19: mend the wrong one"
    ]


def test_another_source_is_a_fault() -> None:
    source = Source("Xinhua", "A page", "https://example.org/other", date(2026, 1, 18))
    assert _told(_copy(Locale.EN, EN), _copy(Locale.RU, RU, source=source)) == [
        (
            "fault ru/area/x.md:9: a: the source's url is https://example.org/other, in en it is "
            "https://example.org/page: mend the wrong one"
        ),
        "fault ru/area/x.md:9: a: the source's date is 2026-01-18, in en it is 2026-01-19: mend the wrong one",
    ]


def test_another_figure_in_the_title_of_a_source_is_a_fault() -> None:
    russian = Source("Xinhua", "Поезда 2024 года", "https://example.org/page", date(2026, 1, 19))
    english = replace(russian, title="Trains of 2025")
    assert _told(_copy(Locale.EN, EN, source=english), _copy(Locale.RU, RU, source=russian)) == [
        "fault ru/area/x.md:9: a: the source's title says 2024, en says 2025: mend the wrong one"
    ]


def test_a_document_that_is_open_in_one_language_only_is_a_fault() -> None:
    told = _told(_copy(Locale.EN, EN), replace(_copy(Locale.RU, RU), answerable=False))
    assert told == ["fault ru/area/x.md:1: answerable is false, in en it is true: mend the wrong one"]


def test_open_questions_are_compared_loosely() -> None:
    one, two = section("one", EN, heading="In July"), section("two", "Text.")
    russian = section("one", RU.replace("20%", "21%"), heading="Другое", line=9)
    told = _told(
        document("open/x.md", Locale.EN, one, two, answerable=False),
        document("open/x.md", Locale.RU, two, russian, answerable=False),
    )
    assert told == ["warning ru/open/x.md:9: one, sentence 2: says 21%, en says 20%: mend the wrong one"]


def test_a_changed_latin_name_or_code_is_a_fault() -> None:
    english = _copy(Locale.EN, "The COSMOPlat platform of Haier serves B2B trade.")
    russian = _copy(Locale.RU, "Платформа COSMOPlat компании Haier служит торговле B2B.")
    assert _told(english, russian) == []
    wrong = _copy(Locale.RU, "Платформа COSMOPlot компании Haier служит торговле B2C.")
    assert _told(english, wrong) == [
        "fault ru/area/x.md:9: a, sentence 1: says B2C, en says B2B: mend the wrong one",
        "fault ru/area/x.md:9: a: has the name COSMOPlot, which en does not: mend the wrong one",
    ]


def test_another_figure_in_the_title_is_a_fault() -> None:
    english = replace(_copy(Locale.EN, EN), title="Trains of 2025")
    russian = replace(_copy(Locale.RU, RU), title="Поезда 2024 года")
    assert _told(english, russian) == ["fault ru/area/x.md:1: the title says 2024, en says 2025: mend the wrong one"]


def test_a_name_that_all_others_keep_is_told() -> None:
    english = _copy(Locale.EN, "It is run by COSMOPlat.")
    others = [_copy(locale, "COSMOPlat.") for locale in (Locale.RU, Locale.KK, Locale.TG)]
    assert _told(english, *others, _copy(Locale.BE, "Космаплат.")) == [
        "warning be/area/x.md:9: a: lacks the name COSMOPlat, which all others have: add it"
    ]
    assert _told(english, *others, _copy(Locale.ZH, "卡奥斯。")) == []


def test_a_document_without_a_copy_in_a_complete_language_is_told() -> None:
    documents = [
        document(f"area/{name}.md", locale, section("a", "Text."))
        for name in "xyz"
        for locale in (Locale.EN, Locale.RU)
    ]
    assert _told(*documents[:-1]) == ["warning en/area/z.md:1: has no copy in ru: translate it"]


def test_a_copy_that_is_there_but_broken_is_not_told_as_missing() -> None:
    documents = [
        document(f"area/{name}.md", locale, section("a", "Text."))
        for name in "xyz"
        for locale in (Locale.EN, Locale.RU)
    ]
    assert differences_of(documents[:-1], broken={"ru/area/z.md"}).warnings == ()


def test_documents_of_one_language_only_have_nothing_to_be_compared_with() -> None:
    assert _told(document("area/x.md", Locale.KK, section("a", "1 200."))) == []


def test_without_english_the_first_language_is_the_reference() -> None:
    assert _told(_copy(Locale.ZH, ZH), _copy(Locale.RU, RU.replace("1 300", "1 200"))) == [
        "fault ru/area/x.md:9: a, sentence 1: says 1 200, zh says 1300: mend the wrong one"
    ]


@pytest.fixture(scope="module")
def real() -> dict[str, dict[str, Document]]:
    """The project's own knowledge, by path and file."""
    reading = KnowledgeFiles(FOLDER, identify=no_language)._read(frozenset(), {})
    copies: dict[str, dict[str, Document]] = defaultdict(dict)
    for one in reading.documents:
        copies[one.path][one.file] = one
    return copies


@pytest.mark.nightly
def test_the_project_s_own_files_say_the_same_in_all_languages(real: dict[str, dict[str, Document]]) -> None:
    documents = [one for copies in real.values() for one in copies.values()]
    reading = inspect(FolderReading(tuple(documents), (), ()))
    assert [str(told) for told in (*reading.faults, *reading.warnings)] == []


@dataclass(frozen=True, slots=True)
class Corruption:
    name: str
    file: str
    text: str


@pytest.mark.nightly
def test_of_200_random_corruptions_nearly_all_are_found(real: dict[str, dict[str, Document]]) -> None:
    chance = random.Random(20260119)
    files = {file: (FOLDER / file).read_text(encoding="utf-8") for copies in real.values() for file in copies}
    months = _months_of(files)
    tried: Counter[str] = Counter()
    missed: list[Corruption] = []
    for number in range(200):
        corruption = _corrupt(chance, files, months, _KINDS[number % len(_KINDS)])
        tried[corruption.name] += 1
        if not _is_found(real, corruption):
            missed.append(corruption)
    share = 1 - len(missed) / 200
    print(f"{share:.1%} of {dict(tried)} found; missed: {[(one.name, one.file) for one in missed]}")
    assert share >= 0.99


def _is_found(real: dict[str, dict[str, Document]], corruption: Corruption) -> bool:
    locale, _, path = corruption.file.partition("/")
    place = FilePlace(corruption.file, DocumentPath(path), Locale(locale), path.rpartition("/")[0])
    parsed = parse_file(corruption.text, place, "", no_language)
    if parsed.document is None:
        return True
    found = differences_of([*(real[path] | {corruption.file: parsed.document}).values()])
    return bool(found.faults or found.warnings)


def _corrupt(
    chance: random.Random, files: dict[str, str], months: dict[str, list[str]], kind: Callable[..., Iterator[str]]
) -> Corruption:
    """One change in a file of facts that holds something to change."""
    facts = [file for file in files if "/open/" not in file]
    while True:
        file = chance.choice(facts)
        changed = list(kind(chance, files[file], months[file[:2]]))
        if changed:
            return Corruption(kind.__name__.strip("_"), file, chance.choice(changed))


def _replaced(text: str, match: regex.Match[str], new: str) -> str:
    return text[: match.start()] + new + text[match.end() :]


def _digits(chance: random.Random, text: str, months: list[str]) -> Iterator[str]:
    """A digit of a sentence or heading."""
    del months
    body = text.index("\n---\n")
    for match in regex.finditer(r"(?m)^(?![?!])[^\n{]*?(?:\d[^\n{\d]*)+", text, pos=body + 5):
        for digit in regex.finditer(r"\d", text, pos=match.start(), endpos=match.end()):
            zero = ord(digit.group()) - int(digit.group())
            yield _replaced(text, digit, chr(zero + (int(digit.group()) + chance.randrange(1, 10)) % 10))


def _month_names(chance: random.Random, text: str, months: list[str]) -> Iterator[str]:
    """The name of a month in a sentence."""
    if not months:
        return
    names = "|".join(sorted(map(regex.escape, months), key=len, reverse=True))
    for match in regex.finditer(
        rf"(?m)(?<=^(?![?!#])[^\n]*)(?<!\w)(?:{names})(?!\w)", text, pos=text.index("\n---\n") + 5
    ):
        yield _replaced(text, match, chance.choice([name for name in months if name != match.group()]))


def _days(chance: random.Random, text: str, months: list[str]) -> Iterator[str]:
    """A date of a section or source: as_of, valid_until, date."""
    del months
    for match in regex.finditer(r"(?<=(?:as_of|valid_from|valid_until)[:=] ?)\d{4}-\d\d-\d\d", text):
        yield _replaced(
            text, match, str(date.fromordinal(date.fromisoformat(match.group()).toordinal() + chance.randrange(1, 400)))
        )


def _links(chance: random.Random, text: str, months: list[str]) -> Iterator[str]:
    """A letter of an address."""
    del months
    for match in regex.finditer(r"(?<=https?://[^\s]{8,})[a-y](?=[^\s]*)", text):
        yield _replaced(text, match, chr(ord(match.group()) + 1))


def _sections(chance: random.Random, text: str, months: list[str]) -> Iterator[str]:
    """A whole section gone."""
    del chance, months
    for match in regex.finditer(r"(?ms)^## .*?(?=^## |\Z)", text):
        yield _replaced(text, match, "")


_KINDS = (_digits, _digits, _month_names, _days, _links, _sections)


def _months_of(files: dict[str, str]) -> dict[str, list[str]]:
    """The names of months as they stand in the files of each language, one spelling a month."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file, text in files.items():
        if "/area/" in file or "/logistics/" in file:
            for figure in figures_of(text[text.index("\n---\n") :], Locale(file[:2])):
                if figure.kind is FigureKind.MONTH and not any(letter.isdigit() for letter in figure.written):
                    found[file[:2]].setdefault(figure.value, figure.written)
    return defaultdict(list, {locale: list(names.values()) for locale, names in found.items()})
