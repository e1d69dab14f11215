"""What a model drafts is kept as far as the check lets it through, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.drafting.asking import ModelAsker
from bot.drafting.model import Drafted, DraftPart, DraftRefusal, WrittenSection
from bot.drafting.service import Drafter, DraftWish
from bot.ids import DocumentPath, Locale, SectionKey
from tests.support.attacking import FreeLedger
from tests.support.drafting_material import NothingTold, PeopleModel, faithful, originals

NOW = datetime(2026, 11, 28, tzinfo=UTC)
PATH = DocumentPath("lastweek/exhibits-customs.md")
DOCUMENT = originals()[PATH]
FIRST = DOCUMENT.sections[0].section_id


class Poor(FreeLedger):
    async def reserve(self, visitor_id, tokens, *, now):
        return None


async def _drafted(
    model: PeopleModel, *, locale: Locale = Locale.KK, only_questions: bool = False, told=None, ledger=None
) -> Drafted:
    drafter = Drafter(
        ModelAsker(model, ledger or FreeLedger(), now=lambda: NOW), ShortMessageIdentifier(), NothingTold(told)
    )
    document = DOCUMENT
    (drafted,) = await drafter.draft(document, [DraftWish(document, locale, only_questions=only_questions)])
    return drafted


async def test_a_faithful_draft_is_kept_with_questions_of_both_kinds():
    drafted = await _drafted(PeopleModel())
    assert [section.section_id for section in drafted.draft.sections] == [one.section_id for one in DOCUMENT.sections]
    person = faithful(DOCUMENT, FIRST, Locale.KK)
    section = drafted.draft.sections[0]
    assert (section.heading, section.text) == (person.heading, person.text)
    assert list(section.questions) == person.questions
    assert list(section.near_misses) == person.near_misses
    assert drafted.draft.title == person.title


async def test_a_translation_with_another_number_is_asked_for_again_and_thrown_away():
    model = PeopleModel(
        lambda written, _locale: written.model_copy(
            update={"text": written.text.replace("20", "21").replace("5000", "6000")}
        )
    )
    drafted = await _drafted(model)
    refused = [one for one in drafted.refused if one.reason is DraftRefusal.FIGURES]
    assert FIRST in {one.section_id for one in refused}
    assert FIRST not in {section.section_id for section in drafted.draft.sections}
    assert any(DraftRefusal.FIGURES.value in prompt[1].text for prompt in model.prompts)


async def test_only_questions_are_drafted_where_there_is_a_copy():
    drafted = await _drafted(PeopleModel(), locale=Locale.RU, only_questions=True)
    assert drafted.draft.title == ""
    assert {section.text for section in drafted.draft.sections} == {""}
    assert all(section.questions for section in drafted.draft.sections)


async def test_a_near_miss_that_another_section_is_told_for_is_thrown_away():
    near = faithful(DOCUMENT, FIRST, Locale.KK).near_misses[0]
    drafted = await _drafted(PeopleModel(), told={near: SectionKey(DocumentPath("visa/visa.md"), "price")})
    assert near not in drafted.draft.sections[0].near_misses
    assert [one.text for one in drafted.refused if one.reason is DraftRefusal.ANSWERED] == [near]


async def test_a_near_miss_that_the_model_finds_answered_is_thrown_away():
    drafted = await _drafted(PeopleModel(answered=[1]))
    near = faithful(DOCUMENT, FIRST, Locale.KK).near_misses
    assert list(drafted.draft.sections[0].near_misses) == near[1:]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Visit https://evil.example.com/prize", DraftRefusal.ADDRESS),
        ("Is it open at 23:45?", DraftRefusal.LANGUAGE),
        ("x" * 350, DraftRefusal.LENGTH),
        ("…", DraftRefusal.EMPTY),
    ],
)
async def test_a_question_that_is_wrong_is_thrown_away_alone(question: str, reason: DraftRefusal):
    def spoil(written: WrittenSection, _locale: Locale) -> WrittenSection:
        return written.model_copy(update={"questions": [question, *written.questions]})

    drafted = await _drafted(PeopleModel(spoil))
    person = faithful(DOCUMENT, FIRST, Locale.KK)
    assert list(drafted.draft.sections[0].questions) == person.questions
    (refused,) = [one for one in drafted.refused if one.section_id == FIRST]
    assert (refused.part, refused.reason) == (DraftPart.QUESTION, reason)


async def test_a_time_that_the_section_does_not_have_is_not_asked_for():
    def spoil(written: WrittenSection, _locale: Locale) -> WrittenSection:
        return written.model_copy(update={"questions": ["Қойма сағат 23:45-те ашық па?", *written.questions]})

    drafted = await _drafted(PeopleModel(spoil))
    assert [one.reason for one in drafted.refused if one.section_id == FIRST] == [DraftRefusal.FIGURES]


async def test_a_question_is_drafted_once():
    def spoil(written: WrittenSection, _locale: Locale) -> WrittenSection:
        return written.model_copy(update={"questions": [*written.questions, written.questions[0].upper()]})

    drafted = await _drafted(PeopleModel(spoil))
    assert list(drafted.draft.sections[0].questions) == faithful(DOCUMENT, FIRST, Locale.KK).questions


async def test_a_model_that_is_down_drafts_nothing_and_says_so():
    model = PeopleModel()
    model.fails = True
    drafted = await _drafted(model)
    assert drafted.draft.sections == ()
    assert {one.reason for one in drafted.refused} == {DraftRefusal.NO_MODEL}


async def test_what_the_budget_does_not_hold_is_not_asked():
    model = PeopleModel()
    drafted = await _drafted(model, ledger=Poor())
    assert model.prompts == []
    assert {one.reason for one in drafted.refused} == {DraftRefusal.NO_MODEL}
