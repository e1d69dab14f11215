"""What was delivered is repeated, corrected and put back by two people, with the whole program."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.chat.text import announcement_texts, texts
from bot.ids import Locale
from tests.support.apps import App
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, Visitor, agreed, until

EN = App.t(Locale.EN)
WRITTEN = """
[forum]
label = "Hall changed"
topic = "forum"
source = "en"
now = true

[forum.texts]
en = "The forum moves to hall 7."
"""
QUESTION = "How many freight trains ran in 2025?"


async def ordered(place: Place, *arguments: object) -> dict:
    """What an order of `scoda announce` answers."""
    done = await asyncio.to_thread(place.scoda, "announce", *map(str, arguments), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def agrees(person: Visitor, copies: int, *, after: int) -> None:
    """A second person approves what they are asked for, with the number of copies."""
    request = await person.offered(announcement_texts.button_approve(EN), after=after)
    before = await person.last_id()
    await person.tap(request, announcement_texts.button_approve(EN))
    await person.told(announcement_texts.ask_agreement(EN, copies), after=before)
    await person.write(str(copies))


async def says(visitor: Visitor, message: dict, words: str) -> None:
    """Wait until a delivered copy says this."""

    async def changed() -> bool:
        return any(
            words in one.get("text", "")
            for one in await visitor.messages()
            if one["message_id"] == message["message_id"]
        )

    await until(changed, f"the copy to say «{words}»")


@pytest.mark.nightly
async def test_A12_A13_D47_two_people_repeat_correct_and_put_back_what_was_delivered(place: Place, town: Town):
    olga, aigul = await town.visitor("Olga", "en"), await town.visitor("Aigul", "en")
    settings = {"organisers_owners": f"[{olga.id}, {aigul.id}]", "announcements_ask_visitors": True}
    file, better = place.home / "hall.toml", place.home / "hall.en.html"
    file.write_text(WRITTEN, encoding="utf-8")
    better.write_text("The forum moves to hall 8.", encoding="utf-8")
    async with running_bot(place, town.base_url, **settings) as bot:
        for owner in (olga, aigul):
            await owner.start()
        john, ann = [await agreed(town, name, "en", QUESTION) for name in ("John", "Ann")]
        await town.act("faults", method="sendMessage", chat_id=str(ann.id), kind="502")
        last = {person.id: await person.last_id() for person in (olga, aigul, john, ann)}
        made = (await ordered(place, "schedule", file, "--as", olga.id))["id"]
        approve = announcement_texts.button_approve(EN)
        await aigul.tap(await aigul.offered(approve, after=last[aigul.id]), approve)
        copy = await john.next_after(last[john.id])

        offer = await olga.offered(announcement_texts.button_resend(EN), after=last[olga.id])
        assert offer["text"] == announcement_texts.resend_offer(EN, 1)
        before, last_of_aigul = await olga.last_id(), await aigul.last_id()
        await olga.tap(offer, announcement_texts.button_resend(EN))
        await olga.told(announcement_texts.ask_copies(EN, 1), after=before)
        await olga.write("1")
        await olga.told(announcement_texts.request_made(EN), after=before)
        before = await ann.last_id()
        await agrees(aigul, 1, after=last_of_aigul)
        assert texts.announcement_may_repeat(EN) in (await ann.next_after(before))["text"]

        async def is_finished() -> bool:
            return (await ordered(place, "show", made))["stage"] == "finished"

        await until(is_finished, "the repetition to end")
        shown = await ordered(place, "show", made)
        last_of_aigul = await aigul.last_id()
        look = ("--version", shown["version"], "--count", 2, "--as", olga.id)
        assert (await ordered(place, "correct", made, "--text", f"en={better}", *look))["copies"] == 2
        await agrees(aigul, 2, after=last_of_aigul)
        await says(john, copy, "hall 8")

        asked_at = await olga.last_id()
        await olga.write("/announcements")
        listed = await olga.offered("Hall changed", after=asked_at)
        item = await olga.tap_for_change(listed, "Hall changed")
        before = await olga.last_id()
        await olga.tap(item, announcement_texts.button_put_back(EN))
        await olga.told(announcement_texts.ask_copies(EN, 2), after=before)
        await olga.write("2")
        await olga.told(announcement_texts.request_made(EN), after=before)
        [request] = (await ordered(place, "show", made))["requests"]
        await ordered(place, "agree", request["request"], "--count", 2, "--as", aigul.id)
        await says(john, copy, "hall 7")
        assert await bot.stop() == 0
