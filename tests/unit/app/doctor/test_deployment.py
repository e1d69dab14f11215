"""The doctor as a whole, where what it needs to begin with can't be opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.database.connection import open_database
from bot.app.doctor import deployment
from bot.app.doctor.deployment import examine_deployment
from bot.app.state import STATE_FILE
from bot.errors import SettingsError
from bot.operations.examining import Check, Diagnosis, Severity, fine
from bot.settings import Settings, StoreSettings

NOON = datetime(2031, 3, 1, 12, tzinfo=UTC)


async def _found(read):
    looked = examine_deployment(read, Path("bot.toml"), is_offline=True)
    return {one.check: one async for one in looked if one.check in {"settings", "rights", "database", "published"}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at elsewhere, and takes seconds, is left out."""
    monkeypatch.setattr(deployment, "_of_the_machine_alone", lambda _data=None: [])
    monkeypatch.setattr(deployment, "look_at_embedding", lambda _settings: [])


def _settings(data: Path, **store: object) -> Settings:
    token, knowledge = {"token": "7000001:AAbbCCddEEff"}, {"folder": data / "knowledge"}
    return Settings(store=StoreSettings(data=data, **store), telegram=token, knowledge=knowledge)


async def test_each_line_of_what_is_wrong_with_the_settings_is_a_finding():
    def refuse() -> Settings:
        raise SettingsError("setting [a] b: wrong\nsetting [c] d: wrong")

    found = await _found(refuse)
    assert found.keys() == {"settings"}
    assert [(one.severity, one.where) for one in found["settings"].found] == [(Severity.ERROR, "bot.toml")] * 2


async def test_a_folder_that_this_user_may_not_enter_is_a_finding(tmp_path, monkeypatch):
    def refuse(folder: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(deployment, "is_held", refuse)
    found = await _found(lambda: _settings(tmp_path))
    assert found.keys() == {"rights"}
    [told] = found["rights"].found
    assert str(tmp_path) in told.what
    assert "as the user that runs the bot" in told.advice


@pytest.mark.nightly
@pytest.mark.parametrize("url", ["mysql://me:hunter22@db/scoda", "postgresql://["])
async def test_an_address_that_names_no_database_is_a_finding_and_the_rest_is_looked_at(tmp_path, url):
    found = await _found(lambda: _settings(tmp_path, database_url=url))
    assert found["database"].severity is Severity.ERROR
    assert "hunter22" not in str(found)
    assert found["published"].found[0].what.startswith("not looked at")


async def test_a_state_that_can_t_be_copied_to_be_looked_at_is_a_finding(tmp_path, monkeypatch):
    def fail(_source: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    for name in (STATE_FILE, f"{STATE_FILE}-wal"):
        (tmp_path / name).write_bytes(b"x" * 100)
    monkeypatch.setattr("shutil.copyfile", fail)
    found = await _found(lambda: _settings(tmp_path))
    assert "No space left" in found["database"].found[0].what


async def test_the_clock_that_is_compared_with_the_database_s_is_read_when_that_is(tmp_path, monkeypatch):
    """Checks before it take seconds: read at the beginning, it would be told as wrong by as many."""
    times = [NOON]

    async def slow() -> list[Diagnosis]:
        times.append(NOON + timedelta(seconds=30))
        return []

    async def look(_database: object, *, now: datetime) -> list[Diagnosis]:
        return [fine(str(now))]

    monkeypatch.setattr(deployment, "utc_now", lambda: times[-1])
    monkeypatch.setattr(deployment, "_of_the_machine_alone", lambda _data=None: [Check("slow", slow)])
    monkeypatch.setattr(deployment, "look_at_database", look)
    async with open_database(tmp_path / STATE_FILE) as database:
        await database.migrate()
    found = await _found(lambda: _settings(tmp_path))
    assert found["database"].found == (fine(str(NOON + timedelta(seconds=30))),)
