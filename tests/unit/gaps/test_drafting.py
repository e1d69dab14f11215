from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.adapters.knowledge.front_matter import read_front_matter
from bot.answering.model import Loss, LostBy
from bot.gaps.drafting import draft_name, draft_of
from bot.gaps.model import Gap, GapId, GapState, LostQuestion
from bot.ids import Locale
from tests.support.gap_rig import HALL, NOW, OPEN

TODAY = date(2026, 11, 3)


def gap(*asked):
    questions = tuple(
        LostQuestion(str(n), text, locale, NOW, Loss(LostBy.LOW_CONFIDENCE, HALL))
        for n, (locale, text) in enumerate(asked)
    )
    return Gap(GapId("0a1b2c3d"), GapState.OPEN, questions)


DOGS = gap((Locale.EN, "Can I bring my dog?"), (Locale.RU, "Можно с собакой?"), (Locale.EN, "Dogs: allowed?"))


def test_a_draft_has_all_but_the_source_and_the_answer():
    content = draft_of(DOGS, Locale.EN, TODAY)
    assert "topic: venue\n" in content
    assert "\n## Dogs: allowed? {#0a1b2c3d}\n\n? Dogs: allowed?\n? Can I bring my dog?\n" in content
    assert "собак" not in content
    matter = content.split("---\n")[1]
    faults = read_front_matter(matter, first_line=2)
    assert isinstance(faults, list)
    assert all(fault.reason.startswith("source.") for fault in faults), "what a person must fill in, and nothing else"


def test_a_language_that_did_not_ask_gets_a_heading_and_no_questions():
    content = draft_of(DOGS, Locale.KK, TODAY)
    assert "## Dogs: allowed? {#0a1b2c3d}\n\n" in content
    assert "\n? " not in content


@pytest.mark.parametrize("text", ["a: 'b' # c", "<!-- hidden", "]]> {#other}", "`---`", "=x\n---\nreply: politics"])
def test_whatever_a_visitor_writes_makes_no_markup_and_no_key(text):
    content = draft_of(gap((Locale.EN, text)), Locale.EN, TODAY)
    assert content.count("\n---\n") == 1
    assert content.count("{#") == 1
    assert "<" not in content
    assert "\nreply:" not in content


def test_the_name_is_english_where_there_is_english_and_the_same_in_all_languages():
    assert draft_name(DOGS) == "dogs-allowed-0a1b2c3d"
    assert draft_name(gap((Locale.RU, "Можно?"))) == "0a1b2c3d"


def test_the_topic_is_that_of_the_nearest_section_that_answers_anything():
    questions = [replace(one, loss=Loss(LostBy.OPEN_QUESTION, OPEN)) for one in DOGS.questions]
    assert replace(DOGS, questions=tuple(questions)).topic == ""
    assert replace(DOGS, questions=(questions[0], questions[1], DOGS.questions[2])).topic == "venue"


def test_an_answer_stands_before_the_questions_and_opens_nothing_by_itself():
    answer = "# Нет.\n? никому\n! никому\n<!-- и\n---\n\n- кроме  поводырей {#x}"
    content = draft_of(DOGS, Locale.RU, TODAY, answer=answer)
    body = "Нет.\nникому\nникому\nи\n\n\nкроме поводырей x"
    assert f"{{#0a1b2c3d}}\n\n{body}\n\n? Можно с собакой?\n" in content
