"""Row F71 of tests/faults/README.md: an office file that is put into the folder of a running bot, which is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.text import knowledge_texts, staff_texts
from bot.ids import Locale
from bot.proposals.model import UnreadableFile
from tests.support.apps import App
from tests.support.office_files import docx, paragraph
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.visitors import Town, Visitor, until

EN = App.t(Locale.EN)


def guide(subject: str) -> bytes:
    text = f"{subject} is open from nine in the morning until six in the evening, every day of the week."
    return docx(paragraph("Guide", "Title"), paragraph("Hours", "Heading1"), paragraph(text))


def put(place: Place, name: str, content: bytes) -> str:
    file = place.knowledge / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return f"drafts/{Path(name).with_suffix('.md')}"


async def told_of(owner: Visitor, name: str) -> list[str]:
    """What the owner heard about a file."""
    return [one["text"] for one in await owner.answers() if name in one["text"]]


def converted(bot: BotProcess) -> int:
    """How many files this process converted."""
    return len(bot.events("office_file_converted"))


@pytest.mark.nightly
async def test_F71_a_file_in_the_folder_becomes_one_draft_told_once_whenever_the_bot_is_killed(
    place: Place, town: Town
):
    owner = await town.visitor("Olga", "en")
    settings = {
        "organisers_owners": f"[{owner.id}]",
        "announcements_ask_visitors": False,
        "knowledge_settle_s": 0.2,
        "knowledge_rescan_s": 2,
    }
    async with running_bot(place, town.base_url, **settings) as bot:
        await owner.start()
        first = put(place, "en/venue/first.docx", guide("The first hall"))
        [news] = await until(lambda: told_of(owner, "first.docx"), "news of the first file")
        assert news == knowledge_texts.file_became_draft(EN, "en/venue/first.docx", first)
        second = put(place, "en/venue/second.docx", guide("The second hall"))
        await bot.kill()
    assert (place.knowledge / first).read_text(encoding="utf-8").endswith("every day of the week.\n")
    async with running_bot(place, town.base_url, **settings) as bot:
        await until(lambda: told_of(owner, "second.docx"), "news of the second file")
        assert converted(bot) == 1, "the first is known"
        assert "The second hall" in (place.knowledge / second).read_text(encoding="utf-8")
        put(place, "en/venue/old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
        [refused] = await until(lambda: told_of(owner, "old.docx"), "news of the refused file")
        assert refused == knowledge_texts.file_refused(
            EN, "en/venue/old.docx", staff_texts.upload_unreadable(EN, UnreadableFile.OLD_FORMAT)
        )
        await bot.kill()
    async with running_bot(place, town.base_url, **settings) as bot:
        third = put(place, "en/venue/third.docx", guide("The third hall"))
        await until(lambda: told_of(owner, "third.docx"), "news of the third file")
        assert converted(bot) == 1
        assert await bot.stop() == 0
    assert [len(await told_of(owner, f"{name}.docx")) for name in ("first", "second", "old", "third")] == [1] * 4
    checked = place.scoda("knowledge", "check")
    for fate in (f"it became {third}", f"it became {second}", "no draft was made of it: old.docx"):
        assert fate in " ".join((checked.stdout + checked.stderr).split())
