"""How good the answers are: what counts as right, and where the others were lost."""

from dataclasses import replace

import pytest

from bot.answering.browsing import citation
from bot.answering.evaluation import (
    CaseResult,
    LosingStep,
    QuestionSetError,
    Share,
    evaluate,
    read_cases,
    risk_coverage,
    tallies,
    tally,
)
from bot.answering.model import Answer, Offer, Outcome
from bot.ids import DocumentPath, Locale, ReplyKind, SectionKey
from bot.reports.evaluation_report import render_report
from tests.support.answering_parts import TODAY, GivenRetriever, answerer, key, section

HALF = Share(1, 2)
TRAINS = SectionKey(DocumentPath("logistics/trains.md"), "figures")


def cases(*lines):
    return list(read_cases(lines))


def others(count: int) -> tuple[SectionKey, ...]:
    return tuple(key(f"other-{number}") for number in range(count))


def result(line, outcome, text, *, score=0.9, found=(TRAINS,), told=(), offers=(), written_in=Locale.EN):
    (case,) = cases(line)
    answer = Answer(
        outcome,
        Locale.EN,
        written_in,
        sentences=(text,),
        citations=tuple(citation(replace(section("any", text), key=one)) for one in told),
        offers=tuple(Offer(one, "Heading", Locale.EN) for one in offers),
        score=score,
    )
    return CaseResult(case, answer, text, found, 12.0)


RIGHT = (
    '{"id": "1", "question": "trains?", "lang": "en", "expect": ["1,225"], "section": "logistics/trains.md#figures"}'
)
REFUSE = '{"id": "2", "question": "phone?", "lang": "en", "expect": "refuse"}'
THANKS = '{"id": "3", "question": "ok thanks", "lang": "en", "kind": ["thanks", "ok"]}'
GREETING = '{"id": "4", "question": "hello", "lang": "en", "kind": "greeting"}'


