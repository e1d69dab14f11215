"""Which section answers: the best first."""

import pytest

from bot.answering.ports import RetrievedSection
from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import LEAST_LOG_POSTERIOR, Ranking, features, rerank, shares
from bot.ids import Locale
from tests.support.answering_parts import GivenRetriever, key, retrieved_section, section

KNOWN = GivenRetriever([section("trains", "1 225 trains ran."), section("seats", "The hall has 1,950 seats.")], {})
BY_NEARNESS = Ranking({"passage": 10.0, "coverage": 1.0})


def ranked(
    found: list[RetrievedSection], *, ranking=BY_NEARNESS, reading="question", locale=Locale.EN, told=()
) -> list[str]:
    reading = Reading(reading) if isinstance(reading, str) else reading
    order = rerank(found, reading, ranking, knowledge=KNOWN, locale=locale, told=told)
    return [candidate.key.path.removeprefix("topic/").removesuffix(".md") for candidate in order]


def test_nearer_sections_come_first_and_words_break_ties():
    near = [retrieved_section("a", 0.2), retrieved_section("b", 0.4), retrieved_section("c", 0.2, coverage=0.2)]
    assert ranked(near) == ["b", "c", "a"]


def test_equal_ones_come_in_the_order_of_their_names_however_they_were_found():
    near = [retrieved_section(name, 0.2) for name in "cab"]
    assert ranked(near) == ranked(near[::-1]) == ["a", "b", "c"]


def test_having_no_example_questions_or_single_sentences_costs_nothing():
    bare = features(retrieved_section("a", 0.5), numbers=0, in_conversation=False)
    assert (bare["question"], bare["question_mean"], bare["sentence"]) == (0.0, 0.0, 0.0)
    helped = features(retrieved_section("a", 0.5, question=0.75, sentence=0.25), numbers=0, in_conversation=False)
    assert (helped["question"], helped["sentence"]) == (0.25, -0.25)


def test_numbers_that_were_asked_about_speak_for_the_section_that_holds_them():
    near = [retrieved_section("seats", 0.5), retrieved_section("trains", 0.5)]
    by_numbers = Ranking({"numbers": 1.0})
    assert ranked(near, ranking=by_numbers, reading="the 1,225 trains?") == ["trains", "seats"]
    assert ranked(near, ranking=by_numbers, reading="the 1950 seats?") == ["seats", "trains"]


def test_numbers_that_a_section_lacks_speak_against_it():
    order = rerank(
        [retrieved_section("trains", 0.5)], Reading("1225 or 77?"), BY_NEARNESS, knowledge=KNOWN, locale=Locale.EN
    )
    assert order[0].features["numbers"] == 0.0
    order = rerank([retrieved_section("trains", 0.5)], Reading("77?"), BY_NEARNESS, knowledge=KNOWN, locale=Locale.EN)
    assert order[0].features["numbers"] == -1.0


def test_the_document_last_told_leads_only_where_the_question_is_read_after_it():
    near = [retrieved_section("seats", 0.5), retrieved_section("trains", 0.5)]
    loyal, told = Ranking({"in_conversation": 1.0}), {key("trains").path}
    after = Reading("and?", ReadingKind.AFTER_QUESTION, "how many trains")
    assert ranked(near, ranking=loyal, reading=after, told=told) == ["trains", "seats"]
    assert ranked(near, ranking=loyal, reading="and?", told=told) == ["seats", "trains"]


def test_words_count_more_or_less_by_the_language():
    near = [retrieved_section("a", 0.5, coverage=0.0), retrieved_section("b", 0.4, coverage=0.9)]
    ranking = Ranking({"passage": 10.0}, {Locale.TG: 2.0})
    assert ranked(near, ranking=ranking, locale=Locale.TG) == ["b", "a"]
    assert ranked(near, ranking=ranking, locale=Locale.EN) == ["a", "b"]


@pytest.mark.parametrize(("known", "counted"), [(-1.5, -1.5), (-300.0, LEAST_LOG_POSTERIOR), (0.0, 0.0)])
def test_what_is_as_good_as_excluded_counts_no_worse_than_that(known, counted):
    found = features(retrieved_section("a", 0.5, log_posterior=known), numbers=0, in_conversation=False)
    assert found["log_posterior"] == counted


def test_shares_add_up_to_one_and_follow_the_scores():
    order = rerank(
        [retrieved_section(name, near) for name, near in (("a", 0.2), ("b", 0.4), ("c", 0.3))],
        Reading("question"),
        BY_NEARNESS,
        knowledge=KNOWN,
        locale=Locale.EN,
    )
    found = shares(order)
    assert sum(found) == pytest.approx(1.0)
    assert found == sorted(found, reverse=True)
    assert shares([]) == []
