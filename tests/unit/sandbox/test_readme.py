"""What bot/sandbox/README.md says is so: its map, its contract, its figures, and its bot in ten lines."""

import ast
import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.sandbox.methods import METHODS

BOT = Path(bot.__file__).parent
ROOM = BOT / "sandbox"
README = (ROOM / "README.md").read_text(encoding="utf-8")
ADDRESS, TOKEN = "http://127.0.0.1:8080", "7000001:my-own-bot"
"""Of the sandbox that README tells to start; the test puts those of its own in their place."""
FOREIGN = {"aiohttp", "starlette", "uvicorn"}
CALLED_BY_THE_LIBRARY = {"getme"}
"""python-telegram-bot calls it when it starts; our code does not name it."""
NAMED_FOR_OTHER_THINGS = {"close"}
"""Our bot closes files and connections, never itself at Telegram."""


def modules_imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} is a relative import"
            assert node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def words(file: Path) -> Iterator[str]:
    """Names of attributes, and the last part of strings, which may be addresses."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.rpartition("/")[2]


def test_it_imports_nothing_of_the_bot():
    found = {name for file in ROOM.rglob("*.py") for name in modules_imported(file)}
    assert {name for name in found if name.startswith("bot") and not name.startswith("bot.sandbox")} == set()
    tops = {name.partition(".")[0] for name in found}
    assert tops - sys.stdlib_module_names == {"bot", *FOREIGN}


@pytest.mark.parametrize("room", [ROOM, ROOM / "control"], ids=["sandbox", "control"])
def test_its_map_names_every_module_and_no_other(room):
    page = (room / "README.md").read_text(encoding="utf-8")
    there = {file.name for file in room.glob("*.py") if file.name != "__init__.py"}
    assert set(re.findall(r"`([a-z_]+\.py)`", page.partition("## Where to change what")[2])) == there


def test_its_figures_are_those_of_the_code():
    """Only bot/chat talks to Telegram; an import contract holds that."""
    used = {word.replace("_", "").lower() for file in (BOT / "chat").rglob("*.py") for word in words(file)}
    called = (METHODS.keys() & used | CALLED_BY_THE_LIBRARY) - NAMED_FOR_OTHER_THINGS
    said = f"of its {len(METHODS)} methods our bot calls {len(called)}; the other {len(METHODS) - len(called)} serve"
    assert said in README, f"README should say: {said}"


async def test_its_bot_in_ten_lines_answers_a_person(telegram):
    program = re.search(r"(?s)```python\n(.*?)```", README)[1]
    assert len(program.strip().split("\n")) == 10
    program = program.replace(ADDRESS, telegram.base_url).replace(TOKEN, telegram.token)
    assert program.count(telegram.base_url) == program.count(telegram.token) == 1
    running = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=PIPE)
    try:
        await telegram.say("سلام, hello")
        async with asyncio.timeout(60):
            while len(told := await telegram.messages(telegram.wei)) < 2:
                assert running.returncode is None, (await running.stderr.read()).decode()
                await asyncio.sleep(0.05)
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()
    assert told[1]["from"]["id"] == telegram.bot_id
    assert told[1]["text"] == "You said: سلام, hello"
