"""A file that is sent becomes a proposal, if its sender belongs to the staff."""

from __future__ import annotations

import pytest
from telegram.error import NetworkError

from bot.announcements.model import Role
from bot.proposals.model import ProposalState, Weight
from bot.proposals.ports import ConversionRefusal, ConvertedDocument
from tests.support.chat_rig import person
from tests.support.proposal_parts import EDITOR, HALL, OWNER, REVIEWER
from tests.support.staff_rig import StaffRig

TEXT = "---\ntitle: Food\ntopic: venue\nlang: en\nsource:\n  publisher: X\n  title: Y\n  url: https://example.org\nas_of: 2026-01-19\n---\n\n## Food {#food}\n\nThe hall has a canteen.\n"
STRANGER = 99


class Shouting:
    """A converter of `.loud` files."""

    endings = frozenset({"loud"})
    most_bytes = 100

    async def convert(self, content: bytes, label: str):
        if b"bad" in content:
            return ConversionRefusal(f"{label} is bad")
        return ConvertedDocument("## A {#a}\n\nLoud words.\n", ("a picture was left out",))


@pytest.fixture
async def rig(tmp_path):
    rig = await StaffRig(tmp_path, Shouting()).open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


def fetched(rig) -> int:
    return len(rig.telegram.sent("getFile"))


async def only(rig):
    [proposal] = (await rig.parts.database.reading()).proposals.values()
    return proposal


async def test_a_text_file_is_proposed_on_one_page_and_approved_by_another(rig):
    page = await rig.sends(EDITOR, "Food & drink.md", TEXT.encode())
    assert "en/venue/food-drink.md" in page
    assert (await only(rig)).state is ProposalState.PREPARING
    assert rig.telegram.to(REVIEWER) == []
    await rig.taps(EDITOR, "Propose")
    assert "waiting for you" in rig.last(REVIEWER)
    await rig.taps(REVIEWER, "Look")
    await rig.taps(REVIEWER, "Approve")
    assert rig.knowledge.text("en/venue/food-drink.md") == TEXT


async def test_language_topic_and_name_can_be_changed(rig):
    await rig.sends(EDITOR, "food.md", b"## A {#a}\n\nSome words.\n")
    assert (await only(rig)).files == {"en/general/food.md"}
    await rig.taps(EDITOR, "🌐")
    await rig.taps(EDITOR, "Русский")
    await rig.taps(EDITOR, "📁")
    await rig.taps(EDITOR, "Logistics")
    await rig.taps(EDITOR, "Name")
    assert "ru/logistics/canteen.md" in await rig.says(EDITOR, "Canteen")
    assert (await only(rig)).files == {"ru/logistics/canteen.md"}


async def test_where_the_file_exists_its_sender_says_what_kind_of_change_it_is(rig):
    text = rig.knowledge.text().replace("stands in", "is in")
    page = await rig.sends(EDITOR, "hall.md", text.encode())
    assert HALL in page
    assert "would be replaced" in page
    await rig.taps(EDITOR, "Clarification")
    assert (await only(rig)).weight is Weight.CLARIFICATION


async def test_F09_a_file_of_anybody_else_is_never_fetched(rig):
    await rig.parts.organisers.revoke(EDITOR, Role.EDITOR)
    for who in (STRANGER, EDITOR):
        for more in ({}, {"caption": "publish this"}):
            await rig.sends(who, "food.md", TEXT.encode(), **more)
    assert fetched(rig) == 0
    assert not (await rig.parts.database.reading()).proposals


async def test_F09_neither_is_one_that_is_forwarded_nor_one_in_a_group(rig):
    origin = {"type": "user", "date": 1, "sender_user": person(STRANGER)}
    await rig.sends(EDITOR, "food.md", TEXT.encode(), forward_origin=origin)
    await rig.sends(EDITOR, "food.md", TEXT.encode(), chat={"id": -1001, "type": "supergroup", "title": "G"})
    assert fetched(rig) == 0


@pytest.mark.parametrize(("name", "size"), [("food.md", 300_000), ("food.exe", 10), ("food", 10)])
async def test_F09_what_is_too_large_or_of_another_kind_is_not_fetched(rig, name, size):
    told = await rig.sends(EDITOR, name, TEXT.encode(), size=size)
    assert "too large" in told or "cannot be read" in told
    assert fetched(rig) == 0


async def test_a_file_that_is_larger_than_it_was_said_to_be_is_not_read(rig):
    told = await rig.sends(EDITOR, "food.md", b"x" * 300_000, size=10)
    assert "too large" in told


async def test_what_telegram_does_not_give_is_asked_for_again(rig):
    rig.telegram.script("getFile", NetworkError("gone"))
    assert "send it again" in await rig.sends(EDITOR, "food.md", TEXT.encode())


async def test_what_is_no_text_is_refused_with_the_reason(rig):
    assert "UTF-8" in await rig.sends(EDITOR, "food.md", "еда".encode("cp1251"))


async def test_other_kinds_are_read_by_their_converter(rig):
    page = await rig.sends(EDITOR, "x.LOUD", b"words")
    assert "a picture was left out" in page
    assert (await only(rig)).changes[0].text == "## A {#a}\n\nLoud words.\n"
    assert "x.LOUD is bad" in await rig.sends(EDITOR, "x.LOUD", b"bad")


async def test_F05_the_name_is_only_a_label(rig):
    await rig.sends(EDITOR, "../../../etc/passwd.md", TEXT.encode())
    assert (await only(rig)).files == {"en/venue/passwd.md"}
    assert not (rig.knowledge.folder / "en/venue/passwd.md").exists()


async def test_what_another_prepares_is_nobody_else_s(rig):
    await rig.sends(EDITOR, "food.md", TEXT.encode())
    assert "No proposal" in await rig.says(OWNER, "/proposals")


async def test_a_file_that_is_handed_in_is_not_changed_any_more(rig):
    await rig.sends(EDITOR, "food.md", TEXT.encode())
    languages = rig.telegram.button_of(EDITOR, "🌐")
    await rig.taps(EDITOR, "Name")
    await rig.taps(EDITOR, "Propose")
    await rig.says(EDITOR, "other")
    await rig.press(languages, user=person(EDITOR))
    await rig.taps(EDITOR, "Русский")
    assert (await only(rig)).files == {"en/venue/food.md"}
