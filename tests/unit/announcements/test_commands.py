"""What an order must name before it is carried out: rows A14 of the fault table, without a process."""

from __future__ import annotations

import pytest

from bot.adapters.announcements.files import read_single
from bot.announcements.commands import AnnouncementCommands, CommandParts, OrderError
from bot.announcements.drafting import set_text
from bot.announcements.model import Announcement, Receipt, SendOutcome, Stage
from bot.ids import Locale
from tests.support.announcement_rig import APPROVER, AUTHOR, OWNER, STRANGER, AnnouncementRig
from tests.support.fake_announcement_sender import FakeAnnouncementSender
from tests.support.virtual_time import run_virtually


def commands(rig: AnnouncementRig, *, is_running: bool = True, has_model: bool = False) -> AnnouncementCommands:
    return AnnouncementCommands(
        CommandParts(
            workflow=rig.workflow,
            lifecycle=rig.lifecycle,
            change_requests=rig.change_requests,
            organisers=rig.organisers,
            text_drafting=rig.joined.text_drafting,
            audit=rig.parts.audit,
            read_single=read_single,
            announcement_sender=rig.announcement_sender if is_running else None,
            now=lambda: rig.now,
            has_model=has_model,
        )
    )


async def submitted(rig: AnnouncementRig, *, readers: int) -> Announcement:
    await rig.appoint()
    await rig.parts.subscribe(range(1, readers + 1))
    made = await rig.draft()
    decision = await rig.workflow.submit(made.announcement_id, actor=AUTHOR, version=made.version, now=rig.now)
    assert decision.announcement is not None
    return decision.announcement


async def order(rig: AnnouncementRig, name: str, **values: object) -> dict[str, object]:
    return await commands(rig).execute({"order": name, "actor": APPROVER, **values})


@pytest.mark.parametrize(("readers", "is_approved"), [(98, True), (102, True), (97, False), (103, False), (0, False)])
def test_A14_an_audience_that_changed_by_more_than_a_fiftieth_is_not_approved(readers, is_approved):
    async def scenario():
        rig = AnnouncementRig()
        found = await submitted(rig, readers=readers)
        told = {"id": found.announcement_id, "version": found.version, "count": 100}
        if is_approved:
            assert (await order(rig, "approve", **told))["stage"] == "approved"
            return
        with pytest.raises(OrderError, match=f"100 recipients were meant, and it would reach {readers} now"):
            await order(rig, "approve", **told)
        assert rig.tables.announcements[found.announcement_id].stage is Stage.SUBMITTED

    run_virtually(scenario())


def test_A14_a_text_that_its_author_changed_between_look_and_order_is_not_approved():
    async def scenario():
        rig = AnnouncementRig()
        looked_at = await submitted(rig, readers=1)
        name = looked_at.announcement_id
        back = await rig.workflow.take_back(name, actor=AUTHOR, version=looked_at.version, now=rig.now)
        changed = await rig.workflow.edit(
            name, set_text(Locale.EN, "Send money."), actor=AUTHOR, version=back.announcement.version, now=rig.now
        )
        await rig.workflow.submit(name, actor=AUTHOR, version=changed.announcement.version, now=rig.now)
        with pytest.raises(OrderError, match="announcement_edited by 101, announcement_taken_back by 101"):
            await order(rig, "approve", id=name, version=looked_at.version, count=1)
        assert rig.tables.announcements[name].stage is Stage.SUBMITTED

    run_virtually(scenario())


@pytest.mark.parametrize("values", [{}, {"version": 2}, {"count": 1}, {"version": True, "count": 1}, {"version": "2"}])
@pytest.mark.parametrize("name", ["approve", "correct", "put_back", "resend"])
def test_A14_an_order_without_version_or_count_is_refused(name, values):
    async def scenario():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        found = await rig.approved()
        await rig.deliver()
        with pytest.raises(OrderError, match=r"say with --(version|count)"):
            await order(rig, name, id=found.announcement_id, texts={"en": "x"}, **values)

    run_virtually(scenario())


def test_A14_a_stranger_learns_neither_version_nor_count():
    async def scenario():
        rig = AnnouncementRig()
        found = await submitted(rig, readers=1)
        for name in ("approve", "correct", "put_back"):
            with pytest.raises(OrderError, match=r"not allowed|nothing of it has gone out"):
                await commands(rig).execute(
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
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        name = (await rig.approved()).announcement_id
        await rig.deliver()
        version = rig.tables.announcements[name].version
        asked = await order(rig, "correct", id=name, version=version, count=1, texts={"en": "At eleven."})
        assert asked["copies"] == 1
        with pytest.raises(OrderError, match="nobody approves their own"):
            await order(rig, "agree", id=asked["request"], count=1)
        with pytest.raises(OrderError, match="another number of copies"):
            await order(rig, "agree", id=asked["request"], count=2, actor=OWNER)
        done = await order(rig, "agree", id=asked["request"], count=1, actor=OWNER)
        assert len(done["corrections"]) == 1
        await rig.deliver()
        back = await order(rig, "put_back", id=name, version=version + 2, count=1)
        assert (await order(rig, "refuse", id=back["request"], actor=OWNER))["ok"]
        alone = await order(rig, "correct", id=name, version=version + 4, count=1, texts={"en": "!"}, actor=OWNER)
        lone = {"order": "agree", "id": alone["request"], "count": 1, "actor": OWNER, "emergency": True}
        with pytest.raises(OrderError, match="start the bot first"):
            await commands(rig, is_running=False).execute(lone)
        assert (await commands(rig).execute(lone))["corrections"]

    run_virtually(scenario())


def test_D47_one_more_copy_is_ordered_by_one_and_agreed_to_by_another():
    async def scenario():
        doubt = Receipt(outcome=SendOutcome.DOUBT, reason="timed_out")
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answer=lambda outgoing: doubt))
        await rig.parts.subscribe([1])
        name = (await rig.approved()).announcement_id
        await rig.deliver()
        version = rig.tables.announcements[name].version
        with pytest.raises(OrderError, match="another number of copies"):
            await order(rig, "resend", id=name, version=version, count=2)
        asked = await order(rig, "resend", id=name, version=version, count=1)
        assert (await order(rig, "agree", id=asked["request"], count=1, actor=OWNER))["stage"] == "approved"
        await rig.deliver()
        assert rig.announcement_sender.chats == [1, 1]
        assert rig.tables.announcements[name].stage is Stage.FINISHED

    run_virtually(scenario())


async def test_drafts_are_ordered_of_who_has_a_model():
    rig = AnnouncementRig()
    await rig.appoint()
    made = await rig.draft(locales=[Locale.KK, Locale.ZH, Locale.RU])
    order = {"order": "draft", "id": made.announcement_id, "actor": AUTHOR}
    with pytest.raises(OrderError, match="no language model is set"):
        await commands(rig).execute(order)
    told = await commands(rig, has_model=True).execute({**order, "languages": "kk"})
    assert told["waiting"] == ["kk"]
    assert (await commands(rig, has_model=True).execute(order))["waiting"] == ["zh", "ru", "kk"]
    with pytest.raises(OrderError, match="not allowed"):
        await commands(rig, has_model=True).execute({**order, "actor": STRANGER})
