"""What organisers choose and see besides text and time: names, groups, exclusions, and what an approver approves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.announcements.model import (
    Audience,
    Lateness,
    ListedRecipient,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Policy,
    QuietHours,
    Role,
    Stage,
    Terms,
    ToldFact,
)
from bot.chat_state.model import Dialogue
from bot.ids import ChatId, DocumentPath, Locale, NewsTopic, SectionKey, VisitorId
from tests.support.announcement_rig import draft
from tests.support.chat_rig import NOW, person, press
from tests.support.news_rig import APPROVER, AUTHOR, GROUP, STRANGER, NewsRig

CHANNEL = {"id": -1007, "type": "channel", "title": "News"}


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def overview(rig: NewsRig) -> str:
    """The author's draft as a whole."""
    await rig.says(AUTHOR, "/announcements")
    return await rig.taps(AUTHOR, "Hall moves")


async def test_a_draft_gets_another_name_and_topic(rig):
    await rig.draft()
    await overview(rig)
    assert "call it instead" in await rig.taps(AUTHOR, "🏷 Name")
    assert "Announcement: Hall 3" in await rig.says(AUTHOR, "Hall 3")
    assert "What is it about" in await rig.taps(AUTHOR, "📌 Topic")
    assert "Announcement: Hall 3" in await rig.taps(AUTHOR, "Changes")
    draft = await rig.only()
    assert (draft.label, draft.topic) == ("Hall 3", NewsTopic.SERVICE)
    assert draft.content.texts


async def groups_page(rig: NewsRig) -> str:
    await overview(rig)
    await rig.taps(AUTHOR, "Recipients")
    return await rig.taps(AUTHOR, "➕🚫")


async def test_a_group_or_channel_gets_it_besides_the_chosen_readers(rig):
    rig.telegram.chats["@news"] = CHANNEL
    await rig.parts.subscribe([CHANNEL["id"], 101])
    await rig.draft()
    await overview(rig)
    await rig.taps(AUTHOR, "Recipients")
    assert "0 recipients" in await rig.taps(AUTHOR, "Only organisers")
    await rig.taps(AUTHOR, "➕🚫")
    await rig.taps(AUTHOR, "Group or channel")
    assert "1 recipient" in await rig.says(AUTHOR, "@news")
    assert (await rig.only()).audience.chats == {CHANNEL["id"]}
    assert "Also these groups and channels: -1007" in await overview(rig)
    await groups_page(rig)
    assert "0 recipients" in await rig.taps(AUTHOR, "➕ -1007")
    assert (await rig.only()).audience.chats == frozenset()


async def test_a_chat_that_the_bot_does_not_know_is_asked_for_again(rig):
    await rig.draft()
    await groups_page(rig)
    await rig.taps(AUTHOR, "Group or channel")
    for wrong in ("@nowhere", "news", "-100999", str(STRANGER)):
        assert "recipient" not in await rig.says(AUTHOR, wrong)
    assert (await rig.only()).audience.chats == frozenset()
    rig.telegram.chats["-1007"] = CHANNEL
    await rig.says(AUTHOR, "-۱۰۰۷")
    assert (await rig.only()).audience.chats == {-1007}


async def test_people_and_chats_can_be_left_out(rig):
    rig.telegram.chats["@news"] = CHANNEL
    await rig.parts.subscribe([101, 102, CHANNEL["id"]])
    await rig.draft()
    await groups_page(rig)
    for typed in ("101", "@news"):
        await rig.taps(AUTHOR, "Leave out")
        await rig.says(AUTHOR, typed)
    assert "1 recipient" in rig.last(AUTHOR)
    assert (await rig.only()).audience.without == {101, CHANNEL["id"]}
    assert "Never: -1007, 101" in await overview(rig)
    await groups_page(rig)
    assert "2 recipients" in await rig.taps(AUTHOR, "🚫 101")


async def test_who_is_left_out_does_not_get_it_besides(rig):
    rig.telegram.chats["@news"] = CHANNEL
    await rig.draft()
    await groups_page(rig)
    for label, kept, dropped in (
        ("Group or channel", "chats", "without"),
        ("Leave out", "without", "chats"),
        ("Group or channel", "chats", "without"),
    ):
        await rig.taps(AUTHOR, label)
        await rig.says(AUTHOR, "@news")
        audience = (await rig.only()).audience
        assert (getattr(audience, kept), getattr(audience, dropped)) == ({CHANNEL["id"]}, frozenset())


async def test_an_approver_sees_everything_that_they_approve(rig):
    await rig.draft()
    draft = await rig.only()
    await rig.announcements.workflow.edit(
        draft.announcement_id,
        lambda one: replace(
            one,
            audience=replace(
                one.audience,
                locales=frozenset({Locale.RU, Locale.EN}),
                countries=frozenset({"KZ"}),
                roles=frozenset({Role.AUTHOR}),
                chats=frozenset({ChatId(GROUP)}),
                without=frozenset({ChatId(13)}),
            ),
            terms=Terms(
                is_silent=True,
                quiet_hours=QuietHours.OVERRIDE,
                policy=Policy.AT_LEAST_ONCE,
                lateness=Lateness.MARK_MISSED,
                is_paid=True,
            ),
        ),
        actor=VisitorId(AUTHOR),
        version=draft.version,
        now=NOW,
    )
    await overview(rig)
    await rig.taps(AUTHOR, "🔗 Buttons")
    await rig.says(AUTHOR, "Programme\nhttps://example.org/p")
    await rig.taps(AUTHOR, "Submit")
    told = rig.last(APPROVER)
    for part in (
        "Button “Programme”: https://example.org/p",
        "Only readers of these languages: English, Русский",
        "Only these countries: Kazakhstan",
        "Only organisers with these roles: Author",
        f"Also these groups and channels: {GROUP}",
        "Never: 13",
        "Readers of the other languages get nothing",
        "Without sound",
        "Quiet hours: send anyway",
        "a second copy",
        "If late: do not send",
        "Fast, costs",
    ):
        assert part in told, part


