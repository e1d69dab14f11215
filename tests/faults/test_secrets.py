"""Rows S01, S02, S11 and S16 of tests/faults/README.md: nothing secret and nobody's words in logs and errors, nothing secret in the repository."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.adapters.system.child import in_child
from bot.app.sandbox import sandbox_process
from bot.operations.logs import configure_logs, redact
from bot.settings import SandboxSettings, Settings
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place, free_port, running_bot
from tests.support.visitors import Town, button, until

ROOT = Path(__file__).parents[2]
TOKEN = "7000001:" + "AAq7Secret" * 3
SECRET = "webhookSecret" * 3
NAME, SURNAME, USERNAME = "Zebediah", "Quillfeather", "zquill_traveller"
QUESTION = "How many freight trains with purple umbrellas ran in 2025?"
ANSWER_WORDS = ("household appliances", "Freight trains", TRAINS_IN_2025)


async def _converse(town: Town) -> tuple[int, int]:
    """One of everything that a visitor may do, good and bad; returns the ids of visitor and group."""
    visitor = await town.visitor(NAME, "en", last_name=SURNAME, username=USERNAME)
    await visitor.start()
    answer = await visitor.ask(QUESTION)
    for label in ("More", "Source"):
        await visitor.tap_for_message(answer, label)
    await visitor.tap(answer, "👍")
    await visitor.ask("/mydata")
    await visitor.attach("contact")
    await town.act(f"personas/{visitor.id}/inline", query=QUESTION, wait_s=60)
    await town.act(
        f"personas/{visitor.id}/press", message_id=answer["message_id"], callback_data="forged words", wait_s=60
    )
    for kind in ("400", "500", "reset_after", "not_json"):
        await town.act("faults", method="sendMessage", chat_id=visitor.id, kind=kind, effect=True)
        await visitor.ask(QUESTION)
    await town.act("updates", update={"message": {"text": QUESTION, "photo": QUESTION, "chat": {"id": visitor.id}}})
    group = await town.act("groups", members=[visitor.id], title=f"Friends of {NAME}")
    await visitor.write(f"@scoda_sandbox_bot {QUESTION}", chat_id=group["id"])
    question = await visitor.ask("/deleteme")
    button(question, "Delete")
    await visitor.tap_for_change(question, "Delete")
    await town.act(f"personas/{visitor.id}/block")
    return visitor.id, group["id"]


@pytest.mark.nightly
@pytest.mark.parametrize("mode", ["polling", pytest.param("webhook", marks=pytest.mark.nightly)])
async def test_S01_no_token_no_name_and_nobody_s_words_are_in_the_logs_even_at_debug(
    place: Place, town: Town, mode: str
):
    port = free_port()
    settings = {
        "telegram_token": TOKEN,
        "telegram_mode": mode,
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": SECRET,
        "telegram_webhook_port": port,
        "logs_level": "debug",
    }
    await town.act("bots/7000001", token=TOKEN)
    async with running_bot(place, town.base_url, **settings) as bot:
        ids = await _converse(town)
        await until(lambda: not town.unfetched, "an empty queue")
        assert await bot.stop() == 0
        log = bot.log()
    assert bot.events("telegram_connected")
    named = place.scoda("logs", "id", str(ids[0])).stdout.strip()
    assert {one["chat_id"] for one in bot.events("call_failed")} == {named}
    for telegram_id in ids:
        assert not re.search(rf"(?<!\d){abs(telegram_id)}(?!\d)", log), "P06: no ids of persons and chats either"
    for secret in (TOKEN, TOKEN.partition(":")[2], SECRET):
        assert secret not in log
    for words in (NAME, SURNAME, USERNAME, "purple umbrellas", "forged words", *ANSWER_WORDS):
        assert words not in log


async def test_S01_a_refused_token_is_told_without_being_shown(place: Place, town: Town):
    await town.act("bots/7000001", token=TOKEN)
    async with running_bot(place, town.base_url, telegram_token=TOKEN, telegram_poll_timeout_s=1) as bot:
        await town.act("bots/7000001/revoke")
        assert await bot.ended() == 1
        assert "SCODA_TELEGRAM_TOKEN" in bot.log()
        assert TOKEN.partition(":")[2] not in bot.log()
        assert "Traceback" not in bot.log()


# ── what is printed ──

SPELT_OUT = 'a+b "secret_token"'
_SENTENCES = (
    "POST https://api.telegram.org/bot123456789:AAFsecret_token-1/sendMessage failed",
    "GET /file/bot123456789%3AAAFsecret_token-1/x.png",
    "the endpoint http://user:p@ss/secret_token@host:80/v1 failed",
    "the endpoint http://secret_token@host/v1 failed",
    "redis://:secret_token@host failed",
    "GET https://host/v1?model=x&api_key=secret_token&y=1",
    "Authorization: Bearer secret_token",
    "Incorrect API key: sk-proj-secret_token0000",
    r"in JSON it is a+b \"secret_token\" with quotes",
    "in an address it is a%2Bb%20%22secret_token%22",
)


@pytest.fixture
def quiet_again() -> Iterator[None]:
    """Logs and crashes are shown as before."""
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = (root.handlers[:], root.level, ours.level, sys.excepthook)
    yield
    configure_logs("info", as_json=False)
    root.handlers[:], sys.excepthook = before[0], before[3]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    structlog.reset_defaults()


@pytest.mark.usefixtures("quiet_again")
@pytest.mark.parametrize("sentence", _SENTENCES)
def test_S11_a_secret_is_hidden_however_it_is_written(sentence: str):
    configure_logs("info", as_json=True, secrets=[SPELT_OUT, ""])
    assert "secret_token" not in redact(sentence)
    assert "[hidden]" in redact(sentence)


@pytest.mark.usefixtures("quiet_again")
def test_S11_what_is_no_secret_stays_as_it_is():
    configure_logs("info", as_json=True)
    for sentence in (
        "at 2026-11-28T10:15:30 row 12345678: done",
        "see https://example.org:8080/a?page=2",
        "mail a@b.org",
    ):
        assert redact(sentence) == sentence


def test_S11_every_secret_setting_and_every_password_in_an_address_is_known_as_one():
    settings = Settings(
        telegram={"token": "1:a", "webhook_secret": "b"},
        embedding={"api_key": "c", "base_url": "http://user:in%20url@127.0.0.1/v1"},
        model={"api_key": "d"},
        store={"database_url": "postgresql://user:for_the_database@127.0.0.1/x"},
    )
    named = {"1:a", "b", "c", "d", "in url", "for_the_database", "postgresql://user:for_the_database@127.0.0.1/x"}
    assert set(settings.secrets()) == named


def test_S11_an_error_on_the_terminal_shows_no_password(place: Place):
    ended = place.scoda(
        "ask",
        QUESTION,
        embedding_provider="openai",
        embedding_base_url=f"http://user:s3cretpw@127.0.0.1:{free_port()}/v1",
        embedding_model="m",
    )
    assert ended.returncode == 1
    assert "127.0.0.1" in ended.stderr
    assert "s3cretpw" not in ended.stderr + ended.stdout
    identities = place.scoda("knowledge", "status").stdout
    assert "s3cretpw" not in identities


def test_S11_an_unforeseen_error_ends_with_a_traceback_without_secrets(place: Place):
    code = (
        "from bot.operations.logs import configure_logs\n"
        "import sys; sys.stderr = sys.stdout\n"
        "configure_logs('info', as_json=True, secrets=['s3cretpw'])\n"
        "import atexit, os; atexit.register(lambda: (sys.stdout.flush(), os._exit(0)))\n"
        "raise RuntimeError('the key s3cretpw is refused')\n"
    )
    told = place.python(code)
    assert "Traceback" in told
    assert "the key [hidden] is refused" in told


_WHERE_NOBODY_CATCHES = {
    "a thread": "import threading\nt = threading.Thread(target=fail)\nt.start()\nt.join()",
    "an object's end": "class Ends:\n    def __del__(self): fail()\nEnds()",
}


@pytest.mark.parametrize("where", _WHERE_NOBODY_CATCHES)
def test_S11_an_error_that_nobody_can_catch_is_told_without_secrets(where: str):
    code = (
        "import sys; sys.stderr = sys.stdout\n"
        "from bot.operations.logs import configure_logs\n"
        "configure_logs('info', as_json=True, secrets=['s3cretpw'])\n"
        "def fail(): raise RuntimeError('the key s3cretpw is refused')\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code + _WHERE_NOBODY_CATCHES[where]],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" in told.stdout
    assert "the key [hidden] is refused" in told.stdout
    assert "s3cretpw" not in told.stdout + told.stderr


# ── S16: child processes ──

_KEYS = (
    "SCODA_TELEGRAM_TOKEN",
    "SCODA_MODEL_API_KEY",
    "OPENAI_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "HTTPS_PROXY",
    "PGPASSWORD",
)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in the environment of this process, with what a child can't do without."""
    for name in _KEYS:
        monkeypatch.setenv(name, "7000001:s3cretpw")
    monkeypatch.setenv("LC_TIME", "C.UTF-8")


