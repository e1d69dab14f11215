"""An announcement from the first word to the report, with the whole program: people, Telegram and `scoda run`."""

from __future__ import annotations

import asyncio
import csv
import io
import json

import pytest

from bot.chat.text import announcement_texts, texts
from bot.ids import Locale
from bot.reports.report_picture import CopyOutcome
from tests.support.apps import App
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, Visitor, agreed, button, buttons, until

EN = App.t(Locale.EN)
WORDS = {
    "en": "The forum moves to hall 7 and starts {start}.",
    "ru": "Форум переносится в зал 7, начало {start}.",
    "fa": "همایش به تالار ۷ منتقل شد و {start} آغاز می‌شود.",
}
READ = {"en": "The forum moves to hall 7", "ru": "Форум переносится в зал 7", "fa": "همایش به تالار ۷ منتقل شد"}


async def invited(town: Town, owner: Visitor) -> Visitor:
    """Somebody becomes an approver by the owner's single-use link, once the owner has seen who they are."""
    page = await owner.ask("/organisers")
    roles = await owner.tap_for_change(page, announcement_texts.button_invite(EN))
    link = await owner.tap_for_message(roles, "Approver")
    payload = next(word for word in link["text"].split() if "start=" in word).partition("start=")[2]
    approver = await town.visitor("Aigul", "en")
    asked = await owner.last_id()
    waiting = await approver.start(payload)
    assert waiting["text"] == announcement_texts.invitation_opened(EN, "Approver")
    question = await owner.next_after(asked)
    assert "Aigul" in question["text"]
    assert str(approver.id) in question["text"]
    await owner.tap_for_change(question, announcement_texts.button_confirm_person(EN))
    assert "Approver" in (await approver.next_after(waiting["message_id"]))["text"]
    late = await town.visitor("Eve", "en")
    assert texts.welcome(EN) in (await late.start(payload))["text"]
    return approver


async def composed(owner: Visitor) -> dict:
    """The owner walks from a name to the overview of a draft in three languages that goes out at once."""
    await owner.ask("/announce")
    topics = await owner.ask("Hall changed")
    languages = await owner.tap_for_change(topics, texts.topic(EN, "forum"))
    await owner.tap_for_message(languages, "English")
    asked = await owner.ask(WORDS["en"])
    assert "start" in asked["text"]
    page = await owner.ask("2027-06-15 09:30")
    for language in ("ru", "fa"):
        await owner.tap_for_message(page, Locale(language).endonym)
        page = await owner.ask(WORDS[language])
    page = await owner.tap_for_change(page, announcement_texts.button_others_nothing(EN))
    audience = await owner.tap_for_change(page, "Next")
    assert "3 recipients" in audience["text"]
    assert button(audience, "Русский 1")
    time = await owner.tap_for_change(audience, "Next")
    time = (
        await owner.tap_for_change(time, announcement_texts.button_now(EN)) if "✅" not in str(buttons(time)) else time
    )
    terms = await owner.tap_for_change(time, "Next")
    return await owner.tap_for_change(terms, "Overview")


@pytest.fixture
async def bot(place: Place, town: Town):
    owner = await town.visitor("Olga", "en")
    settings = {"organisers_owners": f"[{owner.id}]", "announcements_ask_visitors": True}
    async with running_bot(place, town.base_url, **settings) as bot:
        yield bot, owner


