"""A line a section: what it lacks, and which section needs a person first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.model import Document, KnowledgeDraft, Readership, Section
from bot.ingestion.overview import most_told, section_statuses, worst_first

TODAY = date(2026, 11, 28)
PATH = DocumentPath("notes/x.md")
SIX = tuple(f"Question {number}?" for number in range(6))


def _section(name: str, *, questions: tuple[str, ...] = SIX, valid_until: date | None = None) -> Section:
    return Section(name, name.title(), f"Text of {name}.", questions=questions, valid_until=valid_until)


def _document(*sections: Section, locale: Locale = Locale.EN) -> Document:
    return Document(PATH, locale, "Notes", "notes", sections, f"hash-{locale}")


def test_a_section_is_told_with_all_that_it_has_and_lacks():
    english = _document(_section("hall"), _section("gate", questions=SIX[:2], valid_until=date(2026, 12, 1)))
    russian = _document(_section("hall", questions=()), locale=Locale.RU)
    draft = KnowledgeDraft(PATH, Locale.KK, "", (), "draft")
    hall, gate = section_statuses(
        [english, russian],
        [draft],
        stale={"ru/notes/x.md"},
        told={"notes/x.md#gate": 7},
        sure={"notes/x.md#hall": (3, 4)},
    )
    assert hall.locales == (Locale.EN, Locale.RU)
    assert (hall.stale, hall.poor, hall.questions, hall.drafts) == ((Locale.RU,), (Locale.RU,), 6, 1)
    assert (hall.told, hall.sure, hall.ends_on) == (0, (3, 4), None)
    assert gate.missing([Locale.EN, Locale.RU]) == (Locale.RU,)
    assert (gate.stale, gate.told, gate.sure, gate.ends_on) == ((), 7, None, date(2026, 12, 1))


def test_what_is_over_comes_first_then_what_the_bot_is_unsure_of_then_what_lacks_languages():
    english = _document(*(_section(name) for name in ("fine", "unsure", "alone")), _section("over", valid_until=TODAY))
    english = replace(
        english, sections=(*english.sections[:3], replace(english.sections[3], valid_until=date(2026, 11, 27)))
    )
    russian = _document(_section("fine"), _section("unsure"), _section("over"), locale=Locale.RU)
    sure = {f"notes/x.md#{name}": share for name, share in (("fine", (4, 4)), ("unsure", (1, 4)), ("alone", (4, 4)))}
    listed = worst_first(section_statuses([english, russian], [], sure=sure), today=TODAY)
    assert [one.key for one in listed] == [SectionKey(PATH, name) for name in ("over", "unsure", "alone", "fine")]


def test_what_visitors_are_not_told_has_no_line():
    hidden = [
        replace(_document(_section("hall")), audience=Readership.STAFF),
        replace(_document(_section("hall")), answerable=False),
    ]
    assert section_statuses(hidden, []) == []


def test_what_is_told_most_often_is_known_and_what_never_was_is_not_among_it():
    document = _document(*(_section(name) for name in ("once", "never", "often", "twice")))
    told = {"notes/x.md#once": 1, "notes/x.md#often": 9, "notes/x.md#twice": 2}
    statuses = section_statuses([document], [], told=told)
    assert [one.heading(Locale.RU) for one in statuses][:1] == [(Locale.EN, "Once")]
    assert {key.section_id for key in most_told(statuses, count=2)} == {"often", "twice"}
    assert {key.section_id for key in most_told(statuses, count=9)} == {"often", "twice", "once"}
