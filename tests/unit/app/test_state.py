"""Rows B06–B08 of tests/faults/README.md: which folder a command means, and whose it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.database.locks import folder_lock
from bot.adapters.database.restore_guard import FILE_NAME
from bot.adapters.database.state_owner import OFFICIAL, SANDBOX, Owner, server_number
from bot.app.state import STATE_FILE, has_two, open_state, owner_of, to_look, to_run
from bot.settings import Settings, StoreSettings, TelegramSettings


def settings_of(data: Path, *, database_url: str = "", **telegram: Any) -> Settings:
    return Settings(store=StoreSettings(data=data, database_url=database_url), telegram=TelegramSettings(**telegram))


def used(folder: Path, *, started_at: float | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATE_FILE).touch()
    if started_at is not None:
        (folder / FILE_NAME).touch()
        os.utime(folder / FILE_NAME, (started_at, started_at))
    return folder


def test_B06_only_a_bot_without_token_and_address_runs_on_the_sandboxs_folder(tmp_path: Path):
    assert to_run(settings_of(tmp_path)).store.data == tmp_path / "sandbox"
    for more in ({"token": "1:x"}, {"base_url": "http://127.0.0.1:8080"}, {"database_url": "postgresql://x/y"}):
        assert to_run(settings_of(tmp_path, **more)).store.data == tmp_path


def test_B07_a_command_finds_the_only_state_there_is(tmp_path: Path):
    assert to_look(settings_of(tmp_path)).store.data == tmp_path / "sandbox", "as the bot that starts next"
    used(tmp_path)
    assert to_look(settings_of(tmp_path)).store.data == tmp_path
    (tmp_path / STATE_FILE).unlink()
    used(tmp_path / "sandbox")
    assert to_look(settings_of(tmp_path)).store.data == tmp_path / "sandbox"
    assert to_look(settings_of(tmp_path, token="1:x")).store.data == tmp_path
    assert not has_two(settings_of(tmp_path))


def test_B07_of_two_states_a_command_finds_that_of_the_bot_that_runs_or_ran_last(tmp_path: Path):
    real, sandbox = used(tmp_path, started_at=2), used(tmp_path / "sandbox", started_at=1)
    settings = settings_of(tmp_path)
    assert has_two(settings)
    assert to_look(settings).store.data == real
    with folder_lock(sandbox):
        assert to_look(settings).store.data == sandbox
        with folder_lock(real):
            assert to_look(settings).store.data == real, "both run: the one that began last"
    assert not has_two(settings_of(tmp_path, token="1:x"))


async def test_P03_a_copy_of_everybody_that_a_killed_restore_left_goes_with_the_next_opening(tmp_path: Path):
    settings, left = settings_of(tmp_path, token="1:x"), tmp_path / ".restoring" / STATE_FILE
    async with open_state(settings):
        left.parent.mkdir()
        left.write_bytes(b"everybody")
        async with open_state(settings, reads_only=True):
            assert left.exists(), "who only reads holds no folder, and a restore may be at work"
    async with open_state(settings):
        assert not left.parent.exists()


@pytest.mark.parametrize(
    ("telegram", "server"),
    [
        ({"token": "4711:x"}, OFFICIAL),
        ({"token": "4711:x", "base_url": "http://127.0.0.1:8080"}, server_number("http://127.0.0.1:8080")),
    ],
)
def test_B08_a_bot_is_known_by_its_token_before_it_connects(tmp_path: Path, telegram: dict[str, str], server: int):
    assert owner_of(settings_of(tmp_path, **telegram)) == Owner(4711, server)
    assert owner_of(settings_of(tmp_path, **telegram), 4712) == Owner(4712, server)


def test_B08_a_token_without_an_id_is_left_to_the_server_to_refuse(tmp_path: Path):
    assert owner_of(settings_of(tmp_path, token="nonsense")) is None
    assert owner_of(settings_of(tmp_path)).server == SANDBOX
