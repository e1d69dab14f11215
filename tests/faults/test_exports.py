"""Row T12 of the fault table (tests/faults/README.md): what is exported for spreadsheets is opened as text, never as a formula."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements.model import Delivery, DeliveryState, OccurrenceId
from bot.ids import ChatId, Locale
from bot.reports.delivery_report import COLUMNS, write_csv
from bot.reports.spreadsheet import cell
from bot.reports.statistics import Grouping, Period, Statistics, write_statistics
from tests.support.formulas import FORMULAS, is_harmless
from tests.support.naughty_texts import NAUGHTY


def row(reason: str) -> Delivery:
    return Delivery(
        occurrence_id=OccurrenceId("o1"),
        chat_id=ChatId(-1001),
        locale=Locale.FA,
        zone="",
        state=DeliveryState.FAILED,
        body_hash="",
        not_before=datetime(2026, 7, 1, tzinfo=UTC),
        reason=reason,
    )


async def each(rows: list[Delivery]) -> AsyncIterator[Delivery]:
    for one in rows:
        yield one


@pytest.mark.parametrize("text", FORMULAS)
def test_T12_no_cell_begins_like_a_formula(text):
    assert is_harmless(cell(text))


@pytest.mark.parametrize("text", FORMULAS[:4])
def test_T12_a_formula_is_kept_as_readable_text(text):
    assert cell(text) == f"'{text}"


@given(st.one_of(st.text(), st.from_regex(r"[\s=+\-@\x00-\x1f]+.*")))
def test_T12_whatever_is_in_a_cell_is_one_line_of_plain_text(text):
    made = cell(text)
    assert is_harmless(made)
    assert "\n" not in made
    assert cell(made) == made
    made.encode("utf-8")


@pytest.mark.parametrize("text", ["blocked", "chat_not_found", "", "a-b", "1+1", "Зал 2", "数 = 3"])
def test_T12_what_is_harmless_stays_as_it_is(text):
    assert cell(text) == text


async def test_T12_no_content_moves_a_cell_to_another_place():
    rows = [row(text) for text in (*FORMULAS, *NAUGHTY)]
    table = StringIO()
    assert await write_csv(each(rows), table.write) == len(rows)
    read = list(csv.reader(StringIO(table.getvalue(), newline="")))
    assert read[0] == list(COLUMNS)
    assert len(read) == len(rows) + 1
    assert {len(line) for line in read} == {len(COLUMNS)}
    assert all(is_harmless(line[COLUMNS.index("reason")]) for line in read)
    assert {line[0] for line in read[1:]} == {"-1001"}, "a number is a number, also below zero"
    table.getvalue().encode("utf-8-sig")


@pytest.mark.parametrize("topic", FORMULAS)
def test_T12_a_topic_folder_that_is_named_like_a_formula_is_text_in_the_statistics(topic):
    table = StringIO()
    day = date(2026, 11, 3)
    write_statistics(Statistics(period=Period(day, day), groups={Grouping.TOPIC: {topic: 2}}), table.write)
    [_heading, line, _subscribers] = csv.reader(StringIO(table.getvalue(), newline=""))
    assert (line[0], line[3]) == ("topic", "2")
    assert is_harmless(line[2])
