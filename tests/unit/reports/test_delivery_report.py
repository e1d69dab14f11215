"""What became of an occurrence's copies, as figures, spans, a table and JSON."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Audience,
    Content,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Schedule,
    Stage,
    Standing,
    Terms,
    Timing,
)
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.reports.delivery_report import COLUMNS, TROUBLED, Count, cells, count, outcome_of, summary, write_csv
from bot.reports.report_picture import CopyOutcome

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))


def row(
    state: DeliveryState = DeliveryState.SENT,
    *,
    locale: Locale = Locale.EN,
    reason: str = "",
    at: datetime = NOON,
    chat_id: int = 101,
    message_id: int | None = None,
) -> Delivery:
    return Delivery(
        occurrence_id=OccurrenceId("o1"),
        chat_id=ChatId(chat_id),
        locale=locale,
        zone="Asia/Shanghai",
        state=state,
        body_hash="h",
        not_before=NOON,
        attempt=1,
        message_id=message_id,
        reason=reason,
        changed_at=at,
    )


async def each(rows: Iterable[Delivery]) -> AsyncIterator[Delivery]:
    for one in rows:
        yield one


def occurrence(audience: int, state: OccurrenceState = OccurrenceState.FINISHED) -> Occurrence:
    return Occurrence(
        occurrence_id=OccurrenceId("o1"),
        announcement_id=AnnouncementId("abcd2345"),
        slot="20260701T2000",
        due_at=NOON.astimezone(SHANGHAI),
        valid_until=None,
        state=state,
        created_at=NOON,
        audience=audience,
        finished_at=NOON + timedelta(minutes=5),
    )


def announcement(label: str = "Hall moves") -> Announcement:
    return Announcement(
        announcement_id=AnnouncementId("abcd2345"),
        label=label,
        topic=NewsTopic.FORUM,
        content=Content(source=Locale.EN, texts={Locale.EN: "Come to hall 2."}),
        audience=Audience(),
        schedule=Schedule(timing=Timing.NOW),
        terms=Terms(),
        stage=Stage.FINISHED,
        author=VisitorId(3),
        created_at=NOON,
        approver=VisitorId(2),
    )


def standing(rows: list[Delivery]) -> Standing:
    return Standing(
        occurrence(len(rows)),
        Counter(one.state for one in rows),
        Counter((one.locale, one.state) for one in rows),
    )


ROWS = [
    row(locale=Locale.ZH, message_id=7),
    row(locale=Locale.EN, at=NOON + timedelta(seconds=2)),
    row(DeliveryState.FAILED, locale=Locale.ZH, reason="blocked"),
    row(DeliveryState.FAILED, locale=Locale.ZH, reason="message_too_long"),
    row(DeliveryState.IN_DOUBT),
    row(DeliveryState.UNKNOWN, locale=Locale.FA),
    row(DeliveryState.HELD, locale=Locale.KK),
    row(DeliveryState.SKIPPED),
    row(DeliveryState.EXPIRED),
    row(DeliveryState.CANCELLED),
    row(DeliveryState.PLANNED),
    row(DeliveryState.SENDING),
]


async def test_every_copy_is_counted_once_under_its_language_and_outcome():
    counted = await count(each(ROWS))
    figures = counted.figures("Hall moves")
    assert counted.total == len(ROWS) == sum(figures.totals.values())
    assert figures.totals == {
        CopyOutcome.SENT: 2,
        CopyOutcome.BLOCKED: 1,
        CopyOutcome.FAILED: 1,
        CopyOutcome.IN_DOUBT: 2,
        CopyOutcome.NOT_SENT: 4,
        CopyOutcome.WAITING: 2,
    }
    assert figures.by_locale[Locale.ZH] == {CopyOutcome.SENT: 1, CopyOutcome.BLOCKED: 1, CopyOutcome.FAILED: 1}
    assert list(figures.by_locale) == sorted(figures.by_locale)
    assert figures.title == "Hall moves"


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_state_has_its_outcome(state):
    assert outcome_of(row(state)) in CopyOutcome


@pytest.mark.parametrize("reason", ["blocked", "deactivated", "kicked", "chat_not_found"])
def test_only_a_failed_copy_is_counted_as_blocked(reason):
    assert outcome_of(row(DeliveryState.FAILED, reason=reason)) is CopyOutcome.BLOCKED
    assert outcome_of(row(DeliveryState.UNKNOWN, reason=reason)) is CopyOutcome.IN_DOUBT
    assert outcome_of(row(DeliveryState.SKIPPED, reason=reason)) is CopyOutcome.NOT_SENT


async def test_copies_are_counted_by_the_second_in_which_they_were_sent():
    moments = [0.0, 0.9, 1.2, 4.0]
    figures = (await count(each(row(at=NOON + timedelta(seconds=second)) for second in moments))).figures("")
    assert figures.span == timedelta(seconds=1)
    assert [number for _at, number in figures.sent_at] == [2, 1, 0, 0, 1]
    assert figures.sent_at[0][0] == NOON


async def test_the_zone_of_a_row_does_not_matter():
    figures = (await count(each([row(), row(at=NOON.astimezone(SHANGHAI))]))).figures("")
    assert figures.sent_at == [(NOON, 2)]


async def test_what_was_not_sent_is_not_in_the_course_of_time():
    figures = (await count(each([row(DeliveryState.FAILED), row(DeliveryState.UNKNOWN)]))).figures("")
    assert figures.sent_at == ()
    assert figures.span == timedelta(seconds=1)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_there_are_at_most_sixty_equal_spans_and_they_add_up(seconds):
    counted = Count()
    for second in seconds:
        counted.add(row(at=NOON + timedelta(seconds=second)))
    figures = counted.figures("")
    starts = [at for at, _number in figures.sent_at]
    assert 1 <= len(starts) <= 60
    assert sum(number for _at, number in figures.sent_at) == len(seconds)
    assert starts[0] == NOON + timedelta(seconds=min(seconds))
    assert starts[-1] <= NOON + timedelta(seconds=max(seconds)) < starts[-1] + figures.span
    assert {later - earlier for earlier, later in pairwise(starts)} <= {figures.span}


async def test_the_table_has_a_line_for_each_copy_in_the_order_of_its_heading():
    table = StringIO()
    assert await write_csv(each(ROWS), table.write) == len(ROWS)
    assert table.getvalue().endswith("\r\n")
    heading, first, *rest = csv.reader(StringIO(table.getvalue(), newline=""))
    assert heading == list(COLUMNS)
    assert first == ["101", "zh", "sent", "", "1", "7", "no", "2026-07-01T12:00:00+00:00"]
    assert len(rest) == len(ROWS) - 1
    assert rest[0][COLUMNS.index("message_id")] == ""


async def test_a_table_of_nothing_is_its_heading():
    table = StringIO()
    assert await write_csv(each([]), table.write) == 0
    assert table.getvalue() == ",".join(COLUMNS) + "\r\n"


def test_times_in_the_table_are_of_utc():
    assert cells(row(at=NOON.astimezone(SHANGHAI)))[-1] == "2026-07-01T12:00:00+00:00"


def test_the_numbers_of_the_json_add_up_in_every_way():
    named = [one for one in ROWS if one.state in TROUBLED]
    told = summary(announcement(), standing(ROWS), named)
    counts, by_language = told["counts"], told["by_language"]
    assert told["audience"] == len(ROWS) == sum(counts.values())
    assert told["adds_up"] is True
    assert set(counts) == {state.value for state in DeliveryState}
    for state in DeliveryState:
        assert counts[state.value] == sum(language.get(state.value, 0) for language in by_language.values())
    assert len(told["named"]) == sum(counts[state.value] for state in TROUBLED) == 4
    assert told["named"][0] == dict(zip(COLUMNS, cells(named[0]), strict=True))


def test_the_json_says_what_was_sent_when_and_by_whom():
    told = json.loads(json.dumps(summary(announcement(), standing(ROWS), [])))
    assert told | {"announcement": "abcd2345", "label": "Hall moves", "topic": "forum"} == told
    assert (told["author"], told["approver"], told["emergency"]) == (3, 2, False)
    assert told["due_at"] == "2026-07-01T12:00:00+00:00"
    assert told["finished_at"] == "2026-07-01T12:05:00+00:00"
    assert told["valid_until"] is None


def test_a_loss_would_show():
    kept = standing(ROWS)
    lost = Standing(occurrence(len(ROWS) + 1), kept.counts, kept.by_locale)
    assert summary(announcement(), lost, [])["adds_up"] is False
