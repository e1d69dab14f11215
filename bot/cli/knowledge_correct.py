"""`scoda knowledge correct`: who was told what was wrong, and one message to exactly those people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

import typer

from bot.adapters.system.clock import utc_now
from bot.app.announcing import announcing
from bot.app.correcting import (
    CorrectionOrders,
    correction_desk_of,
    correction_spool_of,
    found_values,
    order_of,
    read_bound,
)
from bot.app.state import open_state
from bot.cli.console import err, out
from bot.cli.options import AsJson
from bot.cli.printing import print_json
from bot.correcting.model import Wanted
from bot.errors import AlreadyRunningError, CorrectionError
from bot.ids import Locale, SectionKey
from bot.settings import Settings

_PATIENCE_S = 15.0
"""How long a running bot may take to take an order up; chosen: it looks each second, and a busy one is slower."""
_WORK_S = 120.0
"""How long it may work at it; chosen: it reads all announcements and the questions of the whole term."""


Since = Annotated[
    str, typer.Option(metavar="REV|DATE", help="Told from this version on, as `history` numbers it, or from this day.")
]
Until = Annotated[str, typer.Option(metavar="REV|DATE", help="Told up to this version, or up to this day.")]
Words = Annotated[str, typer.Option(metavar="WORDS", help="Only sentences that held these words were wrong.")]
WithAnnouncements = Annotated[
    bool, typer.Option("--with-announcements", help="Whoever got an announcement that says it was told it, too.")
]
Texts = Annotated[
    list[str] | None,
    typer.Option(metavar="LANG=TEXT", help="What they are told in a language, in place of what comes by itself."),
]
IsHandedIn = Annotated[
    bool, typer.Option("--draft", help="Hand a correction in, from the section's old and new sentences.")
]
Actor = Annotated[int | None, typer.Option("--as", metavar="ID", help="Who hands it in: a numeric Telegram id.", min=1)]
Again = Annotated[bool, typer.Option("--again", help="Also where there is a correction already.")]


def correct_command(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    section: Annotated[str, typer.Argument(metavar="PATH#SECTION", help="As venue/pearl.md#size, in no language.")],
    since: Since = "",
    until: Until = "",
    fact: Words = "",
    with_announcements: WithAnnouncements = False,
    text: Texts = None,
    draft: IsHandedIn = False,
    actor: Actor = None,
    again: Again = False,
    as_json: AsJson = False,
) -> None:
    """Say who was told what a section said wrongly (numbers only), and which announcements say it.

    With --draft or --text one correction to exactly these people is handed in, subscribed or not; it goes out once
    another organiser has approved it. Put the file right and publish it first.
    """
    wanted = _wanted(section, since, until, fact, with_announcements=with_announcements)
    settings: Settings = context.obj
    if not (draft or text):
        done = asyncio.run(_look(settings, wanted))
    elif actor is None:
        raise typer.BadParameter("say who hands it in: the numeric Telegram id of an organiser", param_hint="--as")
    else:
        order = {**order_of(wanted), "texts": _texts(text or []), "again": again, "actor": actor}
        done = asyncio.run(_carry_out(settings, order))
    if as_json:
        print_json({name: value for name, value in done.items() if name != "ok"})
        return
    for line in _lines(done):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in _next_steps(done):
        err.print(line, markup=False, highlight=False, soft_wrap=True)


def _wanted(section: str, since: str, until: str, fact: str, *, with_announcements: bool) -> Wanted:
    try:
        return Wanted(
            key=SectionKey.parse(section),
            since=_bound(since),
            until=_bound(until),
            words=fact,
            with_announcements=with_announcements,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _bound(text: str) -> int | date | None:
    return read_bound(text) if text else None


async def _look(settings: Settings, wanted: Wanted) -> Mapping[str, Any]:
    async with open_state(settings, reads_only=True) as database:
        desk = correction_desk_of(database, announcing(database, settings.store.data), settings)
        return found_values(await desk.look(wanted, now=utc_now()))


async def _carry_out(settings: Settings, order: Mapping[str, object]) -> Mapping[str, Any]:
    """Here when nobody holds the database, else by whoever does.

    Raises:
        CorrectionError: it was not carried out; the message says why.
    """
    try:
        async with open_state(settings) as database:
            parts = announcing(database, settings.store.data)
            await parts.appoint(settings, now=utc_now())
            return await CorrectionOrders(correction_desk_of(database, parts, settings)).execute(order)
    except AlreadyRunningError:
        answer = await correction_spool_of(settings.store.data).ask(order, patience_s=_PATIENCE_S, work_s=_WORK_S)
    if not answer.get("ok"):
        raise CorrectionError(str(answer.get("error")))
    return answer


def _texts(named: list[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for one in named:
        code, _, text = one.partition("=")
        if code not in list(Locale) or not text.strip():
            raise typer.BadParameter(f"{one!r}: write a language and a text, such as en='…'", param_hint="--text")
        texts[code] = text.strip()
    return texts


def _lines(done: Mapping[str, Any]) -> Iterator[str]:
    """In plain words: what it said and says, how many were told, and what repeats it."""
    for copy in done["wrong"]:
        yield f"{copy['language']}/{done['section']}: {copy['heading']}, in versions {_ranges(copy['versions'])}"
        yield from (f"  was: {sentence}" for sentence in copy["was"])
        yield from (f"  now: {sentence}" for sentence in copy["now"] or ["(nothing)"])
    for language in done["still_wrong"]:
        yield f"{language}/{done['section']} holds a figure of it as it did then: put it right, too"
    yield from _told_lines(done["told"])
    for one in done["announcements"]:
        yield f"announcement {one['id']} ({one['stage']}), {one['label']}: {one['got']} got it"
        for language, words in one["words"].items():
            yield f"  {language}: {'; '.join(words)}"
    for one in done["corrections"]:
        yield f"corrected already: {one['id']} ({one['stage']})"
    if made := done.get("correction"):
        what = "handed in" if made["new"] else "there already"
        yield f"{what}: {made['id']} ({made['stage']}), {made['people']} people"
        yield from (f"  {language}: {' '.join(text.split())}" for language, text in made["texts"].items())


def _told_lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{told['people']} people were told it"
    if told["people"]:
        yield f"  by language: {', '.join(f'{name} {number}' for name, number in told['by_language'].items())}"
        yield f"  by day: {', '.join(f'{day} {number}' for day, number in told['by_day'].items())}"
    if told["from_versions_not_kept"]:
        yield f"  {told['from_versions_not_kept']} of them from versions that are kept no more: --since leaves them out"
    if told["by_announcements_alone"]:
        yield f"  {told['by_announcements_alone']} of them by an announcement alone"


def _ranges(versions: list[int]) -> str:
    return str(versions[0]) if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"


def _next_steps(done: Mapping[str, Any]) -> Iterator[str]:
    made = done.get("correction")
    if made is None:
        yield "To write to them once: the same with --draft --as ID."
    elif not made["new"]:
        yield "Nothing was made: --again makes another one."
    else:
        yield f"Another organiser approves it in the chat, or by scoda announce show {made['id']} and approve."
