"""/knowledge: who sees it, the list with its marks, turning its pages, and one section."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.overview import SectionStatus
from tests.support.chat_rig import NOW
from tests.support.proposal_parts import AUTHOR, EDITOR
from tests.support.staff_rig import StaffRig

TODAY = NOW.date()


def section(name: str, **more) -> SectionStatus:
    fields = {
        "key": SectionKey(DocumentPath("venue/hall.md"), name),
        "headings": {Locale.EN: f"The {name}", Locale.RU: f"Зал {name}"},
        "stale": (),
        "questions": 12,
        "poor": (),
        "drafts": 0,
        "ends_on": None,
        "told": 3,
    }
    return SectionStatus(**fields | more)


POOR = section(
    "poor",
    headings={Locale.RU: "Цены <1>"},
    stale=(Locale.RU,),
    questions=2,
    poor=(Locale.RU,),
    drafts=2,
    ends_on=TODAY + timedelta(days=3),
    told=0,
)


@pytest.fixture
async def rig(tmp_path):
    rig = await StaffRig(tmp_path).open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


def paragraph(page: str, words: str) -> str:
    """What stands in the list of the section with these words."""
    return next(one for one in page.split("\n\n") if words in one)


async def test_each_section_has_the_marks_of_what_it_lacks_and_nothing_else(rig):
    later = section("later", ends_on=TODAY + timedelta(days=200), told=0)
    rig.sections = [POOR, section("fine"), later]
    page = await rig.says(EDITOR, "/knowledge")
    assert "1–3 of 3" in page
    poor = paragraph(page, "Цены")
    assert "&lt;1&gt;" in poor
    assert all(mark in poor for mark in ("🌐 1", "♻️ 1", "❓ 1", "📝 2", "⏳", "💤"))
    assert paragraph(page, "The fine").endswith("\n🔥")
    assert paragraph(page, "The later").endswith("\n💤")


async def test_a_section_that_lacks_nothing_and_is_asked_at_times_is_in_order(rig):
    rig.sections = [section("quiet", told=1), *(section(f"s{number}", told=9) for number in range(10))]
    assert paragraph(await rig.says(EDITOR, "/knowledge"), "The quiet").endswith("\n✅")


async def test_a_press_shows_all_of_a_section_what_helps_and_the_way_back(rig):
    rig.sections = [*(section(f"s{number}") for number in range(10)), POOR]
    assert "The s0" in await rig.says(EDITOR, "/knowledge")
    assert [button["text"] for button in rig.telegram.keyboard()] == [*map(str, range(1, 11)), "▶️"]
    page = await rig.taps(EDITOR, "▶️")
    assert "11–11 of 11" in page
    assert [button["text"] for button in rig.telegram.keyboard()] == ["11", "◀️"]
    page = await rig.taps(EDITOR, "11")
    assert "venue/hall.md#poor" in page
    assert "Missing in: English" in page
    assert "out of date: Русский" in page
    assert "2 example questions" in page
    assert "Fewer than 6 questions: Русский" in page
    assert "2 drafts wait" in page
    assert "Holds until" in page
    assert "Never asked" in page
    assert "scoda knowledge draft venue/hall.md" in page
    assert all(help_of in page for help_of in ("/expiring", "/gaps", "/drafts", "--sections --ask"))
    assert "11–11 of 11" in await rig.taps(EDITOR, "Back")
    assert "The s0" in await rig.taps(EDITOR, "◀️")
    page = await rig.taps(EDITOR, "3")
    assert "The s2" in page
    assert "Told 3 times" in page
    assert not any(unneeded in page for unneeded in ("Missing", "/drafts", "/expiring", "knowledge draft"))


async def test_a_section_that_is_gone_is_said_to_be_and_the_last_page_stands_for_one_that_is(rig):
    rig.sections = [*(section(f"s{number}") for number in range(10)), POOR]
    await rig.says(EDITOR, "/knowledge")
    await rig.taps(EDITOR, "▶️")
    await rig.taps(EDITOR, "11")
    rig.sections = rig.sections[:10]
    assert "1–10 of 10" in await rig.taps(EDITOR, "Back")
    rig.sections = rig.sections[1:]
    assert "no longer in the knowledge" in await rig.taps(EDITOR, "1")
    rig.sections = []
    assert "no section yet" in await rig.says(EDITOR, "/knowledge")


async def test_A18_who_is_no_staff_gets_what_an_unknown_command_gets(rig):
    rig.sections = [POOR]
    for who in (AUTHOR, 99):
        unknown = await rig.says(who, "/nonsense")
        assert await rig.says(who, "/knowledge") == unknown
