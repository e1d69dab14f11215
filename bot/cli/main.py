"""The command line: registers every command and reads the options that all of them share."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.app.state import has_two, to_look, to_run
from bot.cli.announce import announce
from bot.cli.ask import ask, evaluate
from bot.cli.backup import backup, restore
from bot.cli.calibrate import calibrate
from bot.cli.console import err, say_aside
from bot.cli.doctor import DoctorsCall, doctor
from bot.cli.gaps import gaps
from bot.cli.knowledge import knowledge
from bot.cli.link import link
from bot.cli.logs import logs
from bot.cli.moving import copy_state, migrate
from bot.cli.run import run_command, sandbox
from bot.cli.stats import stats
from bot.errors import ScodaError
from bot.operations.log_ids import FILE_NAME as LOG_IDS_KEY
from bot.operations.log_ids import LogIds
from bot.operations.logs import configure_logs, redact
from bot.settings import Settings
from bot.settings.loading import DEFAULT_FILE, forget_variables, load_settings

cli = typer.Typer(
    name="scoda",
    help="A visitor bot in twelve languages for the China-SCO demonstration area, its expo and its park alliance.\n\n"
    "Without a token `scoda run` brings a Telegram of its own to try the bot out. Every setting is listed in "
    "config/bot.toml; the environment (SCODA_TELEGRAM_TOKEN, …) wins over it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.command("run")(run_command)
for _command in (sandbox, ask, evaluate, calibrate, link, stats, migrate, copy_state, backup, restore, doctor):
    cli.command()(_command)
for _group, _name in ((knowledge, "knowledge"), (announce, "announce"), (gaps, "gaps"), (logs, "logs")):
    cli.add_typer(_group, name=_name)


def run() -> None:
    """The entry point: an error of ours is a message, not a traceback."""
    try:
        cli()
    except ScodaError as error:
        err.print(redact(f"scoda: {error}"), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


@cli.callback()
def _options(
    context: typer.Context,
    knowledge_folder: Annotated[
        Path | None, typer.Option("--knowledge", help="The folder of the knowledge files.", metavar="DIR")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The folder for state and index.", metavar="DIR")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="The settings file.",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            show_default=str(DEFAULT_FILE),
        ),
    ] = None,
) -> None:
    file = config or DEFAULT_FILE
    load = partial(load_settings, file, knowledge=knowledge_folder, data=data)
    if context.invoked_subcommand == "doctor":
        context.obj = DoctorsCall(load, file)  # what is wrong with the settings is the first thing that it tells
        return
    settings = load()
    forget_variables()
    runs = context.invoked_subcommand in {"run", "sandbox", "restore"}
    context.obj = settings if runs else _of_the_bot_meant(settings)
    configure_logs(
        settings.logs.level,
        as_json=settings.logs.format == "json",
        secrets=settings.secrets(),
        ids=LogIds((to_run(settings) if runs else context.obj).store.data / LOG_IDS_KEY),
    )


def _of_the_bot_meant(settings: Settings) -> Settings:
    found = to_look(settings)
    if has_two(settings):
        say_aside(f"State: {found.store.data}, of the bot that runs or ran last")
    return found
