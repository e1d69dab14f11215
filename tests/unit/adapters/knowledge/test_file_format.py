from __future__ import annotations

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.knowledge import front_matter
from bot.adapters.knowledge.file_format import FilePlace, ParsedFile, parse_file
from bot.ids import DocumentPath, Locale, ReplyKind
from bot.ingestion.model import Document, Readership
from tests.support.knowledge_parts import no_language

PLACE = FilePlace("en/logistics/trains.md", DocumentPath("logistics/trains.md"), Locale.EN, "logistics")
MATTER = """\
---
title: Trains
topic: logistics
source:
  publisher: Xinhua
  title: Short title
  date: 2026-01-19
  url: https://example.org/trains
as_of: 2026-01-20
audience: public
owner: knowledge team
sources:
  article:
    publisher: People's Daily
    title: The article
    date: 2024-06-27
    url: https://example.org/article
---
"""
BODY = """
# Trains

Before the first section.

## Trains in 2025 {#trains-2025}

In 2025 more trains ran
than before.

? How many trains ran in 2025?
? Was 2025 a record year?

## Assembly {#assembly source=article as_of=2024-06-28 valid_from=2024-01-01 valid_until=2026-09-14}

The centre is in Almaty.
"""


def _parse(text: str, place: FilePlace = PLACE) -> ParsedFile:
    return parse_file(text, place, "hash", no_language)


def _document(text: str, place: FilePlace = PLACE) -> Document:
    parsed = _parse(text, place)
    assert parsed.faults == ()
    assert parsed.document is not None
    return parsed.document


def _faults(text: str) -> list[str]:
    parsed = _parse(text)
    assert parsed.document is None
    return [f"{fault.line}: {fault.reason}" for fault in parsed.faults]


def _with(old: str, new: str) -> str:
    assert old in MATTER
    return MATTER.replace(old, new) + BODY


def test_a_whole_file_becomes_a_document() -> None:
    document = _document(MATTER + BODY)

    assert (document.path, document.locale, document.title) == ("logistics/trains.md", Locale.EN, "Trains")
    assert (document.topic, document.owner, document.audience) == ("logistics", "knowledge team", Readership.PUBLIC)
    assert [section.section_id for section in document.sections] == ["intro", "trains-2025", "assembly"]
    assert _parse(MATTER + BODY).warnings == ()


def test_a_section_has_heading_text_questions_and_the_file_s_source() -> None:
    section = _document(MATTER + BODY).sections[1]

    assert section.heading == "Trains in 2025"
    assert section.text == "In 2025 more trains ran than before."
    assert section.questions == ("How many trains ran in 2025?", "Was 2025 a record year?")
    assert section.source.url == "https://example.org/trains"
    assert section.as_of == date(2026, 1, 20)
    assert section.line == MATTER.count("\n") + BODY[: BODY.index("## Trains in")].count("\n") + 1


def test_a_heading_s_attributes_say_where_and_when() -> None:
    section = _document(MATTER + BODY).sections[2]

    assert section.source.publisher == "People's Daily"
    assert section.as_of == date(2024, 6, 28)
    assert (section.valid_from, section.valid_until) == (date(2024, 1, 1), date(2026, 9, 14))


def test_a_section_may_have_an_owner_of_its_own() -> None:
    document = _document(MATTER + BODY.replace("as_of=2024-06-28", 'owner="press  office"'))
    assert [section.owner for section in document.sections] == ["", "", "press office"]


def test_a_section_may_ask_back_which_of_others_is_meant() -> None:
    offers = "offers=entry/countries.md,open/entry.md#visa-others"
    document = _document(MATTER + BODY.replace("as_of=2024-06-28", offers))
    assert [section.offers for section in document.sections][2] == ("entry/countries.md", "open/entry.md#visa-others")


def test_a_named_source_brings_its_own_date() -> None:
    section = _document(MATTER + BODY.replace(" as_of=2024-06-28", "")).sections[2]
    assert section.as_of == date(2024, 6, 27)


def test_text_before_the_first_section_is_the_introduction() -> None:
    introduction = _document(MATTER + BODY).sections[0]
    assert (introduction.heading, introduction.text) == ("Trains", "Before the first section.")


def test_validity_of_the_file_holds_for_its_sections() -> None:
    document = _document(_with("audience: public", "audience: staff\nvalid_until: 2026-12-31"))
    assert document.audience is Readership.STAFF
    assert document.sections[1].valid_until == date(2026, 12, 31)
    assert document.sections[2].valid_until == date(2026, 9, 14)


