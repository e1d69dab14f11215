"""Written once in Russian, drafted by a language model, read beside the original, delivered in each one's language."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from bot.chat.text import announcement_draft_texts as drafts
from bot.chat.text import announcement_texts, texts
from bot.drafting.model import DraftRefusal, WrittenTexts
from bot.ids import Locale
from tests.support.announcement_drafting import reply_to
from tests.support.apps import App
from tests.support.model_server import KEY, MODEL, ModelServer, open_model_server
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.visitors import Town, Visitor, agreed, buttons, until

RU = App.t(Locale.RU)
KK, ZH, EN = Locale.KK, Locale.ZH, Locale.EN
TEXT = (
    "Форум переносится в зал 7, начало {start}.\n\n"
    "📍\nСмотрите карту зала https://example.org/map или звоните: +86 532 1234567."
)
ASKED = "How many freight trains ran in 2025?"


def _without_bold(written: WrittenTexts, locale: Locale) -> WrittenTexts:
    """The announcement of this test has an address where the other has a link, and nothing in bold."""
    lines = [line.replace("⟦1⟧", "").replace("⟦/1⟧", "").replace("⟦2⟧", "⟦1⟧") for line in written.lines]
    lines = [line.replace("⟦/3⟧", " ⟦2⟧").replace("⟦3⟧", "").replace("⟦4⟧", "⟦3⟧") for line in lines]
    if locale is EN:
        lines = [line.replace("hall 7", "hall 8") for line in lines]
    return WrittenTexts(lines=lines)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with open_model_server() as server:
        server.reply = lambda messages: reply_to([one["content"] for one in messages], _without_bold)
        yield server


WRITTEN = f"""
[forum]
label = "Зал"
topic = "forum"
zone = "Asia/Shanghai"
at = 2031-03-07T09:30:00
source = "ru"

[forum.texts]
ru = '''{TEXT}'''

