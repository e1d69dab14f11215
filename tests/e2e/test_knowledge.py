"""/knowledge with the whole program: what is published, looked at by its owner in the chat."""

from __future__ import annotations

from bot.chat.text import knowledge_texts, texts
from bot.ids import Locale
from tests.support.apps import App, running_app
from tests.support.little_knowledge import write_document
from tests.support.processes import Place
from tests.support.visitors import Town, buttons

EN = App.t(Locale.EN)
LONELY = "## Lost umbrellas {#umbrellas}\n\nLost umbrellas wait at the gate.\n\n? Where is my umbrella?\n"


async def test_an_owner_sees_what_is_over_then_what_stands_in_one_language_and_what_helps(place: Place, town: Town):
    write_document(place.knowledge, "kk/venue/umbrellas.md", "Lost umbrellas", LONELY)
    owner = await town.visitor("Olga", "en")
    async with running_app(place, town, owners=[owner.id]) as app:
        listed = await owner.ask("/knowledge")
        assert knowledge_texts.title(EN) in listed["text"]
        first, second = listed["text"].split("\n\n")[1:3]
        assert "⏳" in first, "what is over comes before everything"
        assert second.startswith("2. Lost umbrellas\n🌐")
        page = await owner.tap_for_change(listed, buttons(listed)[1]["text"])
        assert "venue/umbrellas.md#umbrellas" in page["text"]
        assert knowledge_texts.never_asked(EN) in page["text"]
        assert "scoda knowledge draft venue/umbrellas.md" in page["text"]
        again = await owner.tap_for_change(page, texts.button_back(EN))
        assert again["text"] == listed["text"]
        await app.is_idle()
    assert town.refused_calls() == []
