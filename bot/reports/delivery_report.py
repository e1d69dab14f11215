"""What became of an occurrence's copies, as figures to draw, as a table and as JSON: for the chat and the command line.

Every number is counted from the same rows, so that the sums always agree with each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.announcements.model import Announcement, Delivery, DeliveryState, Occurrence, Standing
from bot.ids import Locale
from bot.reports.report_picture import CopyOutcome, Figures
from bot.reports.spreadsheet import cell, line_of

COLUMNS = ("chat_id", "language", "state", "reason", "attempts", "message_id", "may_repeat", "changed_at")
FAILURE_COLUMNS = ("language", "state", "reason", "copies")
TROUBLED = frozenset({DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.IN_DOUBT})
"""Copies of which the report names each recipient."""
_BLOCKED = frozenset(
    {"blocked", "deactivated", "kicked", "forbidden", "not_a_member", "never_started", "chat_deleted", "chat_not_found"}
)
"""Reasons that say that nobody is there any more."""
_OUTCOMES = {
    DeliveryState.SENT: CopyOutcome.SENT,
    DeliveryState.FAILED: CopyOutcome.FAILED,
    DeliveryState.IN_DOUBT: CopyOutcome.IN_DOUBT,
    DeliveryState.UNKNOWN: CopyOutcome.IN_DOUBT,
    DeliveryState.PLANNED: CopyOutcome.WAITING,
    DeliveryState.SENDING: CopyOutcome.WAITING,
}
_MOST_SPANS = 60
"""Columns of the picture over time; chosen: minutes of an hour, each wide enough to be seen."""


@dataclass(slots=True)
class Count:
    """Counts rows as they come by, in flat memory: a number a language and outcome, a second, and a reason."""

    by_locale: dict[Locale, Counter[CopyOutcome]] = field(default_factory=dict)
    sent_in_second: Counter[datetime] = field(default_factory=Counter)
    failures: Counter[tuple[Locale, DeliveryState, str]] = field(default_factory=Counter)
    """Why copies did not arrive, or may not have."""

    def add(self, row: Delivery) -> None:
        """Count one more."""
        self.by_locale.setdefault(row.locale, Counter())[outcome_of(row)] += 1
        if row.state is DeliveryState.SENT:
            self.sent_in_second[row.changed_at.astimezone(UTC).replace(microsecond=0)] += 1
        if row.state in TROUBLED:
            self.failures[row.locale, row.state, row.reason] += 1

    @property
    def total(self) -> int:
        """All copies."""
        return sum(counts.total() for counts in self.by_locale.values())

    def figures(self, title: str) -> Figures:
        """What the picture shows."""
        sent_at, span = _in_spans(self.sent_in_second)
        return Figures(title=title, by_locale=dict(sorted(self.by_locale.items())), sent_at=sent_at, span=span)


def outcome_of(row: Delivery) -> CopyOutcome:
    """Under what the picture counts a copy."""
    if row.state is DeliveryState.FAILED and row.reason in _BLOCKED:
        return CopyOutcome.BLOCKED
    return _OUTCOMES.get(row.state, CopyOutcome.NOT_SENT)


def _in_spans(sent_in_second: Mapping[datetime, int]) -> tuple[Sequence[tuple[datetime, int]], timedelta]:
    """The copies sent in equal spans of whole seconds, at most sixty of them, empty ones too."""
    if not sent_in_second:
        return (), timedelta(seconds=1)
    first, last = min(sent_in_second), max(sent_in_second)
    seconds = int((last - first).total_seconds()) + 1
    span = timedelta(seconds=-(-seconds // _MOST_SPANS))
    counts = [0] * -(-seconds // int(span.total_seconds()))
    for moment, count in sent_in_second.items():
        counts[(moment - first) // span] += count
    return [(first + number * span, count) for number, count in enumerate(counts)], span


async def count(rows: AsyncIterator[Delivery]) -> Count:
    """Count all rows."""
    counted = Count()
    async for row in rows:
        counted.add(row)
    return counted


async def write_csv(rows: AsyncIterator[Delivery], write: Callable[[str], object]) -> int:
    """Write a heading and a line for each row; returns how many rows there were."""
    number = 0
    write(line_of(COLUMNS))
    async for row in rows:
        write(line_of(cells(row)))
        number += 1
    return number


def write_failures(counted: Count, write: Callable[[str], object]) -> int:
    """Write how many copies failed in each language and why, without naming anybody; returns how many lines it took."""
    write(line_of(FAILURE_COLUMNS))
    for (locale, state, reason), number in sorted(counted.failures.items()):
        write(line_of((locale.value, state.value, cell(reason), str(number))))
    return len(counted.failures)


def cells(row: Delivery) -> tuple[str, ...]:
    """A row in the order of `COLUMNS`; whatever is no number is safe to open in a spreadsheet."""
    return (
        str(int(row.chat_id)),
        row.locale.value,
        row.state.value,
        cell(row.reason),
        str(row.attempt),
        "" if row.message_id is None else str(row.message_id),
        "yes" if row.may_repeat else "no",
        row.changed_at.astimezone(UTC).isoformat(timespec="seconds"),
    )


def summary(announcement: Announcement, standing: Standing, troubled: Sequence[Delivery]) -> dict[str, object]:
    """The report as plain values. `troubled` are the copies that are named one by one."""
    occurrence = standing.occurrence
    return {
        "announcement": announcement.announcement_id,
        "label": announcement.label,
        "topic": announcement.topic.value,
        "author": announcement.author,
        "approver": announcement.approver,
        "emergency": announcement.is_emergency,
        **occurrence_summary(occurrence),
        "audience": occurrence.audience,
        "adds_up": standing.adds_up,
        "counts": {state.value: standing.counts.get(state, 0) for state in DeliveryState},
        "by_language": {
            locale.value: {
                state.value: number for (of, state), number in sorted(standing.by_locale.items()) if of is locale
            }
            for locale in sorted({locale for locale, _ in standing.by_locale})
        },
        "named": [dict(zip(COLUMNS, cells(row), strict=True)) for row in troubled],
    }


def occurrence_summary(occurrence: Occurrence) -> dict[str, object]:
    """When one firing was due and where it stands."""
    return {
        "occurrence": occurrence.occurrence_id,
        "state": occurrence.state.value,
        "pause_reason": occurrence.pause_reason,
        "due_at": _iso(occurrence.due_at),
        "valid_until": _iso(occurrence.valid_until),
        "finished_at": _iso(occurrence.finished_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
