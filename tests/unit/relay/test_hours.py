from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.relay.hours import StaffHours

QINGDAO = ZoneInfo("Asia/Shanghai")


def hours(text):
    return StaffHours.read(text, QINGDAO)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 2, 0, 59, tzinfo=UTC), False),  # Monday 08:59 in Qingdao
        (datetime(2026, 11, 2, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 6, 9, 59, tzinfo=UTC), True),  # Friday 17:59
        (datetime(2026, 11, 6, 10, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 7, 2, 30, tzinfo=UTC), True),  # Saturday 10:30
        (datetime(2026, 11, 1, 2, 30, tzinfo=UTC), False),  # Sunday
        (datetime(2026, 11, 1, 16, 30, tzinfo=UTC), False),  # Sunday here, Monday 00:30 there
    ],
)
def test_the_staff_are_there_at_the_hours_of_their_zone(moment, is_open):
    assert hours("Mon-Fri 09:00-18:00, Sat 10:00-14:00").is_open(moment) is is_open


def test_without_hours_they_are_there_at_any_time_and_a_day_may_last_until_midnight():
    assert hours(" ").is_open(datetime(2026, 11, 1, tzinfo=UTC))
    until_midnight = hours("mon – sun 9:00-24:00")
    assert until_midnight.is_open(datetime(2026, 11, 1, 15, 59, tzinfo=UTC))
    assert not until_midnight.is_open(datetime(2026, 11, 1, 16, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "9-18",
        "Mon-Fri",
        "Mon-Fri 09:00",
        "Mon-Fry 09:00-18:00",
        "Fri-Mon 09:00-18:00",
        "Mon 18:00-09:00",
        "Mon 09:00-25:00",
    ],
)
def test_what_can_t_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"Mon|hour|9-18"):
        hours(text)
