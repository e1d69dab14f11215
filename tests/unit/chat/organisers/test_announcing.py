"""Organisers compose, approve and steer announcements in the chat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.announcements.events import DatabaseFailed, OccurrenceAwaitsConfirmation, OccurrenceFinished, ResultsNotStored
from bot.announcements.model import (
    AttachmentKind,
    Correction,
    CorrectionKind,
    Delivery,
    DeliveryState,
    Lateness,
    MissingLanguage,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Receipt,
    Role,
    SendOutcome,
    Stage,
    Timing,
)
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from tests.support.chat_rig import NOW
from tests.support.news_rig import APPROVER, AUTHOR, OWNER, NewsRig


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def test_the_walk_leads_from_a_name_to_a_draft_with_its_text(rig):
    assert "What should organisers call it" in await rig.says(AUTHOR, "/announce")
    assert "What is it about" in await rig.says(AUTHOR, "Hall moves")
    assert "In which language" in await rig.taps(AUTHOR, "Forums")
    assert "Send the text. Language: Русский" in await rig.taps(AUTHOR, "Русский")
    assert "Texts: tap a language" in await rig.says(AUTHOR, "Форум переезжает в зал 2.")
    draft = await rig.only()
    assert (draft.label, draft.topic, draft.stage) == ("Hall moves", NewsTopic.FORUM, Stage.DRAFT)
    assert draft.content.source is Locale.RU
    assert draft.content.texts == {Locale.RU: "Форум переезжает в зал 2."}


async def test_formatting_is_kept_as_html(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "English")
    bold = [{"type": "bold", "offset": 0, "length": 3}]
    await rig.says(AUTHOR, "New <hall> & time", entities=bold)
    assert (await rig.only()).content.texts[Locale.EN] == "<b>New</b> &lt;hall&gt; &amp; time"


async def test_a_picture_with_a_caption_becomes_attachment_and_text(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "English")
    sizes = [{"file_id": f"f{n}", "file_unique_id": f"u{n}", "width": n, "height": n} for n in (90, 800)]
    await rig.says(AUTHOR, None, photo=sizes, caption="See the plan.")
    content = (await rig.only()).content
    assert content.texts[Locale.EN] == "See the plan."
    assert content.attachment is not None
    assert (content.attachment.kind, content.attachment.file_id) == (AttachmentKind.PHOTO, "f800")
    await rig.taps(AUTHOR, "No attachment")
    assert (await rig.only()).content.attachment is None


async def test_a_file_without_words_is_attached_and_the_text_is_still_asked_for(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "English")
    document = {"file_id": "d1", "file_unique_id": "u1", "file_name": "plan.pdf"}
    await rig.says(AUTHOR, None, document=document)
    await rig.says(AUTHOR, "The plan is attached.")
    content = (await rig.only()).content
    assert content.attachment is not None
    assert content.attachment.filename == "plan.pdf"
    assert content.texts[Locale.EN] == "The plan is attached."


async def test_a_name_in_braces_asks_for_its_moment_in_the_event_s_zone(rig):
    await rig.says(AUTHOR, "/announce")
    await rig.says(AUTHOR, "Start")
    await rig.taps(AUTHOR, "Forums")
    await rig.taps(AUTHOR, "English")
    assert "When is “start”" in await rig.says(AUTHOR, "We begin {start}.")
    assert "I cannot read this date and time" in await rig.says(AUTHOR, "tomorrow")
    await rig.says(AUTHOR, "2026-06-15 09:30")
    assert (await rig.only()).content.moments == {"start": datetime(2026, 6, 15, 1, 30, tzinfo=UTC)}


async def test_a_changed_source_text_marks_its_translations_as_stale(rig):
    await rig.draft(texts={"Русский": "Форум переезжает."})
    await rig.taps(AUTHOR, "English")
    assert "The first text has changed since this translation: Русский" in await rig.says(AUTHOR, "Hall 3 now.")
    assert rig.telegram.button_of(AUTHOR, "⚠️ Русский")


async def test_what_becomes_of_other_languages_is_a_decision(rig):
    await rig.draft()
    assert "get nothing" in rig.last(AUTHOR)
    assert "get this text: English" in await rig.taps(AUTHOR, "→ English")
    assert (await rig.only()).terms.fallback is Locale.EN
    await rig.taps(AUTHOR, "Others: nothing")
    assert (await rig.only()).terms.missing_language is MissingLanguage.HOLD


async def test_the_audience_is_chosen_with_live_counts(rig):
    await rig.parts.subscribe([101, 102], locale=Locale.RU)
    await rig.parts.subscribe([103], locale=Locale.ZH, country="CN", zone="Asia/Shanghai")
    await rig.draft()
    page = await rig.taps(AUTHOR, "Next")
    assert "3 recipients" in page
    assert "without a text in their language: 3" in page
    assert rig.telegram.button_of(AUTHOR, "Русский 2")
    assert "2 recipients" in await rig.taps(AUTHOR, "Русский")
    assert rig.telegram.button_of(AUTHOR, "简体中文 1")
    await rig.taps(AUTHOR, "Русский")
    await rig.taps(AUTHOR, "Countries")
    assert "1 recipient" in await rig.taps(AUTHOR, "China")
    await rig.taps(AUTHOR, "Back")
    await rig.taps(AUTHOR, "Only organisers")
    assert (await rig.only()).audience.roles


async def test_the_time_is_typed_in_the_event_s_zone_and_shown_in_utc_too(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "📅 Time")
    await rig.taps(AUTHOR, "Date and time")
    page = await rig.says(AUTHOR, "2027-06-15 09:30")
    assert "June 15, 2027, 09:30 (UTC+8) Shanghai = 2027-06-15 01:30 UTC" in page
    assert (await rig.only()).schedule.timing is Timing.ONCE


async def test_a_time_that_the_clocks_skip_is_explained(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "📅 Time")
    await rig.taps(AUTHOR, "Time zone")
    assert "Berlin (UTC+" in await rig.says(AUTHOR, "Berlin")
    await rig.taps(AUTHOR, "Date and time")
    assert "The clocks skip this time" in await rig.says(AUTHOR, "2027-03-28 02:30")
    await rig.taps(AUTHOR, "Date and time")
    assert "occurs twice" in await rig.says(AUTHOR, "2027-10-31 02:30")


async def test_a_recurring_time_is_read_or_explained(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "📅 Time")
    await rig.taps(AUTHOR, "Repeatedly")
    assert "cron" in await rig.says(AUTHOR, "every monday")
    await rig.says(AUTHOR, "0 9 * * mon 2027-12-31")
    schedule = (await rig.only()).schedule
    assert (schedule.cron, str(schedule.until)) == ("0 9 * * mon", "2027-12-31")


async def test_terms_change_with_a_tap_each(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Options")
    for label in ("No expiry", "If late: send", "Quiet hours: wait", "With sound", "no second copy"):
        await rig.taps(AUTHOR, label)
    terms = (await rig.only()).terms
    assert terms.valid_for == timedelta(hours=1)
    assert terms.lateness is Lateness.MARK_MISSED
    assert terms.is_silent
    assert rig.telegram.button_of(AUTHOR, "Valid for: 1 hour")


async def test_buttons_below_the_text_have_labels_in_several_languages(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "🔗 Buttons")
    await rig.says(AUTHOR, "Programme\nru: Программа\nhttps://example.org/p")
    [button] = (await rig.only()).content.buttons
    assert button.labels == {Locale.EN: "Programme", Locale.RU: "Программа"}
    assert button.url == "https://example.org/p"


async def test_the_preview_goes_to_the_organiser_alone_in_each_language(rig):
    await rig.draft(texts={"Русский": "Форум переезжает."})
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Preview")
    await rig.taps(AUTHOR, "Русский")
    [outgoing] = rig.parts.announcement_sender.sent
    assert (outgoing.chat_id, outgoing.locale, outgoing.text) == (AUTHOR, Locale.RU, "Форум переезжает.")


async def test_a_trial_that_fails_says_why(rig):
    rig.parts.announcement_sender.answer = lambda outgoing: Receipt(outcome=SendOutcome.REFUSED, reason="file_missing")
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Preview")
    assert "file_missing" in await rig.taps(AUTHOR, "English")


async def test_what_is_too_long_is_not_submitted(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "English")
    assert "Telegram will not take this text: English" in await rig.says(AUTHOR, "a" * 4097)
    await rig.taps(AUTHOR, "Overview")
    assert "Something must be put right first" in await rig.taps(AUTHOR, "Submit")
    assert (await rig.only()).stage is Stage.DRAFT


async def test_a_second_person_approves_and_the_author_is_told(rig):
    await rig.submitted()
    assert "Submitted" in rig.last(AUTHOR)
    assert "please check" in rig.last(APPROVER).lower()
    assert "Hall moves" in rig.last(APPROVER)
    await rig.taps(APPROVER, "Approve")
    approved = await rig.only()
    assert (approved.stage, approved.approver) == (Stage.APPROVED, APPROVER)
    assert rig.last(AUTHOR) == f"✅ Approved by {APPROVER}: Hall moves"


async def test_an_author_cannot_approve_their_own_work(rig):
    await rig.says(OWNER, "/announce")
    await rig.says(OWNER, "Mine")
    await rig.taps(OWNER, "Forums")
    await rig.taps(OWNER, "English")
    await rig.says(OWNER, "Text")
    await rig.taps(OWNER, "Overview")
    await rig.taps(OWNER, "Submit")
    announcement = await rig.only()
    decision = await rig.announcements.workflow.approve(
        announcement.announcement_id, actor=OWNER, version=announcement.version, now=NOW
    )
    assert decision.outcome.value == "own_work"
    with pytest.raises(AssertionError, match="no button"):
        await rig.taps(OWNER, "Approve")


async def test_a_returned_announcement_comes_back_with_the_reason(rig):
    await rig.submitted()
    assert "Why are you returning it" in await rig.taps(APPROVER, "Return")
    await rig.says(APPROVER, "The hall is wrong.")
    assert (await rig.only()).stage is Stage.DRAFT
    assert "Returned: The hall is wrong." in rig.last(AUTHOR)
    await rig.taps(AUTHOR, "Submit")
    assert (await rig.only()).stage is Stage.SUBMITTED


async def test_an_author_takes_back_what_waits_for_approval(rig):
    await rig.submitted()
    await rig.taps(AUTHOR, "Take back")
    assert (await rig.only()).stage is Stage.DRAFT
    assert "not possible" in await rig.taps(APPROVER, "Approve")


async def test_nobody_else_who_may_approve_is_said_at_once(rig):
    async with rig.parts.database.writing() as tables:
        for key in [key for key in tables.organisers if key[0] != AUTHOR]:
            del tables.organisers[key]
    await rig.submitted()
    assert "nobody else yet" in rig.last(AUTHOR)


async def test_an_emergency_needs_the_number_of_recipients_and_is_told_to_all(rig):
    await rig.parts.subscribe([101, 102])
    await rig.says(OWNER, "/announce")
    await rig.says(OWNER, "Fire drill")
    await rig.taps(OWNER, "Forums")
    await rig.taps(OWNER, "English")
    await rig.says(OWNER, "Please leave the hall.")
    await rig.taps(OWNER, "Overview")
    assert "Nobody else will check" in await rig.taps(OWNER, "Emergency")
    assert "Nothing was approved" in await rig.says(OWNER, "3")
    await rig.taps(OWNER, "Emergency")
    await rig.says(OWNER, "۲")
    announcement = await rig.only()
    assert (announcement.stage, announcement.is_emergency) == (Stage.APPROVED, True)
    for organiser in (APPROVER, AUTHOR):
        assert "without a second person" in rig.last(organiser)
    assert "announcement_approved_in_emergency" in await rig.audited()


async def test_a_walk_goes_on_after_a_restart(rig):
    await rig.says(AUTHOR, "/announce")
    again = await NewsRig(database=rig.parts.database, dialogues=rig.dialogues).open()
    assert "What is it about" in await again.says(AUTHOR, "After the restart")
    assert (await again.only()).label == "After the restart"
    await again.application.shutdown()


async def test_cancel_leaves_the_walk_and_the_next_words_are_a_question(rig):
    await rig.says(AUTHOR, "/announce")
    assert await rig.says(AUTHOR, "/cancel") == "Cancelled."
    await rig.says(AUTHOR, "Where is the expo held?")
    assert [question.text for question in rig.answerer.asked] == ["Where is the expo held?"]
    assert await rig.says(AUTHOR, "/cancel") == "There is nothing to cancel."


async def test_words_a_day_later_are_no_answer_any_more(rig):
    await rig.says(AUTHOR, "/announce")
    rig.later(hours=25)
    await rig.says(AUTHOR, "Where is the expo held?")
    assert len(rig.answerer.asked) == 1


async def test_the_list_leads_to_an_announcement_that_can_be_paused_resumed_and_stopped(rig):
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    assert "the newest first" in await rig.says(APPROVER, "/announcements")
    assert "Approved" in await rig.taps(APPROVER, "Hall moves")
    assert "Paused" in await rig.taps(APPROVER, "Pause")
    assert "Approved" in await rig.taps(APPROVER, "Resume")
    assert "Stop it for good?" in await rig.taps(APPROVER, "Stop")
    await rig.taps(APPROVER, "Yes")
    assert (await rig.only()).stage is Stage.STOPPED


async def test_the_calendar_shows_what_goes_out_within_two_weeks(rig):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "📅 Time")
    await rig.taps(AUTHOR, "Repeatedly")
    await rig.says(AUTHOR, "0 9 * * *")
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Submit")
    await rig.taps(APPROVER, "Approve")
    await rig.says(APPROVER, "/announcements")
    page = await rig.taps(APPROVER, "Calendar")
    assert page.count("Hall moves") == 14


async def test_a_report_comes_as_picture_and_files(rig):
    announcement = await with_occurrence(rig, OccurrenceState.FINISHED)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "Report")
    assert announcement.label in rig.telegram.sent("sendPhoto")[0]["caption"]
    assert len(rig.telegram.sent("sendDocument")) == 1


async def test_delivered_text_is_corrected_in_a_language(rig):
    await with_occurrence(rig, OccurrenceState.FINISHED)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "✏️ Correct")
    assert "takes the place of the delivered one" in await rig.taps(OWNER, "English")
    assert "Copies concerned: 0" in await rig.says(OWNER, "The forum moves to <hall> 3.")
    assert "until somebody else has approved it" in await rig.says(OWNER, "0")
    assert rig.parts.database.tables.corrections == {}
    request = rig.last(APPROVER)
    assert "Replace what was delivered: Hall moves" in request
    assert "The forum moves to hall 2." in request
    assert "The forum moves to &amp;lt;hall&amp;gt; 3." in request
    assert "Copies concerned: 0" in await rig.taps(APPROVER, "Approve")
    assert "Corrections done" in await rig.says(APPROVER, "0")
    [correction] = rig.parts.database.tables.corrections.values()
    assert correction.texts == {Locale.EN: "The forum moves to &lt;hall&gt; 3."}
    assert "2 has approved this change: Replace what was delivered: Hall moves" in rig.last(OWNER)


async def test_A12_a_change_that_was_asked_for_is_found_again_refused_and_taken_back(rig):
    await with_occurrence(rig, OccurrenceState.FINISHED)
    for asker, other, button in ((OWNER, APPROVER, "Refuse"), (OWNER, OWNER, "Take back")):
        await rig.says(asker, "/announcements")
        await rig.taps(asker, "Hall moves")
        await rig.taps(asker, "✏️ Correct")
        await rig.taps(asker, "English")
        await rig.says(asker, "Hall 3.")
        await rig.says(asker, "0")
        await rig.says(other, "/announcements")
        await rig.taps(other, "Hall moves")
        assert "Hall 3." in await rig.taps(other, "Requested change")
        assert rig.telegram.button_of(OWNER, "Emergency")
        assert await rig.taps(other, button) == "Refused. Nothing was changed."
    assert "Refused by 2" in "".join(rig.telegram.to(OWNER))
    assert rig.parts.database.tables.corrections == {}


async def test_A12_an_owner_s_own_change_without_a_second_person_is_told_to_all(rig):
    await with_occurrence(rig, OccurrenceState.FINISHED)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "✏️ Correct")
    await rig.taps(OWNER, "English")
    await rig.says(OWNER, "Hall 3.")
    await rig.says(OWNER, "0")
    assert "Nobody else will check this" in await rig.taps(OWNER, "Emergency")
    assert "Nothing was changed" in await rig.says(OWNER, "1")
    await rig.taps(OWNER, "Emergency")
    assert "Corrections done" in await rig.says(OWNER, "0")
    assert "without a second person’s approval: Replace what was delivered" in rig.last(AUTHOR)


async def test_A13_the_earlier_text_is_put_back_by_two(rig):
    await with_occurrence(rig, OccurrenceState.FINISHED)
    edit = Correction(
        correction_id="c1",
        occurrence_id=OccurrenceId("o1"),
        kind=CorrectionKind.EDIT,
        texts={Locale.EN: "Hall 3."},
        asked_by=VisitorId(APPROVER),
        asked_at=NOW,
    )
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    with pytest.raises(AssertionError, match="no button"):
        rig.telegram.button_of(OWNER, "Earlier text")
    await rig.parts.corrections.open(edit)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "Earlier text")
    await rig.says(OWNER, "0")
    assert "Put the earlier text back: Hall moves" in rig.last(APPROVER)
    await rig.taps(APPROVER, "Approve")
    await rig.says(APPROVER, "0")
    correction = list(rig.parts.database.tables.corrections.values())[-1]
    assert correction.texts == {Locale.EN: "The forum moves to hall 2."}


async def test_what_was_delivered_is_withdrawn_after_a_confirmation(rig):
    await with_occurrence(rig, OccurrenceState.FINISHED, audience=1)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    assert "48 hours" in await rig.taps(OWNER, "Withdraw")
    await rig.taps(OWNER, "Yes")
    assert (await rig.only()).stage is Stage.WITHDRAWN
    assert "is withdrawing this announcement" in rig.last(AUTHOR)


async def test_a_duplicate_is_a_new_draft(rig):
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Hall moves")
    await rig.taps(AUTHOR, "Duplicate")
    stages = sorted(one.stage for one in await rig.parts.announcements.recent())
    assert stages == [Stage.APPROVED, Stage.DRAFT]


@pytest.mark.parametrize(("label", "state"), [("Send the rest", "planning"), ("Do not send", "stopped")])
async def test_D31_after_a_restore_nothing_goes_without_an_organiser_s_word(rig, label, state):
    announcement = await with_occurrence(rig, OccurrenceState.AWAITING_CONFIRMATION)
    event = OccurrenceAwaitsConfirmation(
        announcement_id=announcement.announcement_id, label=announcement.label, occurrence_id=OccurrenceId("o1")
    )
    await rig.notifier(frozenset(Role), event)
    assert "restored from a backup" in rig.last(APPROVER)
    await rig.taps(APPROVER, label)
    found = await rig.parts.outbox.find(OccurrenceId("o1"))
    assert found is not None
    assert found.state.value == state


@pytest.mark.parametrize(
    ("event", "told"),
    [(ResultsNotStored(count=3), "results_not_stored: count 3"), (DatabaseFailed(), "database_failed: –")],
)
async def test_a_technical_event_is_told_by_its_name_and_figures(rig, event, told):
    await rig.notifier(frozenset(Role), event)
    assert rig.last(OWNER) == f"⚠️ {told}"


async def test_the_end_is_reported_to_author_and_approver_and_told_to_the_others(rig, monkeypatch):
    announcement = await with_occurrence(rig, OccurrenceState.FINISHED)
    event = OccurrenceFinished(
        announcement_id=announcement.announcement_id,
        label=announcement.label,
        occurrence_id=OccurrenceId("o1"),
        counts={},
    )
    rig.telegram.calls.clear()
    made, make = [], rig.announcements.reports.make

    async def noted(announcement, occurrence_id):
        made.append(occurrence_id)
        return await make(announcement, occurrence_id)

    monkeypatch.setattr(rig.announcements.reports, "make", noted)
    await rig.notifier(frozenset(Role), event)
    assert made == [OccurrenceId("o1")]  # every row is counted once, however many read the report
    assert {int(sent["chat_id"]) for sent in rig.telegram.sent("sendPhoto")} == {APPROVER, AUTHOR}
    assert rig.last(OWNER) == "🏁 Finished: Hall moves"


async def with_occurrence(rig: NewsRig, state: OccurrenceState, *, audience: int = 0):
    """An approved announcement with one firing in this state."""
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    announcement = await rig.only()
    await rig.parts.outbox.open_occurrence(
        Occurrence(
            occurrence_id=OccurrenceId("o1"),
            announcement_id=announcement.announcement_id,
            slot="s",
            due_at=NOW,
            valid_until=None,
            state=state,
            created_at=NOW,
            audience=audience,
        )
    )
    return announcement


async def test_D47_below_a_report_those_in_doubt_are_offered_one_more_copy(rig):
    announcement = await with_occurrence(rig, OccurrenceState.FINISHED)
    async with rig.parts.database.writing() as tables:
        for chat_id in (101, 102):
            tables.deliveries[OccurrenceId("o1")][ChatId(chat_id)] = Delivery(
                occurrence_id=OccurrenceId("o1"),
                chat_id=ChatId(chat_id),
                locale=Locale.EN,
                zone="",
                state=DeliveryState.UNKNOWN,
                body_hash=announcement.body_hashes[Locale.EN],
                not_before=NOW,
            )
    for reader, is_offered in ((AUTHOR, False), (OWNER, True)):
        await rig.says(reader, "/announcements")
        await rig.taps(reader, "Hall moves")
        await rig.taps(reader, "Report")
        assert ("Nobody knows whether these copies arrived: 2" in rig.last(reader)) is is_offered
    assert "Copies concerned: 2" in await rig.taps(OWNER, "Send once more")
    await rig.says(OWNER, "2")
    assert "Send once more to those in doubt: Hall moves" in rig.last(APPROVER)
    await rig.taps(APPROVER, "Approve")
    assert "Sent once more to those in doubt" not in rig.last(APPROVER)
    await rig.says(APPROVER, "2")
    repeated = rig.parts.database.tables.deliveries[OccurrenceId("o1+again")]
    assert {(row.chat_id, row.state, row.may_repeat) for row in repeated.values()} == {
        (101, DeliveryState.PLANNED, True),
        (102, DeliveryState.PLANNED, True),
    }
    await rig.says(OWNER, "/announcements")
    assert "Sent once more to those in doubt:" in await rig.taps(OWNER, "Hall moves")
