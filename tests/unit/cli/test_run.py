"""The commands as other people's scripts meet them: what keeps a bot or a sandbox from starting."""

from __future__ import annotations

import re
import socket
import subprocess

import pytest

from tests.support.processes import Place, environment, free_port
from tests.support.sandbox_keys import SANDBOX_TOKEN


def test_webhook_mode_without_its_secret_does_not_start(place: Place):
    ended = place.scoda("run", telegram_token=SANDBOX_TOKEN, telegram_mode="webhook")
    assert ended.returncode == 1
    assert "SCODA_TELEGRAM_WEBHOOK_SECRET" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("taken", ["sandbox_port", "health_port"])
def test_a_port_that_is_in_use_is_named(place: Place, taken: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ports = {"sandbox_port": free_port(), "health_port": free_port()} | {taken: port}
        ended = place.scoda("run", **ports)
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert f"SCODA_{taken.upper()}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_sandbox_names_a_port_that_is_in_use(built_place: Place):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = built_place.scoda("sandbox", "--port", str(port))
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["run", "sandbox"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_X12_a_sandbox_that_others_reach_needs_to_be_meant(built_place: Place, command: str, host: str):
    ended = built_place.scoda(command, sandbox_host=host, sandbox_port=0)
    assert ended.returncode == 1
    assert "--expose" in ended.stderr
    assert host in ended.stderr


@pytest.mark.parametrize("options", [(), ("--host", "0.0.0.0", "--expose")], ids=["here", "exposed"])
def test_X12_the_sandbox_says_where_it_is_what_opens_it_and_who_reaches_it(
    built_place: Place, options: tuple[str, ...]
):
    line = built_place.command("sandbox", "--port", "0", *options)
    keys = {"sandbox_token": SANDBOX_TOKEN}
    with subprocess.Popen(line, env=environment(keys), stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline().strip() for _ in range(4 if options else 3)]
        process.terminate()
    address, bot_token, control = (one.partition(": ")[2] for one in said[:3])
    assert re.fullmatch(rf"http://{'0.0.0.0' if options else '127.0.0.1'}:\d+/", address)
    assert bot_token == SANDBOX_TOKEN
    assert said[2].startswith("X-Sandbox-Token: ")
    assert len(control) >= 32
    assert not options or said[3].startswith("Warning: other machines")
