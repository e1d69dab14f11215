import os
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import secret_files
from bot.settings.loading import forget_variables, load_settings

TOKEN = "7000001:in-a-file"
ON_A_DISK = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SCODA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def held(tmp_path, monkeypatch):
    """Write a file that the token's variable names, with these rights."""

    def write(content=TOKEN, mode=0o400) -> Path:
        file = tmp_path / "token"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)
        monkeypatch.setenv("SCODA_TELEGRAM_TOKEN_FILE", str(file))
        return file

    return write


def loaded(settings=Path("none.toml")):
    return load_settings(settings)


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        loaded()
    return str(refused.value)


@pytest.mark.parametrize("content", [TOKEN, f"{TOKEN}\n", f"  {TOKEN}\r\n\n"])
def test_a_secret_is_read_from_the_file_that_its_variable_names(held, content):
    held(content)
    assert loaded().telegram.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("variable", "table", "name"),
    [
        ("SCODA_TELEGRAM_WEBHOOK_SECRET_FILE", "telegram", "webhook_secret"),
        ("SCODA_EMBEDDING_API_KEY_FILE", "embedding", "api_key"),
        ("SCODA_MODEL_API_KEY_FILE", "model", "api_key"),
        ("SCODA_STORE_DATABASE_URL_FILE", "store", "database_url"),
    ],
)
def test_every_secret_may_come_in_a_file(tmp_path, monkeypatch, variable, table, name):
    file = tmp_path / "secret"
    file.write_text("postgresql://scoda:pass-word@postgres/scoda\n", encoding="utf-8")
    file.chmod(0o400)
    monkeypatch.setenv(variable, str(file))
    settings = loaded()
    assert getattr(getattr(settings, table), name).get_secret_value() == "postgresql://scoda:pass-word@postgres/scoda"
    assert "pass-word" in settings.secrets()


def test_the_file_of_a_secret_wins_over_the_settings_file(tmp_path, held):
    held()
    settings = tmp_path / "bot.toml"
    settings.write_text('[telegram]\ntoken = "7000001:of-the-settings"\ncontact = "desk"\n', encoding="utf-8")
    settings.chmod(0o600)
    telegram = loaded(settings).telegram
    assert (telegram.token.get_secret_value(), telegram.contact) == (TOKEN, "desk")


def test_a_secret_that_comes_in_two_ways_is_refused(held, monkeypatch):
    held()
    monkeypatch.setenv("SCODA_TELEGRAM_TOKEN", "7000001:other")
    assert refusal() == "SCODA_TELEGRAM_TOKEN and SCODA_TELEGRAM_TOKEN_FILE are both set: remove one of them"


def test_an_empty_variable_is_none_in_either_form(held, monkeypatch):
    held()
    monkeypatch.setenv("SCODA_TELEGRAM_TOKEN", "")
    monkeypatch.setenv("SCODA_MODEL_API_KEY_FILE", "")
    settings = loaded()
    assert (settings.telegram.token.get_secret_value(), settings.model.api_key.get_secret_value()) == (TOKEN, "")


@pytest.mark.parametrize("mode", [0o444, 0o440, 0o604, 0o640, 0o404])
def test_S03_a_secret_in_a_file_of_its_own_that_others_can_read_is_refused(held, monkeypatch, tmp_path, mode):
    file = held(mode=mode)
    _mounted(monkeypatch, tmp_path, ON_A_DISK)
    message = refusal()
    assert f"chmod 400 {file}" in message
    assert "SCODA_TELEGRAM_TOKEN_FILE" in message
    assert TOKEN not in message


def _mounted(monkeypatch, tmp_path, mounts):
    table = tmp_path / "mountinfo"
    table.write_text(mounts, encoding="utf-8")
    monkeypatch.setattr(secret_files, "MOUNTS", table)


