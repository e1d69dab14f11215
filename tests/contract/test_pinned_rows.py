"""Pins over a real index: they are found for every reading, and change nothing of what else is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.adapters.index.version_retriever import VersionRetriever
from bot.answering.ports import RetrievedPin
from bot.answering.reading import Reading
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.model import Document, DocumentUse
from tests.support.knowledge_parts import (
    document,
    section,
)
from tests.support.published_index import published

ORDINARY = (
    document("logistics/trains.md", Locale.EN, section("figures", "Freight trains carry timber.", "What do trains carry?")),
    document("expo/hall.md", Locale.EN, section("hall", "The exhibition opened in a white hall.", "Is the hall white?")),
    document("open/price.md", Locale.EN, section("price", "What a hall costs is not known."), answerable=False),
)  # fmt: skip
PARKING = SectionKey(DocumentPath("pins/parking.md"), "intro")
HALL = SectionKey(DocumentPath("expo/hall.md"), "hall")


def pin(*questions: str, locale: Locale = Locale.EN, tells: SectionKey | None = None, **more) -> Document:
    own = replace(section("intro", "" if tells else "Park at gate 4.", *questions), **more)
    use = DocumentUse.LEADS if tells else DocumentUse.TOLD
    return replace(document(PARKING.path, locale, own), use=use, tells=tells, is_pin=True)


async def pins_found(retriever: VersionRetriever, text: str) -> Sequence[RetrievedPin]:
    (retrieved,) = await retriever.retrieve([Reading(text)], Locale.EN, top_k=5)
    return retrieved.pins


async def test_the_same_question_is_as_near_as_can_be_and_finds_the_same_sections(tmp_path: Path):
    retriever = await published(tmp_path, *ORDINARY, pin("Can I park a car?", "Is there parking?"))
    (reading,) = await retriever.retrieve([Reading("Is there parking?")], Locale.EN, top_k=5)
    [found] = reading.pins
    assert found.key == PARKING
    assert found.question == pytest.approx(1.0, abs=0.02)
    asked_so = next(one for one in found.wordings if one.text == "Is there parking?")
    assert {one.key for one in asked_so.sections} == {one.key for one in reading.sections}


async def test_all_languages_of_a_pin_are_its_wordings_and_a_near_miss_is_none(tmp_path: Path):
    russian = pin("Где парковка?", locale=Locale.RU)
    english = pin("Is there parking?", near_misses=("Is there a bicycle rack?",))
    [found] = await pins_found(await published(tmp_path, *ORDINARY, english, russian), "Is there a bicycle rack?")
    assert {one.locale for one in found.wordings} == {Locale.EN, Locale.RU}
    assert found.near_miss == pytest.approx(1.0, abs=0.02)
    assert found.question < found.near_miss


async def test_a_pin_that_tells_another_section_is_none_that_is_found_listed_or_learned_of(tmp_path: Path):
    retriever = await published(tmp_path, *ORDINARY, pin("Is there parking?", tells=HALL))
    (found,) = await retriever.retrieve([Reading("Is there parking at gate 4?")], Locale.EN, top_k=9)
    assert PARKING not in {one.key for one in found.sections}
    assert PARKING not in list(retriever.knowledge.keys())
    [copy] = retriever.knowledge.copies(PARKING)
    assert (copy.is_pin, copy.sentences) == (True, ())


async def test_a_pin_with_a_text_of_its_own_is_found_like_any_section_besides(tmp_path: Path):
    retriever = await published(tmp_path, *ORDINARY, pin("Is there parking?"))
    (found,) = await retriever.retrieve([Reading("Which gate is for cars?")], Locale.EN, top_k=9)
    assert PARKING in {one.key for one in found.sections}
    [copy] = retriever.knowledge.copies(PARKING)
    assert (copy.is_pin, copy.sentences) == (True, ("Park at gate 4.",))


async def test_with_a_pin_all_else_is_found_as_without_it(tmp_path: Path):
    without = await published(tmp_path / "a", *ORDINARY)
    with_pin = await published(tmp_path / "b", *ORDINARY, pin("What do trains carry?", tells=HALL))
    for text in ("What do trains carry?", "white hall"):
        (old,) = await without.retrieve([Reading(text)], Locale.EN, top_k=5)
        (new,) = await with_pin.retrieve([Reading(text)], Locale.EN, top_k=5)
        assert [one.key for one in new.sections] == [one.key for one in old.sections]
        assert [one.coverage for one in new.sections] == [one.coverage for one in old.sections]
        assert old.pins == ()


async def test_a_pin_that_is_over_is_still_found_for_it_is_the_day_of_the_question_that_counts(tmp_path: Path):
    over = pin("Is there parking?", valid_until=date(2020, 1, 1))
    [found] = await pins_found(await published(tmp_path, *ORDINARY, over), "Is there parking?")
    assert found.key == PARKING
