"""The report of an occurrence: one count for picture and table, and how it reaches an organiser."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
)
from bot.chat.announcement_context import OccurrenceReport
from bot.chat.organisers.reports import OccurrenceReports, send_report
from bot.chat.text.rendering import plain, said
from bot.chat.wire.sender import UnreachableError
from bot.ids import ChatId, Locale, VisitorId
from bot.reports.report_picture import CopyOutcome
from bot.sandbox.markup_html import parse_html
from tests.support.chat_rig import NOW
from tests.support.news_rig import APPROVER, AUTHOR, OWNER, NewsRig

O1 = OccurrenceId("o1")


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def fired(rig: NewsRig, *copies: tuple[DeliveryState, str]) -> Announcement:
    """An approved announcement with one firing of these copies (state, reason)."""
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    announcement = await rig.only()
    await rig.parts.outbox.open_occurrence(
        Occurrence(
            occurrence_id=O1,
            announcement_id=announcement.announcement_id,
            slot="s",
            due_at=NOW,
            valid_until=None,
            state=OccurrenceState.FINISHED,
            created_at=NOW,
            audience=len(copies),
        )
    )
    async with rig.parts.database.writing() as tables:
        for number, (state, reason) in enumerate(copies):
            chat_id = ChatId(101 + number)
            tables.deliveries[O1][chat_id] = Delivery(
                occurrence_id=O1,
                chat_id=chat_id,
                locale=Locale.EN if number % 2 else Locale.ZH,
                zone="",
                state=state,
                body_hash="",
                not_before=NOW,
                reason=reason,
                changed_at=NOW,
            )
    return announcement


SENT, FAILED, UNKNOWN = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN
COPIES = ((SENT, ""), (SENT, ""), (FAILED, "blocked"), (FAILED, "too_long"), (UNKNOWN, "timed_out"))


async def made(rig: NewsRig, *copies: tuple[DeliveryState, str]) -> tuple[OccurrenceReport, list[list[str]]]:
    """The report, and its table's lines."""
    report = await OccurrenceReports(rig.parts.outbox).make(await fired(rig, *copies), O1)
    told = report.failures.content.decode("utf-8-sig") if report.failures else ""
    return report, list(csv.reader(StringIO(told, newline="")))


async def test_picture_and_table_tell_the_same_numbers(rig):
    report, lines = await made(rig, *COPIES, (FAILED, "blocked"), (FAILED, "blocked"))
    assert report.totals == {
        CopyOutcome.SENT: 2,
        CopyOutcome.BLOCKED: 3,
        CopyOutcome.FAILED: 1,
        CopyOutcome.IN_DOUBT: 1,
    }
    assert report.picture.content.startswith(b"\x89PNG")
    assert report.failures
    assert [file.filename for file in (report.picture, report.failures)] == ["o1.png", "o1.csv"]
    assert sum(int(line[3]) for line in lines[1:]) == 5
    assert ["zh", "failed", "blocked", "2"] in lines


async def test_A16_the_table_names_reasons_and_nobody(rig):
    report, lines = await made(rig, *COPIES)
    assert lines[0] == ["language", "state", "reason", "copies"]
    assert report.failures
    assert not [cell for line in lines for cell in line if cell in map(str, range(101, 106))]


async def test_the_table_opens_in_a_spreadsheet_with_every_script(rig):
    report, _lines = await made(rig, *COPIES)
    assert report.failures
    assert report.failures.content.startswith("\ufeff".encode())


async def test_a_report_of_nothing_can_be_made(rig):
    report, _lines = await made(rig)
    assert report.totals == {}
    assert report.failures is None


async def sent(rig: NewsRig, announcement: Announcement, locale: Locale = Locale.EN) -> list[dict]:
    """What an organiser gets, in order."""
    rig.telegram.calls.clear()
    t = rig.app.catalogs.translator(locale)
    report = await rig.announcements.reports.make(announcement, O1)
    await send_report(rig.app, rig.announcements, VisitorId(OWNER), report, t=t)
    assert [call.method for call in rig.telegram.calls] == ["sendPhoto", "sendDocument"]
    return [call.params for call in rig.telegram.calls]


async def test_A16_an_author_gets_the_numbers_alone(rig):
    announcement = await fired(rig, *COPIES)
    rig.telegram.calls.clear()
    t = rig.app.catalogs.translator(Locale.EN)
    report = await rig.announcements.reports.make(announcement, O1)
    await send_report(rig.app, rig.announcements, VisitorId(AUTHOR), report, t=t)
    assert [call.method for call in rig.telegram.calls] == ["sendPhoto"]


@pytest.mark.parametrize("locale", list(Locale))
async def test_the_picture_comes_first_with_a_line_of_its_colour_for_each_outcome(rig, locale):
    photo, *documents = await sent(rig, await fired(rig), locale)
    told = parse_html(photo["caption"]).text
    assert "Hall moves" in told
    assert [line[0] for line in told.replace("\u200f", "").split("\n\n")[1].splitlines()] == ["🟩", "🟥"]
    assert all(parse_html(document["caption"]).text for document in documents)
    assert {int(params["chat_id"]) for params in (photo, *documents)} == {OWNER}


async def test_a_label_of_an_organiser_is_text_in_the_caption(rig):
    await rig.says(OWNER, "/announce")
    await rig.says(OWNER, '<b>x</b> & <a href="https://evil.example">y')
    photo, *_documents = await sent(rig, await rig.only())
    assert '<b>x</b> & <a href="https://evil.example">y' in parse_html(photo["caption"]).text


async def test_an_organiser_who_has_blocked_the_bot_does_not_stop_it(rig):
    announcement = await fired(rig)
    for method in ("sendPhoto", "sendDocument"):
        rig.telegram.refuse(method, 403, "Forbidden: bot was blocked by the user")
    await sent(rig, announcement)


async def test_a_telegram_that_can_t_be_reached_is_told_to_the_caller(rig):
    announcement = await fired(rig)
    rig.telegram.refuse("sendPhoto", 429, "Too Many Requests: retry after 3600", retry_after=3600)
    with pytest.raises(UnreachableError):
        await sent(rig, announcement)


async def test_the_report_that_a_tap_brings_is_of_the_latest_firing(rig):
    await fired(rig, *COPIES)
    asked: list[tuple[AnnouncementId, OccurrenceId]] = []
    make = rig.announcements.reports.make

    async def noting(announcement: Announcement, occurrence_id: OccurrenceId) -> OccurrenceReport:
        asked.append((announcement.announcement_id, occurrence_id))
        return await make(announcement, occurrence_id)

    rig.announcements.reports.make = noting
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "Report")
    assert asked == [((await rig.only()).announcement_id, O1)]


async def test_before_anything_went_out_there_is_no_report(rig):
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    assert await rig.taps(OWNER, "Report") == plain(said("None of it has been sent yet.", Locale.EN))
