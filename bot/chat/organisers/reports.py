"""An occurrence's report: its numbers, a picture of them, why copies failed, and how it is sent."""

from __future__ import annotations

import asyncio
from io import StringIO

from bot.announcements.model import Announcement, OccurrenceId
from bot.announcements.organisers import MAY_APPROVE
from bot.announcements.ports import Outbox
from bot.chat.announcement_context import AnnouncementContext, OccurrenceReport, ReportFile
from bot.chat.context import AppContext
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.rendering import bold, lines, paragraphs, said
from bot.i18n.translator import Translator
from bot.ids import ChatId, VisitorId
from bot.reports.delivery_report import Count, count, write_failures
from bot.reports.report_picture import draw_report


class OccurrenceReports:
    """Implements `bot.chat.announcement_context.Reports`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def make(self, announcement: Announcement, occurrence_id: OccurrenceId) -> OccurrenceReport:
        """See the protocol. What of the label no font holds is left out of the picture."""
        counted = await count(self._outbox.rows(occurrence_id))
        figures = counted.figures(announcement.label)
        drawn = await asyncio.to_thread(draw_report, figures)
        return OccurrenceReport(
            label=announcement.label,
            totals=figures.totals,
            picture=ReportFile(f"{occurrence_id}.png", drawn),
            failures=_failures(occurrence_id, counted),
        )


def _failures(occurrence_id: OccurrenceId, counted: Count) -> ReportFile | None:
    """What did not arrive and why, in numbers. Whom is told to the machine's operator, by `scoda announce report`."""
    table = StringIO()
    if not write_failures(counted, table.write):
        return None
    return ReportFile(f"{occurrence_id}.csv", table.getvalue().encode("utf-8-sig"))


async def send_report(
    app: AppContext,
    announcements: AnnouncementContext,
    person: VisitorId,
    report: OccurrenceReport,
    *,
    t: Translator,
) -> None:
    """The picture with the numbers below it, then for approvers and owners why copies failed.

    Raises:
        UnreachableError: Telegram can't be reached.
    """
    title = bold(said(desk_texts.report_title(t, report.label), t.locale))
    numbers = [desk_texts.report_outcome(t, outcome, number) for outcome, number in report.totals.items()]
    caption = paragraphs(title, lines(*(said(line, t.locale) for line in numbers)))
    chat_id, file = ChatId(person), report.failures
    await app.sender.photo(chat_id, report.picture.content, filename=report.picture.filename, caption=caption)
    if file is not None and MAY_APPROVE & await announcements.organisers.roles(person):
        note = said(desk_texts.report_failures(t), t.locale)
        await app.sender.document(chat_id, file.content, filename=file.filename, caption=note)
