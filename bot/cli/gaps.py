"""`scoda gaps`: what visitors asked in vain. Looking disturbs no running bot; if one runs, it carries orders out."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Awaitable, Callable, Mapping, Sequence
from io import StringIO
from typing import Annotated, TypeVar

import typer

from bot.adapters.system.clock import utc_now
from bot.app.gaps import GapOrders, gap_desk_of, gap_spool_of
from bot.app.state import open_state
from bot.cli.options import AsJson
from bot.cli.printing import Values, print_done, print_rows, print_tree
from bot.errors import AlreadyRunningError, GapError
from bot.gaps.model import Gap, GapId, GapState
from bot.gaps.service import WORTH_A_LOOK, GapDesk
from bot.ids import Locale
from bot.reports.spreadsheet import cell
from bot.settings import Settings

_T = TypeVar("_T")

_PATIENCE_S = 15.0
"""How long a running bot may take to carry an order out; chosen: it looks each second, and a busy one is slower."""

gaps = typer.Typer(
    help="Questions that got no answer that helped, put together across languages: look, take, draft, close.",
    no_args_is_help=True,
)

GapName = Annotated[str, typer.Argument(help="The gap's id, as `list` shows it.", metavar="ID")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, safe to open in a spreadsheet.")]


@gaps.command("list")
def list_command(
    context: typer.Context,
    state: Annotated[GapState | None, typer.Option(help="Only those at this state.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the gaps, the worst first: those that were asked often and lately. Closed ones only if asked for."""
    states = frozenset({state}) if state else WORTH_A_LOOK
    found = _look(context, lambda desk: desk.worst_first(states))[:limit]
    _print_rows([_line_of(gap) for gap in found], as_json=as_json, as_csv=as_csv)


@gaps.command()
def show(context: typer.Context, name: GapName, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show a gap with all of its questions, the newest first."""
    gap = _look(context, lambda desk: desk.find(GapId(name)))
    questions: list[Values] = [
        {
            "asked_at": one.asked_at.isoformat(timespec="seconds"),
            "language": one.locale.value,
            "lost_by": one.loss.by.value,
            "nearest": str(one.loss.nearest) if one.loss.nearest else None,
            "nearest_in": [locale.value for locale in one.loss.locales],
            "question": one.question,
        }
        for one in reversed(gap.questions)
    ]
    if as_csv:
        _print_rows(questions, as_json=False, as_csv=True)
    else:
        print_tree({**_line_of(gap), "questions": questions}, as_json=as_json)


@gaps.command()
def assign(
    context: typer.Context,
    name: GapName,
    person: Annotated[
        int | None, typer.Argument(help="A numeric Telegram id; nobody without one.", metavar="ID")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a gap somebody's."""
    _order(context, {"order": "assign", "gap": name, "person": person}, as_json=as_json)


@gaps.command()
def close(context: typer.Context, name: GapName, as_json: AsJson = False) -> None:
    """Let a gap be: it is listed no more, and what is asked like it goes there."""
    _order(context, {"order": "close", "gap": name}, as_json=as_json)


@gaps.command()
def draft(
    context: typer.Context,
    name: GapName,
    locale: Annotated[
        list[Locale] | None, typer.Option(help="In this language; those that asked unless told.", metavar="LANG")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Begin a file that answers a gap in knowledge/drafts, with its questions; one that is there is left alone."""
    locales = [one.value for one in locale or ()]
    _order(context, {"order": "draft", "gap": name, "locales": locales}, as_json=as_json)


def _look(context: typer.Context, work: Callable[[GapDesk], Awaitable[_T]]) -> _T:
    settings: Settings = context.obj

    async def look() -> _T:
        async with open_state(settings, reads_only=True) as database:
            return await work(gap_desk_of(database, settings))

    return asyncio.run(look())


def _order(context: typer.Context, order: Values, *, as_json: bool) -> None:
    settings: Settings = context.obj
    print_done(asyncio.run(_carry_out(settings, order)), as_json=as_json)


async def _carry_out(settings: Settings, order: Values) -> Mapping[str, object]:
    """Here when nobody holds the database, else by whoever does.

    Raises:
        GapError: it was not carried out; the message says why.
    """
    try:
        async with open_state(settings) as database:
            return await GapOrders(gap_desk_of(database, settings)).execute(order)
    except AlreadyRunningError:
        answer = await gap_spool_of(settings.store.data).ask(order, patience_s=_PATIENCE_S)
    if not answer.get("ok"):
        raise GapError(str(answer.get("error")))
    return answer


def _line_of(gap: Gap) -> Values:
    return {
        "id": gap.gap_id,
        "state": gap.state.value,
        "asked": len(gap.questions),
        "weight": round(gap.weight(utc_now()), 1),
        "languages": [locale.value for locale in gap.locales],
        "first_seen": gap.first_seen.isoformat(timespec="seconds"),
        "last_seen": gap.last_seen.isoformat(timespec="seconds"),
        "lost_by": gap.lost_by[0].value,
        "nearest": str(gap.nearest) if gap.nearest else None,
        "answered_by": str(gap.answered_by) if gap.answered_by else None,
        "assignee": gap.assignee,
        "example": gap.asked_in(gap.locales[0])[0],
    }


def _print_rows(rows: Sequence[Values], *, as_json: bool, as_csv: bool) -> None:
    if not as_csv:
        print_rows(list(rows), as_json=as_json)
        return
    table = StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerows([list(rows[0])] if rows else [])
    writer.writerows([[_cell(value) for value in row.values()] for row in rows])
    typer.echo(table.getvalue(), nl=False)


def _cell(value: object) -> str:
    """A number stays one; all else is text that no spreadsheet takes for a formula."""
    if isinstance(value, int | float):
        return str(value)
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return cell(text)
