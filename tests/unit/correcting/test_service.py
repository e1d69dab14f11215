"""A correction from the look to the last copy, over stores in memory and a virtual clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.announcements.actions import CommandOutcome
from bot.announcements.model import DeliveryState, Stage
from bot.correcting.model import Wanted
from bot.errors import CorrectionError
from bot.ids import ChatId, Locale, VisitorId
from bot.visitors.model import Subscription
from bot.visitors.subscriptions import without
from tests.support.announcement_rig import APPROVER, AUTHOR, OWNER, START, STRANGER, AnnouncementRig
from tests.support.correcting_parts import IS, KEY, WAS, ListedTellings, ListedVersions, desk_over, telling
from tests.support.virtual_time import run_virtually

WANTED = Wanted(key=KEY)
ALL = replace(WANTED, with_announcements=True)


class Story:
    """Aida (1) was told it in English, Boris (2) in Russian, Chen (3) from a copy of another language than theirs."""

    def __init__(self, **tables):
        self.rig = AnnouncementRig(**tables)
        self.tellings = ListedTellings(
            [
                telling(1, 2, hours=-2),
                telling(2, 2, locale=Locale.RU, hours=-1),
                telling(3, 2, locale=Locale.KK),
                telling(4, 3),
            ]
        )
        self.versions = ListedVersions([WAS, WAS, IS])
        self.desk = desk_over(self.rig, self.versions, self.tellings)

    async def correct(self, texts=None, *, wanted=WANTED, actor=AUTHOR, again=False):
        return await self.desk.correct(wanted, texts or {}, actor=actor, again=again, now=self.rig.now)

    async def approve(self, announcement):
        decision = await self.rig.workflow.approve(
            announcement.announcement_id, actor=APPROVER, version=announcement.version, now=self.rig.now
        )
        assert decision.is_done, decision

    def got(self):
        return {one.chat_id: one.locale for one in self.rig.announcement_sender.sent}


def told_story(work, **parts):
    async def main():
        story = Story(**parts)
        await story.rig.appoint()
        await work(story)

    run_virtually(main())


def test_exactly_those_who_were_told_get_it_once_whether_subscribed_or_not():
    async def work(story):
        await story.rig.parts.subscribe([1, 4, 5])
        found, made = await story.correct()
        assert sorted(found.told.people) == [1, 2, 3]
        assert (made.is_new, made.announcement.stage) == (True, Stage.SUBMITTED)
        assert (await story.rig.workflow.audience_size(made.announcement)).total == 3
        await story.rig.deliver()
        assert story.got() == {}, "nobody has approved it"
        await story.approve(made.announcement)
        await story.rig.deliver()
        assert story.got() == {1: Locale.EN, 2: Locale.RU, 3: Locale.EN}
        assert len(story.rig.announcement_sender.sent) == 3
        assert "Длина 160 м." in next(one.text for one in story.rig.announcement_sender.sent if one.chat_id == 2)
        assert all(one.is_correction for one in story.rig.announcement_sender.sent)

    told_story(work)


def test_each_reads_it_in_the_language_in_which_they_chat_by_now():
    async def work(story):
        story.tellings.chat_in[VisitorId(1)] = Locale.RU
        _, made = await story.correct()
        await story.approve(made.announcement)
        await story.rig.deliver()
        assert story.got()[1] is Locale.RU

    told_story(work)


def test_its_author_does_not_approve_it_and_a_stranger_makes_none():
    async def work(story):
        _, made = await story.correct(actor=OWNER)
        decision = await story.rig.workflow.approve(
            made.announcement.announcement_id, actor=OWNER, version=made.announcement.version, now=story.rig.now
        )
        assert decision.outcome is CommandOutcome.OWN_WORK
        before = len(story.rig.tables.announcements)
        with pytest.raises(CorrectionError, match="not allowed"):
            await story.correct(actor=STRANGER, again=True)
        assert len(story.rig.tables.announcements) == before

    told_story(work)


def test_a_second_one_is_made_only_when_it_is_wanted_again():
    async def work(story):
        _, first = await story.correct()
        found, second = await story.correct()
        assert (second.is_new, second.announcement.announcement_id) == (False, first.announcement.announcement_id)
        assert [one.announcement_id for one in found.earlier] == [first.announcement.announcement_id]
        _, third = await story.correct(again=True)
        assert third.is_new
        assert third.announcement.announcement_id != first.announcement.announcement_id
        story.versions.texts.append({**IS, Locale.RU: "Длина сто семьдесят метров."})
        _, same = await story.correct()
        assert not same.is_new, "that the section was changed again makes no other fact of it"

    told_story(work)


def test_a_draft_that_a_killed_process_left_is_handed_in_by_the_next_try():
    async def work(story):
        submit = story.rig.workflow.submit

        async def killed(*_arguments, **_more):
            raise KeyboardInterrupt

        story.rig.workflow.submit = killed
        with pytest.raises(KeyboardInterrupt):
            await story.correct()
        story.rig.workflow.submit = submit
        _, made = await story.correct()
        assert (made.is_new, made.announcement.stage) == (False, Stage.SUBMITTED)
        assert len(story.rig.tables.announcements) == 1
        assert (await story.rig.workflow.audience_size(made.announcement)).total == 3

    told_story(work)


def test_who_stops_before_their_turn_or_blocked_the_bot_is_left_out():
    async def work(story):
        _, made = await story.correct()
        await story.approve(made.announcement)
        await story.rig.parts.subscribers.mark_gone(ChatId(3))
        await story.rig.plan()
        stopped = without(Subscription(chat_id=ChatId(1)), None, now=story.rig.now)
        await story.rig.parts.subscriptions.save(stopped)
        await story.rig.deliver()
        assert story.got() == {2: Locale.RU}
        assert story.rig.states() == {1: DeliveryState.SKIPPED, 2: DeliveryState.SENT}

    told_story(work)


def test_announcements_that_say_it_are_named_and_their_readers_told_if_that_is_wanted():
    async def work(story):
        texts = {Locale.EN: "Come and see: it is <b>160 m long</b>.", Locale.RU: "Приходите."}
        await story.rig.parts.subscribe([1, 7, -100])
        await story.rig.parts.subscribe([8], locale=Locale.RU)
        quoting = await story.rig.approved(texts=texts)
        await story.rig.approved(texts={Locale.EN: "The forum is at 9:00."})
        await story.rig.draft(texts=texts)
        await story.rig.deliver()

        found = await story.desk.look(WANTED, now=story.rig.now)
        [one] = found.quoting
        assert (one.announcement.announcement_id, one.got) == (quoting.announcement_id, 4)
        assert dict(one.words) == {Locale.EN: ("It is 160 m long.",)}
        assert sorted(found.told.people) == [1, 2, 3]
        found = await story.desk.look(ALL, now=story.rig.now)
        assert sorted(found.told.people) == [1, 2, 3, 7], (
            "whoever read it in Russian was not told it, a group is nobody"
        )
        assert found.told.by_announcements == 1
        _, made = await story.correct(wanted=ALL)
        assert made.announcement.audience.told.people == 4
        assert (await story.desk.look(ALL, now=story.rig.now)).quoting == found.quoting, "corrections quote nothing"

    told_story(work)


def test_texts_of_ones_own_take_the_place_of_what_comes_by_itself():
    async def work(story):
        _, made = await story.correct({Locale.RU: "Исправляем: 170 м.", Locale.ZH: "更正：170米。"})
        texts = made.announcement.content.texts
        assert texts[Locale.RU] == "Исправляем: 170 м."
        assert set(texts) == {Locale.EN, Locale.RU, Locale.ZH}
        assert "It is 170 m long." in texts[Locale.EN]

    told_story(work)


def test_what_can_not_be_sent_or_concerns_nobody_is_refused_before_anything_is_stored():
    async def work(story):
        with pytest.raises(CorrectionError, match="the text in ru can't be sent"):
            await story.correct({Locale.RU: "я" * 5_000})
        story.tellings.told = [replace(one, told_at=START - timedelta(days=31)) for one in story.tellings.told]
        with pytest.raises(CorrectionError, match="nobody was told it within the 30 days"):
            await story.correct()
        assert story.rig.tables.announcements == {}
        assert story.rig.tables.recipients == {}

    told_story(work)


def test_a_copy_of_a_correction_goes_to_the_same_list():
    async def work(story):
        _, made = await story.correct()
        copied = await story.rig.workflow.duplicate(
            made.announcement.announcement_id, actor=AUTHOR, request_key="copy", now=story.rig.now
        )
        assert copied.announcement.audience == made.announcement.audience
        assert (await story.rig.workflow.audience_size(copied.announcement)).total == 3

    told_story(work)
