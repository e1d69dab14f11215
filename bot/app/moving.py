"""The state's schema brought up to date by itself, and the state copied into another database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.database.connection import open_database, revision_of
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.state_copy import copy_state as copied_between
from bot.adapters.database.state_copy import require_current
from bot.adapters.database.state_sums import TableSum
from bot.app.state import STATE_FILE, target_of
from bot.errors import DatabaseError
from bot.settings import Settings

THE_SET_ONE = "settings"
"""In place of an address: the state that the settings name, so that no password stands in a command line."""


@dataclass(frozen=True, slots=True)
class Revisions:
    """Of the state's schema: what it is, None where there is none, and what it is to be."""

    found: str | None
    newest: str = REVISIONS[-1]

    @property
    def are_alike(self) -> bool:
        """Whether nothing is to be done."""
        return self.found == self.newest


async def revisions_of(settings: Settings) -> Revisions:
    """How the schema stands, also beside a running bot.

    Raises:
        DatabaseError: it is newer than this program, or can't be read.
    """
    return Revisions(await revision_of(target_of(settings)))


async def migrated(settings: Settings) -> Revisions:
    """Bring the schema up to date, in one transaction; returns how it stood before.

    Raises:
        AlreadyRunningError: there is something to do, and another process holds the state.
        DatabaseError: it is newer than this program, or can't be opened.
    """
    before = await revisions_of(settings)
    if before.are_alike:
        return before
    async with open_database(target_of(settings)) as database:
        return Revisions(await database.migrate())


async def copy_state(settings: Settings, source: str, target: str) -> Mapping[str, TableSum] | None:
    """Copy the whole state, check the copy and mark the source as left; None when that was done before.

    Both are addresses: a file, `postgresql://…`, or the word of `THE_SET_ONE`.

    Raises:
        AlreadyRunningError: a process holds one of them.
        DatabaseError: one of them can't be opened, or not be copied from or into; the message says what to do.
        ForeignStateError: the source was moved elsewhere.
    """
    places = _place(settings, source), _place(settings, target)
    _refuse_one_place(*places)
    if isinstance(places[0], Path) and not places[0].is_file():
        raise DatabaseError(f"there is no database {places[0]} to copy from: name its file, often data/{STATE_FILE}")
    async with AsyncExitStack() as stack:
        from_database = await stack.enter_async_context(open_database(places[0]))
        await require_current(from_database)
        return await copied_between(from_database, await stack.enter_async_context(open_database(places[1])))


def _place(settings: Settings, address: str) -> str | Path:
    if address == THE_SET_ONE:
        return target_of(settings)
    if "://" in address:
        return address
    if Path(address).is_dir():
        raise DatabaseError(f"{address} is a folder: name the file of the state in it, {Path(address) / STATE_FILE}")
    return Path(address)


def _refuse_one_place(source: str | Path, target: str | Path) -> None:
    if source == target:
        raise DatabaseError("FROM and TO name the same database: nothing is to be copied")
    if isinstance(source, Path) and isinstance(target, Path) and source.resolve().parent == target.resolve().parent:
        raise DatabaseError(
            f"{source} and {target} lie in one folder, and a data folder holds one state: let TO lie in another one"
        )
