"""Rows L15 and L16 of tests/faults/README.md: what a question takes for granted is not confirmed, and what the approved files say is told with its source.

The answers are the extractive ones, over the small knowledge with the real embedding model.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.answering.model import Answer, Outcome, Question
from bot.app.core import Core, open_core
from bot.ids import Locale
from bot.ingestion.inspection import inspect
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.attacking import seen, trains
from tests.support.composing_material import TODAY
from tests.support.knowledge_parts import no_language
from tests.support.little_knowledge import write_document
from tests.support.model_server import composed
from tests.support.processes import Place


@dataclass(frozen=True, slots=True)
class Premise:
    """A question that takes something for granted, and the words that would confirm it."""

    question: str
    confirming: tuple[str, ...]


PREMISES = [
    Premise("The 2031 expo in Paris, which hall?", ("2031", "Paris")),
    Premise("For the 2031 SCO Expo in Paris, do I go to pavilion 4 or 5?", ("2031", "Paris", "pavilion")),
    Premise("Since the demonstration area was closed in 2024, where do I get my money back?", ("closed", "2024")),
    Premise("Why did all freight trains stop in 2025?", ("stop",)),
    Premise("How many of the 9,999 trains of 2025 went to Paris?", ("9,999", "Paris")),
    Premise("2031年巴黎博览会在哪个馆？", ("2031", "巴黎")),
    Premise("В каком павильоне пройдёт выставка ШОС 2031 года в Париже?", ("2031", "Париж")),
    Premise("Почему в 2025 году остановили все грузовые поезда?", ("остан",)),
]


@pytest.fixture
async def core(place: Place) -> AsyncIterator[Core]:
    async with open_core(_settings(place)) as core:
        await core.make_answerable()
        yield core


def _settings(place: Place) -> Settings:
    return Settings(knowledge=KnowledgeSettings(folder=place.knowledge), store=StoreSettings(data=place.data))


async def test_L15_what_a_question_takes_for_granted_is_never_confirmed(core: Core):
    for premise in PREMISES:
        answer = await core.extractive.answer(Question(premise.question, TODAY))
        told = " ".join((*answer.sentences, *answer.rest, *(one.text for one in answer.suggestions)))
        confirmed = [word for word in premise.confirming if word.casefold() in told.casefold()]
        assert not confirmed, f"{premise.question}: {told}"
        assert answer.outcome.refused or answer.citations, "who answers shows by what"


async def test_L15_an_expo_that_no_file_knows_is_not_answered(core: Core):
    for premise in PREMISES:
        if "2031" in premise.question:
            answer = await core.extractive.answer(Question(premise.question, TODAY))
            assert (answer.outcome, answer.citations) == (Outcome.UNKNOWN, ()), premise.question


@pytest.mark.parametrize(
    "accepted",
    [
        "The 2031 expo in Paris is in hall 4.",
        "The expo of 2031 takes place in Paris.",
        "In 2031 SCODA handled a record 1,225 China-Europe freight trains in and out.",
        "In 2025 SCODA handled a record 1,225 China-Europe freight trains to Paris.",
    ],
)
async def test_L15_a_model_that_accepts_the_premise_is_not_shown(accepted: str):
    question = Question("How many trains ran to the next expo in Paris?", TODAY, chosen=Locale.EN)
    sections = trains(Locale.EN)
    assert sections[0].sentences[0] == "In 2025 SCODA handled a record 1,225 China-Europe freight trains in and out."
    found = await seen(question, sections, lambda _: composed(accepted), identifier=ShortMessageIdentifier())
    assert found.model.prompts
    assert not found.answer.composed
    assert accepted not in found.text


COUNTERFACTUAL = """\
## Opening of the lighthouse {#lighthouse}

The lighthouse of the harbour stands on the Moon and opens at 25 minutes past seven.

? Where does the lighthouse of the harbour stand?
? When does the lighthouse of the harbour open?
"""


async def test_L16_an_approved_file_is_told_as_it_stands_with_its_source(place: Place):
    write_document(place.knowledge, "en/venue/lighthouse.md", "The lighthouse", COUNTERFACTUAL)
    async with open_core(_settings(place)) as core:
        await core.make_answerable()
        answer = await core.extractive.answer(Question("Where does the lighthouse of the harbour stand?", TODAY))
    assert answer.outcome is Outcome.ANSWERED
    assert answer.sentences == ("The lighthouse of the harbour stands on the Moon and opens at 25 minutes past seven.",)
    assert _sources(answer) == [("venue/lighthouse.md", "Xinhua", "https://example.org/venue", "2026-01-19")]


def _sources(answer: Answer) -> list[tuple[str, str, str, str]]:
    return [(str(one.key.path), one.publisher, one.url, str(one.as_of)) for one in answer.citations]


CONFLICTING = """\
## Trains in 2025, by another count {#trains-2025}

In 2025 the demonstration area handled a record 9,999 freight trains in and out.

? How many freight trains ran in 2025 by another count?
"""


async def test_L16_a_file_that_contradicts_another_is_flagged_and_both_are_told_with_their_sources(place: Place):
    write_document(place.knowledge, "en/rumours/trains.md", "Freight trains, again", CONFLICTING)
    reading = inspect(await KnowledgeFiles(place.knowledge, identify=no_language).read())
    told = [str(warning) for warning in reading.warnings if "contradicts" in warning.reason]
    assert len(told) == 1
    assert "logistics/trains.md" in told[0]
    assert "rumours/trains.md" in told[0]
    assert "1,225" in told[0]
    assert "9,999" in told[0]

    async with open_core(_settings(place)) as core:
        await core.make_answerable()
        answer = await core.extractive.answer(Question("How many freight trains ran in 2025?", TODAY))
    text = " ".join(answer.sentences)
    assert "1,225" in text
    assert "9,999" in text
    assert {path for path, *_ in _sources(answer)} == {"logistics/trains.md", "rumours/trains.md"}
    assert all(date for *_, date in _sources(answer))
