import math
from dataclasses import replace

import pytest

from bot.answering.evidence import Calibration, Signs, weigh
from bot.answering.ports import Match
from bot.answering.ranking import Candidate
from bot.vocabulary import DocumentPath, Locale, SectionKey


def candidate(name: str, nearness: float, *, log_posterior: float | None = None) -> Candidate:
    key = SectionKey(DocumentPath(name), "a")
    match = Match(key, nearness, nearness, nearness, nearness, nearness, nearness, log_posterior=log_posterior)
    return Candidate(match, score=40 * nearness)


def evidence(answerable, unanswered=(), **more):
    return weigh("when is it held", answerable, unanswered, Signs(**more))


def test_the_odds_are_those_of_all_that_may_answer_against_all_that_can_not():
    can = [candidate("a", 0.9, log_posterior=math.log(0.5)), candidate("b", 0.5, log_posterior=math.log(0.3))]
    can_not = [candidate("open/c", 0.8, log_posterior=math.log(0.2))]
    found = evidence(can, can_not)
    assert found.posterior == pytest.approx(math.log(0.5))
    assert found.posterior_odds == pytest.approx(math.log(0.8 / 0.2))


def test_where_no_posterior_is_known_there_is_some_doubt():
    found, against = evidence([candidate("a", 0.9)]), evidence([candidate("a", 0.1)], [candidate("open/c", 0.9)])
    assert (found.posterior, found.posterior_odds) == (against.posterior, against.posterior_odds)
    assert found.posterior < 0 > found.posterior_odds


def test_what_is_far_off_is_bounded():
    can, can_not = candidate("a", 1.0, log_posterior=-300.0), candidate("open/c", -1.0, log_posterior=0.0)
    found = evidence([can], [can_not])
    assert (found.posterior, found.posterior_odds, found.open_lead) == (-8.0, -8.0, 10.0)


def test_the_lead_of_a_sentence_is_over_all_others():
    first = candidate("a", 0.5)
    others = [candidate("b", 0.2), candidate("c", 0.4)]
    assert evidence([first, *others]).sentence_lead == pytest.approx(0.1)
    assert evidence([first]).sentence_lead == 0.0


def test_a_calibration_counts_the_weights_it_names_and_moves_by_language():
    given = replace(evidence([candidate("a", 0.5)]), missing=1.0)
    calibration = Calibration({"missing": -2.0}, constant=2.0, by_locale={Locale.UR: 1.0})
    assert calibration.probability(given, Locale.EN) == pytest.approx(0.5)
    assert calibration.probability(given, Locale.UR) == pytest.approx(1 / (1 + math.exp(-1)))
