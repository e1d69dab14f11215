"""Where the state of which bot lies.

The sandbox that `scoda run` brings along has a folder of its own inside the data folder, index and all: what is
announced stands in the index, so a shared one would let the sandbox's announcements answer visitors. What it costs to
read the knowledge twice is small while its vectors stand beside it (`scoda knowledge vectors`).
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.locks import is_held, private_folder
from bot.adapters.database.moves import refuse_left
from bot.adapters.database.restore_guard import FILE_NAME as STARTED_FILE
from bot.adapters.database.state_owner import OFFICIAL, SANDBOX, Owner, server_number
from bot.sandbox.keys import DEFAULT_BOT_ID
from bot.settings import Settings

STATE_FILE = "state.sqlite3"
SANDBOX_FOLDER = "sandbox"
WORKSHOP = ".restoring"
"""The folder beside the state in which a restore makes the new one, a copy of everybody's data: one that is found was
left by a process that was killed."""


def needs_sandbox(settings: Settings) -> bool:
    """Whether `scoda run` brings its own Telegram along."""
    return not settings.telegram.token.get_secret_value() and not settings.telegram.base_url


def to_run(settings: Settings) -> Settings:
    """The settings with the folder that the bot they describe keeps its state in."""
    return _in_folder(settings, _candidates(settings)[0])


def to_look(settings: Settings) -> Settings:
    """The settings with the folder of the bot that one who gives a command means.

    That is the one they describe; where they name no bot, the one that runs, else the one that ran last: whoever
    types a command need not have the token at hand.
    """
    folders = _candidates(settings)
    used = [folder for folder in folders if (folder / STATE_FILE).exists()]
    if len(used) < 2:
        return _in_folder(settings, used[0] if used else folders[0])
    running = [folder for folder in used if is_held(folder)]
    return _in_folder(settings, running[0] if len(running) == 1 else max(used, key=_started_at))


def data_folder_for(settings: Settings, *, of_sandbox: bool) -> Settings:
    """The settings with the folder of the sandbox's bot, or of the other one, as far as they leave it open."""
    candidates = _candidates(settings)
    return _in_folder(settings, candidates[0] if of_sandbox else candidates[-1])


def has_two(settings: Settings) -> bool:
    """Whether these settings leave it open which of two bots is meant."""
    return len([folder for folder in _candidates(settings) if (folder / STATE_FILE).exists()]) > 1


def owner_of(settings: Settings, bot_id: int | None = None) -> Owner | None:
    """The bot of these settings, by the id that its token begins with if its own is not known yet."""
    token = settings.telegram.token.get_secret_value() or settings.sandbox.token or f"{DEFAULT_BOT_ID}:"
    number = token.partition(":")[0]
    if bot_id is None and not (number.isascii() and number.isdigit()):
        return None  # no server will take such a token
    address = settings.telegram.base_url
    server = SANDBOX if needs_sandbox(settings) else server_number(address) if address else OFFICIAL
    return Owner(int(number) if bot_id is None else bot_id, server)


def has_state(settings: Settings) -> bool:
    """Whether anything was ever kept."""
    return bool(settings.store.database_url.get_secret_value()) or (settings.store.data / STATE_FILE).exists()


def target_of(settings: Settings) -> str | Path:
    """The database that these settings name: a PostgreSQL address, or a file in their data folder."""
    return settings.store.database_url.get_secret_value() or settings.store.data / STATE_FILE


@asynccontextmanager
async def open_state(
    settings: Settings, *, reads_only: bool = False, adopts: bool = False, shares: bool = False
) -> AsyncIterator[Database]:
    """Open the state database alone, at this program's schema; with `reads_only` also beside a running bot.

    With `adopts` a state that was moved to another database goes on here after all; with `shares` it is open to other
    processes as well, where it is on PostgreSQL. What a restore that was killed has left beside the file goes.

    Raises:
        AlreadyRunningError: another process holds it, and it is to be written.
        DatabaseError: it can't be opened.
        ForeignStateError: it was moved to another database.
    """
    target = target_of(settings)
    async with open_database(target, lock=not reads_only, shares=shares) as database:
        if not reads_only:
            if isinstance(target, str):
                private_folder(settings.store.data)
            else:  # the folder is ours, so nobody restores
                await asyncio.to_thread(shutil.rmtree, target.with_name(WORKSHOP), ignore_errors=True)
            await database.migrate()
        await refuse_left(database, adopts=adopts)
        yield database


def _candidates(settings: Settings) -> list[Path]:
    """Where the state may be, the folder that `scoda run` takes first. A database server holds one state only."""
    data = settings.store.data
    if settings.store.database_url.get_secret_value() or not needs_sandbox(settings):
        return [data]
    return [data / SANDBOX_FOLDER, data]


def _started_at(folder: Path) -> float:
    try:
        return (folder / STARTED_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _in_folder(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"store": settings.store.model_copy(update={"data": folder})})