@pytest.mark.nightly
async def test_an_announcement_reaches_each_in_their_language_and_its_numbers_add_up(
    bot: tuple[BotProcess, Visitor], place: Place, town: Town
):
    process, owner = bot
    approver = await invited(town, owner)
    visitors = {
        "en": await agreed(town, "John", "en", "How many freight trains ran in 2025?"),
        "ru": await agreed(town, "Anna", "ru", "Сколько грузовых поездов прошло в 2025 году?"),
        "fa": await agreed(town, "Reza", "fa", "در سال ۲۰۲۵ چند قطار باری حرکت کرد؟"),
    }
    stranger = await town.visitor("Ivan", "ru")
    await stranger.ask("Сколько грузовых поездов прошло в 2025 году?")

    overview = await composed(owner)
    preview = await owner.tap_for_change(overview, announcement_texts.button_preview(EN))
    trial = await owner.tap_for_message(preview, "فارسی")
    assert READ["fa"] in trial["text"]
    assert "۱۵ ژوئن ۲۰۲۷" in trial["text"]
    overview = await owner.tap_for_change(preview, "Overview")
    last = await approver.last_id()
    submitted = await owner.tap_for_change(overview, announcement_texts.button_submit(EN))
    assert "✅ Approve" not in str(buttons(submitted))

    request = await approver.next_after(last)
    assert announcement_texts.approval_wanted(EN) in request["text"]
    before = {language: await visitor.last_id() for language, visitor in visitors.items()}
    await approver.tap(request, announcement_texts.button_approve(EN))

    copies = {language: await visitor.next_after(before[language]) for language, visitor in visitors.items()}
    for language, copy in copies.items():
        assert READ[language] in copy["text"]
        assert button(copy, texts.button_stop_all(App.t(Locale(language))))
    assert "15 июня 2027" in copies["ru"]["text"]

    report = await until(lambda: _report(owner), "the report")
    assert announcement_texts.report_outcome(EN, CopyOutcome.SENT, 3) in report["caption"]
    assert not [message for message in await owner.answers() if "document" in message], "nobody is named in the chat"
    assert len(await stranger.answers()) == 2  # the answer and the question for consent

    [made] = json.loads((await asyncio.to_thread(place.scoda, "announce", "list", "--json")).stdout)
    announcement_id = made["id"]
    listed = place.scoda("announce", "report", announcement_id, "--json", "--csv", str(place.home / "all.csv"))
    told = json.loads(listed.stdout)
    assert told["audience"] == told["counts"]["sent"] == sum(told["counts"].values()) == 3
    assert told["adds_up"] is True
    rows = list(csv.DictReader(io.StringIO((place.home / "all.csv").read_text("utf-8-sig"))))
    assert {row["language"]: row["state"] for row in rows} == {"en": "sent", "ru": "sent", "fa": "sent"}

    await until(lambda: process.events("knowledge_published"), "the announcement to become knowledge")
    john = visitors["en"]
    assert "hall 7" in (await john.ask("Which hall does the forum move to?"))["text"]
    await _is_taken_back(approver, visitors, copies, announcement_id)
    await until(lambda: len(process.events("knowledge_published")) > 1, "the announcement to leave the knowledge")
    assert "hall 7" not in (await john.ask("Which hall does the forum move to?"))["text"]
    assert "hall 7" not in (await john.ask("/news"))["text"]
    assert await process.stop() == 0
    assert SANDBOX_TOKEN not in process.log()


async def _report(owner: Visitor) -> dict | None:
    """The picture with the numbers below it, once it is there."""
    title = announcement_texts.report_title(EN, "Hall changed")
    return next((message for message in await owner.answers() if title in message.get("caption", "")), None)


async def _is_taken_back(
    approver: Visitor, visitors: dict[str, Visitor], copies: dict[str, dict], announcement_id: str
) -> None:
    """One ends the topic with a tap; then all is withdrawn: every copy is deleted."""
    t = App.t(Locale.RU)
    notice = await visitors["ru"].tap(copies["ru"], texts.button_stop_all(t))
    assert notice["text"] == texts.unsubscribed_all(t)
    listed = await approver.ask("/announcements")
    item = await approver.tap_for_change(listed, "Hall changed")
    sure = await approver.tap_for_change(item, announcement_texts.button_withdraw(EN))
    await approver.tap(sure, announcement_texts.button_confirm(EN))

    async def gone() -> bool:
        left = {message["message_id"] for visitor in visitors.values() for message in await visitor.messages()}
        return not left & {copy["message_id"] for copy in copies.values()}

    await until(gone, f"the copies of {announcement_id} to be deleted")