@pytest.mark.usefixtures("keys")
async def test_S16_a_child_knows_no_key():
    known = await in_child(own_variables)
    assert {"PATH", "LC_TIME"} <= set(known)
    assert not set(known) & set(_KEYS)
    assert "s3cretpw" not in str(known)


def own_variables() -> dict[str, str]:
    """For a child."""
    return dict(os.environ)


@pytest.mark.usefixtures("keys")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux tells what a process was started with")
async def test_S16_the_sandbox_is_started_without_any_key():
    async with sandbox_process(
        Settings.model_construct(sandbox=SandboxSettings(port=free_port())), exposes=False
    ) as process:
        started_with = await asyncio.to_thread(Path(f"/proc/{process.pid}/environ").read_bytes)
    assert b"PATH=" in started_with
    assert b"s3cretpw" not in started_with


def test_S16_once_the_settings_are_read_no_child_can_inherit_them(place: Place):
    code = (
        "import os, subprocess, sys, bot.cli.main\n"
        "bot.cli.main.cli(['knowledge', 'status'], standalone_mode=False)\n"
        "print('then', flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import os; print([n for n in os.environ if n.startswith(\"SCODA_\")])'])\n"
    )
    assert place.python(code).endswith("then\n[]")


# ── the repository ──

_MEGABYTE = 1024 * 1024
_WEIGHTS = ROOT / "bot/adapters/e5/reader.npz"  # trained here: nothing else could bring them
_DASHES = "-" * 5
_FORBIDDEN = {
    "a Telegram token": re.compile(r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b"),
    "a private key": re.compile(_DASHES + r"BEGIN [A-Z ]*PRIVATE KEY" + _DASHES),
    "an access key": re.compile(r"\b(?:AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|sk-[A-Za-z0-9_-]{32,})\b"),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:root|home|Users|work|workspace)/[A-Za-z0-9_.-]+"),
}


