"""Who hears, and when, that a fact ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.announcements.model import Organiser, Role
from bot.ids import VisitorId
from bot.ingestion.validity import Expiry
from bot.reminding.model import Phase, Reminder
from bot.reminding.reminders import Reminders
from tests.support.fake_reminder_store import FakeReminderStore, expiry
from tests.support.virtual_time import VirtualClock, run_virtually

START = datetime(2026, 11, 1, tzinfo=UTC)
MORNING = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
"""Nine o'clock in Qingdao."""
ENDS = date(2026, 12, 1)
OWNER, EDITOR, SECOND, REVIEWER, STRANGER = map(VisitorId, (1, 2, 3, 4, 5))
DAYS = 14


class Staff:
    """Everybody with a role."""

    def __init__(self) -> None:
        self.roles = {OWNER: Role.OWNER, EDITOR: Role.EDITOR, SECOND: Role.EDITOR, REVIEWER: Role.REVIEWER}

    async def all(self) -> Sequence[Organiser]:
        return [
            Organiser(visitor_id=person, role=role, granted_by=None, granted_at=START)
            for person, role in self.roles.items()
        ]


class Desk:
    """A folder with facts that end, and what people were told."""

    def __init__(self, *facts: Expiry, owners: dict[str, int] | None = None) -> None:
        self.facts = list(facts)
        self.staff = Staff()
        self.told: list[tuple[datetime, VisitorId, list[tuple[str, Phase]]]] = []
        self.is_reached = True
        self.store = FakeReminderStore()
        self.owners = owners or {}
        self.reminders = self.started()

    def started(self) -> Reminders:
        """As after a start of the program."""
        return Reminders(self._expiring, self.staff, self.store, self._tell, owners=self.owners)

    async def _expiring(self, today: date) -> Sequence[Expiry]:
        return [fact for fact in self.facts if fact.ends_on <= today + timedelta(days=DAYS)]

    async def _tell(self, person: VisitorId, reminders: Sequence[Reminder], now: datetime) -> bool:
        if self.is_reached:
            self.told.append((now, person, [(one.expiry.key.section_id, one.phase) for one in reminders]))
        return self.is_reached

    def people(self) -> set[VisitorId]:
        return {person for _, person, _ in self.told}


def test_a_person_is_told_once_before_and_once_after_however_often_it_is_looked() -> None:
    desk = Desk(expiry("size", ENDS, "2"))

    async def two_months() -> None:
        clock = VirtualClock(START)
        for hour in range(24 * 60):
            await desk.reminders.remind(clock.now())
            if hour % 7 == 0:
                desk.reminders = desk.started()
            await asyncio.sleep(3600)

    run_virtually(two_months())

    assert desk.told == [
        (datetime(2026, 11, 17, 1, tzinfo=UTC), EDITOR, [("size", Phase.BEFORE)]),
        (datetime(2026, 12, 2, 1, tzinfo=UTC), EDITOR, [("size", Phase.AFTER)]),
    ]


async def test_all_that_a_person_must_know_comes_in_one_message_a_day() -> None:
    desk = Desk(expiry("size", ENDS, "2"), expiry("over", date(2026, 11, 20), "2"))
    await desk.reminders.remind(MORNING)
    desk.facts.append(expiry("hours", ENDS, "2"))
    await desk.started().remind(MORNING + timedelta(hours=3))
    assert [lines for _, _, lines in desk.told] == [[("size", Phase.BEFORE), ("over", Phase.AFTER)]]

    await desk.started().remind(MORNING + timedelta(days=1))
    assert desk.told[1:] == [(MORNING + timedelta(days=1), EDITOR, [("hours", Phase.BEFORE)])]


async def test_a_new_end_is_a_new_matter() -> None:
    desk = Desk(expiry("size", ENDS, "2"))
    await desk.reminders.remind(MORNING)
    desk.facts = [expiry("size", ENDS + timedelta(days=5), "2")]
    await desk.reminders.remind(MORNING + timedelta(days=1))
    assert len(desk.told) == 2


@pytest.mark.parametrize(
    ("owner", "people"),
    [
        ("2", {EDITOR}),
        ("press", {SECOND}),
        ("knowledge team", {OWNER, EDITOR, SECOND}),
        ("", {OWNER, EDITOR, SECOND}),
        ("5", {OWNER, EDITOR, SECOND}),
        ("4", {OWNER, EDITOR, SECOND}),
        ("gone", {OWNER, EDITOR, SECOND}),
    ],
    ids=["an id", "a word of the settings", "another word", "nobody", "a stranger", "no editor", "a word for one"],
)
async def test_whoever_answers_for_a_fact_hears_of_it_and_nobody_else(owner: str, people: set[VisitorId]) -> None:
    desk = Desk(expiry("size", ENDS, owner), owners={"press": SECOND, "gone": STRANGER})
    await desk.reminders.remind(MORNING)
    assert desk.people() == people


async def test_nobody_is_woken() -> None:
    desk = Desk(expiry("size", ENDS))
    await desk.reminders.remind(MORNING - timedelta(minutes=1))
    assert desk.told == []


async def test_who_was_surely_not_reached_is_told_later_the_same_day() -> None:
    desk = Desk(expiry("size", ENDS, "2"))
    desk.is_reached = False
    await desk.reminders.remind(MORNING)
    desk.is_reached = True
    await desk.reminders.remind(MORNING + timedelta(minutes=15))
    assert len(desk.told) == 1


async def test_an_end_long_ago_is_not_told_of() -> None:
    desk = Desk(expiry("old", date(2026, 10, 28)), expiry("last", date(2026, 10, 29), "2"))
    await desk.reminders.remind(MORNING)
    assert [(person, lines) for _, person, lines in desk.told] == [(EDITOR, [("last", Phase.AFTER)])]


async def test_a_death_before_the_message_went_out_never_makes_two_of_it() -> None:
    desk = Desk(expiry("size", ENDS, "2"))

    async def dies(*_: object) -> bool:
        raise RuntimeError("killed")

    dying = Reminders(desk._expiring, desk.staff, desk.store, dies, owners={})
    with pytest.raises(RuntimeError):
        await dying.remind(MORNING)
    for days in range(3):
        await desk.started().remind(MORNING + timedelta(days=days))
    assert desk.told == []
