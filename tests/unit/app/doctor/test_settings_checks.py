"""Contradictions of settings, Telegram's limits, and secrets in the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app.doctor.settings_checks import look_at_pace, look_at_settings
from bot.operations.examining import Severity
from bot.settings import Settings
from bot.settings.loading import load_settings

SECRET = "a-long-random-secret-of-a-webhook"
GOOD = {
    "telegram": {"token": "7000001:AAbbCCddEEff", "base_url": "http://127.0.0.1:8080"},
    "organisers": {"owners": [1]},
}
HOOK = {"mode": "webhook", "webhook_url": "https://bot.example.org/hook", "webhook_secret": SECRET}


def _settings(**tables: dict[str, object]) -> Settings:
    return Settings(**{name: GOOD.get(name, {}) | tables.get(name, {}) for name in GOOD.keys() | tables.keys()})


def _found(settings: Settings, file: Path = Path("none.toml")):
    return {(one.severity, one.where) for one in look_at_settings(settings, file)}


@pytest.mark.parametrize("telegram", [{}, HOOK])
def test_settings_that_agree_are_fine(telegram):
    [told] = look_at_settings(_settings(telegram=telegram), Path("none.toml"))
    assert told.severity is Severity.FINE


@pytest.mark.parametrize(
    ("tables", "severity", "where"),
    [
        ({"telegram": HOOK | {"webhook_secret": ""}}, 2, "[telegram] webhook_secret"),
        ({"telegram": HOOK | {"webhook_secret": "blanks are refused by it"}}, 2, "[telegram] webhook_secret"),
        ({"telegram": HOOK | {"webhook_secret": "short"}}, 1, "[telegram] webhook_secret"),
        ({"telegram": HOOK | {"webhook_url": ""}}, 2, "[telegram] webhook_url"),
        ({"telegram": HOOK | {"webhook_url": "http://bot.example.org/hook"}}, 2, "[telegram] webhook_url"),
        ({"telegram": HOOK | {"webhook_url": f"https://bot.example.org/{SECRET}"}}, 2, "[telegram] webhook_url"),
        ({"telegram": HOOK | {"mode": "polling"}}, 1, "[telegram] mode"),
        ({"telegram": {"token": ""}}, 2, "[telegram] token"),
        ({"model": {"model": "qwen3"}}, 1, "[model] provider"),
        ({"knowledge": {"drafts": True}}, 1, "[knowledge] drafts"),
        ({"model": {"provider": "langchain", "model": "a:b", "deadline_s": 20.0}}, 2, "[model] deadline_s"),
        ({"model": {"provider": "langchain", "model": "a:b", "timeout_s": 15.0}}, 1, "[model] timeout_s"),
        ({"telegram": HOOK | {"webhook_port": 8082}}, 2, "[health] port"),
        ({"health": {"host": "8.8.8.8"}}, 1, "[health] host"),
        ({"organisers": {"owners": []}}, 1, "[organisers] owners"),
    ],
)
def test_each_contradiction_is_told_by_the_setting(tables, severity, where):
    found = look_at_settings(_settings(**tables), Path("none.toml"))
    assert [(int(one.severity), one.where) for one in found] == [(severity, where)]
    assert all(one.advice for one in found)
    assert SECRET not in "".join(one.what + one.advice for one in found)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_health_routes_on_every_address_are_fine_with_a_word_to_keep_their_port_private(host):
    """Containers need it, and nobody can tell from inside who gets that far."""
    found = look_at_settings(_settings(health={"host": host}), Path("none.toml"))
    assert [(one.severity, one.where) for one in found] == [(Severity.FINE, ""), (Severity.FINE, "[health] host")]
    assert "keep port 8082 private" in found[1].what


def test_nothing_is_called_free_of_contradictions_that_has_one():
    found = look_at_settings(_settings(health={"host": "0.0.0.0"}, organisers={"owners": []}), Path("none.toml"))
    assert {one.where for one in found} == {"[health] host", "[organisers] owners"}


@pytest.mark.parametrize(
    ("text", "place", "variable"),
    [
        ('[telegram]\ntoken = "7000001:AAbbCCddEEff"\n', "[telegram] token", "SCODA_TELEGRAM_TOKEN"),
        (
            '[store]\nchroma_url = "http://me:hunter22@127.0.0.1:8000"\n',
            "[store] chroma_url",
            "SCODA_STORE_CHROMA_URL",
        ),
    ],
)
def test_S03_a_secret_in_the_settings_file_is_warned_of_and_named_but_not_shown(tmp_path, text, place, variable):
    file = tmp_path / "bot.toml"
    file.write_text(text + "[organisers]\nowners = [1]\n", encoding="utf-8")
    file.chmod(0o600)
    found = [one for one in look_at_settings(load_settings(file), file) if one.where == str(file)]
    assert [one.severity for one in found] == [Severity.WARNING]
    assert place in found[0].what
    assert variable in found[0].advice
    assert "AAbbCC" not in str(found)
    assert "hunter22" not in str(found)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, False), (0o620, True), (0o602, True)])
def test_S03_a_settings_file_that_others_may_change_is_warned_of(tmp_path, mode, warned):
    file = tmp_path / "bot.toml"
    file.write_text("[organisers]\nowners = [1]\n", encoding="utf-8")
    file.chmod(mode)
    found = [one.advice for one in look_at_settings(_settings(), file) if one.advice]
    assert found == ([f"run `chmod go-w {file}`"] if warned else [])


def test_a_pace_beyond_telegrams_limits_is_told_by_the_setting():
    assert [one.severity for one in look_at_pace(_settings())] == [Severity.FINE]
    fast = _settings(delivery={"messages_per_s": 31, "chat_per_s": 2, "group_per_min": 21})
    assert [(one.severity, one.where) for one in look_at_pace(fast)] == [
        (Severity.WARNING, "[delivery] messages_per_s"),
        (Severity.WARNING, "[delivery] chat_per_s"),
        (Severity.WARNING, "[delivery] group_per_min"),
    ]