def test_a_line_may_be_one_question_or_turns():
    one, two = cases(RIGHT, '{"id": "3", "turns": [{"question": "a"}, "b"], "expect": "refuse"}')
    assert (one.turns, two.turns) == (("trains?",), ("a", "b"))
    assert (one.is_answerable, two.is_answerable) == (True, False)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "this is no JSON: .* at character 2"),
        ('{"id": "1"}', "it asks nothing"),
        ('{"question": "q", "expect": "refuse"}', 'it has no "id"'),
        ('{"id": "1", "question": "q"}', '"expect" must be a list'),
        ('{"id": "1", "question": "q", "expect": []}', '"expect" must be a list'),
        ('{"id": "1", "question": "q", "expect": 5}', '"expect" must be a list'),
        ('{"id": "1", "question": "q", "expect": ["("]}', "\"expect\" holds '\\(', which is no pattern: missing \\)"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(line, told):
    with pytest.raises(QuestionSetError, match=f"line 2: {told}"):
        cases(RIGHT, line)


def test_digits_of_every_script_count_as_the_same():
    assert result(RIGHT, Outcome.ANSWERED, "۱,۲۲۵ trains").is_right


def test_figures_count_right_refused_and_places():
    results = [
        result(RIGHT, Outcome.ANSWERED, "1,225 trains"),
        result(RIGHT, Outcome.UNKNOWN, "", score=0.1, found=()),
        result(REFUSE, Outcome.UNKNOWN, ""),
        result(REFUSE, Outcome.ANSWERED, "110"),
        result(REFUSE, Outcome.OFFERED, ""),
    ]
    total = tally(results, "all")
    assert (total.right, total.refused_wrongly, total.hit_1, total.hit_5) == (HALF, HALF, HALF, HALF)
    assert (total.refused_rightly, total.unanswered) == (Share(1, 3), Share(2, 3))
    assert [row.name for row in tallies(results)] == ["en", "all"]


def test_hits_are_counted_by_the_place_at_which_the_section_was_found():
    results = [result(RIGHT, Outcome.ANSWERED, "1,225", found=(*others(place), TRAINS)) for place in (0, 1, 4, 5)]
    assert [one.rank for one in results] == [1, 2, 5, 6]
    assert (tally(results, "all").hit_1, tally(results, "all").hit_5) == (Share(1, 4), Share(3, 4))


def test_an_answer_in_another_language_is_not_right_in_language():
    other = result(RIGHT, Outcome.ANSWERED, "1,225", written_in=Locale.RU)
    assert (tally([other], "en").right, tally([other], "en").right_in_language) == (Share(1, 1), Share(0, 1))


def test_follow_ups_are_counted_apart_and_with_the_others():
    talk = '{"id": "5", "turns": ["a", "b"], "expect": ["1,225"]}'
    total = tally([result(talk, Outcome.ANSWERED, "1,225"), result(RIGHT, Outcome.UNKNOWN, "")], "all")
    assert (total.right, total.follow_ups) == (HALF, Share(1, 1))


def test_one_section_is_the_one_that_holds_the_answer_and_no_other():
    alone = result(RIGHT, Outcome.ANSWERED, "1,225", told=(TRAINS,))
    both = result(RIGHT, Outcome.ANSWERED, "1,225", told=(TRAINS, *others(1)))
    another = result(RIGHT, Outcome.ANSWERED, "1,225", told=others(1))
    wrong = result(RIGHT, Outcome.ANSWERED, "7", told=(TRAINS,))
    results = [alone, both, another, wrong]
    assert [one.is_from_one_section for one in results] == [True, False, False, False]
    assert (tally(results, "all").from_one_section, tally(results, "all").two_told) == (Share(1, 4), Share(1, 4))


def test_where_the_set_names_only_the_document_any_of_its_sections_will_do():
    line = '{"id": "1", "question": "trains?", "expect": ["1,225"], "section": "logistics/trains.md"}'
    assert result(line, Outcome.ANSWERED, "1,225", told=(TRAINS,)).is_from_one_section
    assert result(line, Outcome.OFFERED, "", offers=(TRAINS,)).is_offered
    assert result(line, Outcome.ANSWERED, "1,225").rank == 1


def test_an_offer_counts_as_half_way_to_an_answer():
    told = result(RIGHT, Outcome.ANSWERED, "1,225")
    offered = result(RIGHT, Outcome.OFFERED, "", offers=(*others(2), TRAINS))
    astray = result(RIGHT, Outcome.OFFERED, "", offers=others(2))
    results = [told, offered, astray]
    assert [one.is_offered for one in results] == [True, True, False]
    total = tally(results, "all")
    assert (total.offered, total.right, total.refused_wrongly) == (Share(2, 3), Share(1, 3), Share(0, 3))


def test_what_must_be_refused_is_not_refused_by_an_offer():
    offered = result(REFUSE, Outcome.OFFERED, "", offers=(TRAINS,))
    assert not offered.is_right
    assert not offered.is_offered
    assert not offered.is_told


# Small talk.


def test_small_talk_is_right_when_it_is_taken_for_one_of_its_kinds():
    assert [one.kinds for one in cases(THANKS, GREETING)] == [(ReplyKind.THANKS, ReplyKind.OK), (ReplyKind.GREETING,)]
    assert all(result(THANKS, outcome, "").is_right for outcome in (Outcome.THANKS, Outcome.OK))
    assert not any(result(THANKS, outcome, "").is_right for outcome in (Outcome.GREETING, Outcome.UNKNOWN))


def test_small_talk_is_no_question_and_is_counted_apart():
    results = [
        result(THANKS, Outcome.THANKS, ""),
        result(THANKS, Outcome.ANSWERED, "1,225"),
        result(RIGHT, Outcome.GREETING, ""),
        result(RIGHT, Outcome.ANSWERED, "1,225"),
    ]
    total = tally(results, "all")
    assert (total.small_talk, total.taken_for_small_talk, total.right) == (HALF, HALF, HALF)
    assert (total.refused_rightly, total.unanswered) == (Share(0, 0), Share(0, 0))
    assert len(risk_coverage(results)) == 2


def test_near_misses_are_counted_among_what_must_be_refused_and_apart():
    by_stratum = '{"id": "6", "question": "phone?", "lang": "en", "expect": "refuse", "stratum": "near"}'
    by_what_it_is_near_to = '{"id": "7", "question": "fax?", "lang": "en", "expect": "refuse", "near": "numbers"}'
    of_another_stratum = '{"id": "8", "question": "wine?", "lang": "en", "expect": "refuse", "stratum": "other"}'
    total = tally(
        [
            result(by_stratum, Outcome.UNKNOWN, ""),
            result(by_what_it_is_near_to, Outcome.OFFERED, ""),
            result(of_another_stratum, Outcome.ANSWERED, "110"),
        ],
        "all",
    )
    assert (total.near_refused, total.near_unanswered) == (Share(1, 2), Share(2, 2))
    assert (total.refused_rightly, total.unanswered) == (Share(1, 3), Share(2, 3))


def test_a_kind_that_is_none_is_named_with_all_that_are():
    with pytest.raises(QuestionSetError, match="line 1: \"kind\" is 'cheers': each must be one of greeting, thanks"):
        cases('{"id": "1", "question": "q", "kind": "cheers"}')


# Where a case was lost.


@pytest.mark.parametrize(
    ("line", "outcome", "more", "step"),
    [
        ("right", Outcome.ANSWERED, {"text": "1,225"}, None),
        ("right", Outcome.THANKS, {}, LosingStep.ROUTE),
        ("right", Outcome.DECLINED_POLITICS, {}, LosingStep.ROUTE),
        ("right", Outcome.UNKNOWN, {"found": 3}, LosingStep.RETRIEVE),
        ("right", Outcome.ANSWERED, {"found": 1, "first": True}, LosingStep.RERANK),
        ("right", Outcome.OFFERED, {"first": True}, LosingStep.RERANK),
        ("right", Outcome.UNKNOWN, {}, LosingStep.JUDGE),
        ("right", Outcome.OFFERED, {}, LosingStep.JUDGE),
        ("right", Outcome.CLARIFY, {}, LosingStep.JUDGE),
        ("right", Outcome.ANSWERED, {"text": "7"}, LosingStep.SELECT),
        ("refuse", Outcome.UNKNOWN, {}, None),
        ("refuse", Outcome.DECLINED_ADVICE, {}, None),
        ("refuse", Outcome.ANSWERED, {"text": "110"}, LosingStep.JUDGE),
        ("refuse", Outcome.OFFERED, {}, LosingStep.JUDGE),
        ("thanks", Outcome.THANKS, {}, None),
        ("thanks", Outcome.GREETING, {}, LosingStep.ROUTE),
        ("thanks", Outcome.ANSWERED, {}, LosingStep.ROUTE),
    ],
)
def test_a_case_is_lost_at_the_first_step_that_went_wrong(line, outcome, more, step):
    lines = {"right": RIGHT, "refuse": REFUSE, "thanks": THANKS}
    before = others(more.get("found", 1)) if {"found", "first"} & more.keys() else ()
    found = (*before, TRAINS) if more.get("first") or not before else before
    assert result(lines[line], outcome, more.get("text", ""), found=found).lost_at is step


def test_where_the_set_names_no_section_nobody_can_tell_which_step_lost_an_answer():
    unplaced = '{"id": "5", "question": "trains?", "lang": "en", "expect": ["1,225"]}'
    assert result(unplaced, Outcome.UNKNOWN, "").lost_at is LosingStep.UNPLACED
    assert result(unplaced, Outcome.THANKS, "").lost_at is LosingStep.ROUTE
    assert result(unplaced, Outcome.ANSWERED, "1,225").lost_at is None


def test_every_miss_is_counted_with_the_step_that_lost_it():
    results = [
        result(RIGHT, Outcome.ANSWERED, "1,225"),
        result(RIGHT, Outcome.OFFERED, "", found=(*others(1), TRAINS), offers=(TRAINS,)),
        result(REFUSE, Outcome.ANSWERED, "110"),
        result(REFUSE, Outcome.OFFERED, ""),
    ]
    lost = tally(results, "all").lost
    assert {step: count for step, count in lost.items() if count} == {LosingStep.RERANK: 1, LosingStep.JUDGE: 2}
    assert set(lost) == set(LosingStep)


# Figures.


@pytest.mark.parametrize(
    ("share", "value", "shown"), [(Share(1, 3), 1 / 3, "33.3%"), (Share(3, 3), 1.0, "100.0%"), (Share(0, 0), 1.0, "–")]
)
def test_a_share_tells_of_how_many_and_one_of_nothing_shows_as_none(share, value, shown):
    assert share.value == pytest.approx(value)
    assert str(share) == shown


def test_of_no_results_nothing_is_wrong():
    assert tally([], "all").right.value == 1.0
    assert risk_coverage([]) == []


async def test_every_case_is_asked_turn_by_turn_and_what_was_found_is_kept():
    retriever = GivenRetriever([section("expo", "In July."), section("metro", "Line 8.")], {"expo": 0.9, "metro": 0.5})
    asked = cases(
        '{"id": "1", "turns": ["when is the expo", "and where?"], "lang": "en", "expect": ["July"]}',
        '{"id": "2", "question": "the phone number?", "lang": "en", "expect": "refuse"}',
    )
    done = []
    results = await evaluate(
        asked, answerer(retriever), today=TODAY, say=lambda answer: " ".join(answer.sentences), progress=done.append
    )
    assert [one.is_right for one in results] == [True, True]
    assert results[0].found == (key("expo"), key("metro"))
    assert "when is the expo and where?" in retriever.asked
    assert done == [1, 2]


def test_the_curve_begins_with_the_surest():
    sure = result(RIGHT, Outcome.ANSWERED, "1,225", score=0.9)
    wrong = result(REFUSE, Outcome.ANSWERED, "110", score=0.5)
    assert risk_coverage([wrong, sure]) == [(0.5, 0.0), (1.0, 0.5)]


def test_the_report_shows_every_miss_and_escapes_what_people_wrote():
    miss = result('{"id": "x<1>", "question": "<b>?", "expect": "refuse"}', Outcome.ANSWERED, "<i>110")
    page = render_report([miss], title="A & B")
    assert "<b>?" not in page
    assert "x&lt;1&gt;" in page
    assert "http" not in page
    assert "<svg" in page