def test_open_questions_need_no_source() -> None:
    document = _document(
        "---\ntitle: Open\ntopic: logistics\nas_of: 2026-01-01\nanswerable: false\n---\n## A {#a}\n\nText.\n"
    )
    assert not document.answerable
    assert document.sections[0].source is None


def test_a_reply_makes_a_document_of_examples_which_answer_nothing() -> None:
    document = _document("---\ntitle: P\nas_of: 2026-01-01\nreply: politics\n---\n## A {#a}\n\nText.\n")
    assert document.reply is ReplyKind.POLITICS
    assert not document.answerable


@pytest.mark.parametrize(("written", "kept"), [("2025-07", None), ("2023", None), ("2026-01-19", date(2026, 1, 19))])
def test_a_source_dated_by_month_or_year_gets_no_invented_day(written: str, kept: date | None) -> None:
    document = _document(_with("date: 2026-01-19", f"date: {written}"))
    assert document.sections[0].source.date == kept


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title: Trains\n", "", "2: title is missing"),
        ("as_of: 2026-01-20", "as_of: soon", "9: as_of must be a date like 2026-01-19, not 'soon'"),
        ("as_of: 2026-01-20", "as_of: 20260120", "9: as_of must be a date like 2026-01-19, not 20260120"),
        ("as_of: 2026-01-20", "as_of: 2026-02-30", "9: as_of must be a date like 2026-01-19, not '2026-02-30'"),
        ("  publisher: Xinhua\n", "", "4: source.publisher is missing"),
        ("topic: logistics", "topic: expo", "1: topic is 'expo', but the file stands in the folder 'logistics': they must be equal"),
        ("audience: public", "audience: friends", "10: audience must be one of 'public' or 'staff', not 'friends'"),
        (
            "url: https://example.org/trains",
            "url: javascript:alert(1)",
            "8: source.url must be an address that begins with https:// or http://, not 'javascript:alert(1)'",
        ),
        ("audience: public", "valid_from: 2026-02-01\nvalid_until: 2026-01-01", "11: valid_until lies before valid_from"),
        ("title: Trains", "title: [a", "3: the front matter is no YAML: expected ',' or ']', but got ':'"),
        ("title: Trains", "title: A\ntitle: B", "3: the front matter is no YAML: 'title' is given twice"),
        ("title: Trains", "title: &a [x]\nowner: *a", "3: the front matter is no YAML: aliases (*name) are not allowed"),
        ("title: Trains", "title: ''", "2: title: must not be empty"),
        ("title: Trains", "title: [Trains]", "2: title must be one line of text, not ['Trains']"),
        ("owner: knowledge team", "owner:", "11: owner has no value: write one, or take the line out"),
        ("owner: ", "answerable: maybe\nowner: ", "11: answerable must be true or false, not 'maybe'"),
        (
            "owner: knowledge team\nsources:\n  article:",
            "sources:\n  leaflet: A leaflet\n  article:",
            "12: sources.leaflet must be a publisher and a url, each on a line of its own set in below it, not 'A leaflet'",
        ),
        ("title: Trains", "title: Trains\t", "2: the front matter is no YAML: found character '\\t' that cannot start any token"),
        ("title: Trains", "? [a]\n: b", "2: the front matter is no YAML: a list or mapping can't be a key"),
        ("owner: ", "? {a: b}\n: c\nowner: ", "11: the front matter is no YAML: a list or mapping can't be a key"),
        ("owner: ", "a: " + "[" * 25 + "\nowner: ", "11: the front matter is no YAML: lists and mappings stand more than 20 deep in one another"),
        ("owner: ", "a: " + "{a: " * 30 + "}" * 30 + "\nowner: ", "11: the front matter is no YAML: lists and mappings stand more than 20 deep in one another"),
        ("audience: public", "audience: !!bool public", "2: the front matter is no YAML: a value is not what its tag (!!…) says"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_reason(old: str, new: str, fault: str) -> None:
    assert fault in _faults(_with(old, new))


def test_a_source_in_words_alone_is_told_what_it_needs() -> None:
    matter = "---\ntitle: Trains\nas_of: 2026-01-20\nsource: The railway's leaflet\n---\n"
    assert _faults(matter + BODY.replace("source=article ", ""))[0] == (
        '4: source must be a publisher and a url, each on a line of its own set in below it, not "The railway\'s leaflet"'
    )
    assert _faults(matter.replace("source", "sources") + BODY)[0].startswith(
        "4: sources must be names on lines of their own"
    )


def test_a_sound_front_matter_is_read_by_the_quick_parser_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_matter, "_StrictLoader", None)
    assert _document(MATTER + BODY).title == "Trains"


