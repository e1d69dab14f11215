"""`scoda backup` and `scoda restore`: the state in one file, and back."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from bot.adapters.archive.manifest import ArchiveManifest
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.system.clock import utc_now
from bot.app.backup import TakenBackup, take_backup
from bot.app.confirming import confirm
from bot.app.restore import Restored, read_archive, settings_for, word_spool_of
from bot.app.restore import restore as restore_archive
from bot.app.state import open_state, to_look
from bot.cli.console import say_aside
from bot.cli.options import AsJson
from bot.cli.printing import print_tree
from bot.errors import AlreadyRunningError, BackupError
from bot.settings import Settings

_PATIENCE_S = 15.0
"""How long a running bot may take to carry an order out; chosen: it looks each second, and a busy one is slower."""
_KINDS = {
    "relayed": "messages between visitors and staff: not sent again, their writers will be told that they are in doubt",
    "news": "news of proposals: not told again",
    "unanswered": "updates that had no answer yet: not answered",
    "wishes": "visitors who wait for an answer to be known: told after your word",
    "edits": "copies of announcements to be edited or deleted: done after your word",
}


def backup(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option(
            help="The folder for it, or a file ending in .tar.gz; default: [backup] folder.", metavar="DIR|FILE"
        ),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(help="Then remove this bot's older ones there, but for so many.", min=1, metavar="N")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Save the state into one file, beside a running bot too: encrypted where a passphrase is set, and read again."""
    settings: Settings = context.obj
    taken = asyncio.run(_taken(settings, to, keep))
    if not taken.is_sealed:
        say_aside(
            "It is not encrypted, and it holds visitors' ids and questions: set SCODA_BACKUP_PASSPHRASE or [backup] "
            "key_file, or keep it where nobody else reads."
        )
    print_tree(
        {
            "file": str(taken.file),
            "bytes": taken.size,
            "sha256": taken.sha256,
            "encrypted": taken.is_sealed,
            **_values_of(taken.manifest),
            "removed": [str(file) for file in taken.removed],
            "save_besides": list(taken.manifest.besides),
        },
        as_json=as_json,
    )


async def _taken(settings: Settings, to: Path | None, keep: int | None) -> TakenBackup:
    async with open_state(settings, reads_only=True) as database:
        return await take_backup(settings, database, to=to, keep=keep, now=utc_now())


def restore(
    context: typer.Context,
    archive: Annotated[
        Path | None, typer.Argument(help="The file that `scoda backup` wrote.", metavar="ARCHIVE")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the state is replaced.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read and check it; change nothing.")] = False,
    replaces: Annotated[
        bool, typer.Option("--replace", help="Let the rows of a PostgreSQL database go that is not empty.")
    ] = False,
    confirms: Annotated[
        bool, typer.Option("--confirm", help="After a restore: from now on what waits may be sent.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put the state of a backup in place of what is there, once all of it was checked; never beside a running bot.

    Nothing is sent by itself afterwards before `scoda restore --confirm`.
    """
    settings: Settings = context.obj
    if confirms and archive is None:
        _print_confirmed(asyncio.run(_confirmed(to_look(settings))), as_json=as_json)
        return
    if archive is None or confirms:
        raise typer.BadParameter("name one archive, or --confirm alone")
    manifest = read_archive(settings, archive)
    if check:
        print_tree({"archive": str(archive), **_values_of(manifest)}, as_json=as_json)
        return
    meant = settings_for(settings, manifest)
    if not yes:
        _ask(meant, archive, manifest)
    done = asyncio.run(restore_archive(meant, archive, manifest, replaces=replaces, now=utc_now()))
    _print_restored(done, as_json=as_json)


def _ask(meant: Settings, archive: Path, manifest: ArchiveManifest) -> None:
    has_server = bool(meant.store.database_url.get_secret_value())
    place = "the rows of the database" if has_server else f"the state in {meant.store.data}"
    taken_at = f"{manifest.taken_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    say_aside(f"{archive} is whole: {manifest.rows} rows of {taken_at}.")
    typer.confirm(f"Replace {place}?", abort=True, err=True)


def _print_restored(done: Restored, *, as_json: bool) -> None:
    values = {
        "data": str(done.data),
        "kept_aside": str(done.aside) if done.aside else None,
        **_values_of(done.manifest),
        "forgotten_again": done.forgotten,
        "held": dict(done.held),
        "save_besides": list(done.manifest.besides),
    }
    print_tree(values, as_json=as_json)
    for kind, number in done.held.items():
        if number:
            say_aside(f"{number} {_KINDS[kind]}.")
    say_aside("Start the bot and look; nothing is sent by itself before `scoda restore --confirm`.")


async def _confirmed(settings: Settings) -> bool:
    """By the bot that runs, else here."""
    data = settings.store.data
    try:
        async with open_state(settings) as database:
            return await confirm(FileRestoreGuard(database, data))
    except AlreadyRunningError:
        answer = await word_spool_of(data).ask({"order": "confirm_restore"}, patience_s=_PATIENCE_S)
    if not answer.get("ok"):
        raise BackupError(str(answer.get("error")))
    return bool(answer.get("waited"))


def _print_confirmed(waited: bool, *, as_json: bool) -> None:  # noqa: FBT001 - the one thing to print
    print_tree({"confirmed": waited}, as_json=as_json)
    if not waited:
        say_aside("Nothing waited for a word.")


def _values_of(manifest: ArchiveManifest) -> dict[str, object]:
    return {
        "taken_at": manifest.taken_at.astimezone(UTC).isoformat(timespec="seconds"),
        "program": manifest.program,
        "schema": manifest.schema,
        "engine": manifest.engine,
        "bot": manifest.bot or None,
        "rows": manifest.rows,
        "parts": len(manifest.parts),
    }
