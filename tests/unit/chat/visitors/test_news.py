"""/news: what was announced lately, as it stands now, for whoever got it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.announcements.model import (
    AnnouncementId,
    Correction,
    CorrectionKind,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
)
from bot.answering.model import Answer, Outcome
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.visitors.model import Subscription
from tests.support.chat_rig import NOW, group_message, message, person
from tests.support.news_rig import APPROVER, AUTHOR, NewsRig

READER = 101
GROUP = -1001


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def announced(rig: NewsRig, *, texts: dict[str, str] | None = None) -> AnnouncementId:
    """An announcement that has reached the reader."""
    await rig.draft(texts=texts)
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Submit")
    await rig.taps(APPROVER, "Approve")
    name = (await rig.only()).announcement_id
    await fire(rig, name, "o1", days_ago=1)
    return name


async def fire(rig: NewsRig, name: AnnouncementId, occurrence_id: str, *, days_ago: int) -> None:
    """One firing that has reached the reader."""
    firing = Occurrence(
        occurrence_id=OccurrenceId(occurrence_id),
        announcement_id=name,
        slot=occurrence_id,
        due_at=NOW - timedelta(days=days_ago),
        valid_until=None,
        state=OccurrenceState.FINISHED,
        created_at=NOW,
        audience=1,
    )
    await rig.parts.outbox.open_occurrence(firing)
    async with rig.parts.database.writing() as tables:
        tables.deliveries[firing.occurrence_id][ChatId(READER)] = Delivery(
            occurrence_id=firing.occurrence_id,
            chat_id=ChatId(READER),
            locale=Locale.EN,
            zone="",
            state=DeliveryState.SENT,
            body_hash="",
            not_before=NOW,
            message_id=7,
        )


async def correct(rig: NewsRig, occurrence_id: str, text: str, *, minutes: int = 0) -> None:
    """An edit of what was delivered in English."""
    await rig.parts.corrections.open(
        Correction(
            correction_id=f"c{minutes}",
            occurrence_id=OccurrenceId(occurrence_id),
            kind=CorrectionKind.EDIT,
            texts={Locale.EN: text},
            asked_by=VisitorId(APPROVER),
            asked_at=NOW + timedelta(minutes=minutes),
        )
    )


async def news(rig: NewsRig, reader: int = READER, language: str = "en") -> str:
    await rig.handle(message("/news", user=person(reader, language=language)))
    return rig.last(reader)


async def test_who_got_an_announcement_finds_it_again_in_their_language(rig):
    await announced(rig, texts={"Русский": "Форум переезжает в зал 2."})
    assert "The forum moves to hall 2." in await news(rig)
    assert "Форум переезжает в зал 2." in await news(rig, language="ru")
    assert "The forum moves to hall 2." in await news(rig, language="zh-hans")


async def test_who_did_not_get_it_does_not_find_it(rig):
    await announced(rig)
    assert "hall 2" not in await news(rig, reader=102)


async def test_what_was_corrected_is_found_as_it_was_corrected_last(rig):
    await announced(rig)
    await correct(rig, "o1", "The forum moves to hall 3.", minutes=1)
    await correct(rig, "o1", "The forum moves to <b>hall 4</b>.", minutes=2)
    told = await news(rig)
    assert "The forum moves to <b>hall 4</b>." in told
    assert "hall 2" not in told


async def test_the_latest_firing_of_a_recurring_announcement_counts(rig):
    name = await announced(rig)
    await correct(rig, "o1", "The forum moves to hall 3.", minutes=1)
    await fire(rig, name, "o2", days_ago=0)
    told = await news(rig)
    assert "hall 2" in told
    assert "hall 3" not in told


async def test_what_was_withdrawn_is_not_found(rig):
    name = await announced(rig)
    await rig.announcements.lifecycle.withdraw(name, actor=VisitorId(APPROVER), now=NOW)
    assert "hall 2" not in await news(rig)


async def test_a_wrong_tag_in_an_old_text_is_shown_as_text(rig):
    await announced(rig)
    await correct(rig, "o1", "Hall <blink>3", minutes=1)
    assert "Hall &lt;blink&gt;3" in await news(rig)


def subscribed(chat_id: int) -> Subscription:
    return Subscription(chat_id=ChatId(chat_id), agreed_at=NOW, topics=frozenset(NewsTopic))


@pytest.fixture
async def stopping(rig):
    """Every question is the wish for no more announcements."""
    rig.answerer.answer_to = lambda question: Answer(Outcome.UNSUBSCRIBE, Locale.EN, Locale.EN)
    return rig


async def test_who_wants_no_more_announcements_stops_them_with_one_tap(stopping):
    await stopping.parts.subscriptions.save(subscribed(READER))
    told = await stopping.says(READER, "stop writing to me")
    assert "/settings" in told
    assert "/deleteme" in told
    assert "Announcements: off" in await stopping.taps(READER, "Unsubscribe")
    assert (await stopping.subscription(READER)).agreed_at is None


async def test_who_wants_no_more_announcements_may_have_everything_deleted(stopping):
    await stopping.says(READER, "stop writing to me")
    assert "Delete everything that is stored about you" in await stopping.taps(READER, "Delete my data")


async def test_the_announcements_of_a_group_are_stopped_by_its_administrators_alone(stopping):
    await stopping.parts.subscriptions.save(subscribed(GROUP))
    await stopping.handle(group_message("/ask stop writing", user=person(READER)))
    assert "Only an administrator" in await stopping.taps(READER, "Unsubscribe", chat_id=GROUP)
    assert (await stopping.subscription(GROUP)).agreed_at is not None
    stopping.telegram.administrators.add(READER)
    await stopping.handle(group_message("/ask stop writing", user=person(READER)))
    assert "Announcements: off" in await stopping.taps(READER, "Unsubscribe", chat_id=GROUP)
    assert (await stopping.subscription(GROUP)).agreed_at is None


@pytest.mark.parametrize("locale", list(Locale))
async def test_A17_subscribe_does_not_tell_whether_the_bot_is_in_somebody_else_s_group(rig, locale):
    rig.telegram.chats["-1009"] = {"id": -1009, "type": "supergroup", "title": "Secret"}
    said = []
    for number in ("-1009", "-1008"):
        await rig.handle(message(f"/subscribe {number}", user=person(READER, language=locale.value)))
        said.append(rig.last(READER))
    assert said[0] == said[1]
    assert await rig.subscription(-1009) is None
    rig.telegram.administrators.add(READER)
    await rig.handle(message("/subscribe -1009", user=person(READER)))
    assert (await rig.subscription(-1009)).agreed_at == NOW
