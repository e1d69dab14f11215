"""Backups on both databases: what is restored is what was saved, into either, whoever writes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.restored_rows import HELD, UNTIL_SAID
from bot.adapters.database.tables import whole_schema
from bot.app.backup import take_backup
from bot.app.restore import read_archive, restore
from bot.settings import BackupSettings, Settings, StoreSettings
from tests.support.whole_state import BEGUN, contents, counts, fill

NOW = BEGUN + timedelta(days=1)
SECRET = "twelve words or so"
ENGINES = ("sqlite", "postgresql")


def settings_of(engine: str, data: Path, request: pytest.FixtureRequest, *, passphrase: str = "") -> Settings:
    address = request.getfixturevalue("postgresql_url") if engine == "postgresql" else ""
    return Settings(
        store=StoreSettings(data=data, database_url=SecretStr(address)),
        backup=BackupSettings(passphrase=SecretStr(passphrase)),
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    target = settings.store.database_url.get_secret_value() or settings.store.data / "state.sqlite3"
    async with open_database(target) as database:
        await database.migrate()
        yield database


async def emptied(database: Database) -> None:
    async with database.writing() as connection:
        for table in reversed(whole_schema().sorted_tables):
            await connection.execute(table.delete())


@pytest.mark.parametrize("passphrase", ["", SECRET], ids=["plain", "sealed"])
@pytest.mark.parametrize("to", ENGINES)
@pytest.mark.parametrize("source", ENGINES)
async def test_O05_what_was_saved_on_one_is_there_on_the_other(source, to, passphrase, request, tmp_path):
    home = settings_of(source, tmp_path / "home", request, passphrase=passphrase)
    elsewhere = settings_of(to, tmp_path / "elsewhere", request, passphrase=passphrase)
    async with opened(home) as database:
        await emptied(database)
        await fill(database)
        before, numbers = await contents(database), await counts(database)
        taken = await take_backup(home, database, now=NOW)
    manifest = read_archive(elsewhere, taken.file)
    assert {name: table.rows for name, table in manifest.tables.items()} == numbers
    done = await restore(elsewhere, taken.file, manifest, replaces=True, now=NOW)
    assert done.forgotten == 0
    async with opened(elsewhere) as database:
        after = await contents(database)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"marks"}
    assert set(after["marks"]) - set(before["marks"]) == {(HELD, UNTIL_SAID)}
