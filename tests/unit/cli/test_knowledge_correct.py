"""`scoda knowledge correct` as scripts meet it, on a database that nobody holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.answering.model import Outcome
from bot.app.state import STATE_FILE
from bot.ids import DocumentPath, Locale, SectionKey, VisitorId
from tests.support.gap_rig import AIDA, BORIS, lost_turn
from tests.support.processes import Place
from tests.support.sandbox_keys import SANDBOX_TOKEN

SECTION = "venue/pearl.md#size"
OWNER, SECOND = 101, 102
SETTINGS = {"telegram_token": SANDBOX_TOKEN, "organisers_owners": f"[{OWNER}, {SECOND}]"}


def scoda(place: Place, *arguments: str):
    return place.scoda("knowledge", "correct", SECTION, *arguments, **SETTINGS)


def run(place: Place, *arguments: str) -> Any:
    """A command that works, with its JSON."""
    done = scoda(place, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def said(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


@pytest.fixture
async def put_right(place: Place) -> Place:
    """Two were told the wrong size, in English and in Russian; then the English copy alone was put right."""
    async with open_database(place.data / STATE_FILE) as database:
        published = await SqlManifestStore(database).published()
        assert published is not None
        key = SectionKey(DocumentPath("venue/pearl.md"), "size")
        for turn_id, person, locale in (("a", AIDA, Locale.EN), ("b", BORIS, Locale.RU), ("c", BORIS, Locale.RU)):
            told = lost_turn(
                turn_id,
                "size?",
                visitor_id=VisitorId(person),
                asked_at=datetime.now(UTC),
                locale=locale,
                loss=None,
                outcome=Outcome.ANSWERED,
                keys=(key,),
                knowledge_version=published.number,
            )
            await SqlTurnStore(database).record(told)
    file = place.knowledge / "en/venue/pearl.md"
    file.write_text(file.read_text("utf-8").replace("160,000", "170,000"), "utf-8")
    synced = place.scoda("knowledge", "sync", **SETTINGS)
    assert synced.returncode == 0, synced.stderr
    return place


async def test_a_wrong_fact_is_looked_at_corrected_once_and_approved_by_another(put_right: Place):
    place = put_right
    shown = scoda(place)
    assert shown.returncode == 0, shown.stderr
    assert "160,000 square metres" in shown.stdout
    assert "ru/venue/pearl.md#size holds a figure of it as it did then" in said(shown.stdout)
    assert "2 people were told it by language: en 1, ru 1" in said(shown.stdout)
    assert str(AIDA) not in shown.stdout + shown.stderr

    made = run(place, "--text", "ru=Неверно: 160 000. Верно: 170 000.", "--as", str(OWNER))
    assert (made["still_wrong"], made["told"]["by_language"]) == (["ru", "zh"], {"en": 1, "ru": 1})
    correction = made["correction"]
    assert (correction["stage"], correction["people"]) == ("submitted", 2)
    assert correction["texts"]["ru"] == "Неверно: 160 000. Верно: 170 000."
    assert "170,000" in correction["texts"]["en"]
    twice = scoda(place, "--draft", "--as", str(OWNER))
    assert twice.returncode == 0
    assert f"there already: {correction['id']}" in said(twice.stdout)
    assert "--again makes another one" in said(twice.stderr)

    looked = json.loads(place.scoda("announce", "show", correction["id"], "--json", **SETTINGS).stdout)
    assert looked["audience"]["told"] == {"section": SECTION, "people": 2}
    assert looked["reach"] == {"recipients": 2, "held": 0, "by_fallback": 0, "by_language": {"en": 1, "ru": 1}}
    seen = ("--version", str(looked["version"]), "--count", "2")
    own = place.scoda("announce", "approve", correction["id"], "--as", str(OWNER), *seen, **SETTINGS)
    assert "nobody approves their own announcement" in said(own.stderr)
    approved = place.scoda("announce", "approve", correction["id"], "--as", str(SECOND), *seen, "--json", **SETTINGS)
    assert json.loads(approved.stdout)["stage"] == "approved"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--draft",), 2, "say who hands it in"),
        (("--text", "en", "--as", "101"), 2, "write a language and a text"),
        (("--since", "yesterday"), 2, "neither a version nor a day"),
        (("--draft", "--as", "999"), 1, "put the file right and publish it"),
    ],
)
def test_what_can_not_be_done_is_refused_with_what_to_do(place: Place, arguments, code, says):
    done = scoda(place, *arguments)
    assert done.returncode == code
    assert says in said(done.stderr)


def test_a_section_that_is_not_there_is_told_so(place: Place):
    done = place.scoda("knowledge", "correct", "venue/pearl.md#weight", **SETTINGS)
    assert done.returncode == 1
    assert "no version that is kept has a section venue/pearl.md#weight" in said(done.stderr)
    assert place.scoda("knowledge", "correct", "venue/pearl.md", **SETTINGS).returncode == 2
