from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from bot.adapters.database.state_sums import TableSum

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
ROWS = [(1, "парк", None, b"\0\xff", NOW, time(22, 30), True, 0.1), (2, "", 7.0, b"", NOW, time(0), False, -0.5)]


def test_the_order_of_rows_changes_nothing_their_number_and_every_value_does():
    whole = TableSum().with_rows(ROWS)
    assert whole == TableSum().with_rows(ROWS[1:]).with_rows(ROWS[:1])
    assert whole.rows == 2
    assert whole != TableSum().with_rows([*ROWS, ROWS[0]])
    for place in range(len(ROWS[0])):
        for other in (None, "x", 3, b"x"):
            changed = (*ROWS[0][:place], other, *ROWS[0][place + 1 :])
            assert (whole == TableSum().with_rows([changed, ROWS[1]])) == (other == ROWS[0][place])


def test_what_the_databases_give_back_differently_counts_as_the_same():
    elsewhere = NOW.astimezone(timezone(timedelta(hours=8)))
    assert TableSum().with_rows([(NOW, True)]) == TableSum().with_rows([(elsewhere, 1)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("1",), (1,)),
        ((b"a",), ("a",)),
        ((None,), ("",)),
        ((1.0,), (1,)),
        ((0.0,), (None,)),
    ],
)
def test_no_two_rows_are_written_alike(one, other):
    assert TableSum().with_rows([one]) != TableSum().with_rows([other])


def test_the_sum_is_shown_in_sixteen_digits():
    assert str(TableSum()) == "0" * 16
    assert len(str(TableSum().with_rows(ROWS * 1000))) == 16


def test_a_value_of_an_unknown_type_is_named():
    with pytest.raises(TypeError, match="Decimal"):
        TableSum().with_rows([(Decimal(1),)])
