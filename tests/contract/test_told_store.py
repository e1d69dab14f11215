"""Who was told which section, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.told_store import SqlTellingStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.answering.model import Loss, LostBy, Outcome
from bot.correcting.model import Telling
from bot.ids import ChatId, DocumentPath, Locale, SectionKey, VisitorId
from bot.visitors.model import Retention
from tests.support.correcting_parts import PATH, document
from tests.support.fakes import FakeTombstones, exported
from tests.support.gap_rig import AIDA, BORIS, HALL, NOW, lost_turn

LONG = SectionKey(HALL.path, "dogs-2")
ODD = SectionKey(DocumentPath("venue/зал_%.md"), "dogs")
SINCE = NOW - timedelta(days=30)


@pytest.fixture
def store(database):
    return SqlTellingStore(database)


@pytest.fixture
def turns(database):
    return SqlTurnStore(database)


def answered(turn_id, *keys, **changes):
    return lost_turn(turn_id, "a", loss=None, outcome=Outcome.ANSWERED, keys=keys, **changes)


async def test_answers_that_cite_the_section_have_told_it_and_nothing_else_has(store, turns):
    await turns.record(answered("told", LONG, HALL, locale=Locale.RU, knowledge_version=7))
    await turns.record(answered("other", LONG, visitor_id=BORIS))
    await turns.record(answered("odd", ODD, visitor_id=BORIS))
    await turns.record(answered("old", HALL, visitor_id=BORIS, asked_at=SINCE - timedelta(seconds=1)))
    await turns.record(lost_turn("talk", "hi", loss=None, outcome=Outcome.GREETING, keys=(HALL,)))
    await turns.record(lost_turn("offer", "b", outcome=Outcome.OFFERED, offered=(HALL,), visitor_id=BORIS))
    assert await store.tellings(HALL, since=SINCE) == [Telling(AIDA, Locale.RU, NOW, 7)]
    assert [one.visitor_id for one in await store.tellings(ODD, since=SINCE)] == [BORIS]
    assert await store.tellings(SectionKey(DocumentPath("venue/зал__.md"), "dogs"), since=SINCE) == []


async def test_every_section_that_was_shown_below_a_question_has_been_told(store, turns):
    offered = Loss(LostBy.OFFERED, HALL, (Locale.EN,))
    await turns.record(lost_turn("a", "A", loss=offered, outcome=Outcome.OFFERED, offered=(HALL, LONG)))
    later = NOW + timedelta(minutes=3)
    await turns.show("a", ChatId(AIDA), HALL, now=NOW)
    await turns.show("a", ChatId(AIDA), LONG, now=NOW)
    await turns.show("a", ChatId(AIDA), HALL, now=later)
    await turns.show("a", ChatId(BORIS), LONG, now=later)
    await turns.show("gone", ChatId(AIDA), HALL, now=NOW)
    assert await store.tellings(HALL, since=SINCE) == [Telling(AIDA, Locale.EN, later)]
    assert await store.tellings(LONG, since=SINCE) == [Telling(AIDA, Locale.EN, NOW)]


async def test_the_language_is_that_of_the_last_answer_of_any_kind(store, turns):
    await turns.record(answered("1", HALL, locale=Locale.EN))
    await turns.record(lost_turn("2", "привет", locale=Locale.RU, asked_at=NOW + timedelta(hours=1)))
    await turns.record(answered("3", HALL, locale=Locale.ZH, visitor_id=BORIS))
    nobody = VisitorId(1)
    assert await store.languages([AIDA, BORIS, nobody]) == {AIDA: Locale.RU, BORIS: Locale.ZH}
    assert await store.languages([]) == {}


async def test_what_was_shown_goes_with_its_question_and_is_exported(database, store, turns):
    visitors = SqlVisitorStore(database, FakeTombstones())
    for turn_id, person in (("a", AIDA), ("b", BORIS)):
        await turns.record(lost_turn(turn_id, "A", visitor_id=person))
        await turns.show(turn_id, ChatId(person), HALL, now=NOW)
    shown = (await exported(visitors.export(AIDA)))["shown_sections"]
    assert [(row["turn_id"], row["section"]) for row in shown] == [("a", str(HALL))]
    await visitors.forget(AIDA, now=NOW)
    assert [one.visitor_id for one in await store.tellings(HALL, since=SINCE)] == [BORIS]
    await visitors.sweep(Retention(questions_days=30), now=NOW + timedelta(days=31))
    assert await store.tellings(HALL, since=SINCE) == []


async def test_the_copies_of_a_file_are_known_for_each_version(database):
    manifest = SqlManifestStore(database)
    texts = ({Locale.EN: "Old.", Locale.RU: "Старое."}, {Locale.EN: "New.", Locale.RU: "Старое."}, {})
    numbers = []
    for copies in texts:
        number = await manifest.begin("e5")
        await manifest.write_documents(number, [document(locale, text) for locale, text in copies.items()])
        numbers.append(number)
    found = await manifest.copies_of(PATH)
    assert {number: [one.sections[0].text for one in copies] for number, copies in found.items()} == {
        numbers[0]: ["Old.", "Старое."],
        numbers[1]: ["New.", "Старое."],
    }
    assert await manifest.copies_of(DocumentPath("venue/other.md")) == {}
