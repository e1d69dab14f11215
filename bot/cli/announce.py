"""`scoda announce …`: announcements by command, for those who prefer it to the chat.

Looking needs no running bot. An order goes to the bot that holds the database, or is carried out here when none does:
one process writes, and the same services with the same rights decide as in the chat.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.announcements.files import read_single
from bot.adapters.announcements.standing import announcement_of
from bot.adapters.clock import utc_now
from bot.announcements.checking import Problem, problems_of
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    ChangeRequest,
    Delivery,
    Occurrence,
    OccurrenceId,
    Schedule,
    Stage,
    Timing,
)
from bot.announcements.schedule import ScheduleError, preview
from bot.app.announcing import Announcing, announcing
from bot.app.state import open_state
from bot.chat.wire.announcement_sender import HtmlComposer
from bot.cli.options import file_to_write
from bot.errors import AlreadyRunningError, AnnouncementError
from bot.ids import Locale
from bot.reports.delivery_report import TROUBLED, count, occurrence_summary, summary, write_csv
from bot.reports.report_picture import draw_report
from bot.settings import Settings

announce = typer.Typer(
    help="Announcements: look at them, hand them in, approve and steer them.\n\n"
    "Whoever orders something names themselves with --as, by the numeric Telegram id to which a role belongs "
    "(organisers.owners in the settings, or invited in the chat). A running bot carries it out within a second.",
    no_args_is_help=True,
)

Told = dict[str, object]
_PATIENCE_S = 15.0
_MOMENTS_SHOWN = 5
_MOST_OCCURRENCES = 1_000
_out = Console()

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Actor = Annotated[int, typer.Option("--as", help="Who orders it: a numeric Telegram id.", metavar="ID", min=1)]
Name = Annotated[str, typer.Argument(help="The announcement's id, as `list` shows it.", metavar="ID")]

Version = Annotated[int, typer.Option(help="The version that `show` has shown you.", metavar="V", min=1)]
Copies = Annotated[int, typer.Option(help="How many copies it concerns, as `show` says.", metavar="N", min=0)]
RequestName = Annotated[str, typer.Argument(help="The request's id, as `show` has it.", metavar="REQUEST")]


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@announce.command("list")
def list_command(
    context: typer.Context,
    stage: Annotated[Stage | None, typer.Option(help="Only those at this stage.")] = None,
    organisers: Annotated[bool, typer.Option("--organisers", help="List who has which role instead.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List the announcements, the newest first."""

    async def work() -> list[Told]:
        async with _looking(context.obj) as parts:
            if organisers:
                return [
                    {"id": one.visitor_id, "role": one.role.value, "since": one.granted_at.isoformat()}
                    for one in await parts.organisers.all()
                ]
            stages = frozenset({stage}) if stage else frozenset[Stage]()
            return [_line(one) for one in await parts.workflow.recent(stages=stages, limit=limit)]

    _print_rows(asyncio.run(work()), as_json=as_json)


@announce.command()
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show everything about one announcement: terms, times, reach, problems, what went out, and who did what."""

    async def work() -> Told:
        async with _looking(context.obj) as parts:
            found = await _found(parts, name)
            reach = await parts.workflow.reach(found)
            occurrences = await parts.outbox.occurrences(of=found.announcement_id, limit=_MOST_OCCURRENCES)
            return {
                **_whole(found),
                "reach": {
                    "recipients": reach.total,
                    "held": reach.held,
                    "by_fallback": reach.by_fallback,
                    "by_language": {locale.value: number for locale, number in sorted(reach.by_locale.items())},
                },
                "problems": _problems(await parts.workflow.check(found, now=utc_now())),
                "requests": [_request(one) for one in await parts.change_requests.waiting(found.announcement_id)],
                "occurrences": [await _standing(parts, one) for one in occurrences],
                "log": [
                    {"at": one.at.isoformat(), "actor": one.actor, "action": one.action, "detail": one.detail}
                    for one in await parts.audit.entries(subject=found.announcement_id)
                ],
            }

    _print_tree(asyncio.run(work()), as_json=as_json)


@announce.command("preview")
def preview_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="An announcement's id, or a file.", metavar="ID|FILE")],
    lang: Annotated[Locale | None, typer.Option(help="Only in this language.")] = None,
    as_json: Json = False,
) -> None:
    """Show each language's text as its readers will get it, its length, and what is wrong or worth a look."""

    async def work() -> Announcement:
        if Path(name).suffix == ".toml":
            return announcement_of(read_single(Path(name)), now=utc_now())
        async with _looking(context.obj) as parts:
            return await _found(parts, name)

    found = asyncio.run(work())
    _print_tree(_preview(found, lang), as_json=as_json)