@pytest.mark.parametrize("text", [MATTER + BODY, _with("audience: public", "a: *b"), _with("owner:", "owner: [")])
def test_without_libyaml_the_same_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_libyaml = _parse(text)
    python_alone = {"yaml_implicit_resolvers": front_matter._RESOLVERS}
    monkeypatch.setattr(front_matter, "_QuickLoader", type("_QuickLoader", (yaml.SafeLoader,), python_alone))
    assert _parse(text) == with_libyaml


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Parking: where and how", "Parking: where and how"),
        ("Parking: where: and how:", "Parking: where: and how:"),
        ("Visitor's parking: where  # checked", "Visitor's parking: where"),
        ("Открыто: с 9:00", "Открыто: с 9:00"),
        ("'Parking: quoted'", "Parking: quoted"),
        ("Opens at 9:00", "Opens at 9:00"),
        ("Hall # a remark", "Hall"),
    ],
)
def test_a_title_may_hold_a_colon(written: str, read: str) -> None:
    document = _document(MATTER.replace("title: Trains", f"title: {written}") + BODY)
    assert document.title == read
    assert document.sections[0].as_of == date(2026, 1, 20)


def test_a_publisher_may_hold_a_colon_and_the_lines_of_other_faults_stay_right() -> None:
    text = MATTER.replace("Xinhua", "Xinhua: Qingdao").replace("as_of: 2026-01-20", "as_of: soon")
    assert [(fault.line, fault.reason) for fault in _parse(text + BODY).faults] == [
        (9, "as_of must be a date like 2026-01-19, not 'soon'")
    ]
    document = _document(text.replace("soon", "2026-01-20") + BODY)
    source = document.sections[0].source
    assert source is not None
    assert source.publisher == "Xinhua: Qingdao"


def test_another_value_with_a_colon_is_a_fault_that_says_what_to_write() -> None:
    (fault,) = _parse(MATTER.replace("topic: logistics", "topic: by: rail") + BODY).faults
    assert fault.line == 3
    assert "between quotes, like title: 'Parking: where and how'" in fault.reason


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40))
def test_no_title_with_a_colon_breaks_the_reader(text: str) -> None:
    _parse(MATTER.replace("title: Trains", f"title: a{text}: b") + BODY)


def test_an_unknown_key_is_a_fault_that_lists_the_known_ones() -> None:
    (fault,) = _faults(_with("audience: public", "valid_untill: 2026-01-01"))
    assert fault.startswith("10: unknown key valid_untill; known are answerable, as_of,")


def test_all_faults_are_told_at_once() -> None:
    text = _with("title: Trains\n", "").replace("as_of: 2026-01-20", "as_of: x")
    assert len(_faults(text)) == 2


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{#assembly ", "{#trains-2025 ", "32: the id 'trains-2025' is used already on line 24"),
        ("source=article", "source=paper", "32: source=paper is not among the sources of the file (article)"),
        ("valid_from=2024-01-01", "valid_from=2027-01-01", "32: valid_until lies before valid_from"),
        ("as_of=2024-06-28", "as_of=June", "32: as_of must be a date like 2026-01-19, not 'June'"),
        ("as_of=2024-06-28", "author=me", "32: unknown attribute author; known are source, owner, offers, answered_by, as_of, valid_from, valid_until"),
        ("as_of=2024-06-28", "offers=russia", "32: offers must name files or sections like entry/countries.md#russia, not 'russia'"),
        ("as_of=2024-06-28", "whatever", "32: 'whatever' in the heading's braces has not the form name=value"),
        ("{#assembly ", "{#as/../sembly ", "32: the id 'as/../sembly' may hold only A-Z a-z 0-9 - _ (at most 64 characters)"),
        ("In 2025 more trains ran\nthan before.\n", "", "24: «Trains in 2025» has questions but no text that answers them"),
    ],
)  # fmt: skip
def test_a_fault_in_a_heading_names_its_line(old: str, new: str, fault: str) -> None:
    assert old in BODY
    assert _faults(MATTER + BODY.replace(old, new)) == [fault]


def test_front_matter_must_end() -> None:
    assert "1: the front matter has no end: a line `---` must follow it" in _faults("---\ntitle: A\n\n# A\n")


