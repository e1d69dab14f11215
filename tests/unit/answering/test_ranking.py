from dataclasses import replace
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.ports import Match
from bot.answering.ranking import blend, numbers_in, rank, shares
from bot.vocabulary import DocumentPath, SectionKey


class NoKnowledge:
    generation = 1

    def copies(self, key):
        return ()

    def keys(self):
        return ()


def match(name, nearness, coverage=0.0):
    return Match(SectionKey(DocumentPath(name), "a"), nearness, nearness, nearness, nearness, coverage, nearness)


def test_nearer_sections_come_first_and_words_break_ties():
    ranked = rank([match("a", 0.2), match("b", 0.4), match("c", 0.2, 0.1)], "question", NoKnowledge())
    assert [candidate.key.path for candidate in ranked] == ["b", "c", "a"]


def test_without_stored_questions_a_copy_in_the_language_asked_in_goes_before_a_foreign_one():
    foreign, own = match("a", 0.4), match("b", 0.4)
    matches = [replace(foreign, is_native=False, has_questions=False), replace(own, has_questions=False)]
    assert [candidate.key.path for candidate in rank(matches, "question", NoKnowledge())] == ["b", "a"]


def test_shares_add_up_to_one():
    ranked = rank([match("a", 0.2), match("b", 0.4)], "question", NoKnowledge())
    assert sum(shares(ranked)) == pytest.approx(1.0)
    assert shares([]) == []


def test_blending_takes_each_reading_by_its_weight():
    one, other = [match("a", 1.0), match("b", 0.0)], [match("a", 0.0), match("b", 1.0)]
    blended = {found.key.path: found.passage for found in blend(((one, 0.25), (other, 0.75)))}
    assert blended == {"a": pytest.approx(0.25), "b": pytest.approx(0.75)}


def test_a_section_that_one_reading_did_not_find_keeps_what_is_known_of_it():
    silent = replace(match("b", 0.5), has_questions=False, is_native=False)
    blended = {found.key.path: found for found in blend((([match("a", 0.9)], 0.5), ([match("a", 0.9), silent], 0.5)))}
    assert (blended["b"].has_questions, blended["b"].is_native) == (False, False)
    assert (blended["a"].has_questions, blended["a"].is_native) == (True, True)


def test_blended_probabilities_add_up_to_one_again():
    sure, other = (
        [replace(match("a", 1.0), log_posterior=log(share)), replace(match("b", 0.0), log_posterior=log(1 - share))]
        for share in (0.9, 0.5)
    )
    blended = {found.key.path: exp(found.log_posterior) for found in blend(((sure, 0.5), (other, 0.5)))}
    assert sum(blended.values()) == pytest.approx(1.0)
    assert blended["a"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,225 trains in 2025", {"1225", "2025"}),
        ("1 225 поездов", {"1225"}),
        ("۱٬۲۲۵ قطار", {"1225"}),
        ("१,६८,८०० वर्ग मीटर", {"168800"}),
        ("no number", set()),
    ],
)
def test_numbers_are_read_in_every_script_and_grouping(text, numbers):
    assert numbers_in(text) == numbers


@given(st.text())
def test_any_text_has_its_numbers_read(text):
    assert all(number for number in numbers_in(text))
