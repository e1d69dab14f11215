"""`scoda announce list`, `show`, `preview` and `report`: looking needs no running bot, and disturbs none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.adapters.announcements.files import read_single
from bot.adapters.system.clock import utc_now
from bot.announcements.model import Announcement, AnnouncementId, Delivery, Occurrence, OccurrenceId, Stage
from bot.announcements.standing import announcement_of
from bot.app.announcing import Announcing, announcing
from bot.app.state import open_state
from bot.cli.announcement_values import line_of, preview_of, problems_as_values, request_of, whole_of
from bot.cli.options import AsJson, Name, file_to_write
from bot.cli.printing import Values, print_rows, print_tree
from bot.errors import AnnouncementError
from bot.ids import Locale
from bot.reports.delivery_report import TROUBLED, count, occurrence_summary, summary, write_csv
from bot.reports.report_picture import draw_report
from bot.settings import Settings

_MOST_OCCURRENCES = 1_000
"""Firings of one announcement that are listed; chosen: a daily one's of more than two years."""


def list_command(
    context: typer.Context,
    stage: Annotated[Stage | None, typer.Option(help="Only those at this stage.")] = None,
    organisers: Annotated[bool, typer.Option("--organisers", help="List who has which role instead.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the announcements, the newest first."""

    async def work() -> list[Values]:
        async with _looking(context.obj) as parts:
            if organisers:
                return [
                    {"id": one.visitor_id, "role": one.role.value, "since": one.granted_at.isoformat()}
                    for one in await parts.organisers.all()
                ]
            stages = frozenset({stage}) if stage else frozenset[Stage]()
            recent = await parts.workflow.recent(stages=stages, limit=limit)
            unread = await parts.text_drafting.unread(recent)
            return [line_of(one, unread[one.announcement_id]) for one in recent]

    print_rows(asyncio.run(work()), as_json=as_json)


def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show everything about one announcement: terms, times, reach, problems, what went out, and who did what."""

    async def work() -> Values:
        async with _looking(context.obj) as parts:
            found = await _found(parts, name)
            review = await parts.workflow.review(found, now=utc_now())
            size = review.audience_size
            occurrences = await parts.stores.outbox.occurrences(of=found.announcement_id, limit=_MOST_OCCURRENCES)
            return {
                **whole_of(found, review.drafts),
                "reach": {
                    "recipients": size.total,
                    "held": size.held,
                    "by_fallback": size.by_fallback,
                    "by_language": {locale.value: number for locale, number in sorted(size.by_locale.items())},
                },
                "problems": problems_as_values(review.problems),
                "requests": [request_of(one) for one in await parts.change_requests.waiting(found.announcement_id)],
                "occurrences": [await _standing_of(parts, one) for one in occurrences],
                "log": [
                    {"at": one.at.isoformat(), "actor": one.actor, "action": one.action, "detail": one.detail}
                    for one in await parts.stores.audit.entries(subject=found.announcement_id)
                ],
            }

    print_tree(asyncio.run(work()), as_json=as_json)


def preview_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="An announcement's id, or a file.", metavar="ID|FILE")],
    lang: Annotated[Locale | None, typer.Option(help="Only in this language.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show each language's text as its readers will get it, its length, and what is wrong or worth a look."""

    async def work() -> Values:
        if Path(name).suffix == ".toml":
            return preview_of(announcement_of(read_single(Path(name)), now=utc_now()), lang)
        async with _looking(context.obj) as parts:
            found = await _found(parts, name)
            return preview_of(found, lang, await parts.text_drafting.of(found))

    print_tree(asyncio.run(work()), as_json=as_json)


def report(
    context: typer.Context,
    name: Name,
    occurrence: Annotated[str, typer.Option(help="This firing; default: the latest.", metavar="ID")] = "",
    csv_file: Annotated[Path | None, file_to_write("--csv", "Write every recipient's row here.", "FILE")] = None,
    picture: Annotated[Path | None, file_to_write("--png", "Write the picture here.", "FILE")] = None,
    as_json: AsJson = False,
) -> None:
    """Report what became of each copy; those that failed or are in doubt are named one by one."""

    async def work() -> Values:
        async with _looking(context.obj) as parts:
            found = await _found(parts, name)
            firing = await _firing(parts, found, occurrence)
            outbox = parts.stores.outbox
            standing = await outbox.standing(firing.occurrence_id)
            named: list[Delivery] = [one async for one in outbox.rows(firing.occurrence_id, states=TROUBLED)]
            if csv_file is not None:
                with csv_file.open("w", encoding="utf-8-sig", newline="") as table:
                    await write_csv(outbox.rows(firing.occurrence_id), table.write)
            if picture is not None:
                counted = await count(outbox.rows(firing.occurrence_id))
                picture.write_bytes(draw_report(counted.figures(found.label)))
            return summary(found, standing, named)

    print_tree(asyncio.run(work()), as_json=as_json)


@asynccontextmanager
async def _looking(settings: Settings) -> AsyncIterator[Announcing]:
    async with open_state(settings, reads_only=True) as database:
        yield announcing(database, settings.store.data)


async def _found(parts: Announcing, name: str) -> Announcement:
    found = await parts.workflow.find(AnnouncementId(name))
    if found is None:
        raise AnnouncementError(f"there is no announcement {name!r}: `scoda announce list` names them all")
    return found


async def _firing(parts: Announcing, announcement: Announcement, name: str) -> Occurrence:
    if name:
        found = await parts.stores.outbox.find(OccurrenceId(name))
        if found is None or found.announcement_id != announcement.announcement_id:
            raise AnnouncementError(f"{announcement.announcement_id} has no occurrence {name!r}")
        return found
    latest = await parts.lifecycle.latest(announcement.announcement_id)
    if latest is None:
        raise AnnouncementError(f"nothing of {announcement.announcement_id} has gone out yet")
    return latest


async def _standing_of(parts: Announcing, occurrence: Occurrence) -> Values:
    """The occurrence with how many of its copies stand where."""
    standing = await parts.stores.outbox.standing(occurrence.occurrence_id)
    counts = {state.value: number for state, number in sorted(standing.counts.items())}
    return {**occurrence_summary(occurrence), "audience": standing.occurrence.audience, "counts": counts}
