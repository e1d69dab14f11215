"""`scoda logs …`: the bot's own log."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.errors import SettingsError
from bot.operations.key_file import key_of
from bot.operations.log_ids import FILE_NAME as LOG_IDS_KEY
from bot.operations.log_ids import log_name

logs = typer.Typer(help="The bot's own log.", no_args_is_help=True)


@logs.command("id", context_settings={"ignore_unknown_options": True})  # a group's id begins like an option
def log_id_command(
    context: typer.Context,
    telegram_id: Annotated[int, typer.Argument(help="The numeric id of a person or chat.", metavar="ID")],
) -> None:
    """Say what stands in the logs for a person or chat: no line holds the id itself."""
    file = context.obj.store.data / LOG_IDS_KEY
    if not file.exists():
        raise SettingsError(f"there is no {file}: no log line has named anybody yet, or --data names another folder")
    try:
        typer.echo(log_name(telegram_id, key_of(file)))
    except (OSError, ValueError) as error:
        raise SettingsError(f"the key of the ids in the logs can't be read: {error}") from error
