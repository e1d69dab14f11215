"""One intent, one outcome in twelve languages; and the first screen's questions, answered as if they were typed.

The wordings are those that are trained on: what fails here is a section, a question or a name that a language lacks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
import pytest_asyncio

from bot.answering.evaluation import CaseResult, evaluate, read_cases
from bot.answering.message_verdicts import Verdict
from bot.answering.model import Answer, Outcome, Question
from bot.app.core import open_core
from bot.chat.text import texts
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.languages import words_of
from bot.settings.loading import load_settings
from tests.golden import KNOWLEDGE, SETS, TODAY
from tests.support.chat_rig import LOCALES

INTENTS = (SETS / "training" / "intents.jsonl").read_text(encoding="utf-8").splitlines()
TWO_FIT = "two sections of one subject fit about alike, so it is offered"
ROMANISED = "romanised in two or three words, of which the embedding knows little"
NAME_ALONE = "a name with one more word: it lies between the sections that the name stands in"
REASONS: Mapping[str, str] = {
    "intent-alliance-who-zh": TWO_FIT,
    "intent-way-hi": ROMANISED,
    "intent-flights-hi": ROMANISED,
    "intent-visa-elsewhere-hi": ROMANISED,
    "intent-customs-hi": ROMANISED,
    "intent-rules-hi": ROMANISED,
    "intent-visa-russia-hi": NAME_ALONE,
    "intent-visa-russia-fa": NAME_ALONE,
    "intent-taxes-zh": NAME_ALONE,
    "intent-area-companies-zh": NAME_ALONE,
}
"""By the id of a line, why it may end elsewhere than in the other languages."""
CATALOGS = Catalogs(LOCALES)
SAMPLED = frozenset(sorted({json.loads(line)["intent"] for line in INTENTS})[::8])
"""Some ten intents, asked with each change; all are asked nightly."""
AREA, ALLIANCE = "area/overview.md#what-scoda-is", "alliance/alliance.md"


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["sample", pytest.param("all", marks=pytest.mark.nightly)]
)
async def results(request, golden_data) -> list[CaseResult]:
    async with open_core(load_settings(data=golden_data, knowledge=KNOWLEDGE)) as core:
        await core.make_answerable()
        lines = (
            INTENTS if request.param == "all" else [line for line in INTENTS if json.loads(line)["intent"] in SAMPLED]
        )
        return await evaluate(
            list(read_cases(lines)), core.extractive, today=TODAY, say=lambda answer: " ".join(answer.sentences)
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def first_screen(golden_data) -> dict[Locale, list[Answer]]:
    async with open_core(load_settings(data=golden_data, knowledge=KNOWLEDGE)) as core:
        await core.make_answerable()
        return {
            locale: [
                await core.extractive.answer(Question(question(CATALOGS.translator(locale)), TODAY, app_locale=locale))
                for question in texts.FIRST_QUESTIONS
            ]
            for locale in Locale
        }


def test_every_intent_has_a_wording_in_every_language():
    lines = [json.loads(line) for line in INTENTS]
    intents = {line["intent"] for line in lines}
    assert len(intents) >= 80
    assert {(line["intent"], line["lang"]) for line in lines} == {(one, locale) for one in intents for locale in Locale}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("locale", list(Locale))
async def test_an_intent_ends_where_it_does_in_the_other_languages(results, locale):
    others = [
        f"{result.case.case_id}: {result.verdict} by {result.answer.outcome}"
        for result in results
        if result.case.locale is locale and result.verdict is not Verdict.RIGHT and result.case.case_id not in REASONS
    ]
    assert others == []


@pytest.mark.asyncio(loop_scope="module")
async def test_no_intent_that_has_a_reason_to_end_elsewhere_ends_where_it_should(results):
    assert {r.case.case_id for r in results if r.verdict is Verdict.RIGHT} & REASONS.keys() == set()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("locale", list(Locale))
async def test_the_first_screen_is_answered_in_every_language(first_screen, locale):
    when_and_where, way, visa, exhibit, area, alliance = first_screen[locale]
    assert str(when_and_where.named) == "open/expo.md#next-edition"
    assert when_and_where.second is not None
    assert when_and_where.second.outcome is Outcome.ANSWERED
    assert way.citations[0].key.path == "transport/metro.md"
    assert (visa.outcome, len(visa.suggestions) >= 6) == (Outcome.CLARIFY, True)
    assert str(exhibit.named) == "open/expo.md#booths"
    assert str(area.citations[0].key) == AREA
    assert alliance.citations[0].key.path == ALLIANCE


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def courteous(golden_data) -> list[CaseResult]:
    """What is asked most, with a greeting before it, politeness before it and thanks behind it."""
    lines = [line for line in map(json.loads, INTENTS) if line["intent"] in {"expo-where", "expo-when", "exhibit"}]
    asked = []
    for line in lines:
        listed, gap = words_of(line["lang"]), "" if line["lang"] == Locale.ZH else " "
        for before, behind in ((listed.greetings[0], ""), (listed.politeness[0], ""), ("", listed.thanks[0])):
            asked.append(json.dumps(line | {"question": f"{before}{gap}{line['question']}{gap}{behind}".strip()}))
    async with open_core(load_settings(data=golden_data, knowledge=KNOWLEDGE)) as core:
        await core.make_answerable()
        cases = list(read_cases(asked))
        return await evaluate(cases, core.extractive, today=TODAY, say=lambda answer: " ".join(answer.sentences))


@pytest.mark.nightly
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("locale", list(Locale))
async def test_courtesy_around_a_question_changes_nothing(courteous, locale):
    of_locale = [result for result in courteous if result.case.locale is locale]
    assert len(of_locale) == 9
    assert [result.case.question for result in of_locale if result.verdict is not Verdict.RIGHT] == []
