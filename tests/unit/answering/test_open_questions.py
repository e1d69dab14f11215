"""Open questions that are asked for what a section says by now."""

from __future__ import annotations

from dataclasses import replace

from bot.answering.browsing import citation
from bot.answering.model import Answer, Outcome, Question
from bot.answering.open_questions import changed_sections, gaps_in, gaps_near, overtaken
from bot.ids import NEAR_MISS_MARK, DocumentPath, Locale, ReplyKind, SectionKey
from tests.support.answering_parts import TODAY, GivenRetriever, examples, key, section

GAP = section("parking", "Nothing is known of it.", answerable=False, questions=("park a car?", "car park?", "lots?"))
IN_RUSSIAN = replace(GAP, locale=Locale.RU, questions=("где парковка?", "есть ли стоянка?", "парковка?"))
LOTS = section("lots", "There are two car parks.")
HALL = section("hall", "The hall is white.")


class Told:
    """Answers questions that hold a word with a section; keeps what it was asked."""

    def __init__(self, **by_word: str) -> None:
        self.by_word = by_word
        self.asked: list[Question] = []

    async def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        name = next((name for word, name in self.by_word.items() if word in question.text), None)
        if name is None:
            return Answer(Outcome.UNKNOWN, Locale.EN, Locale.EN)
        return Answer(Outcome.ANSWERED, Locale.EN, Locale.EN, citations=(citation(section(name, "Told.")),))


async def test_an_open_question_that_a_section_answers_for_half_of_what_is_asked_is_named() -> None:
    retriever = GivenRetriever([GAP, LOTS], {"lots": 0.5})
    (found,) = await overtaken([GAP.key], Told(car="lots"), retriever, TODAY)
    assert (found.gap, found.by) == (key("parking"), key("lots"))


async def test_one_that_is_answered_less_often_or_by_one_section_here_and_another_there_is_not_named() -> None:
    retriever = GivenRetriever([GAP, LOTS, HALL], {"lots": 0.5})
    assert await overtaken([GAP.key], Told(lots="lots"), retriever, TODAY) == []
    by_three = Told(**{"a car": "lots", "car park": "hall", "lots": "gate"})
    assert await overtaken([GAP.key], by_three, retriever, TODAY) == []
    assert await overtaken([GAP.key], Told(), retriever, TODAY) == []


async def test_five_questions_are_asked_the_languages_taking_turns() -> None:
    answerer = Told()
    sections = [GAP, IN_RUSSIAN, LOTS, replace(LOTS, locale=Locale.RU)]
    await overtaken([GAP.key], answerer, GivenRetriever(sections, {"parking": 0.9, "lots": 0.5}), TODAY)
    assert [(one.text, one.app_locale) for one in answerer.asked] == [
        ("park a car?", Locale.EN),
        ("где парковка?", Locale.RU),
        ("car park?", Locale.EN),
        ("есть ли стоянка?", Locale.RU),
        ("lots?", Locale.EN),
    ]


async def test_only_languages_in_which_the_nearest_section_stands_are_asked_in() -> None:
    answerer = Told()
    await overtaken([GAP.key], answerer, GivenRetriever([GAP, IN_RUSSIAN, LOTS], {"lots": 0.5}), TODAY)
    assert {one.app_locale for one in answerer.asked} == {Locale.EN}


async def test_an_open_question_that_nobody_asks_is_not_named() -> None:
    retriever = GivenRetriever([replace(GAP, questions=())], {"parking": 0.5})
    assert await overtaken([GAP.key], Told(), retriever, TODAY) == []


async def test_examples_of_small_talk_are_no_open_questions() -> None:
    retriever = GivenRetriever([GAP, LOTS, examples(ReplyKind.THANKS)], {"parking": 0.5, "lots": 0.9, "thanks": 0.9})
    assert gaps_in(retriever) == [GAP.key]
    assert await gaps_near(retriever, [LOTS, HALL]) == [GAP.key]


def test_what_is_asked_close_by_a_section_is_no_open_question() -> None:
    near_miss = replace(GAP, key=SectionKey(DocumentPath(f"topic/lots.md{NEAR_MISS_MARK}"), "lots"))
    assert gaps_in(GivenRetriever([near_miss, GAP], {})) == [GAP.key]


def test_sections_that_are_new_or_say_something_else_have_changed() -> None:
    before = GivenRetriever([LOTS, HALL, GAP], {})
    other = replace(LOTS, text="There are three car parks.")
    new = section("gate", "The gate is in the north.")
    assert changed_sections(before, GivenRetriever([other, HALL, new, IN_RUSSIAN], {})) == [other, new]