@announce.command()
def report(
    context: typer.Context,
    name: Name,
    occurrence: Annotated[str, typer.Option(help="This firing; default: the latest.", metavar="ID")] = "",
    csv_file: Annotated[Path | None, file_to_write("--csv", "Write every recipient's row here.", "FILE")] = None,
    picture: Annotated[Path | None, file_to_write("--png", "Write the picture here.", "FILE")] = None,
    as_json: Json = False,
) -> None:
    """Report what became of each copy; those that failed or are in doubt are named one by one."""

    async def work() -> Told:
        async with _looking(context.obj) as parts:
            found = await _found(parts, name)
            firing = await _firing(parts, found, occurrence)
            standing = await parts.outbox.standing(firing.occurrence_id)
            named: list[Delivery] = [one async for one in parts.outbox.rows(firing.occurrence_id, states=TROUBLED)]
            if csv_file is not None:
                with csv_file.open("w", encoding="utf-8-sig", newline="") as table:
                    await write_csv(parts.outbox.rows(firing.occurrence_id), table.write)
            if picture is not None:
                counted = await count(parts.outbox.rows(firing.occurrence_id))
                picture.write_bytes(draw_report(counted.figures(found.label)))
            return summary(found, standing, named)

    _print_tree(asyncio.run(work()), as_json=as_json)


# ── Ordering ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@announce.command()
def schedule(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One announcement, written as in config/announcements.toml.")],
    actor: Actor,
    again: Annotated[
        str, typer.Option(help="A word that makes the same file a new announcement.", metavar="WORD")
    ] = "",
    as_json: Json = False,
) -> None:
    """Hand an announcement in for approval. The same file handed in twice is one announcement."""
    written = read_single(file)
    order: Told = {"order": "schedule", "file": str(file.resolve()), "fingerprint": written.fingerprint}
    if again:
        order["request"] = f"{written.fingerprint} {again}"
    _print_done(_give(context, order, actor), as_json=as_json)


