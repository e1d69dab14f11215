import os
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bot.errors import SettingsError
from bot.settings import Settings
from bot.settings.loading import _ADDRESSES, load_settings

SHIPPED = Path(__file__).parents[2] / "config" / "bot.toml"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("SCODA_") and not name.startswith("SCODA_TEST_"):
            monkeypatch.delenv(name)


def write(path, text, mode=0o600):
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_without_file_and_environment_everything_has_a_default(tmp_path):
    settings = load_settings(tmp_path / "none.toml")
    assert settings.telegram.token.get_secret_value() == ""
    assert settings.answering.sentences == 3


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    file = write(tmp_path / "bot.toml", '[telegram]\nmode = "webhook"\n[limits]\nchats_at_once = 3\n')
    monkeypatch.setenv("SCODA_TELEGRAM_MODE", "polling")
    settings = load_settings(file)
    assert (settings.telegram.mode, settings.limits.chats_at_once) == ("polling", 3)


def test_the_command_line_wins_over_all(tmp_path, monkeypatch):
    monkeypatch.setenv("SCODA_STORE_DATA", "elsewhere")
    settings = load_settings(tmp_path / "none.toml", knowledge=tmp_path / "k", data=tmp_path / "d")
    assert (settings.knowledge.folder, settings.store.data) == (tmp_path / "k", tmp_path / "d")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[telegram]\nmode = 'smoke signals'\n", "[telegram] mode"),
        ("[telegram]\ncolour = 1\n", "[telegram] colour"),
        ("[limits]\nchats_at_once = 0\n", "SCODA_LIMITS_CHATS_AT_ONCE"),
        ("[weather]\nx = 1\n", "[weather]"),
        ("[telegram\n", "bot.toml"),
        ("[embedding]\nprovider = 'openai'\n", "base_url and model"),
        ("[telegram]\nbase_url = 'localhost:8080'\n", "SCODA_TELEGRAM_BASE_URL"),
        ("[telegram]\nwebhook_url = 'https:///bot'\n", "begins with http:// or https://"),
        ("[sandbox]\ntoken = 'sandbox'\n", "as in 7000001:any-words"),
        ("[sandbox]\ncontrol_token = 'short'\n", "SCODA_SANDBOX_CONTROL_TOKEN"),
        ("[store]\nchroma_url = 'http://[::1'\n", "[store] chroma_url"),
        ("[relay]\ngroup = 12345\n", "[relay] group"),
        ("[relay]\nlanguage = 'tlh'\n", "[relay] language"),
        ("[relay]\nzone = 'Mars/Olympus'\n", "IANA name"),
        ("[relay]\nhours = 'nine to five'\n", "Mon-Fri 09:00-18:00"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name(tmp_path, text, named):
    file = write(tmp_path / "bot.toml", text)
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    assert named in str(refusal.value)


def test_an_unknown_variable_is_refused_with_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("SCODA_TELEGRAM_TOKN", "1:x")
    with pytest.raises(SettingsError, match="SCODA_TELEGRAM_TOKN"):
        load_settings(tmp_path / "none.toml")


def test_S03_a_secret_in_a_file_that_others_can_read_is_refused(tmp_path):
    text = '[telegram]\ntoken = "7000001:sandbox"\n'
    with pytest.raises(SettingsError, match="chmod 600"):
        load_settings(write(tmp_path / "open.toml", text, mode=0o644))
    assert load_settings(write(tmp_path / "closed.toml", text)).telegram.token.get_secret_value()


@pytest.mark.parametrize(("password", "refused"), [(":hunter22", True), ("", False)])
def test_S03_an_address_with_a_password_is_a_secret_of_the_file_too(tmp_path, password, refused):
    text = f'[store]\nchroma_url = "http://me{password}@127.0.0.1:8000"\n'
    file = write(tmp_path / "open.toml", text, mode=0o644)
    if refused:
        with pytest.raises(SettingsError, match=r"\[store\] chroma_url .*SCODA_STORE_CHROMA_URL"):
            load_settings(file)
    else:
        assert load_settings(file).store.chroma_url


def test_secrets_do_not_show_when_settings_are_printed(tmp_path, monkeypatch):
    monkeypatch.setenv("SCODA_TELEGRAM_TOKEN", "7000001:very-secret")
    assert "very-secret" not in repr(load_settings(tmp_path / "none.toml"))


@pytest.mark.parametrize(("cores", "workers"), [(None, 1), (1, 1), (4, 4), (8, 8), (64, 8)])
def test_each_core_embeds_up_to_eight(cores, workers, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert Settings().knowledge.workers == workers


def test_the_shipped_file_lists_every_setting_with_its_default(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    listed = tomllib.loads("\n".join(line.removeprefix("# ") for line in _settings_lines()))
    expected = {
        table: {name: _plain(getattr(getattr(Settings(), table), name)) for name in field.annotation.model_fields}
        for table, field in Settings.model_fields.items()
        if issubclass(field.annotation, BaseModel)
    }
    assert listed == expected


def _settings_lines():
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    start = lines.index("[telegram]")
    return lines[start:]


def _plain(value):
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path) else value


# ── S04 and S15: addresses ──

_OPENAI = {"provider": "openai", "model": "m"}
_ELSEWHERE = (
    "models.example.org", "8.8.8.8", "134744072", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]", "user:pw@models.example.org",
    "10.0.0.1.example.org", "localhost.example.org",
)  # fmt: skip
_AT_HOME = (
    "127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.1.5", "172.16.0.9", "[fd00::1]", "ollama", "box.local",
    "chroma.internal",
)  # fmt: skip


def _with_address(tmp_path, setting, address, more=""):
    table, name = setting
    needed = (
        "".join(f'{key} = "{value}"\n' for key, value in _OPENAI.items()) if table in {"model", "embedding"} else ""
    )
    return load_settings(write(tmp_path / "bot.toml", f'[{table}]\n{name} = "{address}"\n{needed}{more}'))


@pytest.mark.parametrize("host", _ELSEWHERE)
@pytest.mark.parametrize("setting", _ADDRESSES, ids=" ".join)
def test_S15_nothing_goes_to_another_network_by_plain_http(tmp_path, setting, host):
    with pytest.raises(SettingsError, match="plain http") as refusal:
        _with_address(tmp_path, setting, f"http://{host}:8000/v1")
    assert f"[{setting[0]}] {setting[1]}" in str(refusal.value)
    assert "SCODA_NETWORK_OPEN_ADDRESSES" in str(refusal.value)
    assert "pw" not in str(refusal.value)
    assert _with_address(tmp_path, setting, f"http://{host}:8000/v1", "[network]\nopen_addresses = true\n")


@pytest.mark.parametrize("host", _AT_HOME)
@pytest.mark.parametrize("setting", _ADDRESSES, ids=" ".join)
def test_S15_plain_http_is_good_within_the_own_network(tmp_path, setting, host):
    assert _with_address(tmp_path, setting, f"http://{host}:8000/v1")


def test_S15_https_may_lead_anywhere_but_to_a_chroma_server(tmp_path):
    for setting in _ADDRESSES[:-1]:
        assert _with_address(tmp_path, setting, "https://models.example.org/v1")


def test_S04_a_chroma_server_outside_of_the_own_network_is_refused_because_it_has_no_password(tmp_path):
    with pytest.raises(SettingsError, match="no password of its own"):
        _with_address(tmp_path, ("store", "chroma_url"), "https://chroma.example.org")


def test_S15_every_web_address_among_the_settings_is_looked_at():
    known = {
        (table, name)
        for table, field in Settings.model_fields.items()
        for name in field.annotation.model_fields
        if name.endswith("_url") and name != "database_url"
    }
    assert known == set(_ADDRESSES)
