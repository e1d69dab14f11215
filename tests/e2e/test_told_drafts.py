"""A translation that a machine drafted: told with its mark where that is wished for, and approved by staff in the chat."""

from __future__ import annotations

import pytest

from bot.chat.text import draft_texts, texts
from bot.ids import Locale
from tests.support.apps import App
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.visitors import Town, Visitor, button, until

UZ, EN = App.t(Locale.UZ), App.t(Locale.EN)
FILE = "drafts/uz/logistics/trains.md"
TOLD = "2025-yilda namunaviy hudud rekord darajada 1,225 ta yuk poyezdini qabul qildi va joʻnatdi."
DRAFT = f"""---
title: Yuk poyezdlari
---
## 2025-yildagi poyezdlar {{#trains-2025}}

{TOLD} Bu son birinchi marta mingdan oshdi. Poyezdlarning koʻpi Qozogʻiston, Oʻzbekiston va Rossiyaga bordi. Ular
avtomobillar, maishiy texnika va dastgohlar tashidi. Qaytishda ular don, yogʻoch va paxta olib keldi. Yilning birinchi
poyezdi 3-yanvarda joʻnadi. Oxirgisi 30-dekabrda joʻnadi.

? 2025-yilda nechta yuk poyezdi qatnadi?

## Yoʻl vaqti {{#journey}}

Jiaochjoudan Toshkentga yuk poyezdi taxminan 11 kunda boradi.

? Toshkentga yuk poyezdi necha kunda boradi?
"""
ASKED = "2025-yilda nechta yuk poyezdi qatnadi?"


@pytest.fixture
async def bot(place: Place, town: Town):
    file = place.knowledge / FILE
    file.parent.mkdir(parents=True)
    file.write_text(DRAFT, encoding="utf-8")
    owner = await town.visitor("Olga", "en")
    settings = {"organisers_owners": f"[{owner.id}]", "knowledge_show_drafts": True}
    async with running_bot(place, town.base_url, **settings) as bot:
        yield bot, owner


@pytest.mark.nightly
async def test_a_draft_is_told_with_its_mark_until_somebody_has_approved_it(
    bot: tuple[BotProcess, Visitor], place: Place, town: Town
):
    process, owner = bot
    bekzod = await town.visitor("Bekzod", "uz")
    answer = await bekzod.ask(ASKED)
    assert TOLD in answer["text"]
    assert texts.worded_by_model(UZ) in answer["text"]
    original = await bekzod.tap_for_message(answer, texts.button_more(UZ))
    assert TRAINS_IN_2025 in original["text"]

    listed = await owner.ask("/drafts")
    assert draft_texts.title(EN, 1) in listed["text"]
    page = await owner.tap_for_change(listed, button(listed, "uz · logistics/trains")["text"])
    assert page["text"].index(TRAINS_IN_2025) < page["text"].index(TOLD)
    assert ASKED in page["text"]
    done = await owner.tap_for_change(page, draft_texts.button_approve(EN))
    assert draft_texts.approved(EN, FILE) in done["text"]
    assert (place.knowledge / "uz/logistics/trains.md").is_file()
    assert not (place.knowledge / FILE).exists()
    await until(lambda: process.events("knowledge_published")[1:], "the approved translation")
    answer = await bekzod.ask(ASKED)
    assert TOLD in answer["text"]
    assert texts.worded_by_model(UZ) not in answer["text"]
    assert await process.stop() == 0
