"""What stands in the settings file and what is stored are brought together at each start."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.announcements.files import read_standing
from bot.announcements.content import body_hashes
from bot.announcements.model import Announcement, OccurrenceState, Stage
from bot.announcements.planner import Planner, PlannerParts
from bot.announcements.restore_watch import RestoreWatch
from bot.announcements.standing import THE_FILE, StandingAnnouncements, StandingParts, refuse_wrong
from bot.errors import SettingsError
from bot.ids import Locale
from tests.support.fakes_announcements import FakeParts

NOW = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
"""A Monday, 8:00 in Shanghai."""
HOURS = """\
[hours]
label = "Opening hours"
topic = "expo"
cron = "30 8 * * mon-fri"
[hours.texts]
en = "Open today."
"""


class Desk:
    """A bot that is started again and again with another file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "announcements.toml"
        self.parts = FakeParts()

    async def start(self, text: str, now: datetime = NOW) -> list[Announcement]:
        self.file.write_text(text, encoding="utf-8")
        parts = self.parts
        standing = StandingAnnouncements(
            StandingParts(
                announcements=parts.announcements,
                outbox=parts.outbox,
                audit=parts.audit,
                transaction=parts.database.transaction,
            ),
            self.file,
        )
        read = read_standing(self.file)
        found = read.require_good()
        refuse_wrong(self.file, found, parts.composer, line_of=read.line_of, now=now)
        await standing.settle(found, now=now)
        return sorted(await parts.announcements.recent(), key=lambda one: (one.created_at, one.announcement_id))

    async def plan(self, now: datetime) -> None:
        parts = self.parts
        planner = PlannerParts(
            announcements=parts.announcements,
            subscribers=parts.subscribers,
            outbox=parts.outbox,
            watch=RestoreWatch(parts.guard, parts.outbox, parts.notified),
            notify=parts.notified,
            transaction=parts.database.transaction,
        )
        await Planner(planner).wake(now)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_table_is_approved_by_the_operator_and_due_at_its_next_time(desk: Desk):
    [hours] = await desk.start(HOURS)
    assert hours.stage is Stage.APPROVED
    assert (hours.author, hours.approver) == (THE_FILE, None)
    assert hours.next_due_at == datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
    assert hours.body_hashes == body_hashes(hours.content)
    assert hours.announcement_id.startswith("hours-")
    [entry] = await desk.parts.audit.entries()
    assert (entry.actor, entry.action) == (None, "announcement_approved")
    assert entry.detail == str(desk.file)


async def test_a_second_start_changes_nothing(desk: Desk):
    first = await desk.start(HOURS)
    assert await desk.start(HOURS, NOW + timedelta(days=1)) == first
    assert len(await desk.parts.audit.entries()) == 1


async def test_what_an_organiser_has_stopped_stays_stopped(desk: Desk):
    [hours] = await desk.start(HOURS)
    stopped = replace(hours, stage=Stage.STOPPED, next_due_at=None, version=2)
    assert await desk.parts.announcements.save(stopped)
    assert await desk.start(HOURS, NOW + timedelta(days=1)) == [stopped]


async def test_a_changed_table_takes_the_place_of_the_old_one(desk: Desk):
    await desk.start(HOURS)
    old, new = await desk.start(HOURS.replace("Open", "Closed"), NOW + timedelta(minutes=1))
    assert (old.stage, old.next_due_at) == (Stage.STOPPED, None)
    assert new.content.texts == {Locale.EN: "Closed today."}
    assert new.stage is Stage.APPROVED


async def test_a_table_that_is_taken_out_ends_with_what_was_going_on(desk: Desk):
    await desk.parts.subscribe([11, 12])
    await desk.start(HOURS)
    await desk.plan(NOW + timedelta(minutes=31))
    assert [one.state for one in await desk.parts.outbox.occurrences()] == [OccurrenceState.RUNNING]
    [hours] = await desk.start("", NOW + timedelta(minutes=32))
    assert hours.stage is Stage.STOPPED
    [occurrence] = await desk.parts.outbox.occurrences()
    assert occurrence.state is OccurrenceState.STOPPED
    assert (await desk.parts.outbox.standing(occurrence.occurrence_id)).adds_up


async def test_a_table_that_comes_back_goes_on(desk: Desk):
    await desk.start(HOURS)
    await desk.start("", NOW + timedelta(hours=1))
    [hours] = await desk.start(HOURS, NOW + timedelta(hours=2))
    assert hours.stage is Stage.APPROVED
    assert hours.next_due_at == datetime(2026, 11, 3, 0, 30, tzinfo=UTC)


async def test_announcements_of_people_are_left_alone(desk: Desk):
    [hours] = await desk.start(HOURS)
    theirs = replace(hours, announcement_id="theirs", author=7_000_000_001)
    await desk.parts.announcements.create(theirs, request_key="theirs")
    await desk.start("")
    assert await desk.parts.announcements.find("theirs") == theirs


async def test_a_text_that_telegram_would_not_take_is_refused_with_its_line(desk: Desk):
    with pytest.raises(SettingsError, match=r"announcements\.toml:6: \[hours\] text\.en: 5001 characters"):
        await desk.start(HOURS.replace("Open today.", "x" * 5001))
    with pytest.raises(SettingsError, match=r"announcements\.toml:7: \[hours\] button\.1: the address"):
        await desk.start(HOURS + '[[hours.buttons]]\nurl = "http://example.org"\nlabels = { en = "Map" }\n')


async def test_a_table_whose_last_day_has_passed_does_not_keep_the_bot_from_starting(desk: Desk):
    [hours] = await desk.start(HOURS.replace('mon-fri"', 'mon-fri"\nuntil = 2026-10-30'))
    assert (hours.stage, hours.next_due_at) == (Stage.FINISHED, None)