def test_a_file_without_front_matter_is_read_with_a_warning() -> None:
    parsed = _parse("# Opening hours\n\nThe hall opens at nine.\n")

    assert parsed.document.title == "Opening hours"
    assert parsed.document.sections[0].text == "The hall opens at nine."
    assert parsed.document.sections[0].source is None
    assert "no front matter" in parsed.warnings[0].reason


def test_a_heading_without_id_is_called_by_its_place_in_every_language() -> None:
    body = "# T\n\n## First thing\n\nText.\n\n## Second thing\n\nText.\n"
    parsed = _parse(MATTER + body)

    assert [section.section_id for section in parsed.document.sections] == ["section-1", "section-2"]
    assert len(parsed.warnings) == 2


def test_language_comes_from_the_front_matter_or_is_recognised_outside_language_folders() -> None:
    place = FilePlace("notes/a.md", DocumentPath("notes/a.md"), None, "notes")
    with_lang = MATTER.replace("topic: logistics", "topic: notes\nlang: ru") + BODY
    text = "# Title\n\nText.\n"

    assert _document(with_lang, place).locale is Locale.RU
    assert parse_file(text, place, "hash", lambda _: Locale.KK).document.locale is Locale.KK
    assert "is in none of the languages" in parse_file(text, place, "hash", no_language).faults[0].reason


def test_marks_are_turned_into_plain_text() -> None:
    body = (
        "## A {#a}\n\n**Bold**, *slanted*, `code`, [a page](https://example.org/p) and <https://example.org/q>.\n\n"
        "- first\n- second\n\n| City | Line |\n|---|---|\n| Qingdao | 8 |\n| Jiaozhou | 12 |\n\n> Quoted &amp; kept.\n"
    )
    assert _document(MATTER + body).sections[0].text.split("\n") == [
        "Bold, slanted, code, a page (https://example.org/p) and https://example.org/q.",
        "first",
        "second",
        "City: Qingdao; Line: 8",
        "City: Jiaozhou; Line: 12",
        "Quoted & kept.",
    ]


def test_lines_of_chinese_are_joined_without_a_blank() -> None:
    assert (
        _document(MATTER + "## A {#a}\n\n展览会在春天\n开幕，地点是\n大厅。\n").sections[0].text
        == "展览会在春天开幕，地点是大厅。"
    )


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    _parse(text)
    _parse(MATTER + text)
    _parse(f"---\n{text}\n---\n\n## A {{#a}}\n\nText.\n")


@given(st.text(alphabet="#{}= \n?|-*`[]()<>!&;:ab1\"'\\/_~", max_size=120))
def test_no_markup_breaks_the_reader(text: str) -> None:
    parsed = _parse(MATTER + "\n" + text)
    assert parsed.document is not None or parsed.faults


PINNED = "---\ntitle: Is there parking?\nas_of: 2026-11-28\n{}---\n"


def parsed_pin(marks: str, body: str) -> ParsedFile:
    place = FilePlace("en/pins/p.md", DocumentPath("pins/p.md"), Locale.EN, "pins")
    return parse_file(PINNED.format(marks) + body, place, "hash", no_language)


def test_a_pin_tells_a_section_or_has_a_text_of_its_own_and_questions():
    telling = parsed_pin("tells: venue/hall.md#size\n", "\n? Is there parking?\n? Can I park?\n").document
    assert telling is not None
    assert (telling.is_pin, str(telling.tells)) == (True, "venue/hall.md#size")
    assert telling.sections[0].questions == ("Is there parking?", "Can I park?")


@pytest.mark.parametrize(
    ("marks", "body", "reason"),
    [
        ("tells: venue/hall.md#size\n", "\nA text.\n\n? Is there parking?\n", "has no text of its own"),
        ("tells: venue/hall.md\n", "\n? Is there parking?\n", "must name a section like"),
        ("tells: venue/hall.md#size\n", "", "holds no text"),
        ("tells: venue/hall.md#size\n", "\n? One?\n\n## B {#b}\n\n? Two?\n", "make two files of it"),
        ("pinned: true\nsource: {publisher: P, url: https://example.org/}\n", "\nA text.\n", "needs the questions"),
        ("pinned: true\n", "\nA text.\n\n? Is there parking?\n", "source is missing"),
        ("tells: venue/hall.md#size\nanswerable: false\n", "\n? Is there parking?\n", "a pin is told to visitors"),
    ],
)
def test_what_a_pin_lacks_or_has_too_much_is_told(marks: str, body: str, reason: str):
    found = parsed_pin(marks, body)
    assert found.document is None
    assert any(reason in fault.reason for fault in found.faults)
