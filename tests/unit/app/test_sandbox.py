"""The sandbox beside the bot: its process and its keys."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bot.app.sandbox import sandbox_process, sandbox_ready, with_keys
from bot.settings import ModelSettings, Settings
from tests.support.processes import free_port


async def test_X13_the_sandbox_learns_its_keys_and_none_of_our_other_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCODA_MODEL_API_KEY", "a-key-of-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    settings = with_keys(Settings(sandbox={"port": free_port()}, model=ModelSettings()))
    lines: list[str] = []
    async with sandbox_process(settings, exposes=False) as process:
        await sandbox_ready(process, settings, lines.append)
        if environment := _environment_of(process.pid):
            assert settings.sandbox.control_token in environment
            assert "a-key-of-ours" not in environment
            assert "AWS_" not in environment
        async with httpx.AsyncClient(trust_env=False) as client:
            address = f"http://127.0.0.1:{settings.sandbox.port}/bot{settings.sandbox.token}/getMe"
            assert (await client.get(address)).json()["ok"]
    assert lines[1:] == [f"Bot token: {settings.sandbox.token}", f"X-Sandbox-Token: {settings.sandbox.control_token}"]


def test_X13_the_keys_of_two_runs_are_not_the_same():
    one, other = with_keys(Settings()).sandbox, with_keys(Settings()).sandbox
    assert one.token != other.token
    assert one.control_token != other.control_token
    assert one.token.startswith("7000001:"), "the state is that of one bot"


def _environment_of(pid: int) -> str:
    """Of a process, where the system tells."""
    told = Path(f"/proc/{pid}/environ")
    return told.read_text(encoding="utf-8") if told.exists() else ""
