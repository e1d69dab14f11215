"""The page of an evaluation: all figures, and for each miss the step that lost it."""

from __future__ import annotations

import json

import pytest

from bot.answering.evaluation import CaseResult, LosingStep, Tally, read_cases, tallies
from bot.answering.model import Answer, Offer, Outcome
from bot.ids import DocumentPath, Locale, SectionKey
from bot.reports.evaluation_report import render_report
from bot.reports.evaluation_tables import FigureTable, tables_of

TRAINS = SectionKey(DocumentPath("logistics/trains.md"), "figures")
HALL = SectionKey(DocumentPath("venue/pearl.md"), "size")
ANSWERABLE = {"expect": ["1,225"], "section": str(TRAINS)}
REFUSE = {"expect": "refuse"}
TALK = {"kind": "greeting"}


def result(
    line: dict[str, object], outcome: Outcome, *, found: tuple[SectionKey, ...] = (), offered: bool = False
) -> CaseResult:
    (case,) = read_cases([json.dumps({"id": "en-1", "question": "trains?", "lang": "en", **line})])
    offers = (Offer(TRAINS, "Trains", Locale.EN),) if offered else ()
    return CaseResult(case, Answer(outcome, Locale.EN, Locale.EN, offers=offers), "what was said", found, 1.0)


def cells(table: FigureTable, row: Tally) -> dict[str, str]:
    return dict(zip(table.headings, table.cells(row), strict=True))


@pytest.mark.parametrize(
    ("missed", "step", "kind"),
    [
        (result({"kind": "thanks"}, Outcome.GREETING), LosingStep.ROUTE, "small talk misunderstood"),
        (result(ANSWERABLE, Outcome.THANKS), LosingStep.ROUTE, "not told"),
        (result(ANSWERABLE, Outcome.UNKNOWN, found=(HALL,)), LosingStep.RETRIEVE, "refused wrongly"),
        (result(ANSWERABLE, Outcome.ANSWERED, found=(HALL, TRAINS)), LosingStep.RERANK, "wrong answer"),
        (result(ANSWERABLE, Outcome.OFFERED, found=(TRAINS,), offered=True), LosingStep.JUDGE, "not told, but offered"),
        (result(ANSWERABLE, Outcome.ANSWERED, found=(TRAINS,)), LosingStep.SELECT, "wrong answer"),
        (result(REFUSE, Outcome.ANSWERED, found=(HALL,)), LosingStep.JUDGE, "told what it does not know"),
        (result(REFUSE, Outcome.OFFERED, found=(HALL,)), LosingStep.JUDGE, "not refused"),
    ],
)
def test_a_miss_is_told_with_the_step_that_lost_it(missed: CaseResult, step: LosingStep, kind: str) -> None:
    page = render_report([missed], title="A set")

    assert f'<span class="kind">{kind}</span>' in page
    assert f"By the step that lost them: {step.value} 1" in page
    assert page.count("<p>lost ") == 1


def test_where_the_section_stood_is_told_with_a_miss_of_reranking() -> None:
    page = render_report([result(ANSWERABLE, Outcome.ANSWERED, found=(HALL, TRAINS))], title="A set")
    assert "another section came first (place 2)" in page


def test_all_figures_stand_in_tables() -> None:
    results = [result(ANSWERABLE, Outcome.UNKNOWN), result(REFUSE, Outcome.UNKNOWN), result(TALK, Outcome.GREETING)]
    page, tables = render_report(results, title="A set"), tables_of(tallies(results))

    assert len(tables) == 4
    assert all(f"<h2>{table.title}</h2>" in page for table in tables)
    assert all(f"<th>{heading}</th>" in page for table in tables for heading in table.headings)


def test_a_table_has_a_cell_under_each_heading_and_a_row_for_each_language() -> None:
    rows = tallies(
        [result(ANSWERABLE, Outcome.UNKNOWN), result(REFUSE, Outcome.UNKNOWN), result(TALK, Outcome.UNKNOWN)]
    )
    answered, refused, talked, lost = tables_of(rows)

    assert [row.name for row in rows] == ["en", "all"]
    assert cells(answered, rows[0])["number"] == "1"
    assert cells(answered, rows[0])["refused wrongly"] == "100.0%"
    assert cells(refused, rows[0])["number"] == "1"
    assert cells(talked, rows[0])["ms"] == "1"
    assert (cells(lost, rows[0])["misses"], cells(lost, rows[0])["retrieve"], cells(lost, rows[0])["route"]) == (
        "2",
        "1",
        "1",
    )


def test_of_what_was_not_asked_no_figures_are_shown() -> None:
    titles = [table.title for table in tables_of(tallies([result(REFUSE, Outcome.UNKNOWN)]))]
    assert titles == ["Questions that it does not answer"]


def test_a_set_without_misses_says_so() -> None:
    page = render_report([result(REFUSE, Outcome.UNKNOWN)], title="A set")

    assert "Nothing was missed." in page
    assert "By the step" not in page
