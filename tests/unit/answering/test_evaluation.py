from datetime import date

import pytest

from bot.answering.evaluation import QuestionSetError, Result, read_cases, risk_coverage, tallies, tally
from bot.answering.model import Answer, Outcome
from bot.ops.evaluation_report import render_report
from bot.vocabulary import DocumentPath, Locale, SectionKey

TODAY = date(2026, 11, 25)
TRAINS = SectionKey(DocumentPath("logistics/trains.md"), "figures")


def cases(*lines):
    return list(read_cases(lines))


def result(line, outcome, text, *, score=0.9, found=(TRAINS,), written_in=Locale.EN):
    (case,) = cases(line)
    answer = Answer(outcome, Locale.EN, written_in, sentences=(text,), score=score)
    return Result(case, answer, text, found, 12.0)


RIGHT = (
    '{"id": "1", "question": "trains?", "lang": "en", "expect": ["1,225"], "section": "logistics/trains.md#figures"}'
)
REFUSE = '{"id": "2", "question": "phone?", "lang": "en", "expect": "refuse"}'


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
    ]
    total = tally(results, "all")
    assert (total.right, total.refused_wrongly, total.refused_rightly) == (0.5, 0.5, 0.5)
    assert (total.hit_1, total.mrr) == (0.5, 0.5)
    assert [row.name for row in tallies(results)] == ["en", "all"]


def test_an_answer_in_another_language_is_not_right_in_language():
    other = result(RIGHT, Outcome.ANSWERED, "1,225", written_in=Locale.RU)
    assert (tally([other], "en").right, tally([other], "en").right_in_language) == (1.0, 0.0)


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
