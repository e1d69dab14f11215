"""Rows Z of the fault table (tests/faults/README.md): whatever comes from outside, nothing crashes, blocks, grows or tells a log what is private.

`FUZZ_FACTOR=50` asks fifty times as much, as `make soak` does.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.announcements.files import read_standing
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.ingestion.model import FolderReading
from bot.sandbox.engine import SandboxEngine, SandboxLimits
from bot.sandbox.flood import FloodRules
from bot.sandbox.methods import METHODS, perform
from bot.sandbox.wire import ApiError, Params
from tests.faults.fuzzing import odd
from tests.support.sandbox_keys import SANDBOX_TOKEN

FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))
ROOT = Path(__file__).parents[2]
SLOW_S = 2.0
"""Of the processor, for one input of some kilobytes: what goes through a file once needs a hundredth of it."""

MATTER = ("---\n", "title: A title\n", "topic: expo\n", "as_of: 2026-01-19\n", "audience: public\n", "language: en\n",
    "source:\n  publisher: X\n  title: Y\n  date: 2026-01-19\n  url: https://example.org/x\n", "sources:\n  a:\n",
    "answerable: false\n", "reply: hello\n", "valid_until: 2020-01-01\n", "title: [\n", "a: &a [*a]\n", "? x\n", "key: !!python/x\n")  # fmt: skip
LINES = ("# Title\n", "## Heading {#id}\n", "## Heading {#id source=a as_of=2026-01-19}\n", "## {#}\n", "In 2025 trains ran.\n", "\n",
    "? How many trains ran?\n", "? \n", "- a\n", "  - b\n", "1. c\n", "| a | b |\n|---|---|\n", "> quote\n", "```\n", "<div>\n", "<!--", "-->",
    "<a href='javascript:x'>", "</a", "<![CDATA[", "<script>", "[x](http://169.254.169.254/)", "![x](file:///etc/passwd)", "&amp;&#0;",
    "\\", "\u202e", "\u200b", "\U000e0041", "\ufeff", "\x00", "\r", "\t", "**", "_", "`", "===\n", "---\n", "示范区。", "Зона.", "منطقه")  # fmt: skip
FOLDERS = ("en/expo/a.md", "zh/a.md", "a.md", "xx/a.md", "en/open/a.md", "en/a.txt", "en/.a.md", "EN/A.MD")
TOML = ("[hours]\n", "[a.texts]\n", "[[hours.buttons]]\n", "[hours.terms]\n", "[hours.audience]\n", "[hours.moments]\n", "[hours.attachment]\n",
    'label = "L"\n', 'topic = "expo"\n', 'cron = "30 8 * * *"\n', 'cron = "*/0 99 L * x"\n', 'zone = "Asia/Shanghai"\n', 'zone = "../etc"\n',
    'en = "Open <b>{opens}</b>"\n', 'zh = "<b>"\n', "until = 2026-12-31\n", "opens = 2026-11-07T09:00:00\n", 'valid_for = "8h"\n',
    'valid_for = "99999999999999d"\n', 'url = "https://example.org"\n', 'url = "javascript:x"\n', 'file = "../../etc/passwd"\n', 'file = "."\n',
    'kind = "photo"\n', "chats = [1e400]\n", "silent = maybe\n", "x = {", "}\n", "= 1\n", '"""', "languages = ['en']\n", "# comment\n")  # fmt: skip
PERSONA = 5_000_000_000_000_001
NAMES = ("chat_id", "message_id", "text", "caption", "parse_mode", "entities", "reply_markup", "photo", "document", "media", "results",
    "commands", "scope", "language_code", "callback_query_id", "inline_query_id", "file_id", "user_id", "emoji", "reaction", "title")  # fmt: skip
BLOCKING = {"getupdates", "setwebhook", "deletewebhook"}


def often(examples: int) -> settings:
    """So many examples, times what was asked for."""
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples * FACTOR, deadline=None, suppress_health_check=quiet)


def pieces(of: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A text of such pieces, now and then with one repeated many times or with any other characters between them."""
    repeated = st.builds(str.__mul__, st.sampled_from(of), st.integers(2, 2000))
    piece = st.one_of(st.sampled_from(of), st.sampled_from(of), st.text(max_size=20), repeated)
    return st.lists(piece, max_size=25).map("".join)


@pytest.mark.nightly
def test_Z01_Z04_the_bot_stands_updates_of_every_type_and_of_none_and_presses_of_any_button():
    """The buttons are the bot's own, nearly its own, and none of its own."""
    command = [sys.executable, "-m", "tests.faults.fuzzing", "--updates", "800", "--seed", str(FACTOR)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.nightly
@often(500)
@given(name=st.sampled_from(FOLDERS), matter=pieces(MATTER), body=pieces(LINES))
def test_Z02_any_knowledge_file_is_read_or_refused_by_line(tmp_path: Path, name: str, matter: str, body: str):
    reading, taken_s = read_knowledge(tmp_path, name, f"---\n{matter}---\n{body}".encode("utf-8", "surrogatepass"))
    assert taken_s < SLOW_S
    assert all(fault.line >= 1 and fault.reason for fault in [*reading.faults, *reading.warnings])
    for document in reading.documents:
        assert document.title.strip()
        assert all(section.text.strip() for section in document.sections)
        assert not any("\x00" in section.text or "\u202e" in section.text for section in document.sections)


@often(200)
@given(name=st.sampled_from(FOLDERS), raw=st.binary(max_size=2000))
def test_Z02_any_bytes_are_read_or_refused(tmp_path: Path, name: str, raw: bytes):
    reading, taken_s = read_knowledge(tmp_path, name, raw)
    assert taken_s < SLOW_S
    assert all(fault.line >= 1 and fault.reason for fault in reading.faults)


def read_knowledge(folder: Path, name: str, raw: bytes) -> tuple[FolderReading, float]:
    """A folder that holds this file alone, as it is read, and the seconds of processor that it took."""
    for old in folder.rglob("*.*"):
        if old.is_file():
            old.unlink()
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(raw)
    begun = time.process_time()
    reading = asyncio.run(KnowledgeFiles(folder, identify=lambda text: None).read())
    return reading, time.process_time() - begun


@often(400)
@given(text=pieces(TOML))
def test_Z03_any_file_of_announcements_is_read_or_refused_by_line(tmp_path: Path, text: str):
    file = tmp_path / "announcements.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    begun = time.process_time()
    found = read_standing(file)
    assert time.process_time() - begun < SLOW_S
    assert all(fault.line >= 1 and fault.reason for fault in found.faults)


@often(400)
@given(
    method=st.sampled_from(sorted(set(METHODS) - BLOCKING)),
    seed=st.integers(0, 2**32),
    names=st.sets(st.sampled_from(NAMES)),
)
def test_Z05_any_call_of_the_sandbox_is_answered_or_refused(method: str, seed: int, names: set[str]):
    random = Random(seed)
    values = {name: odd.anything(random) for name in sorted(names)}
    if random.random() < 0.7:
        values["chat_id"] = PERSONA
    assert 200 <= asyncio.run(code_of(method, values)) < 500


async def code_of(method: str, values: dict[str, object]) -> int:
    """The HTTP status of a call."""
    sandbox = SandboxEngine(lambda: 1_795_608_000.0, rules=FloodRules(), limits=SandboxLimits(), token=SANDBOX_TOKEN)
    bot = sandbox.bot_of(SANDBOX_TOKEN)
    sandbox.world.personas[PERSONA].started.add(bot.id)
    try:
        await perform(sandbox, bot, method, Params(values))
    except ApiError as error:
        return error.code
    return 200
