"""A published fact was wrong: exactly those who were told it get one message each, in their language."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.chat.text import announcement_texts, correction_texts, texts
from bot.ids import Locale
from tests.support.apps import App
from tests.support.processes import Place, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, button, buttons, until

SECTION = "venue/pearl.md#size"
ASKED = {"en": "How large is the Pearl exhibition hall?", "ru": "Какова площадь выставочного зала «Жемчужина»?"}
FIGURES = {"en": ("160,000", "170,000"), "zh": ("16万", "17万"), "ru": ("160 000", "170 000")}


async def run(place: Place, *arguments: str, **settings: object) -> Any:
    """A command that works, with its JSON."""
    done = await asyncio.to_thread(place.scoda, *arguments, "--json", telegram_token=SANDBOX_TOKEN, **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def put_right(place: Place) -> None:
    for language, (was, now) in FIGURES.items():
        file = place.knowledge / language / "venue/pearl.md"
        file.write_text(file.read_text("utf-8").replace(was, now), "utf-8")


@pytest.mark.nightly
async def test_two_of_three_were_told_and_get_one_message_each(place: Place, town: Town):
    owner, second = await town.visitor("Olga", "en"), await town.visitor("Aigul", "en")
    visitors = {"en": await town.visitor("John", "en"), "ru": await town.visitor("Anna", "ru")}
    stranger = await town.visitor("Ivan", "ru")
    async with running_bot(place, town.base_url, organisers_owners=f"[{owner.id}, {second.id}]") as bot:
        for language, visitor in visitors.items():
            assert FIGURES[language][0] in (await visitor.ask(ASKED[language]))["text"]
        await stranger.ask("В каком городе находится выставочный зал «Жемчужина»?")
        await stranger.ask("hello")
        await owner.start()
        await second.start()
        put_right(place)
        await until(lambda: bot.events("knowledge_published"), "the right fact to be published")

        looked = await run(place, "knowledge", "correct", SECTION)
        assert looked["told"]["by_language"] == {"en": 1, "ru": 1}
        assert [one["language"] for one in looked["wrong"]] == ["en", "zh", "ru"]
        assert str(visitors["en"].id) not in json.dumps(looked)

        asked = await second.last_id()
        ordered = await run(place, "knowledge", "correct", SECTION, "--draft", "--as", str(owner.id))
        made = ordered["correction"]
        assert (made["stage"], made["new"], made["people"]) == ("submitted", True, 2)
        assert sorted(made["texts"]) == ["en", "ru", "zh"]
        request = await second.next_after(asked)
        en = App.t(Locale.EN)
        assert correction_texts.corrects(en, SECTION) in request["text"]
        assert correction_texts.were_told(en, 2) in request["text"]
        before = {language: await visitor.last_id() for language, visitor in visitors.items()}
        nothing_new = await stranger.last_id()
        await second.tap(request, announcement_texts.button_approve(en))

        for language, visitor in visitors.items():
            told = await visitor.next_after(before[language])
            was, now = FIGURES[language]
            assert was in told["text"]
            assert now in told["text"]
            assert correction_texts.sorry(App.t(Locale(language))) in told["text"]
            assert button(told, texts.button_stop_all(App.t(Locale(language))))
            assert len(buttons(told)) == 1, "there is no topic to leave"

        async def finished() -> bool:
            return (await run(place, "announce", "show", made["id"]))["stage"] == "finished"

        await until(finished, "the end of the correction")
        again = await run(place, "knowledge", "correct", SECTION, "--draft", "--as", str(owner.id))
        assert (again["correction"]["id"], again["correction"]["new"]) == (made["id"], False)
        assert again["corrections"] == [{"id": made["id"], "stage": "finished"}]
        command = await owner.write("/announcements")
        await owner.offered(correction_texts.list_entry(en, SECTION, 2), after=command["message_id"])
        for language, visitor in visitors.items():
            assert len([one for one in await visitor.answers() if one["message_id"] > before[language]]) == 1
        assert await stranger.last_id() == nothing_new
        now = await stranger.ask(ASKED["ru"])
        assert FIGURES["ru"][1] in now["text"], "what is told to some is no knowledge for others"
        assert not any(str(visitor.id) in bot.log() for visitor in (*visitors.values(), stranger))
        assert await bot.stop() == 0
