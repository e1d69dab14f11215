"""Marks by which a state that was copied into another database goes on in one of the two, and never in both.

The copy commits in one database and the farewell in the other, and a process may be killed between. So the farewell
comes first: at no moment may both go on. It names the arrival that the target was given before, so that the same copy
can be made again into that target and into no other.
"""

from __future__ import annotations

import secrets

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.marks import delete_marks, read_marks, write_marks
from bot.adapters.database.restore_guard import call_restored
from bot.adapters.database.tables import marks
from bot.errors import ForeignStateError

_log = structlog.get_logger(__name__)

LEFT, ARRIVING, ARRIVED = "moved_to", "arriving", "arrived"
MOVING_MARKS = (LEFT, ARRIVING, ARRIVED)
"""They tell of one database and are never copied into another."""


async def refuse_left(database: Database, *, adopts: bool = False) -> None:
    """Make sure that the state goes on here; with `adopts` it does from now on, and counts as restored from a backup.

    Raises:
        ForeignStateError: it was moved, or a copy of another one into this database did not end.
    """
    if await _mark(database, LEFT) is None and await _mark(database, ARRIVING) is None:
        return
    if not adopts:
        raise ForeignStateError(await _refusal(database))
    _log.warning("moved_state_adopted", advice="run no bot on the database that it was moved to")
    async with database.transaction():
        await delete_marks(database, *MOVING_MARKS)
        await call_restored(database)


async def has_arrived(source: Database, target: Database) -> bool:
    """Whether just this move, from the source to the target, is done."""
    left_for = await _mark(source, LEFT)
    return left_for is not None and left_for == await _mark(target, ARRIVED)


async def require_at_home(source: Database, target: Database) -> None:
    """Make sure that the source may go to the target: it goes on here, or was on its way there.

    Raises:
        ForeignStateError: it was moved to another target, or does not hold a whole state itself.
    """
    left_for = await _mark(source, LEFT)
    is_elsewhere = left_for is not None and left_for != await _mark(target, ARRIVING)
    if is_elsewhere or await _mark(source, ARRIVING) is not None:
        raise ForeignStateError(await _refusal(source))


async def begin_arrival(target: Database) -> int:
    """The number of the arrival in a target that holds no state: that of a copy that was begun, or a new one."""
    begun = await _mark(target, ARRIVING)
    if begun is None:
        begun = secrets.randbits(62)
        await write_marks(target, {ARRIVING: begun})
    return begun


async def leave(source: Database, arrival: int) -> None:
    """From now on nobody runs on the source."""
    await write_marks(source, {LEFT: arrival})


async def stay(source: Database, target: Database, arrival: int) -> None:
    """Take the farewell back where the copy surely failed: the target says that nothing has arrived.

    Raises:
        DatabaseError: the target can't say.
    """
    if await _mark(target, ARRIVED) != arrival and await _mark(source, LEFT) == arrival:
        await delete_marks(source, LEFT)


async def arrive(connection: AsyncConnection, arrival: int) -> None:
    """Mark the target as the one that goes on, in the transaction of the copy."""
    await connection.execute(delete(marks).where(marks.c.name.in_(MOVING_MARKS)))
    await connection.execute(insert(marks).values(name=ARRIVED, value=arrival))


async def _mark(database: Database, name: str) -> int | None:
    found = await read_marks(database, name)
    return None if found is None else found[0]


async def _refusal(database: Database) -> str:
    if await _mark(database, LEFT) is None:
        return (
            f"a copy of a state into {database.name} was begun and did not end: run the same `scoda copy-state` again; "
            "or begin here without it by `scoda run --adopt-state`"
        )
    return (
        f"the state in {database.name} was moved to another database by `scoda copy-state`, and goes on there: let "
        "store.database_url or --data name that one. Way back: `scoda copy-state` from there into an empty database; a "
        "copy that did not end is made again by the same command. If the other database is lost, or nobody will ever "
        "run on it, `scoda run --adopt-state` goes on with this one as if it were restored from a backup: nothing is "
        "sent before an organiser's word"
    )