def _tracked() -> Iterator[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield ROOT / name


@pytest.mark.parametrize("what", sorted(_FORBIDDEN))
def test_S02_no_tracked_file_holds(what: str):
    found = []
    for file in _tracked():
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{file.relative_to(ROOT)}: {hit}" for hit in _FORBIDDEN[what].findall(text)]
    assert found == []


def test_S02_the_search_finds_what_it_looks_for():
    examples = {
        "a Telegram token": "123456789:" + "x" * 35,
        "a private key": f"{_DASHES}BEGIN RSA PRIVATE KEY{_DASHES}",
        "an access key": "AKIA" + "A" * 16,
        "a path of one machine": "see /home" + "/anna/notes",
    }
    assert all(_FORBIDDEN[what].search(example) for what, example in examples.items())


def test_S02_no_secrets_file_no_state_and_no_big_file_is_tracked():
    kinds = {".sqlite3", ".db", ".pem", ".key", ".pyc", ".mo"}
    for file in _tracked():
        assert file.name != ".env"
        assert file.suffix not in kinds, file
        most = 16 if file == _WEIGHTS else 5
        assert file.stat().st_size < most * _MEGABYTE, file


def test_S06_the_lock_files_pin_every_package_with_hashes_and_name_no_registry():
    locks = [file for file in _tracked() if file.suffix == ".lock"]
    assert locks
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock
        assert "--index-url" not in text, lock
        packages = re.split(r"\n(?=\S)", text.strip())
        loose = [one.split()[0] for one in packages if not one.startswith("#") and "--hash=sha256:" not in one]
        assert loose == [], f"{lock}: packages without a hash"
        assert all("==" in one.split()[0] for one in packages if not one.startswith("#"))
