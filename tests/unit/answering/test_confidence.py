"""How sure it is that the best section answers."""

import math
from dataclasses import replace

import pytest

from bot.answering.confidence import WEIGHED_KINDS, ConfidenceModel, features
from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import LEAST_LOG_POSTERIOR, Candidate
from bot.ids import Locale
from tests.support.answering_parts import retrieved_section


def candidate(name: str, nearness: float, **more) -> Candidate:
    return Candidate(retrieved_section(name, nearness, **more), {}, score=40 * nearness)


def weighed(answerable, unanswered=(), *, reading: Reading | str = "when is it held", **more):
    reading = Reading(reading) if isinstance(reading, str) else reading
    return features(reading, answerable, unanswered, **{"lacks_kind": False} | more)


def test_the_odds_are_those_of_all_that_may_answer_against_all_that_can_not():
    can = [candidate("a", 0.9, log_posterior=math.log(0.5)), candidate("b", 0.5, log_posterior=math.log(0.3))]
    can_not = [candidate("c", 0.8, log_posterior=math.log(0.2))]
    found = weighed(can, can_not)
    assert found["posterior"] == pytest.approx(math.log(0.5))
    assert found["rich_open_odds"] == pytest.approx(math.log(0.8 / 0.2), abs=1e-6)


def test_a_question_that_is_surely_the_sections_own_has_no_doubt():
    sure = weighed([candidate("a", 0.9, log_posterior=0.0)], [candidate("c", 0.1, log_posterior=LEAST_LOG_POSTERIOR)])
    assert (sure["posterior"], sure["rich_open_odds"]) == (0.0, 8.0)


def test_where_no_posterior_is_known_it_counts_as_the_least():
    found = weighed([candidate("a", 0.9)], [candidate("c", 0.9)])
    assert (found["posterior"], found["rich_open_odds"]) == (-8.0, 0.0)


def test_what_is_far_off_is_bounded():
    can, can_not = candidate("a", 1.0, log_posterior=-300.0), candidate("c", -1.0, log_posterior=0.0)
    found = weighed([can, replace(can, score=-40.0)], [can_not])
    assert (found["posterior"], found["rich_open_odds"], found["lead"]) == (-8.0, -8.0, 10.0)


def test_the_leads_are_over_the_next_and_over_the_nearest_that_has_no_answer():
    found = weighed([candidate("a", 0.5), candidate("b", 0.4)], [candidate("c", 0.45), candidate("d", 0.2)])
    assert found["lead"] == pytest.approx(4.0)
    assert found["question_lead"] == found["rich_question_mean_lead"] == pytest.approx(0.05)


def test_what_has_nobody_beside_it_leads_by_all():
    found = weighed([candidate("a", 0.5)])
    assert (found["lead"], found["question_lead"], found["rich_question_mean_lead"]) == (10.0, 0.5, 0.5)


def test_what_example_questions_say_counts_only_for_a_section_that_has_some():
    rich, bare = candidate("a", 0.5), candidate("a", 0.5, has_questions=False)
    gap = [candidate("c", 0.2, log_posterior=math.log(0.4))]
    names = ("rich_question", "rich_question_mean_lead", "rich_open_odds")
    assert all(weighed([rich], gap)[name] != 0 for name in names)
    assert all(weighed([bare], gap)[name] == 0 for name in names)


def test_letters_count_by_the_copy_that_shares_most():
    assert weighed([candidate("a", 0.5, coverage=0.1, foreign_coverage=0.8)])["coverage"] == 0.8
    assert weighed([candidate("a", 0.5, coverage=0.7, foreign_coverage=0.2)])["coverage"] == 0.7


@pytest.mark.parametrize(("said", "length"), [("when is it held", 0.2), ("when " * 50, 1.0), ("展览", 0.05)])
def test_a_question_of_twenty_words_is_long(said, length):
    assert weighed([candidate("a", 0.5)], reading=said)["length"] == pytest.approx(length)


@pytest.mark.parametrize("kind", list(ReadingKind))
def test_one_kind_of_reading_speaks_and_what_was_typed_is_none(kind):
    found = weighed([candidate("a", 0.5)], reading=Reading("when", kind))
    assert [found[other] for other in WEIGHED_KINDS] == [float(other is kind) for other in WEIGHED_KINDS]
    assert not {"typed", "corrected", "clause_alone"} & set(found)


@pytest.mark.parametrize("sign", ["lacks_kind", "lacks_year", "needs_context"])
def test_what_the_texts_tell_is_passed_on(sign):
    assert weighed([candidate("a", 0.5)])[sign] == 0.0
    assert weighed([candidate("a", 0.5)], **{sign: True})[sign] == 1.0


def test_a_model_counts_the_weights_it_names_and_moves_by_language():
    model = ConfidenceModel({"lacks_kind": -2.0}, constant=2.0, by_locale={Locale.UR: 1.0})
    found = weighed([candidate("a", 0.5)], lacks_kind=True)
    assert model.predict(found, Locale.EN) == pytest.approx(0.5)
    assert model.predict(found, Locale.UR) == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize(("constant", "probability"), [(1e6, 1.0), (-1e6, 0.0)])
def test_however_sure_a_model_is_the_probability_stays_one(constant, probability):
    assert ConfidenceModel({}, constant).predict({}, Locale.EN) == pytest.approx(probability)
