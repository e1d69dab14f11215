"""What lies close by what is known to have no answer, and what a new text would answer of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.index.version_retriever import VersionRetriever
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.chunking import chunks_of
from bot.ingestion.model import Document
from tests.support.knowledge_parts import LetterEmbeddings, document, section
from tests.support.published_index import published

PARKING = SectionKey(DocumentPath("open/venue.md"), "parking")
NOTICE = SectionKey(DocumentPath("venue/notice.md"), "notice")
OPEN = (
    document(
        "open/venue.md",
        Locale.EN,
        section("parking", "I do not know about parking.", "Is there parking?", "Where do I park my car?"),
        section("food", "I do not know about food.", "Where can I eat lunch?"),
        answerable=False,
    ),
    document(
        "open/venue.md",
        Locale.RU,
        section("parking", "Я не знаю о парковке.", "Есть ли парковка?"),
        section("food", "Я не знаю о еде.", "Где пообедать?"),
        answerable=False,
    ),
    document("expo/hall.md", Locale.EN, section("hall", "The hall is white.", "Is the hall white?")),
)


def notice(*questions: str) -> Document:
    return document("venue/notice.md", Locale.EN, section("notice", "Parking for a car is in garage 3.", *questions))


async def test_a_section_without_example_questions_may_answer_the_open_questions_it_lies_nearest_to(tmp_path: Path):
    retriever = await published(tmp_path, *OPEN, notice())
    assert list(retriever.knowledge.new_facts(PARKING)) == [NOTICE]
    assert NOTICE in retriever.knowledge.beside(PARKING, Locale.RU)


@pytest.mark.parametrize(
    ("locale", "text"), [(Locale.EN, "Is there parking? Where do I park my car?"), (Locale.RU, "Есть ли парковка?")]
)
async def test_of_a_section_in_several_languages_the_nearest_copy_counts(tmp_path: Path, locale: Locale, text: str):
    garage = document("venue/garage.md", locale, section("garage", text, "Is the garage open?"))
    retriever = await published(tmp_path, *OPEN, notice(), replace(notice(), locale=Locale.RU), garage)
    assert list(retriever.knowledge.new_facts(PARKING)) == [NOTICE]


async def test_a_section_with_example_questions_speaks_for_itself(tmp_path: Path):
    retriever = await published(tmp_path, *OPEN, notice("Is the garage open?"))
    assert list(retriever.knowledge.new_facts(PARKING)) == []


async def test_what_another_section_lies_nearer_to_is_not_newly_known(tmp_path: Path):
    garage = section("garage", "Is there parking? Where do I park my car?", "Is the garage open?")
    retriever = await published(tmp_path, *OPEN, notice(), document("venue/garage.md", Locale.EN, garage))
    assert list(retriever.knowledge.new_facts(PARKING)) == []


async def test_in_a_language_without_open_questions_nothing_is_compared(tmp_path: Path):
    persian = replace(notice(), locale=Locale.FA)
    retriever = await published(tmp_path, *OPEN, persian)
    assert list(retriever.knowledge.new_facts(PARKING)) == []


def near(retriever: VersionRetriever, text: str) -> list[SectionKey]:
    """The open questions that a text which is not published seems to answer."""
    (passage, *_) = chunks_of(document("venue/notice.md", Locale.EN, section("notice", text)))
    raw = np.array(LetterEmbeddings().embed_documents([passage.text]), dtype=np.float32)
    return list(retriever.open_questions_near([passage], raw))


async def test_what_a_text_would_answer_is_named_before_it_is_published(tmp_path: Path):
    retriever = await published(tmp_path, *OPEN)
    assert near(retriever, "Is there parking? Park a car in garage 3.") == [PARKING]
    assert near(retriever, "zzz") == []


async def test_nothing_is_named_where_another_section_lies_nearer(tmp_path: Path):
    garage = document("venue/garage.md", Locale.EN, section("garage", "Is there parking? Where do I park my car?"))
    retriever = await published(tmp_path, *OPEN, garage)
    assert near(retriever, "Park a car in garage 3.") == []


async def test_beside_an_open_question_lies_what_is_asked_in_like_words(tmp_path: Path):
    cars = document("way/cars.md", Locale.EN, section("cars", "A ramp leads there.", "Where does my car go to park?"))
    retriever = await published(tmp_path, *OPEN, cars)
    assert list(retriever.knowledge.beside(PARKING, Locale.EN)) == [SectionKey(DocumentPath("way/cars.md"), "cars")]
    assert list(retriever.knowledge.beside(PARKING, Locale.RU)) == []
    assert list(retriever.knowledge.beside(NOTICE, Locale.EN)) == []
