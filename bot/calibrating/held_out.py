"""How sure the bot is of each section: its own example questions are taken away, asked, and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from bot.answering.model import Outcome, Question
from bot.app.core import open_core
from bot.calibrating.drop_out import dropped_copy
from bot.settings import Settings

_TELL_EVERY = 500
"""Questions after which it says how far it is: some ten seconds."""


async def held_out(settings: Settings, *, today: date, say: Callable[[str], None]) -> dict[str, tuple[int, int]]:
    """By section key, how many of its questions led to it and how many were asked: every sixth line of a file is.

    A copy of the folder without them is published in a temporary folder; nothing in use is touched.
    """
    with TemporaryDirectory() as work:
        folder = Path(work) / "knowledge"
        asked = [one for one in dropped_copy(settings.knowledge.folder, folder, seed=0, drops=False) if one.wanted]
        copy = settings.model_copy(
            update={
                "store": settings.store.model_copy(update={"data": Path(work) / "data", "database_url": SecretStr("")}),
                "knowledge": settings.knowledge.model_copy(update={"folder": folder}),
            }
        )
        found: dict[str, tuple[int, int]] = {}
        async with open_core(copy) as core:
            await core.make_answerable()
            for number, one in enumerate(asked):
                if number % _TELL_EVERY == 0:
                    say(f"{number} of {len(asked)} questions asked")
                answer = await core.extractive.answer(Question(one.turns[-1], today, app_locale=one.locale))
                is_told = answer.outcome is Outcome.ANSWERED and bool(answer.citations)
                right, count = found.get(one.wanted, (0, 0))
                found[one.wanted] = (right + (is_told and str(answer.citations[0].key) == one.wanted), count + 1)
        return found
