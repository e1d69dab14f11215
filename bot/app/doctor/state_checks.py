"""The state: database, backups, a restore that waits for somebody, orders that nobody takes, and the bot that runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp

from bot.adapters.announcements.command_spool import stuck_orders
from bot.adapters.announcements.files import read_standing
from bot.adapters.archive.folder import archives_in
from bot.adapters.database.connection import Database
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.state_owner import StateOwner
from bot.adapters.database.vitals import DatabaseVitals, vitals_of
from bot.app.backup import folder_of
from bot.app.state import needs_sandbox
from bot.operations.examining import Diagnoses, Diagnosis, error, fine, warning
from bot.settings import Settings

_MEGABYTE = 2**20
_ASK_S: Final = 8.0
"""Seconds for /readyz: it gives each part 5 s, and asks them one after the other."""
_CLOCKS_APART_S = 2.0
"""Seconds between this machine's clock and the database server's; as with Telegram's server."""
_DAILY = timedelta(days=1)
"""How often whoever makes backups otherwise makes one: by reasoning, each night."""
_LATE = timedelta(hours=2)
"""How much later than due a backup may be: as much as `ScodaBackupTooOld` lets a nightly one."""
_NAMED = 5
"""Faults that are named: by reasoning, enough to begin with."""


async def look_at_database(database: Database, *, now: datetime) -> Diagnoses:
    """Whole, of this program's schema, and such that what is committed stays.

    Raises:
        DatabaseError: it can't be read at all.
    """
    vitals = await vitals_of(database)
    found = [*_damage(vitals, database.name), *_schema(vitals, database.name), *_settings(vitals, now)]
    told = f"{vitals.engine}, schema {vitals.revision or 'none'}, {vitals.size / _MEGABYTE:,.1f} MB"
    return [fine(told, database.name), *found]


def _damage(vitals: DatabaseVitals, name: str) -> Iterator[Diagnosis]:
    if vitals.damage:
        yield error(
            f"the database is damaged: {'; '.join(vitals.damage)}",
            where=name,
            advice="stop the bot, run `scoda restore` with the last backup, which keeps the damaged file aside, and "
            "start again",
        )


def _schema(vitals: DatabaseVitals, name: str) -> Iterator[Diagnosis]:
    if vitals.is_newer:
        yield error(
            f"a newer version of this program wrote it (schema {vitals.revision}): this one does not start",
            where=name,
            advice="install that version again, or restore the backup from before its first start",
        )
    elif vitals.revision is None:
        yield warning("it holds no tables yet", where=name, advice="run `scoda knowledge sync` or `scoda run`")
    elif not vitals.is_current:
        yield warning(
            f"its schema {vitals.revision} is older than this program",
            where=name,
            advice="make a backup; the next start brings it up to date",
        )


def _settings(vitals: DatabaseVitals, now: datetime) -> Iterator[Diagnosis]:
    if vitals.unsafe:
        yield error(
            f"a power cut may take back what was committed ({', '.join(vitals.unsafe)}): copies would go out twice",
            where=vitals.engine,
            advice="set synchronous_commit, fsync and full_page_writes to on (ALTER SYSTEM SET …; SELECT "
            "pg_reload_conf())",
        )
    apart_s = 0.0 if vitals.server_now is None else (now - vitals.server_now).total_seconds()
    if abs(apart_s) > _CLOCKS_APART_S:
        yield warning(
            f"this machine's clock is {apart_s:+.1f} s from the database server's",
            where=vitals.engine,
            advice="let a time service keep both",
        )


async def look_at_restore(database: Database, data: Path) -> Diagnoses:
    """Whether the state came from a backup: then nothing is sent before an organiser has said so."""
    if await FileRestoreGuard(database, data).was_restored():
        return [
            warning(
                "the state was restored from a backup or moved here: announcements wait for an organiser's word",
                where=database.name,
                advice="look through what is planned (`scoda announce list`), then run `scoda restore --confirm`; each "
                "that was under way is decided after that: /announcements in the chat, or `scoda announce word`",
            )
        ]
    return [fine("no restore waits for a word")]


async def look_at_backups(settings: Settings, database: Database, *, now: datetime) -> Diagnoses:
    """Whether backups are made, by the bot or otherwise, and the newest is as young as it should be.

    Raises:
        BackupError: the folder of backups can't be looked into.
    """
    if needs_sandbox(settings):
        return [fine("not looked at: the sandbox needs none")]
    folder, every = folder_of(settings), timedelta(hours=settings.backup.every_hours)
    owner = await StateOwner(database).known()
    found = archives_in(folder, owner.bot_id) if owner else []
    if owner is None and every:
        return [fine("no bot has run here yet: it makes the first backup then", str(folder))]
    if not found:
        told = "no backup has been made yet" if every else "no backup is there, and the bot makes none by itself"
        advice = "look in the bot's log for backup_failed, or run `scoda backup`"
        if not every:
            advice = "set it to 24, for the process that announces, and [backup] folder to one on another disk"
        return [warning(told, where=str(folder) if every else "[backup] every_hours", advice=advice)]
    newest = found[0]
    age = now - newest.taken_at
    told = f"the newest of {len(found)} backups is {age / timedelta(hours=1):.0f} h old"
    if age <= (every or _DAILY) + _LATE:
        return [fine(told, str(newest.file))]
    return [
        warning(
            told,
            where=str(newest.file),
            advice="run `scoda backup`, which says what is wrong; the bot makes them where [backup] every_hours is set",
        )
    ]


def look_at_orders(data: Path, *, is_running: bool, now: datetime) -> Diagnoses:
    """Whether the running bot takes what commands hand in."""
    stuck = stuck_orders(data, now=now) if data.is_dir() else []
    if not stuck:
        return [fine("no order waits")]
    file, age_s = stuck[0]
    told = f"{len(stuck)} orders wait, the first for {age_s / 60:.0f} min"
    if is_running:
        return [
            error(
                f"{told}: the running bot takes none",
                where=str(file),
                advice="look in its log for job_failed and job_begun with late_s; start it again if it hangs",
            )
        ]
    return [warning(f"{told}, and no bot runs", where=str(file), advice="start the bot, or give the order again")]


def look_at_standing(file: Path) -> Diagnoses:
    """The operator's file of recurring announcements."""
    faults = read_standing(file).faults
    if not faults:
        return [fine("it can be read" if file.exists() else "there is none", str(file))]
    return [
        error(
            fault.reason,
            where=f"{fault.path}:{fault.line}",
            advice="correct the line: until then the bot does not take the file over",
        )
        for fault in faults[:_NAMED]
    ]


async def look_at_bot(settings: Settings, *, is_running: bool) -> Diagnoses:
    """What a running bot says of itself, at `/readyz`."""
    host, port = settings.health.host, settings.health.port
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/readyz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ASK_S)) as session,
            session.get(address) as response,
        ):
            parts = json.loads(await response.read())["components"]
            states = {str(name): str(state) for name, state in parts.items()}
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError, AttributeError) as broken:
        if not is_running:
            return [fine("no bot runs here")]
        return [
            error(
                f"a bot holds the data folder and does not answer at its health address ({type(broken).__name__})",
                where=address,
                advice="look whether it was started with another [health] port, and in its log; else start it again",
            )
        ]
    grave = error if response.status != 200 else warning
    ill = [
        grave(
            f"the running bot says of its {name}: {state}",
            where=address,
            advice="see what the check of that part says here, and the bot's log",
        )
        for name, state in states.items()
        if state != "ok"
    ]
    return ill or [fine(f"a bot runs and is ready: {', '.join(sorted(states))}", address)]
