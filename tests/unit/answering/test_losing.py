from __future__ import annotations

from datetime import date

import pytest

from bot.answering.model import LostBy, Outcome
from bot.ids import Locale, ReplyKind
from tests.support.answering_parts import BOLD, TIMID, GivenRetriever, answerer, ask, calibrated, examples, key, section

HALL = section("hall", "The hall is large.")


async def lost(sections, nearness, text="tell me all about this subject please", calibration=TIMID):
    answer = await answerer(GivenRetriever(sections, nearness), calibration).answer(ask(text))
    return answer.outcome, answer.loss


async def test_what_is_not_sure_is_lost_by_low_confidence_and_names_the_nearest_section_and_its_languages():
    sections = [HALL, section("hall", "Большой зал.", Locale.RU), section("gate", "The gate is small.")]
    outcome, loss = await lost(sections, {"hall": 0.6, "gate": 0.4})
    assert outcome is Outcome.UNKNOWN
    assert (loss.by, loss.nearest, loss.locales) == (LostBy.LOW_CONFIDENCE, key("hall"), (Locale.EN, Locale.RU))


@pytest.mark.parametrize(
    ("sections", "nearness", "text", "by", "nearest"),
    [
        ([HALL], {}, "x y z", LostBy.NOTHING_FOUND, None),
        ([HALL], {"hall": 0.1}, "x y z", LostBy.NOTHING_FOUND, key("hall")),
        ([HALL], {"hall": 0.9}, "what is the phone number of the hall", LostBy.RULE, key("hall")),
        ([section("hall", "Большой зал.", Locale.RU)], {"hall": 0.6}, "x y z", LostBy.NO_COPY, key("hall")),
        (
            [section("old", "It was 77.", valid_until=date(2021, 1, 31)), HALL],
            {"old": 0.9, "hall": 0.5},
            "what was it back then",
            LostBy.EXPIRED,
            key("old"),
        ),
        (
            [HALL, section("park", "No text on parking.", answerable=False)],
            {"hall": 0.3, "park": 0.9},
            "where do i leave my car",
            LostBy.OPEN_QUESTION,
            key("park"),
        ),
    ],
)
async def test_each_step_that_can_lose_a_question_is_told(sections, nearness, text, by, nearest):
    outcome, loss = await lost(sections, nearness, text)
    assert outcome is Outcome.UNKNOWN
    assert (loss.by, loss.nearest) == (by, nearest)


async def test_an_offer_is_lost_until_it_is_tapped():
    outcome, loss = await lost([HALL], {"hall": 0.6}, calibration=calibrated(-0.6))
    assert (outcome, loss.by, loss.nearest) == (Outcome.OFFERED, LostBy.OFFERED, key("hall"))


async def test_what_is_answered_or_no_question_is_not_lost():
    assert await lost([HALL], {"hall": 0.9}, calibration=BOLD) == (Outcome.ANSWERED, None)
    greetings = [HALL, examples(ReplyKind.GREETING)]
    assert await lost(greetings, {"greeting": 0.9, "hall": 0.1}, "hello") == (Outcome.GREETING, None)
    assert await lost([HALL], {}, "…") == (Outcome.EMPTY, None)
