"""What an order must name before it is carried out: rows A14 of the fault table, without a process."""

from __future__ import annotations

import pytest

from bot.adapters.announcements.files import read_single
from bot.announcements.commands import AnnouncementCommands, CommandParts, OrderError
from bot.announcements.drafting import set_text
from bot.announcements.model import Announcement, Receipt, SendOutcome, Stage
from bot.ids import Locale
from tests.support.announcing import APPROVER, AUTHOR, OWNER, STRANGER, House
from tests.support.fake_announcement_sender import FakeAnnouncementSender
from tests.support.virtual_time import run_virtually


def commands(house: House, *, is_running: bool = True) -> AnnouncementCommands:
    return AnnouncementCommands(
        CommandParts(
            workflow=house.workflow,
            lifecycle=house.lifecycle,
            change_requests=house.change_requests,
            organisers=house.organisers,
            audit=house.parts.audit,
            read_single=read_single,
            announcement_sender=house.announcement_sender if is_running else None,
            now=lambda: house.now,
        )
    )


async def submitted(house: House, *, readers: int) -> Announcement:
    await house.appoint()
    await house.parts.subscribe(range(1, readers + 1))
    made = await house.draft()
    decision = await house.workflow.submit(made.announcement_id, actor=AUTHOR, version=made.version, now=house.now)
    assert decision.announcement is not None
    return decision.announcement


async def order(house: House, name: str, **values: object) -> dict[str, object]:
    return await commands(house).execute({"order": name, "actor": APPROVER, **values})


@pytest.mark.parametrize(("readers", "is_approved"), [(98, True), (102, True), (97, False), (103, False), (0, False)])
def test_A14_an_audience_that_changed_by_more_than_a_fiftieth_is_not_approved(readers, is_approved):
    async def scenario():
        house = House()
        found = await submitted(house, readers=readers)
        told = {"id": found.announcement_id, "version": found.version, "count": 100}
        if is_approved:
            assert (await order(house, "approve", **told))["stage"] == "approved"
            return
        with pytest.raises(OrderError, match=f"100 recipients were meant, and it would reach {readers} now"):
            await order(house, "approve", **told)
        assert house.tables.announcements[found.announcement_id].stage is Stage.SUBMITTED

    run_virtually(scenario())


def test_A14_a_text_that_its_author_changed_between_look_and_order_is_not_approved():
    async def scenario():
        house = House()
        looked_at = await submitted(house, readers=1)
        name = looked_at.announcement_id
        back = await house.workflow.take_back(name, actor=AUTHOR, version=looked_at.version, now=house.now)
        changed = await house.workflow.edit(
            name, set_text(Locale.EN, "Send money."), actor=AUTHOR, version=back.announcement.version, now=house.now
        )
        await house.workflow.submit(name, actor=AUTHOR, version=changed.announcement.version, now=house.now)
        with pytest.raises(OrderError, match="announcement_edited by 101, announcement_taken_back by 101"):
            await order(house, "approve", id=name, version=looked_at.version, count=1)
        assert house.tables.announcements[name].stage is Stage.SUBMITTED

    run_virtually(scenario())


@pytest.mark.parametrize("values", [{}, {"version": 2}, {"count": 1}, {"version": True, "count": 1}, {"version": "2"}])
@pytest.mark.parametrize("name", ["approve", "correct", "put_back", "resend"])
def test_A14_an_order_without_version_or_count_is_refused(name, values):
    async def scenario():
        house = House()
        await house.parts.subscribe([1])
        found = await house.approved()
        await house.deliver()
        with pytest.raises(OrderError, match=r"say with --(version|count)"):
            await order(house, name, id=found.announcement_id, texts={"en": "x"}, **values)

    run_virtually(scenario())


def test_A14_a_stranger_learns_neither_version_nor_count():
    async def scenario():
        house = House()
        found = await submitted(house, readers=1)
        for name in ("approve", "correct", "put_back"):
            with pytest.raises(OrderError, match=r"not allowed|nothing of it has gone out"):
                await commands(house).execute(
                    {
                        "order": name,
                        "actor": STRANGER,
                        "id": found.announcement_id,
                        "version": 7,
                        "count": 7,
                        "texts": {"en": "x"},
                    }
                )

    run_virtually(scenario())


def test_A14_a_correction_by_command_goes_from_one_to_another():
    async def scenario():
        house = House()
        await house.parts.subscribe([1])
        name = (await house.approved()).announcement_id
        await house.deliver()
        version = house.tables.announcements[name].version
        asked = await order(house, "correct", id=name, version=version, count=1, texts={"en": "At eleven."})
        assert asked["copies"] == 1
        with pytest.raises(OrderError, match="nobody approves their own"):
            await order(house, "agree", id=asked["request"], count=1)
        with pytest.raises(OrderError, match="another number of copies"):
            await order(house, "agree", id=asked["request"], count=2, actor=OWNER)
        done = await order(house, "agree", id=asked["request"], count=1, actor=OWNER)
        assert len(done["corrections"]) == 1
        await house.deliver()
        back = await order(house, "put_back", id=name, version=version + 2, count=1)
        assert (await order(house, "refuse", id=back["request"], actor=OWNER))["ok"]
        alone = await order(house, "correct", id=name, version=version + 4, count=1, texts={"en": "!"}, actor=OWNER)
        lone = {"order": "agree", "id": alone["request"], "count": 1, "actor": OWNER, "emergency": True}
        with pytest.raises(OrderError, match="start the bot first"):
            await commands(house, is_running=False).execute(lone)
        assert (await commands(house).execute(lone))["corrections"]

    run_virtually(scenario())


def test_D47_one_more_copy_is_ordered_by_one_and_agreed_to_by_another():
    async def scenario():
        doubt = Receipt(fate=SendOutcome.DOUBT, reason="timed_out")
        house = House(announcement_sender=FakeAnnouncementSender(answer=lambda outgoing: doubt))
        await house.parts.subscribe([1])
        name = (await house.approved()).announcement_id
        await house.deliver()
        version = house.tables.announcements[name].version
        with pytest.raises(OrderError, match="another number of copies"):
            await order(house, "resend", id=name, version=version, count=2)
        asked = await order(house, "resend", id=name, version=version, count=1)
        assert (await order(house, "agree", id=asked["request"], count=1, actor=OWNER))["stage"] == "approved"
        await house.deliver()
        assert house.announcement_sender.chats == [1, 1]
        assert house.tables.announcements[name].stage is Stage.FINISHED

    run_virtually(scenario())
