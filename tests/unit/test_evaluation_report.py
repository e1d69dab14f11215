"""The page of an evaluation: all figures, and for each miss the step that lost it."""

from __future__ import annotations

import json

import pytest

from bot.answering.evaluation import HEADINGS, Result, Step, read_cases
from bot.answering.model import Answer, Offer, Outcome
from bot.ops.evaluation_report import render_report
from bot.vocabulary import DocumentPath, Locale, SectionKey

TRAINS = SectionKey(DocumentPath("logistics/trains.md"), "figures")
HALL = SectionKey(DocumentPath("venue/pearl.md"), "size")
ANSWERABLE = {"expect": ["1,225"], "section": str(TRAINS)}
REFUSE = {"expect": "refuse"}


def result(
    line: dict[str, object], outcome: Outcome, *, found: tuple[SectionKey, ...] = (), offered: bool = False
) -> Result:
    (case,) = read_cases([json.dumps({"id": "en-1", "question": "trains?", "lang": "en", **line})])
    offers = (Offer(TRAINS, "Trains", Locale.EN),) if offered else ()
    return Result(case, Answer(outcome, Locale.EN, Locale.EN, offers=offers), "what was said", found, 1.0)


@pytest.mark.parametrize(
    ("missed", "step", "kind"),
    [
        (result({"kind": "thanks"}, Outcome.GREETING), Step.ROUTE, "small talk misunderstood"),
        (result(ANSWERABLE, Outcome.THANKS), Step.ROUTE, "not told"),
        (result(ANSWERABLE, Outcome.UNKNOWN, found=(HALL,)), Step.RETRIEVE, "refused wrongly"),
        (result(ANSWERABLE, Outcome.ANSWERED, found=(HALL, TRAINS)), Step.RERANK, "wrong answer"),
        (result(ANSWERABLE, Outcome.OFFERED, found=(TRAINS,), offered=True), Step.JUDGE, "not told, but offered"),
        (result(ANSWERABLE, Outcome.ANSWERED, found=(TRAINS,)), Step.SELECT, "wrong answer"),
        (result(REFUSE, Outcome.ANSWERED, found=(HALL,)), Step.JUDGE, "told what it does not know"),
        (result(REFUSE, Outcome.OFFERED, found=(HALL,)), Step.JUDGE, "not refused"),
    ],
)
def test_a_miss_is_told_with_the_step_that_lost_it(missed: Result, step: Step, kind: str) -> None:
    page = render_report([missed], title="A set")

    assert f'<span class="kind">{kind}</span>' in page
    assert f"By the step that lost them: {step.value} 1" in page
    assert page.count("<p>lost ") == 1


def test_where_the_section_stood_is_told_with_a_miss_of_reranking() -> None:
    page = render_report([result(ANSWERABLE, Outcome.ANSWERED, found=(HALL, TRAINS))], title="A set")
    assert "another section came first (place 2)" in page


def test_all_figures_stand_in_the_table_and_a_set_without_misses_says_so() -> None:
    page = render_report([result(REFUSE, Outcome.UNKNOWN)], title="A set")

    assert all(f"<th>{heading}</th>" in page for heading in HEADINGS)
    assert "Nothing was missed." in page
    assert "By the step" not in page
