"""Two people change what the bot knows, with the whole program: a file is sent and approved, a sentence is put right."""

from __future__ import annotations

import base64
import re

import pytest

from bot.announcements.model import Role
from bot.chat.text import announcement_texts, pin_texts, staff_texts, texts
from bot.ids import Locale
from bot.proposals.model import Weight
from tests.support.apps import App
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, Visitor, button, until

EN = App.t(Locale.EN)
OPENING = "When does the Pearl exhibition hall open in the morning?"
FILE = """\
---
title: Opening hours of the Pearl
topic: venue
source:
  publisher: The hall
  title: Opening hours
  date: 2026-01-19
  url: https://example.org/hours
as_of: 2026-01-19
---

## Opening hours of the Pearl {#hours}

The Pearl exhibition hall opens at 9:30 in the morning. It closes at 17:45.

? When does the Pearl exhibition hall open in the morning?
? What are the opening hours of the Pearl?
"""
TRAINS = "How many freight trains ran in 2025?"
TRAINS_IN_RUSSIAN = "Сколько грузовых поездов прошло в 2025 году?"


async def join(owner: Visitor, person: Visitor, role: Role) -> None:
    """The owner invites somebody, who opens the link, and is confirmed."""
    name = announcement_texts.role(EN, role)
    page = await owner.ask("/organisers")
    roles = await owner.tap_for_change(page, announcement_texts.button_invite(EN))
    link = (await owner.tap_for_message(roles, name))["text"]
    before = await owner.last_id()
    await person.start(re.search(r"start=(\S+)", link)[1])
    asked = await owner.offered(announcement_texts.button_confirm_person(EN), after=before)
    before = await person.last_id()
    await owner.tap(asked, announcement_texts.button_confirm_person(EN))
    assert name in (await person.next_after(before))["text"]


async def answers(visitor: Visitor, question: str, words: str) -> dict:
    """Ask until the folder's watch has made the change live."""

    async def told() -> dict | None:
        answer = await visitor.ask(question)
        return answer if words in answer["text"] else None

    return await until(told, f"an answer with «{words}»")


async def looked_at(person: Visitor, *, after: int) -> dict:
    """The proposal that they were told of."""
    told = await person.offered(staff_texts.button_look(EN), after=after)
    return await person.tap_for_change(told, staff_texts.button_look(EN))


@pytest.mark.nightly
async def test_F09_two_people_make_a_sent_file_answer_and_put_a_sentence_right(place: Place, town: Town):
    olga, editor, reviewer, john = [await town.visitor(name, "en") for name in ("Olga", "Ed", "Rena", "John")]
    settings = {
        "organisers_owners": f"[{olga.id}]",
        "announcements_ask_visitors": False,
        "knowledge_settle_s": 0.2,
        "knowledge_rescan_s": 2,
    }
    async with running_bot(place, town.base_url, **settings) as bot:
        await olga.start()
        await join(olga, editor, Role.EDITOR)
        await join(olga, reviewer, Role.REVIEWER)
        assert "9:30" not in (await john.ask(OPENING))["text"]
        ended = await editor.ask("/expiring")
        assert "Early tickets" in ended["text"]
        assert "January 31, 2021" in ended["text"]

        content = base64.b64encode(FILE.encode()).decode()
        refused = await john.attach("document", file_name="hours.md", content_base64=content)
        assert refused["text"] == texts.file_not_opened(EN)
        page = await editor.attach("document", file_name="../Hours of the Pearl.md", content_base64=content)
        assert "en/venue/hours-of-the-pearl.md" in page["text"]
        asked = await reviewer.last_id()
        await editor.tap_for_change(page, staff_texts.button_propose(EN))
        item = await looked_at(reviewer, after=asked)
        assert "➕ The Pearl exhibition hall opens at 9:30 in the morning." in item["text"]
        assert "https://example.org/hours" in item["text"]
        before = await editor.last_id()
        await reviewer.tap_for_change(item, announcement_texts.button_approve(EN))
        assert "was approved" in (await editor.next_after(before))["text"]
        answer = await answers(john, OPENING, "9:30")
        assert "The hall" in answer["text"]

        told = await editor.ask(TRAINS)
        asked = await reviewer.last_id()
        sent = await editor.write(
            "/fix In 2025 the demonstration area handled a record number of 1,225 freight trains.",
            reply_to_message_id=told["message_id"],
        )
        fix = await editor.next_after(sent["message_id"])
        assert "en/logistics/trains.md" in fix["text"]
        await editor.tap_for_change(fix, staff_texts.button_weight(EN, Weight.CLARIFICATION))
        item = await looked_at(reviewer, after=asked)
        assert "✏️ In 2025 the demonstration area handled a record number of 1,225 freight trains." in item["text"]
        assert announcement_texts.button_approve(EN) in button(item, announcement_texts.button_approve(EN))["text"]
        await reviewer.tap_for_change(item, announcement_texts.button_approve(EN))
        await answers(john, TRAINS, "record number of")
        assert await bot.stop() == 0
    fetched = [call["params"]["file_id"] for call in town.calls("getFile")]
    assert len(fetched) == 1, "the visitor's file was never fetched"
    shown = place.scoda("knowledge", "check")
    assert "stale" not in shown.stdout + shown.stderr


@pytest.mark.nightly
async def test_a_pinned_answer_is_told_marked_in_other_languages_until_its_last_day(place: Place, town: Town):
    names = ("Olga", "Ed", "Rena", "Ivan", "John")
    olga, editor, reviewer, ivan, john = [await town.visitor(name, "en") for name in names]
    settings = {
        "organisers_owners": f"[{olga.id}]",
        "announcements_ask_visitors": False,
        "knowledge_settle_s": 0.2,
        "knowledge_rescan_s": 2,
    }
    mark = pin_texts.answer_by_staff(EN)
    async with running_bot(place, town.base_url, **settings) as bot:
        await olga.start()
        await join(olga, editor, Role.EDITOR)
        await join(olga, reviewer, Role.REVIEWER)
        told = await editor.ask(TRAINS)
        assert mark not in told["text"]
        asked = await reviewer.last_id()
        await editor.write("/pin", reply_to_message_id=told["message_id"])
        item = await looked_at(reviewer, after=asked)
        assert "tells: logistics/trains.md#trains-2025" in item["text"]
        await reviewer.tap_for_change(item, announcement_texts.button_approve(EN))
        await editor.told("was approved", after=told["message_id"])
        assert "1,225" in (await answers(john, TRAINS, mark))["text"]
        in_russian = (await ivan.ask(TRAINS_IN_RUSSIAN))["text"]
        assert "📌" in in_russian
        assert "1,225" in in_russian
        file = next((place.knowledge / "en/pins").glob("*.md"))
        pinned = file.read_text("utf-8")
        file.write_text(pinned.replace("tells:", "valid_until: 2021-01-31\ntells:"), "utf-8")

        async def over() -> dict | None:
            answer = await john.ask(TRAINS)
            return answer if mark not in answer["text"] else None

        assert "1,225" in (await until(over, "an answer without the mark"))["text"]
        assert file.name in (await editor.ask("/expiring"))["text"]
        assert await bot.stop() == 0
