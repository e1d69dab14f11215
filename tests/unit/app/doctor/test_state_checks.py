"""Orders that nobody takes, the operator's file of announcements, and what a running bot says of itself."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.doctor.state_checks import look_at_bot, look_at_orders, look_at_standing
from bot.operations.examining import Severity
from bot.settings import Settings
from tests.support.certificates import answering
from tests.support.processes import free_port

NOON = datetime(2031, 3, 1, 12, tzinfo=UTC)


def _order(data: Path, name: str, *, age_s: float) -> None:
    file = data / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{}", encoding="utf-8")
    os.utime(file, (NOON.timestamp() - age_s,) * 2)


@pytest.mark.parametrize(
    ("name", "age_s", "is_running", "severity"),
    [
        ("commands/1.order", 59, True, 0),
        ("commands/1.order", 61, True, 2),
        ("knowledge-commands/1.order", 120, False, 1),
        ("gaps/commands/1.taken", 900, True, 0),
        ("gaps/commands/1.taken", 1801, True, 2),
        ("commands/1.answer", 9999, True, 0),
    ],
)
def test_orders_that_wait_too_long_are_told(tmp_path, name, age_s, is_running, severity):
    _order(tmp_path, name, age_s=age_s)
    [told] = look_at_orders(tmp_path, is_running=is_running, now=NOON)
    assert told.severity == severity
    assert (told.where == str(tmp_path / name)) == bool(severity)


def test_without_a_data_folder_no_order_waits(tmp_path):
    [told] = look_at_orders(tmp_path / "data", is_running=False, now=NOON)
    assert told.severity is Severity.FINE


def test_each_fault_of_the_announcements_file_is_told_by_its_line(tmp_path):
    file = tmp_path / "announcements.toml"
    assert [one.severity for one in look_at_standing(file)] == [Severity.FINE]
    file.write_text('[morning]\ncron = "0 9 * * *"\nzone = "Mars/Olympus"\n', encoding="utf-8")
    found = look_at_standing(file)
    assert {one.severity for one in found} == {Severity.ERROR}
    assert all(one.where.startswith(f"{file}:") for one in found)


def _ready(status: int, **components: str):
    body = json.dumps({"status": "?", "components": components}).encode()

    def send(connection) -> None:
        connection.recv(65536)
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return send


@pytest.mark.parametrize(
    ("status", "components", "severities"),
    [
        (200, {"database": "ok", "telegram": "ok"}, [0]),
        (200, {"database": "ok", "telegram": "not reached", "model": "no answer within 3 s"}, [1, 1]),
        (503, {"database": "DatabaseError", "telegram": "ok"}, [2]),
    ],
)
async def test_O03_what_a_running_bot_says_is_ill_is_told_by_its_part(status, components, severities):
    with answering(_ready(status, **components)) as port:
        settings = Settings(health={"port": port})
        found = await look_at_bot(settings, is_running=True)
    assert [int(one.severity) for one in found] == severities
    ill = {name: state for name, state in components.items() if state != "ok"}
    assert all(f"{name}: {state}" in one.what for one, (name, state) in zip(found, ill.items(), strict=bool(ill)))


@pytest.mark.parametrize(("is_running", "severity"), [(True, 2), (False, 0)])
async def test_O03_a_bot_that_runs_and_does_not_answer_is_an_error(is_running, severity):
    [told] = await look_at_bot(Settings(health={"port": free_port()}), is_running=is_running)
    assert told.severity == severity
    with answering(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")) as port:
        [told] = await look_at_bot(Settings(health={"port": port}), is_running=is_running)
    assert told.severity == severity
