"""`scoda link`: what it prints, and what it says where no link can be made."""

from __future__ import annotations

import asyncio

import pytest

from bot.chat.text.deeplinks import DeepLink, LinkKind, read_payload, section_mark
from bot.cli.link import payload_of
from bot.errors import ScodaError
from bot.ids import DocumentPath, SectionKey
from bot.settings import Settings
from bot.settings.loading import load_settings
from tests.support.little_knowledge import write_little_knowledge
from tests.support.processes import Place
from tests.support.sandbox_keys import SANDBOX_TOKEN, sandbox_server

TRAINS = SectionKey(DocumentPath("logistics/trains.md"), "trains-2025")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("link")
    write_little_knowledge(home / "knowledge")
    return Place(home, home / "knowledge", home / "data")


@pytest.fixture(scope="module")
def settings(place: Place) -> Settings:
    return load_settings(place.home / "no.toml", knowledge=place.knowledge, data=place.data)


def test_a_link_asks_its_question(settings: Settings):
    assert read_payload(payload_of(settings, " Где   это? ")) == DeepLink(LinkKind.ASK, "Где это?")


def test_a_link_opens_a_topic(settings: Settings):
    assert read_payload(payload_of(settings, topic="logistics")) == DeepLink(LinkKind.TOPIC, "logistics")


@pytest.mark.parametrize("name", [str(TRAINS), f"en/{TRAINS}", f"zh/{TRAINS}"])
def test_a_link_opens_a_section_named_with_or_without_a_language(settings: Settings, name: str):
    assert read_payload(payload_of(settings, section=name)) == DeepLink(LinkKind.SECTION, section_mark(TRAINS))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"question": "x" * 46}, "46 bytes, where a link holds 45"),
        ({"question": "Где и когда открывается выставка?"}, "or link to the section that answers it with --section"),
        ({"question": "  "}, "the question is empty"),
        ({"topic": "trains"}, "there is no topic 'trains'; there are: "),
        ({"section": "trains-2025"}, "write its file and its id"),
        ({"section": "logistics/planes.md#a"}, "there is no file logistics/planes.md"),
        ({"section": "logistics/trains.md#trains-2024"}, "it has: trains-2025, journey"),
    ],
)
def test_what_no_link_can_hold_or_reach_is_told_with_what_to_do(settings: Settings, asked: dict, told: str):
    with pytest.raises(ScodaError, match=told):
        payload_of(settings, **asked)


def test_a_topic_whose_name_no_link_can_hold_is_told(tmp_path):
    folder = tmp_path / "knowledge" / "en" / "getting there"
    folder.mkdir(parents=True)
    (folder / "bus.md").write_text("# Bus\n\n## Bus {#bus}\n\nThe bus leaves at nine.\n", encoding="utf-8")
    settings = load_settings(tmp_path / "no.toml", knowledge=tmp_path / "knowledge", data=tmp_path / "data")
    with pytest.raises(ScodaError, match="rename its folder, or link to one of its sections"):
        payload_of(settings, topic="getting there")


def test_a_bot_that_is_named_needs_no_telegram(place: Place):
    told = place.scoda("link", "Where is SCODA?", "--bot", "@scoda_bot")
    assert told.stdout == "https://t.me/scoda_bot?start=ask-V2hlcmUgaXMgU0NPREE_\n"
    assert "is no bot's name" in place.scoda("link", "Where?", "--bot", "t.me/scoda_bot").stderr


def test_without_a_token_what_to_write_in_the_sandbox_is_printed(place: Place):
    told = place.scoda("link", "Where is SCODA?")
    assert told.stdout == "/start ask-V2hlcmUgaXMgU0NPREE_\n"
    assert "add --bot NAME" in told.stderr


def test_exactly_one_goal_is_asked_for(place: Place):
    told = place.scoda("link", "Where?", "--topic", "logistics")
    assert told.returncode == 2
    assert "one of them" in told.stderr


async def test_telegram_tells_the_name_of_the_bot_with_the_token(place: Place):
    async with sandbox_server() as server:
        name = next(iter(server.sandbox.world.bots.values())).username
        told = await asyncio.to_thread(
            place.scoda, "link", "Hi?", telegram_token=SANDBOX_TOKEN, telegram_base_url=server.base_url
        )
    assert told.stdout == f"https://t.me/{name}?start=ask-SGk_\n"


async def test_a_server_that_is_away_and_a_wrong_token_are_told(place: Place):
    async with sandbox_server() as server:
        base_url = server.base_url
        wrong = await asyncio.to_thread(
            place.scoda, "link", "Hi?", telegram_token="7000009:another", telegram_base_url=base_url
        )
    away = await asyncio.to_thread(place.scoda, "link", "Hi?", telegram_token=SANDBOX_TOKEN, telegram_base_url=base_url)
    assert (wrong.returncode, away.returncode) == (1, 1)
    assert "refuses the bot's token" in wrong.stderr
    assert "name it with --bot" in away.stderr
