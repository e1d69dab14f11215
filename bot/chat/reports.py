"""An occurrence's report: its numbers, a picture of them, a table and JSON, and how it is sent."""

from __future__ import annotations

import asyncio
import json
from io import StringIO

from bot.announcements.model import Announcement, Delivery, DeliveryState, OccurrenceId
from bot.announcements.ports import Outbox
from bot.chat import announcement_texts as desk_texts
from bot.chat.newsroom import Newsroom, Report, ReportFile
from bot.chat.rendering import bold, lines, paragraphs, said
from bot.chat.visit import House
from bot.i18n.translator import Translator
from bot.ops.delivery_report import TROUBLED, Count, count, summary, write_csv
from bot.ops.report_picture import draw_report
from bot.vocabulary import ChatId

LARGEST_TABLE = 100_000
"""For more recipients the table names only those who did not get it; `scoda announce report --csv` gives all."""
MOST_NAMED = 1_000
"""So many recipients are named in the JSON; the table has the others."""
_NOT_SENT = frozenset(DeliveryState) - {DeliveryState.SENT}


class OccurrenceReports:
    """Implements `bot.chat.newsroom.Reports`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def make(self, announcement: Announcement, occurrence_id: OccurrenceId) -> Report:
        """See the protocol. The label is drawn where the picture has its letters."""
        counted = await count(self._outbox.rows(occurrence_id))
        figures = counted.figures(announcement.label)
        drawn = await asyncio.to_thread(draw_report, figures)
        return Report(
            totals=figures.totals,
            picture=ReportFile(f"{occurrence_id}.png", drawn),
            tables=(await self._table(occurrence_id, counted), await self._whole(announcement, occurrence_id)),
        )

    async def _table(self, occurrence_id: OccurrenceId, counted: Count) -> ReportFile:
        states = _NOT_SENT if counted.total > LARGEST_TABLE else frozenset[DeliveryState]()
        table = StringIO()
        await write_csv(self._outbox.rows(occurrence_id, states=states), table.write)
        return ReportFile(f"{occurrence_id}.csv", table.getvalue().encode("utf-8-sig"))

    async def _whole(self, announcement: Announcement, occurrence_id: OccurrenceId) -> ReportFile:
        standing = await self._outbox.standing(occurrence_id)
        told = summary(announcement, standing, await self._named(occurrence_id))
        return ReportFile(f"{occurrence_id}.json", json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8"))

    async def _named(self, occurrence_id: OccurrenceId) -> list[Delivery]:
        named: list[Delivery] = []
        async for row in self._outbox.rows(occurrence_id, states=TROUBLED):
            named.append(row)
            if len(named) == MOST_NAMED:
                break
        return named


async def send_report(
    house: House, newsroom: Newsroom, chat_id: ChatId, announcement: Announcement, *, of: OccurrenceId, t: Translator
) -> None:
    """The picture with the numbers below it, then the tables.

    Raises:
        UnreachableError: Telegram can't be reached.
    """
    report = await newsroom.reports.make(announcement, of)
    title = bold(said(desk_texts.report_title(t, announcement.label), t.locale))
    numbers = [desk_texts.report_outcome(t, outcome, number) for outcome, number in report.totals.items()]
    caption = paragraphs(title, lines(*(said(line, t.locale) for line in numbers)))
    await house.sender.photo(chat_id, report.picture.content, filename=report.picture.filename, caption=caption)
    note = said(desk_texts.report_files(t), t.locale)
    for file in report.tables:
        await house.sender.document(chat_id, file.content, filename=file.filename, caption=note)
