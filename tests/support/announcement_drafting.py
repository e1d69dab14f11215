"""A language model that translates one announcement as people did, or spoils it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from bot.announcements.model import Content, LinkButton
from bot.answering.generation.model import ChatMessage, Completion
from bot.answering.generation.prompts import LANGUAGE_NAMES
from bot.drafting.model import WrittenTexts
from bot.errors import ModelError
from bot.ids import Locale

SOURCE = (
    "<b>Форум</b> переносится в зал 7, начало {start}.\n\n"
    '📍\nСмотрите <a href="https://example.org/map">карту зала</a> или звоните: +86 532 1234567.'
)
LABEL = "План зала 7"
FAITHFUL: Mapping[Locale, WrittenTexts] = {
    Locale.KK: WrittenTexts(
        lines=[
            "⟦1⟧Форум⟦/1⟧ 7-залға ауыстырылды, басталуы ⟦2⟧.",
            "📍",
            "⟦3⟧Залдың картасын⟦/3⟧ қараңыз немесе қоңырау шалыңыз: ⟦4⟧.",
        ],
        labels=["7-залдың жоспары"],
    ),
    Locale.ZH: WrittenTexts(
        lines=["⟦1⟧论坛⟦/1⟧改在7号馆举行，⟦2⟧开始。", "📍", "请查看⟦3⟧展馆地图⟦/3⟧，或致电：⟦4⟧。"],
        labels=["7号馆平面图"],
    ),
    Locale.EN: WrittenTexts(
        lines=[
            "The ⟦1⟧forum⟦/1⟧ moves to hall 7 and starts ⟦2⟧.",
            "📍",
            "See the ⟦3⟧map of the hall⟦/3⟧ or call ⟦4⟧.",
        ],
        labels=["Plan of hall 7"],
    ),
}
TEXTS = {
    Locale.KK: (
        "<b>Форум</b> 7-залға ауыстырылды, басталуы {start}.\n\n"
        '📍\n<a href="https://example.org/map">Залдың картасын</a> қараңыз немесе қоңырау шалыңыз: +86 532 1234567.'
    ),
    Locale.ZH: (
        "<b>论坛</b>改在7号馆举行，{start}开始。\n\n"
        '📍\n请查看<a href="https://example.org/map">展馆地图</a>，或致电：+86 532 1234567。'
    ),
}
"""What becomes of the faithful ones."""


def content() -> Content:
    """The announcement in Russian alone."""
    return Content(
        source=Locale.RU,
        texts={Locale.RU: SOURCE},
        moments={"start": datetime(2027, 6, 15, 1, 30, tzinfo=UTC)},
        buttons=(LinkButton({Locale.RU: LABEL}, "https://example.org/plan"),),
    )


Spoil = Callable[[WrittenTexts, Locale], WrittenTexts]


def reply_to(prompt: Sequence[str], spoil: Spoil | None = None) -> str:
    """What the model writes to the rules and the data of a call; nothing of use for what is no announcement."""
    rules, data = prompt
    if not data.startswith("[data"):
        return "{}"
    if set(json.loads(data.split("\n")[1])) == {"text"}:
        return '{"names":[]}'
    locale = next((one for one, name in LANGUAGE_NAMES.items() if f" into {name}." in rules), None)
    if locale is None or locale not in FAITHFUL:
        return "{}"
    written = FAITHFUL[locale]
    return (spoil(written, locale) if spoil else written).model_dump_json()


class TranslatingModel:
    """See `bot.answering.generation.ports.ChatModel`. `gate` holds up every call but that for the names."""

    def __init__(self, spoil: Spoil | None = None) -> None:
        self.spoil = spoil
        self.prompts: list[Sequence[ChatMessage]] = []
        self.fails = False
        self.gate: asyncio.Event | None = None
        self._asked_for = asyncio.Semaphore(0)

    async def is_asked_for(self, languages: int) -> None:
        """Wait until the gate holds up so many calls."""
        for _ in range(languages):
            await self._asked_for.acquire()

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        deadline_s: float,
        on_text: Callable[[str], None] | None = None,
        schema: Mapping[str, object] | None = None,
    ) -> Completion:
        self.prompts.append(messages)
        if self.fails:
            raise ModelError("the server is down")
        reply = reply_to([message.text for message in messages], self.spoil)
        if self.gate is not None and "names" not in reply:
            self._asked_for.release()
            await self.gate.wait()
        return Completion(reply, 1, 1)
