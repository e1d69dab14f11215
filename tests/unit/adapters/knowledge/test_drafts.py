"""Drafts as files: read as far as they go, written into the knowledge file they are for, and made to be filled in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.knowledge.draft_file import ParsedDraft, parse_draft
from bot.adapters.knowledge.draft_writing import draft_lines, translated, with_drafted_questions
from bot.adapters.knowledge.file_format import FilePlace, parse_file
from bot.errors import KnowledgeError
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import Document, KnowledgeDraft
from tests.support.knowledge_parts import no_language

ORIGINAL = """\
---
title: Trains
topic: logistics
source:
  publisher: Xinhua
  url: https://example.org/trains
as_of: 2026-01-20
---

# Trains

All about trains.

## Trains in 2025 {#trains-2025 as_of=2026-01-19}

In 2025 1,225 trains ran.

? How many trains ran in 2025?

## Prices

A ticket costs 9 yuan.
"""
DRAFT = """\
---
title: 'Поезда: всё'
---

# Поезда

Всё о поездах.

## Поезда в 2025 году {#trains-2025}

В 2025 году прошло 1225 поездов.

? Сколько поездов прошло в 2025 году?
! Сколько поездов прошло в 2024 году?

## Цены {#section-2}

Билет стоит 9 юаней.
"""


def _place(locale: Locale) -> FilePlace:
    return FilePlace(f"{locale}/logistics/trains.md", DocumentPath("logistics/trains.md"), locale, "logistics")


def _parsed(text: str, locale: Locale) -> Document:
    document = parse_file(text, _place(locale), "hash", no_language).document
    assert document is not None
    return document


def _draft(text: str = DRAFT, locale: Locale = Locale.RU) -> KnowledgeDraft:
    draft = parse_draft(text, _place(locale)).draft
    assert draft is not None
    return draft


def test_a_draft_is_read_with_both_kinds_of_questions() -> None:
    draft = _draft()
    assert draft.title == "Поезда: всё"
    assert [section.section_id for section in draft.sections] == ["intro", "trains-2025", "section-2"]
    asked = draft.sections[1]
    assert asked.text == "В 2025 году прошло 1225 поездов."
    assert asked.questions == ("Сколько поездов прошло в 2025 году?",)
    assert asked.near_misses == ("Сколько поездов прошло в 2024 году?",)


def test_a_draft_needs_neither_text_nor_front_matter() -> None:
    draft = _draft("## {#trains-2025}\n\n? Сколько поездов?\n")
    assert [(section.text, section.questions) for section in draft.sections] == [("", ("Сколько поездов?",))]


def test_a_draft_outside_of_a_language_is_told() -> None:
    place = FilePlace("notes/x.md", DocumentPath("notes/x.md"), None, "notes")
    assert parse_draft(DRAFT, place) == ParsedDraft(None, parse_draft(DRAFT, place).faults)
    assert "drafts/en/" in str(parse_draft(DRAFT, place).faults[0])


def test_an_approved_translation_keeps_source_dates_and_order_of_the_original() -> None:
    document = _parsed(translated(ORIGINAL, _draft(), _parsed(ORIGINAL, Locale.EN)), Locale.RU)
    original = _parsed(ORIGINAL, Locale.EN)
    assert document.title == "Поезда: всё"
    assert [section.section_id for section in document.sections] == ["intro", "trains-2025", "section-2"]
    assert [section.source for section in document.sections] == [
        section.source and replace(section.source, title=document.title) for section in original.sections
    ]
    assert [section.as_of for section in document.sections] == [section.as_of for section in original.sections]
    assert document.sections[1].text == "В 2025 году прошло 1225 поездов."
    assert document.sections[1].near_misses == ("Сколько поездов прошло в 2024 году?",)


def test_a_translation_that_lacks_a_text_is_refused_by_name() -> None:
    draft = _draft(DRAFT.replace("Билет стоит 9 юаней.\n", "? Почём билет?\n"))
    with pytest.raises(KnowledgeError, match=r"drafts/ru/logistics/trains\.md has no text for section-2"):
        translated(ORIGINAL, draft, _parsed(ORIGINAL, Locale.EN))


def test_questions_for_the_original_are_added_below_their_section_and_once() -> None:
    draft = _draft(
        "## Trains {#trains-2025}\n\n? How many trains ran in 2025?\n? trains 2025 number\n! How many in 2024?\n"
        "\n## {#section-2}\n\n? Ticket price?\n",
        Locale.EN,
    )
    once = with_drafted_questions(ORIGINAL, draft)
    sections = _parsed(once, Locale.EN).sections
    assert sections[1].questions == ("How many trains ran in 2025?", "trains 2025 number")
    assert sections[1].near_misses == ("How many in 2024?",)
    assert sections[2].questions == ("Ticket price?",)
    assert [section.text for section in sections] == [one.text for one in _parsed(ORIGINAL, Locale.EN).sections]
    assert with_drafted_questions(once, draft) == once


def test_questions_for_an_unknown_section_are_refused() -> None:
    with pytest.raises(KnowledgeError, match="sections that the document does not have: cars"):
        with_drafted_questions(ORIGINAL, _draft("## Cars {#cars}\n\n? Cars?\n", Locale.EN))


def test_an_empty_draft_shows_the_original_and_says_nothing_itself() -> None:
    original = _parsed(ORIGINAL.replace("9 yuan", "9 --> yuan"), Locale.EN)
    empty = KnowledgeDraft(DocumentPath("logistics/trains.md"), Locale.KK, "", (), "")
    text = "".join(draft_lines(empty, original.sections, Locale.EN))
    assert "<!-- en: In 2025 1,225 trains ran. -->" in text
    assert _draft(text, Locale.KK).sections == ()


def test_a_draft_that_is_written_is_read_again_as_it_was() -> None:
    draft = _draft()
    text = "".join(draft_lines(draft, _parsed(ORIGINAL, Locale.EN).sections, Locale.EN))
    again = _draft(text)
    assert [(one.section_id, one.text, one.questions, one.near_misses) for one in again.sections] == [
        (one.section_id, one.text, one.questions, one.near_misses) for one in draft.sections
    ]
