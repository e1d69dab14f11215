"""Orders to a running bot: taken once, answered, and never carried out long after they were meant."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from pathlib import Path

import pytest

from bot.adapters.announcements.command_spool import FOLDER_NAME, CommandError, CommandSpool
from bot.errors import ScodaError
from tests.support.visitors import until

PATIENCE_S = 30.0


class Bot:
    """Carries out whatever it is told and remembers it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.orders: list[dict] = []
        self.error = error

    async def execute(self, order):
        self.orders.append(dict(order))
        if self.error is not None:
            raise self.error
        return {"ok": True, "number": len(self.orders)}


async def asked(spool: CommandSpool, order: dict, bot: Bot) -> dict:
    """Give an order and let the bot look until it has an answer."""
    asking = asyncio.create_task(spool.ask(order, patience_s=PATIENCE_S))
    await until(lambda: spool.serve(bot.execute), "an order")
    return dict(await asking)


def names(data: Path) -> list[str]:
    return sorted(file.name for file in (data / FOLDER_NAME).iterdir())


async def test_an_order_is_carried_out_once_and_answered(tmp_path: Path):
    bot, spool = Bot(), CommandSpool(tmp_path)
    assert await asked(spool, {"order": "pause", "id": "论坛"}, bot) == {"ok": True, "number": 1}
    assert await spool.serve(bot.execute) == 0
    assert bot.orders == [{"order": "pause", "id": "论坛"}]
    assert names(tmp_path) == []
    assert stat.S_IMODE((tmp_path / FOLDER_NAME).stat().st_mode) == 0o700


async def test_an_order_that_fails_is_answered_with_its_reason(tmp_path: Path):
    spool = CommandSpool(tmp_path)
    assert await asked(spool, {}, Bot(ScodaError("not allowed"))) == {"ok": False, "error": "not allowed"}
    failed = await asked(spool, {}, Bot(RuntimeError("a secret of the inside")))
    assert not failed["ok"]
    assert "secret" not in failed["error"]


async def test_an_order_that_nobody_takes_is_taken_back(tmp_path: Path):
    with pytest.raises(CommandError, match="taken back"):
        await CommandSpool(tmp_path).ask({"order": "stop"}, patience_s=0.01)
    assert names(tmp_path) == []
    assert await CommandSpool(tmp_path).serve(Bot().execute) == 0


async def test_an_order_that_the_bot_is_busy_with_is_not_given_again_blindly(tmp_path: Path):
    spool = CommandSpool(tmp_path)
    asking = asyncio.create_task(spool.ask({"order": "stop"}, patience_s=0.2))
    begun = asyncio.Event()

    async def slow(order):
        begun.set()
        await asyncio.sleep(PATIENCE_S)

    task = asyncio.create_task(until(lambda: spool.serve(slow)))
    await begun.wait()
    with pytest.raises(CommandError, match="took the order but has not answered"):
        await asking
    task.cancel()


async def test_what_the_bot_was_busy_with_when_it_died_is_not_done_again(tmp_path: Path):
    spool, bot = CommandSpool(tmp_path), Bot()
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / "1-a.taken").write_text('{"order": "withdraw"}', encoding="utf-8")
    spool.recover()
    assert await spool.serve(bot.execute) == 0
    answer = json.loads((tmp_path / FOLDER_NAME / "1-a.answer").read_bytes())
    assert not answer["ok"]
    assert "look" in answer["error"]


async def test_I13_an_old_order_is_not_carried_out(tmp_path: Path):
    bot = Bot()
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / "1-a.order").write_text('{"order": "withdraw"}', encoding="utf-8")
    later = CommandSpool(tmp_path, clock=lambda: time.time() + 3000)
    assert await later.serve(bot.execute) == 1
    assert bot.orders == []
    assert "give it again" in json.loads((tmp_path / FOLDER_NAME / "1-a.answer").read_bytes())["error"]
    os.utime(tmp_path / FOLDER_NAME / "1-a.answer", (0, 0))
    await later.serve(bot.execute)
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", ["", "[]", "{", '"pause"', "\udc80"])
async def test_a_broken_order_is_answered_and_harms_nobody(tmp_path: Path, content: str):
    bot = Bot()
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / "1-a.order").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert await CommandSpool(tmp_path).serve(bot.execute) == 1
    assert bot.orders == []
    assert names(tmp_path) == ["1-a.answer"]


async def test_without_the_folder_nothing_waits(tmp_path: Path):
    spool = CommandSpool(tmp_path)
    spool.recover()
    assert await spool.serve(Bot().execute) == 0