async def test_usual_terms_are_not_repeated_in_the_overview(rig):
    await rig.submitted()
    for word in ("Quiet hours", "sound", "In doubt", "If late", "Valid", "Only", "Never", "pace"):
        assert word not in rig.last(APPROVER)


async def test_buttons_survive_a_change_of_the_first_language(rig):
    await rig.draft(texts={"Русский": "Форум переезжает."})
    await overview(rig)
    await rig.taps(AUTHOR, "🔗 Buttons")
    await rig.says(AUTHOR, "Programme\nhttps://example.org/p")
    draft = await rig.only()
    await rig.announcements.workflow.edit(
        draft.announcement_id,
        lambda one: replace(one, content=replace(one.content, source=Locale.RU)),
        actor=VisitorId(AUTHOR),
        version=draft.version,
        now=NOW,
    )
    assert "it needs a label in ru" in await overview(rig)
    await rig.taps(AUTHOR, "Preview")
    await rig.taps(AUTHOR, "Русский")
    assert [outgoing.buttons for outgoing in rig.parts.announcement_sender.sent] == [(("", "https://example.org/p"),)]


@pytest.mark.parametrize(
    "address",
    ["https://t.me/+invite", "https://xn--80ak6aa92e.com", "https://localhost", "javascript:alert(1)", "https://a:b@c.org", "tg://user?id=1"],
)  # fmt: skip
async def test_an_address_that_no_reader_should_be_led_to_is_not_taken(rig, address):
    await rig.draft()
    await overview(rig)
    await rig.taps(AUTHOR, "🔗 Buttons")
    assert "I cannot read this: bad address" in await rig.says(AUTHOR, f"Programme\n{address}")
    assert (await rig.only()).content.buttons == ()
    await rig.says(AUTHOR, "Programme\nhttps://example.org/p")
    assert len((await rig.only()).content.buttons) == 1


async def test_a_recurring_time_may_be_written_in_the_digits_of_any_language(rig):
    await rig.draft()
    await overview(rig)
    await rig.taps(AUTHOR, "📅 Time")
    await rig.taps(AUTHOR, "Repeatedly")
    await rig.says(AUTHOR, "۰ ۹ * * mon ۲۰۲۷-۱۲-۳۱")
    schedule = (await rig.only()).schedule
    assert (schedule.cron, str(schedule.until)) == ("0 9 * * mon", "2027-12-31")


async def test_a_long_name_leaves_the_stage_to_be_seen_in_the_list(rig):
    await rig.says(AUTHOR, "/announce")
    await rig.says(AUTHOR, "x" * 80)
    await rig.says(AUTHOR, "/announcements")
    assert rig.telegram.button_of(AUTHOR, "Draft · xxx")


@pytest.mark.parametrize("state", [OccurrenceState.PLANNING, OccurrenceState.RUNNING, OccurrenceState.PAUSED])
async def test_while_copies_go_out_with_the_old_text_nothing_is_corrected(rig, state):
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    announcement = await rig.only()
    firing = Occurrence(
        occurrence_id=OccurrenceId("o1"),
        announcement_id=announcement.announcement_id,
        slot="s",
        due_at=NOW,
        valid_until=None,
        state=state,
        created_at=NOW,
    )
    await rig.parts.outbox.open_occurrence(firing)
    await rig.says(APPROVER, "/announcements")
    await rig.taps(APPROVER, "Hall moves")
    assert "still going out" in await rig.taps(APPROVER, "✏️ Correct")
    await rig.taps(APPROVER, "Stop")
    await rig.taps(APPROVER, "Yes")
    assert (await rig.only()).stage is Stage.STOPPED
    assert "replaced" in await rig.taps(APPROVER, "✏️ Correct")


async def test_to_be_asked_later_is_nothing_that_can_be_cancelled(rig):
    postponed = Dialogue(VisitorId(STRANGER), "consent_postponed", "", NOW)
    await rig.dialogues.save(postponed)
    assert await rig.says(STRANGER, "/cancel") == "There is nothing to cancel."
    assert rig.dialogues.dialogues == {VisitorId(STRANGER): postponed}


async def test_a_correction_shows_what_it_puts_right_and_for_how_many_and_its_list_is_settled(rig):
    key = SectionKey(DocumentPath("venue/pearl.md"), "size")
    made = draft(label=str(key), audience=Audience(told=ToldFact(key, ("a1",), people=3)))
    people = [ListedRecipient(ChatId(one), Locale.EN, NOW) for one in (101, 102)]
    await rig.announcements.workflow.create(made, actor=VisitorId(AUTHOR), request_key="1", now=NOW, people=people)
    await rig.says(AUTHOR, "/announcements")
    page = await rig.taps(AUTHOR, "Correction (3): venue/pearl.md#size")
    assert "Puts right what was wrong in venue/pearl.md#size" in page
    assert "Goes to whoever was told it: 3 people" in page
    assert "2 recipients" in page, "one of the three is forgotten, or has blocked the bot"
    assert "101" not in page
    rig.telegram.button_of(AUTHOR, "Submit")
    with pytest.raises(AssertionError):
        rig.telegram.button_of(AUTHOR, "Recipients")


async def test_whoever_stops_messages_without_being_subscribed_is_known(rig):
    await rig.handle(press("u:first:*", user=person(STRANGER)))
    stopped = await rig.parts.subscriptions.find(ChatId(STRANGER))
    assert stopped is not None
    assert (stopped.stopped_at, stopped.agreed_at) == (rig.now, None)
