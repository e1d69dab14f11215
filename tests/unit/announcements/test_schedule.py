"""Cron lines as others read them, and what is told of one that can't be read."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from cronsim import CronSim

from bot.announcements.model import Schedule, Timing
from bot.announcements.schedule import ScheduleError, moments, read_cron, zone_of

START = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)
LINES = [
    "0 9 * * *",
    "30 2 * * *",
    "*/15 8-18 * * mon-fri",
    "5 4 1,15 * *",
    "0 0 29 2 *",
    "59 23 31 * *",
    "0 12 13 * fri",
    "0 10 * jan,jul 0",
    "7 6 */2 * *",
    "20 1-3 * 3,10,11 7",
    "0 9 * * sat,sun",
]
ZONES = ["Asia/Shanghai", "Europe/Minsk", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("line", LINES)
def test_a_cron_line_fires_when_another_reader_of_cron_lines_says(line: str, zone: str):
    """cronsim, which mimics Debian's cron; where the clocks change both send what is skipped after the gap, once."""
    ours = moments(Schedule(timing=Timing.RECURRING, zone=zone, cron=line), after=START)
    theirs = CronSim(line, START.astimezone(zone_of(zone)))
    assert [one.utc for one in islice(ours, 200)] == [one.astimezone(UTC) for one in islice(theirs, 200)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 25 * * *", "cron field hour: '25' is not 0–23"),
        ("0 9 * * moon", "cron field day-of-week: 'moon' is not 0–7 or sun…sat"),
        ("0 9 31 2 *", "day-of-month '31' never comes in month '2'"),
        ("0 9 * *", "has 4 fields: it needs five"),
        ("0 17-9 * * *", "'17-9' runs backwards; write two ranges with a comma between"),
        ("*/0 9 * * *", "the step in '*/0' must be a number above 0"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_the_field_and_what_it_may_hold(line: str, told: str):
    with pytest.raises(ScheduleError) as refused:
        read_cron(line)
    assert told in str(refused.value)


def test_a_weekend_may_run_from_friday_to_sunday():
    assert read_cron("0 9 * * fri-sun").weekdays == {0, 5, 6}
