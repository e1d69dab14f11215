"""The orders of `scoda announce`: carried out by whoever holds the database, a running bot or this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.announcements.files import read_single
from bot.adapters.system.clock import utc_now
from bot.app.announcing import announcing
from bot.app.state import open_state
from bot.cli.options import AsJson, Name
from bot.cli.printing import Values, print_done
from bot.errors import AlreadyRunningError, AnnouncementError
from bot.ids import Locale
from bot.settings import Settings

PATIENCE_S = 15.0
"""How long a running bot may take to carry an order out; chosen: it looks each second, and a busy one is slower."""

Actor = Annotated[int, typer.Option("--as", help="Who orders it: a numeric Telegram id.", metavar="ID", min=1)]
Version = Annotated[int, typer.Option(help="The version that `show` has shown you.", metavar="V", min=1)]
Copies = Annotated[int, typer.Option(help="How many copies it concerns, as `show` says.", metavar="N", min=0)]
RequestName = Annotated[str, typer.Argument(help="The request's id, as `show` has it.", metavar="REQUEST")]


def schedule(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One announcement, written as in config/announcements.toml.")],
    actor: Actor,
    again: Annotated[
        str, typer.Option(help="A word that makes the same file a new announcement.", metavar="WORD")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Hand an announcement in for approval. The same file handed in twice is one announcement."""
    written = read_single(file)
    order: Values = {"order": "schedule", "file": str(file.resolve()), "fingerprint": written.fingerprint}
    if again:
        order["request"] = f"{written.fingerprint} {again}"
    print_done(_give(context, order, actor), as_json=as_json)


def approve(
    context: typer.Context,
    name: Name,
    actor: Actor,
    version: Version,
    count: Annotated[int, typer.Option(help="How many recipients `show` has told you.", metavar="N", min=0)],
    emergency: Annotated[
        bool, typer.Option("--emergency", help="An owner lets their own go out alone; every organiser is told.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Approve what another has handed in, as `show` has shown it: it goes out when it is due."""
    order: Values = {"order": "approve", "id": name, "version": version, "count": count, "emergency": emergency}
    print_done(_give(context, order, actor), as_json=as_json)


def trial(
    context: typer.Context,
    name: Name,
    actor: Actor,
    lang: Annotated[Locale | None, typer.Option(help="Only in this language.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send it to yourself alone, in each of its languages."""
    language = lang.value if lang else ""
    print_done(_give(context, {"order": "test", "id": name, "language": language}, actor), as_json=as_json)


def pause(context: typer.Context, name: Name, actor: Actor, as_json: AsJson = False) -> None:
    """Let nothing more of it go out until it is resumed."""
    print_done(_give(context, {"order": "pause", "id": name}, actor), as_json=as_json)


def resume(context: typer.Context, name: Name, actor: Actor, as_json: AsJson = False) -> None:
    """Go on after a pause, also after one that the bot has made by itself."""
    print_done(_give(context, {"order": "resume", "id": name}, actor), as_json=as_json)


def stop(context: typer.Context, name: Name, actor: Actor, as_json: AsJson = False) -> None:
    """End it for good: what was not sent is cancelled."""
    print_done(_give(context, {"order": "stop", "id": name}, actor), as_json=as_json)


def withdraw(context: typer.Context, name: Name, actor: Actor, as_json: AsJson = False) -> None:
    """Stop it and delete what was delivered, as far as Telegram allows (48 hours)."""
    print_done(_give(context, {"order": "withdraw", "id": name}, actor), as_json=as_json)


def correct(
    context: typer.Context,
    name: Name,
    actor: Actor,
    version: Version,
    count: Copies,
    text: Annotated[
        list[str], typer.Option(help="What copies in this language are to say, from a file.", metavar="LANG=FILE")
    ],
    as_json: AsJson = False,
) -> None:
    """Ask for other texts in place of the delivered ones; a second person must agree to it."""
    order: Values = {"order": "correct", "id": name, "version": version, "count": count, "texts": _texts(text)}
    print_done(_give(context, order, actor), as_json=as_json)


def put_back(
    context: typer.Context, name: Name, actor: Actor, version: Version, count: Copies, as_json: AsJson = False
) -> None:
    """Ask for the texts that the latest correction replaced; a second person must agree to it."""
    order: Values = {"order": "put_back", "id": name, "version": version, "count": count}
    print_done(_give(context, order, actor), as_json=as_json)


def resend(
    context: typer.Context, name: Name, actor: Actor, version: Version, count: Copies, as_json: AsJson = False
) -> None:
    """Ask for one more copy, marked, to those in doubt (`unknown` in `show`); a second person must agree to it."""
    order: Values = {"order": "resend", "id": name, "version": version, "count": count}
    print_done(_give(context, order, actor), as_json=as_json)


def agree(
    context: typer.Context,
    request: RequestName,
    actor: Actor,
    count: Copies,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="An owner agrees to their own alone; every organiser is told.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Agree to a change of what was delivered that another has asked for: it is done at once."""
    order: Values = {"order": "agree", "id": request, "count": count, "emergency": emergency}
    print_done(_give(context, order, actor), as_json=as_json)


def refuse(context: typer.Context, request: RequestName, actor: Actor, as_json: AsJson = False) -> None:
    """Refuse a change of what was delivered, or take one's own request back."""
    print_done(_give(context, {"order": "refuse", "id": request}, actor), as_json=as_json)


def word(
    context: typer.Context,
    occurrence: Annotated[str, typer.Argument(help="The firing that waits for a word.", metavar="OCCURRENCE")],
    actor: Actor,
    send: Annotated[bool, typer.Option("--send/--let-be", help="Send what is left of it, or let it be.")],
    as_json: AsJson = False,
) -> None:
    """After a restore from backup, say whether what was going on shall be sent; it may have been sent already."""
    print_done(_give(context, {"order": "word", "occurrence": occurrence, "send": send}, actor), as_json=as_json)


def _give(context: typer.Context, order: Values, actor: int) -> Mapping[str, object]:
    settings: Settings = context.obj
    return asyncio.run(_carry_out(settings, {**order, "actor": actor}))


async def _carry_out(settings: Settings, order: Values) -> Mapping[str, object]:
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
        return answered(await CommandSpool(settings.store.data).ask(order, patience_s=PATIENCE_S))


def answered(answer: Mapping[str, object]) -> Mapping[str, object]:
    """What a running bot has answered.

    Raises:
        AnnouncementError: it did not carry the order out; the message says why.
    """
    if not answer.get("ok"):
        raise AnnouncementError(str(answer.get("error")))
    return answer


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