[forum.moments]
start = 2031-03-08T10:00:00
"""


@pytest.mark.nightly
async def test_without_a_bot_the_command_drafts_by_itself_and_without_a_model_it_says_so(
    place: Place, server: ModelServer
):
    owners = {"organisers_owners": "[11, 12]"}
    model = {
        "model_provider": "openai",
        "model_base_url": server.base_url,
        "model_model": MODEL,
        "model_api_key": KEY,
    }
    file = place.home / "hall.toml"
    file.write_text(WRITTEN, encoding="utf-8")
    made = json.loads(place.scoda("announce", "schedule", str(file), "--as", "11", "--json", **owners).stdout)
    order = ("announce", "draft", made["id"], "--as", "11", "--languages", "kk,en", "--json")
    refused = place.scoda(*order, **owners)
    assert refused.returncode == 1
    assert "no language model is set" in refused.stderr
    done = await asyncio.to_thread(lambda: place.scoda(*order, **owners, **model))
    drafted = {one["language"]: one for one in json.loads(done.stdout)["drafts"]}
    assert "7-залға ауыстырылды" in drafted["kk"]["text"]
    assert drafted["en"]["reason"] == DraftRefusal.FIGURES.value
    shown = json.loads(place.scoda("announce", "show", made["id"], "--json").stdout)
    assert shown["unread_drafts"] == ["kk"]
    assert {"where": "text.kk", "problem": "unread_draft", "detail": "", "warning": True} in shown["problems"]
    preview = json.loads(place.scoda("announce", "preview", made["id"], "--json").stdout)
    assert list(preview["texts"]) == ["ru"]
    assert [one["language"] for one in preview["unread_drafts"]] == ["kk"]


@pytest.fixture
async def bot(place: Place, town: Town, server: ModelServer):
    owner, approver = await town.visitor("Olga", "ru"), await town.visitor("Boris", "ru")
    settings = {
        "organisers_owners": f"[{owner.id}, {approver.id}]",
        "announcements_ask_visitors": True,
        "model_provider": "openai",
        "model_base_url": server.base_url,
        "model_model": MODEL,
        "model_api_key": KEY,
    }
    async with running_bot(place, town.base_url, **settings) as bot:
        yield bot, owner, approver


async def composed(owner: Visitor) -> dict:
    """The owner walks from a name to the page of the texts, with a Russian text that all others fall back to."""
    await owner.ask("/announce")
    topics = await owner.ask("Зал")
    languages = await owner.tap_for_change(topics, texts.topic(RU, "forum"))
    await owner.tap_for_message(languages, Locale.RU.endonym)
    await owner.ask(TEXT)
    page = await owner.ask("2027-06-15 09:30")
    return await owner.tap_for_change(page, f"→ {Locale.RU.endonym}")


@pytest.mark.nightly
async def test_written_once_drafted_read_and_delivered_in_each_one_s_language(
    bot: tuple[BotProcess, Visitor, Visitor], place: Place, town: Town
):
    process, owner, approver = bot
    await approver.start()
    visitors = {code: await agreed(town, code, code, ASKED) for code in ("ru", "kk", "zh", "en")}
    page = await composed(owner)
    before = await owner.last_id()
    page = await owner.tap_for_change(page, drafts.button_draft(RU))

    async def told() -> dict | None:
        """The message that tells how far it is, once it has come to its end."""
        found = [one for one in await owner.answers() if one["message_id"] > before and buttons(one)]
        return next((one for one in found if drafts.button_compare(RU) in str(buttons(one))), None)

    ended = await until(told, "the drafts")
    assert f"{KK.endonym}" in ended["text"]
    assert drafts.refused(RU, EN.endonym, DraftRefusal.FIGURES) in ended["text"]
    [listed] = json.loads((await asyncio.to_thread(place.scoda, "announce", "list", "--json")).stdout)
    assert listed["unread_drafts"] == ["zh", "kk"]
    shown = json.loads((await asyncio.to_thread(place.scoda, "announce", "show", listed["id"], "--json")).stdout)
    assert {one["language"]: one["state"] for one in shown["drafts"]}["en"] == "refused"

    chinese = await owner.tap_for_change(ended, drafts.button_compare(RU))
    assert chinese["text"].index("Форум переносится в зал 7") < chinese["text"].index("改在7号馆举行")
    kazakh = await owner.tap_for_change(chinese, announcement_texts.button_next(RU))
    assert kazakh["text"].index("Форум переносится в зал 7") < kazakh["text"].index("7-залға ауыстырылды")
    left = await owner.tap_for_change(kazakh, drafts.button_right(RU))
    assert "改在7号馆举行" in left["text"]
    overview = await owner.tap_for_change(left, announcement_texts.button_overview(RU))
    assert drafts.unread(RU, 1, ZH.endonym) in overview["text"]
    order = ("announce", "draft", listed["id"], "--as", str(owner.id), "--languages", "en", "--json")
    assert json.loads((await asyncio.to_thread(place.scoda, *order)).stdout)["waiting"] == ["en"]
    last = await approver.last_id()
    await owner.tap_for_change(overview, announcement_texts.button_submit(RU))
    request = await approver.next_after(last)
    assert drafts.unread(RU, 1, ZH.endonym) in request["text"]

    seen = {code: await visitor.last_id() for code, visitor in visitors.items()}
    await approver.tap(request, announcement_texts.button_approve(RU))
    copies = {code: await visitor.next_after(seen[code]) for code, visitor in visitors.items()}
    assert "Форум 7-залға ауыстырылды" in copies["kk"]["text"]
    assert "+86 532 1234567" in copies["kk"]["text"]
    assert "https://example.org/map" in copies["kk"]["text"]
    assert "15 маусым" in copies["kk"]["text"]
    for code in ("ru", "zh", "en"):
        assert "Форум переносится в зал 7" in copies[code]["text"]
    assert await process.stop() == 0