HANDED_OUT = "90 22 0:55 / {folder} ro,nosuid,nodev,noexec shared:9 - {kind} {kind} rw,size=1024k\n"


@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
@pytest.mark.parametrize("folder", ["a folder", "folder"])
def test_a_group_may_read_what_is_handed_out_to_the_service_alone(held, monkeypatch, tmp_path, kind, folder):
    real = tmp_path / folder
    real.mkdir()
    monkeypatch.setenv("SCODA_TELEGRAM_TOKEN_FILE", str(held(mode=0o440).rename(real / "token")))
    _mounted(monkeypatch, tmp_path, ON_A_DISK + HANDED_OUT.format(folder=str(real).replace(" ", r"\040"), kind=kind))
    assert loaded().telegram.token.get_secret_value() == TOKEN


def test_a_group_may_read_what_a_link_leads_to_there(held, monkeypatch, tmp_path):
    """As a cluster has it: a link beside, to what changes as a whole."""
    real = tmp_path / "secrets" / "..data"
    real.mkdir(parents=True)
    held(mode=0o440).rename(real / "token")
    (tmp_path / "token").symlink_to(real / "token")
    _mounted(monkeypatch, tmp_path, ON_A_DISK + HANDED_OUT.format(folder=tmp_path / "secrets", kind="tmpfs"))
    assert loaded().telegram.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("mode", "mounts"),
    [
        (0o444, HANDED_OUT),
        (0o440, HANDED_OUT.replace(" ro,", " rw,")),
        (0o440, HANDED_OUT.replace("{kind} {kind}", "ext4 /dev/sdb")),
        (0o440, HANDED_OUT + HANDED_OUT.replace(" ro,", " rw,")),
    ],
    ids=["everybody", "writable", "on a disk", "mounted over"],
)
def test_S03_no_others_may_read_it_nor_a_group_anywhere_else(held, monkeypatch, tmp_path, mode, mounts):
    held(mode=mode)
    _mounted(monkeypatch, tmp_path, ON_A_DISK + mounts.format(folder=tmp_path, kind="tmpfs"))
    assert "others on this machine can read" in refusal()


def test_where_no_system_tells_what_is_mounted_a_group_is_refused(held, monkeypatch, tmp_path):
    held(mode=0o440)
    monkeypatch.setattr(secret_files, "MOUNTS", tmp_path / "none")
    assert "others on this machine can read" in refusal()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "which holds nothing"),
        (" \n", "which holds nothing"),
        (b"\xff\xfe", "it is no text"),
        ("x" * 70_000, "which holds more than any secret"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused_by_its_name(held, content, reason):
    file = held(content)
    message = refusal()
    assert message.startswith(f"SCODA_TELEGRAM_TOKEN_FILE names {file}")
    assert reason in message


def test_a_file_that_is_not_there_or_is_a_folder_is_refused_by_its_name(tmp_path, monkeypatch):
    for path, reason in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        monkeypatch.setenv("SCODA_TELEGRAM_TOKEN_FILE", str(path))
        message = refusal()
        assert f"SCODA_TELEGRAM_TOKEN_FILE names {path}" in message
        assert reason in message


def test_what_is_no_secret_comes_in_no_file(monkeypatch, tmp_path):
    monkeypatch.setenv("SCODA_TELEGRAM_CONTACT_FILE", str(tmp_path))
    assert "unknown environment variable SCODA_TELEGRAM_CONTACT_FILE" in refusal()


def test_a_setting_whose_own_name_ends_so_is_left_alone(monkeypatch):
    monkeypatch.setenv("SCODA_ANNOUNCEMENTS_FILE", "elsewhere.toml")
    assert loaded().announcements.file == Path("elsewhere.toml")


def test_what_is_started_later_learns_neither_the_secret_nor_where_it_lies(held):
    held()
    loaded()
    assert TOKEN not in os.environ.values()
    forget_variables()
    assert not [name for name in os.environ if name.startswith("SCODA_")]
