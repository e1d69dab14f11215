"""`scoda migrate` and `scoda copy-state`: the state brought to another schema, or into another database."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.app import moving
from bot.app.moving import THE_SET_ONE
from bot.cli.console import err, say_aside
from bot.cli.printing import print_rows
from bot.errors import DatabaseError
from bot.operations.logs import redact
from bot.settings import Settings

_DUE, _NEWER = 1, 2
"""Exit codes of `--check`: a migration is to be made; this program is too old for the state, or can't read it."""

_Address = f"FILE|postgresql://…|{THE_SET_ONE}"


def migrate(
    context: typer.Context,
    only_checks: Annotated[
        bool,
        typer.Option(
            "--check", help="Change nothing; exit code 0: up to date, 1: to be migrated, 2: not for this one."
        ),
    ] = False,
) -> None:
    """Bring the state's schema to this program's, in one transaction; `scoda run` does so by itself at its start."""
    settings: Settings = context.obj
    if only_checks:
        _check(settings)
        return
    before = asyncio.run(moving.migrated(settings))
    if before.are_alike:
        typer.echo(f"The state is at schema {before.newest}: nothing to do.")
    elif before.found is None:
        typer.echo(f"An empty state was made at schema {before.newest}.")
    else:
        typer.echo(f"The state was brought from schema {before.found} to {before.newest}.")


def copy_state(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"The state to copy: {_Address}.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty database, or a file that is not there yet.")],
) -> None:
    """Copy the whole state between SQLite and PostgreSQL, check the copy, and let it go on in TO alone.

    No bot may run on either. `settings` stands for the state that the settings name: an address with a password goes
    into SCODA_STORE_DATABASE_URL rather than into a command line that others can see.
    """
    sums = asyncio.run(moving.copy_state(context.obj, source, target))
    if sums is None:
        say_aside("That state had been copied there already: nothing to do.")
        return
    print_rows([{"table": name, "rows": one.rows, "sum": str(one)} for name, one in sums.items()], as_json=False)
    say_aside("Both sides are alike. FROM is marked as moved: set store.database_url or --data to TO and run the bot.")


def _check(settings: Settings) -> None:
    try:
        found = asyncio.run(moving.revisions_of(settings))
    except DatabaseError as error:
        err.print(redact(f"scoda: {error}"), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(_NEWER) from error
    if found.are_alike:
        typer.echo(f"The state is at schema {found.newest}, which is this program's.")
        return
    stands = "There is no state yet" if found.found is None else f"The state is at schema {found.found}"
    typer.echo(f"{stands}, and this program's schema is {found.newest}: run `scoda migrate`, or just `scoda run`.")
    raise typer.Exit(_DUE)