@announce.command()
def approve(
    context: typer.Context,
    name: Name,
    actor: Actor,
    version: Version,
    count: Annotated[int, typer.Option(help="How many recipients `show` has told you.", metavar="N", min=0)],
    emergency: Annotated[
        bool, typer.Option("--emergency", help="An owner lets their own go out alone; every organiser is told.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Approve what another has handed in, as `show` has shown it: it goes out when it is due."""
    order: Told = {"order": "approve", "id": name, "version": version, "count": count, "emergency": emergency}
    _print_done(_give(context, order, actor), as_json=as_json)


@announce.command("test")
def trial(
    context: typer.Context,
    name: Name,
    actor: Actor,
    lang: Annotated[Locale | None, typer.Option(help="Only in this language.")] = None,
    as_json: Json = False,
) -> None:
    """Send it to yourself alone, in each of its languages."""
    language = lang.value if lang else ""
    _print_done(_give(context, {"order": "test", "id": name, "language": language}, actor), as_json=as_json)


@announce.command()
def pause(context: typer.Context, name: Name, actor: Actor, as_json: Json = False) -> None:
    """Let nothing more of it go out until it is resumed."""
    _print_done(_give(context, {"order": "pause", "id": name}, actor), as_json=as_json)


@announce.command()
def resume(context: typer.Context, name: Name, actor: Actor, as_json: Json = False) -> None:
    """Go on after a pause, also after one that the bot has made by itself."""
    _print_done(_give(context, {"order": "resume", "id": name}, actor), as_json=as_json)


@announce.command()
def stop(context: typer.Context, name: Name, actor: Actor, as_json: Json = False) -> None:
    """End it for good: what was not sent is cancelled."""
    _print_done(_give(context, {"order": "stop", "id": name}, actor), as_json=as_json)


@announce.command()
def withdraw(context: typer.Context, name: Name, actor: Actor, as_json: Json = False) -> None:
    """Stop it and delete what was delivered, as far as Telegram allows (48 hours)."""
    _print_done(_give(context, {"order": "withdraw", "id": name}, actor), as_json=as_json)


@announce.command()
def correct(
    context: typer.Context,
    name: Name,
    actor: Actor,
    version: Version,
    count: Copies,
    text: Annotated[
        list[str], typer.Option(help="What copies in this language are to say, from a file.", metavar="LANG=FILE")
    ],
    as_json: Json = False,
) -> None:
    """Ask for other texts in place of the delivered ones; a second person must agree to it."""
    order: Told = {"order": "correct", "id": name, "version": version, "count": count, "texts": _texts(text)}
    _print_done(_give(context, order, actor), as_json=as_json)


@announce.command("put-back")
def put_back(
    context: typer.Context, name: Name, actor: Actor, version: Version, count: Copies, as_json: Json = False
) -> None:
    """Ask for the texts that the latest correction replaced; a second person must agree to it."""
    order: Told = {"order": "put_back", "id": name, "version": version, "count": count}
    _print_done(_give(context, order, actor), as_json=as_json)


@announce.command()
def resend(
    context: typer.Context, name: Name, actor: Actor, version: Version, count: Copies, as_json: Json = False
) -> None:
    """Ask for one more copy, marked, to those in doubt (`unknown` in `show`); a second person must agree to it."""
    order: Told = {"order": "resend", "id": name, "version": version, "count": count}
    _print_done(_give(context, order, actor), as_json=as_json)


@announce.command()
def agree(
    context: typer.Context,
    request: RequestName,
    actor: Actor,
    count: Copies,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="An owner agrees to their own alone; every organiser is told.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Agree to a change of what was delivered that another has asked for: it is done at once."""
    order: Told = {"order": "agree", "id": request, "count": count, "emergency": emergency}
    _print_done(_give(context, order, actor), as_json=as_json)


@announce.command()
def refuse(context: typer.Context, request: RequestName, actor: Actor, as_json: Json = False) -> None:
    """Refuse a change of what was delivered, or take one's own request back."""
    _print_done(_give(context, {"order": "refuse", "id": request}, actor), as_json=as_json)


@announce.command()
def word(
    context: typer.Context,
    occurrence: Annotated[str, typer.Argument(help="The firing that waits for a word.", metavar="OCCURRENCE")],
    actor: Actor,
    send: Annotated[bool, typer.Option("--send/--let-be", help="Send what is left of it, or let it be.")],
    as_json: Json = False,
) -> None:
    """After a restore from backup, say whether what was going on shall be sent; it may have been sent already."""
    _print_done(_give(context, {"order": "word", "occurrence": occurrence, "send": send}, actor), as_json=as_json)


def _give(context: typer.Context, order: Told, actor: int) -> Mapping[str, object]:
    settings: Settings = context.obj
    return asyncio.run(_carry_out(settings, {**order, "actor": actor}))


async def _carry_out(settings: Settings, order: Told) -> Mapping[str, object]:
    """Here when nobody holds the database, else by whoever does.

    Raises:
        AnnouncementError: it was not carried out; the message says why.
    """
    try:
        async with open_state(settings) as database:
            parts = announcing(database, settings.store.data)
            await parts.appoint(settings, now=utc_now())
            return await parts.commands(None).execute(order)
    except AlreadyRunningError:
        answer = await CommandSpool(settings.store.data).ask(order, patience_s=_PATIENCE_S)
    if not answer.get("ok"):
        raise AnnouncementError(str(answer.get("error")))
    return answer


# ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
        found = await parts.outbox.find(OccurrenceId(name))
        if found is None or found.announcement_id != announcement.announcement_id:
            raise AnnouncementError(f"{announcement.announcement_id} has no occurrence {name!r}")
        return found
    latest = await parts.lifecycle.latest(announcement.announcement_id)
    if latest is None:
        raise AnnouncementError(f"nothing of {announcement.announcement_id} has gone out yet")
    return latest


def _line(announcement: Announcement) -> Told:
    due = announcement.next_due_at
    return {
        "id": announcement.announcement_id,
        "stage": announcement.stage.value,
        "next_due_at": due.isoformat() if due else None,
        "topic": announcement.topic.value,
        "languages": sorted(locale.value for locale in announcement.content.texts),
        "label": announcement.label,
    }


def _whole(announcement: Announcement) -> Told:
    terms, audience, attachment = announcement.terms, announcement.audience, announcement.content.attachment
    return {
        **_line(announcement),
        "version": announcement.version,
        "author": announcement.author,
        "approver": announcement.approver,
        "emergency": announcement.is_emergency,
        "return_reason": announcement.return_reason,
        "pause_reason": announcement.pause_reason,
        "schedule": _times(announcement.schedule),
        "audience": {
            "languages": sorted(locale.value for locale in audience.locales),
            "topics": sorted(topic.value for topic in audience.topics),
            "countries": sorted(audience.countries),
            "roles": sorted(role.value for role in audience.roles),
            "chats": sorted(audience.chats),
            "without": sorted(audience.without),
        },
        "terms": {
            "valid_for_s": int(terms.valid_for.total_seconds()) if terms.valid_for else None,
            "lateness": terms.lateness.value,
            "policy": terms.policy.value,
            "quiet_hours": terms.quiet_hours.value,
            "missing_language": terms.missing_language.value,
            "fallback": terms.fallback.value if terms.fallback else None,
            "silent": terms.is_silent,
            "paid": terms.is_paid,
        },
        "attachment": attachment.filename if attachment else None,
    }


def _request(request: ChangeRequest) -> Told:
    """A change of what was delivered that waits for a second person."""
    return {
        "request": request.request_id,
        "wants": request.kind.value,
        "asked_by": request.asked_by,
        "asked_at": request.asked_at.isoformat(),
        "copies": request.copies,
        "texts": {
            locale.value: {"now": request.replaces.get(locale), "then": text} for locale, text in request.texts.items()
        },
    }


def _texts(named: list[str]) -> dict[str, str]:
    """The new texts by language.

    Raises:
        AnnouncementError: a language or a file can't be read; the message says which.
    """
    texts: dict[str, str] = {}
    for one in named:
        code, _, file = one.partition("=")
        if code not in list(Locale) or not file:
            raise AnnouncementError(f"--text {one!r}: write a language and a file, such as ru=forum.html")
        try:
            texts[code] = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AnnouncementError(f"{file} can't be read: {error}") from error
    return texts


def _times(schedule_: Schedule) -> Told:
    """When it goes out: in its zone and in UTC, with what a change of the clocks does to it."""
    told: Told = {"timing": schedule_.timing.value, "zone": schedule_.zone}
    if schedule_.timing is Timing.NOW:
        return told
    if schedule_.cron:
        told |= {"cron": schedule_.cron, "until": schedule_.until.isoformat() if schedule_.until else None}
    try:
        moments = preview(schedule_, _MOMENTS_SHOWN, after=utc_now())
    except ScheduleError as error:
        return {**told, "wrong": str(error)}
    return {
        **told,
        "next": [
            {
                "local": moment.local.isoformat(),
                "utc": moment.utc.isoformat(),
                "note": moment.note.value,
            }
            for moment in moments
        ],
    }


async def _standing(parts: Announcing, occurrence: Occurrence) -> Told:
    standing = await parts.outbox.standing(occurrence.occurrence_id)
    counts = {state.value: number for state, number in sorted(standing.counts.items())}
    return {**occurrence_summary(occurrence), "audience": standing.occurrence.audience, "counts": counts}


def _preview(announcement: Announcement, lang: Locale | None) -> Told:
    composer, content = HtmlComposer(), announcement.content
    zone = ZoneInfo(announcement.schedule.zone)
    texts: Told = {}
    for locale in (lang,) if lang else sorted(content.texts):
        text = content.texts.get(locale)
        if text is None:
            raise AnnouncementError(f"it has no text in {locale.value}")
        try:
            rendered = composer.preview(text, locale=locale, zone=zone, moments=content.moments)
        except ValueError:
            texts[locale.value] = {"text": text}  # what is wrong with it is among the problems
        else:
            texts[locale.value] = {"text": rendered.plain, "length": rendered.length}
    problems = problems_of(announcement, composer, now=utc_now())
    return {"label": announcement.label, "texts": texts, "problems": _problems(problems)}


def _problems(problems: tuple[Problem, ...]) -> list[Told]:
    return [
        {
            "where": problem.where,
            "problem": problem.trouble.value,
            "detail": problem.detail,
            "warning": problem.trouble.is_warning,
        }
        for problem in problems
    ]


# ── Printing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _print_rows(rows: list[Told], *, as_json: bool) -> None:
    if as_json:
        _print_json(rows)
        return
    if not rows:
        _out.print("Nothing yet.")
        return
    table = Table(box=None)
    for heading in rows[0]:
        table.add_column(heading.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    _out.print(table, markup=False)


def _print_done(answer: Mapping[str, object], *, as_json: bool) -> None:
    told = {name: value for name, value in answer.items() if name != "ok"}
    _print_tree(told, as_json=as_json)


def _print_tree(told: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        _print_json(told)
        return
    for line in _tree(told, ""):
        _out.print(line, markup=False, highlight=False, soft_wrap=True)


def _tree(value: object, indent: str) -> list[str]:
    """Nested values as indented lines."""
    lines: list[str] = []
    if isinstance(value, Mapping):
        for name, part in value.items():
            heading = f"{indent}{str(name).replace('_', ' ')}:"
            if isinstance(part, Mapping | list) and part:
                lines += [heading, *_tree(part, f"{indent}  ")]
            else:
                lines.append(f"{heading} {_shown(part)}".rstrip())
        return lines
    for part in value if isinstance(value, list) else []:
        if isinstance(part, Mapping):
            lines.append(f"{indent}- {_shown({name: one for name, one in part.items() if one not in (None, '')})}")
        else:
            lines.append(f"{indent}- {_shown(part)}")
    return lines


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(_shown, value)) or "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items()) or "–"
    return str(value).replace("\n", "\n    ")


def _print_json(told: object) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
