"""Corrections of a wrong fact through kills and through forgetting: exactly those who were told, each once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.adapters.database.subscription_store import SqlSubscribers
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.crash_points import CrashPoint
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Audience,
    Content,
    ListedRecipient,
    Policy,
    ToldFact,
)
from bot.announcements.planner import PlanningRules
from bot.app.announcing import announcing, planner_of
from bot.correcting.model import Wanted
from bot.ids import ChatId, Locale, VisitorId
from tests.faults.kills import Death, Ground, open_ground
from tests.faults.sender_process import STATE_FILE
from tests.support.announcement_rig import APPROVER, AUTHOR, AnnouncementRig
from tests.support.correcting_parts import IS, KEY, WAS, ListedTellings, ListedVersions, desk_over, telling
from tests.support.correcting_parts import NOW as TOLD_AT
from tests.support.fake_announcement_database import FakeDatabase
from tests.support.fakes import FakeTombstones
from tests.support.stored_announcements import approved
from tests.support.virtual_time import run_virtually

LISTED, W = 60, 10
NAME = AnnouncementId("correct1")
WORDS = "Right is: It is 170 m long."


class Killed(BaseException):
    """kill -9: nothing of the process runs on."""


def correction(due_at: datetime) -> Announcement:
    told = ToldFact(KEY, ("a1",), people=LISTED, list_of=NAME)
    content = Content(source=Locale.EN, texts={Locale.EN: WORDS})
    return replace(approved(NAME, content, due_at=due_at), audience=Audience(told=told))


async def listed(ground: Ground) -> None:
    """A correction to people who never subscribed; those who did are not on its list."""
    ground.recipients = ground.people(LISTED)
    people = [ListedRecipient(ChatId(one), Locale.EN, TOLD_AT) for one in ground.recipients]
    async with open_database(ground.folder / STATE_FILE) as database:
        await SqlAnnouncementStore(database).create(correction(datetime.now(UTC)), request_key="correction")
        await SqlSubscribers(database).keep_list(NAME, people)
    ground.announced.append((NAME, WORDS))


@pytest.mark.parametrize("point", [CrashPoint.CP0, CrashPoint.CP1, CrashPoint.CP2, CrashPoint.CP3, CrashPoint.CP7])
async def test_D48_a_kill_while_a_correction_is_planned_or_sent_tells_none_twice_and_leaves_none_out(
    tmp_path: Path, point: CrashPoint
):
    async with open_ground(tmp_path, recipients=5, in_flight=W, lease_s=0.5, per_s=400) as ground:
        await listed(ground)
        await ground.strike(NAME, Death(point))
        await ground.finish(NAME)
        ground.compare(NAME, Policy.AT_MOST_ONCE)
        books = ground.books
    assert books.kills == 1
    assert books.sent + books.unknown == LISTED
    assert books.repeated == 0
    if point in (CrashPoint.CP0, CrashPoint.CP1, CrashPoint.CP2):
        assert (books.copies, books.unknown) == (LISTED, 0)


def test_D48_a_kill_while_the_list_is_made_or_approved_makes_one_whole_list():
    """The database dies at each of its steps; whatever was done by then, the same again ends in one correction."""

    async def main() -> None:
        steps = 1
        while await _dies_at(steps):
            steps += 1
        assert steps > 10, "to make, to hand in and to approve are many steps"

    run_virtually(main())


async def _dies_at(step: int) -> bool:
    """Die at this step and start anew; whether there was such a step."""
    first = AnnouncementRig()
    await first.appoint()
    done = 0

    async def die() -> None:
        nonlocal done
        done += 1
        if done == step:
            raise Killed

    first.parts.database.gate = die
    with suppress(Killed):
        await _corrected_and_approved(first)
    second = AnnouncementRig(database=FakeDatabase(first.parts.database.disk), clock=first.clock)
    await _corrected_and_approved(second)
    assert len(second.tables.announcements) == 1
    await second.deliver()
    assert sorted(second.announcement_sender.chats) == [1, 2], step
    return done >= step


async def _corrected_and_approved(rig: AnnouncementRig) -> None:
    told = ListedTellings([telling(1, 1), telling(2, 1, locale=Locale.RU)])
    desk = desk_over(rig, ListedVersions([WAS, IS]), told)
    _, made = await desk.correct(Wanted(key=KEY), {}, actor=AUTHOR, now=rig.now)
    name, version = made.announcement.announcement_id, made.announcement.version
    await rig.workflow.approve(name, actor=APPROVER, version=version, now=rig.now)


def test_D48_a_kill_before_the_plan_commits_leaves_the_list_as_it_was():
    async def main() -> None:
        async def die(point: CrashPoint) -> None:
            if point is CrashPoint.CP0:
                raise Killed

        rig = AnnouncementRig(probe=die)
        await rig.appoint()
        await _corrected_and_approved(rig)
        with pytest.raises(Killed):
            await rig.plan()
        after = AnnouncementRig(database=FakeDatabase(rig.parts.database.disk), clock=rig.clock)
        await after.deliver()
        assert sorted(after.announcement_sender.chats) == [1, 2]

    run_virtually(main())


async def test_P10_who_is_forgotten_after_the_approval_is_neither_planned_nor_sent(tmp_path: Path):
    now = datetime.now(UTC)
    aida, boris, chen = ChatId(11), ChatId(12), ChatId(13)
    async with open_database(tmp_path / STATE_FILE) as database:
        await database.migrate()
        visitors = SqlVisitorStore(database, FakeTombstones())
        await SqlAnnouncementStore(database).create(correction(now), request_key="correction")
        people = [ListedRecipient(one, Locale.EN, TOLD_AT) for one in (aida, boris, chen)]
        await SqlSubscribers(database).keep_list(NAME, people)
        await visitors.forget(VisitorId(aida), now=now)
        parts = announcing(database, tmp_path)
        planner = planner_of(parts, PlanningRules())
        while await planner.wake(now + timedelta(seconds=1)):
            pass
        [occurrence] = await parts.stores.outbox.occurrences(of=NAME)
        rows = [row async for row in parts.stores.outbox.rows(occurrence.occurrence_id)]
        assert [(row.chat_id, row.state.value) for row in rows] == [(boris, "planned"), (chen, "planned")]

        await visitors.forget(VisitorId(boris), now=now)
        rows = [row async for row in parts.stores.outbox.rows(occurrence.occurrence_id)]
        assert [(row.chat_id > 0, row.state.value, row.reason) for row in rows] == [
            (False, "skipped", "forgotten"),
            (True, "planned", ""),
        ]
        audience = correction(now).audience
        wanted = await parts.stores.subscribers.still_wanted([aida, boris, chen], audience, topic=correction(now).topic)
        assert wanted == {chen}
