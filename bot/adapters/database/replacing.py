"""Puts another SQLite database in place of the state, so that a kill at any moment leaves one of the two, whole.

The new one is complete and closed under a name of its own before the old one is touched; giving it that name is the
moment that counts. Whoever holds the folder next does the rest, as often as it is cut short.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from bot.errors import DatabaseError
from bot.operations.durable import sync_to_disk

_log = structlog.get_logger(__name__)

_READY = ".restored-"
_ASIDE = ".before-"
_BESIDE = ("-wal", "-shm", "")
"""The log goes with its database, which goes last: where that is still there, all of it is still to be moved."""


def replace_database(fresh: Path, state: Path, *, stamp: str) -> Path | None:
    """Put `fresh` in place of `state`, in the same file system, under the folder's lock; returns where the old one is.

    Raises:
        OSError: it can't be moved.
    """
    sync_to_disk(fresh)
    fresh.rename(state.with_name(f"{state.name}{_READY}{stamp}"))
    sync_to_disk(state.parent)
    return finish_replacing(state)


def finish_replacing(state: Path) -> Path | None:
    """Do what a kill may have left undone; returns where the old database is, None if there was none."""
    ready = sorted(state.parent.glob(f"{state.name}{_READY}*"))
    if not ready:
        return None
    stamp = ready[-1].name.removeprefix(state.name + _READY)
    aside = state.with_name(f"{state.name}{_ASIDE}{stamp}")
    for ending in _BESIDE:
        old = state.with_name(state.name + ending)
        if old.exists():
            old.rename(aside.with_name(aside.name + ending))
    sync_to_disk(state.parent)
    ready[-1].rename(state)
    sync_to_disk(state.parent)
    _log.info("state_replaced", kept_aside=str(aside))
    return aside if aside.exists() else None


def refuse_unfinished(state: Path) -> None:
    """Stop a reader between the two.

    Raises:
        DatabaseError: a restore was cut short at its last step.
    """
    if any(state.parent.glob(f"{state.name}{_READY}*")):
        raise DatabaseError(f"a restore of {state} was cut short: run `scoda run`, which finishes it first")
