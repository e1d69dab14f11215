"""Figures on what was asked, with the whole program: people, Telegram and `scoda run`."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.chat.text import statistics_texts as words
from bot.ids import Locale
from tests.support.apps import App
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, until


@pytest.mark.nightly
@pytest.mark.parametrize("language", ["en", "fa"])
async def test_an_owner_sees_what_was_asked_and_a_visitor_does_not(place: Place, town: Town, language: str):
    owner = await town.visitor("Olga", language)
    t = App.t(Locale(language))
    async with running_bot(place, town.base_url, organisers_owners=f"[{owner.id}]") as bot:
        visitor = await town.visitor("John", "en")
        for question in ("How many freight trains ran in 2025?", "Hello!"):
            await visitor.ask(question)
        unknown = await visitor.ask("/no_such_command")
        assert (await visitor.ask("/stats"))["text"] == unknown["text"]

        await owner.write("/stats 1")
        *pictures, table = await until(lambda: came(owner), "the pictures and the table")
        assert all("photo" in picture for picture in pictures)
        assert f"{words.questions(t)}: {t.number(2)}" in pictures[0]["caption"].replace("\u200f", "")
        assert table["document"]["file_name"].endswith(".csv")

        told = json.loads((await asyncio.to_thread(place.scoda, "stats", "--json")).stdout)
        assert (told["questions"], told["by_language"]) == (2, {"en": 2})
        assert told["by_outcome"]["greeting"] == 1
        assert await bot.stop() == 0


async def came(owner) -> list[dict] | None:
    """Everything that came, once the table, which is the last, is there."""
    answers = await owner.answers()
    return answers if answers and "document" in answers[-1] else None
