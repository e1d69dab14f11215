"""When a pin wins over all that is found, with a retriever whose findings are given."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from bot.adapters.system.clock import utc_now
from bot.answering.generation.calling import CallLimits
from bot.answering.generation.service import GeneratingAnswerer
from bot.answering.model import Outcome, Pinned
from bot.answering.pinning import WORD_FOR_WORD, PinModel, features
from bot.answering.ports import PinWording, Retrieved, RetrievedPin, StoredSection
from bot.answering.reading import Reading
from bot.ids import Locale, ReplyKind
from tests.support.answering_parts import (
    BOLD,
    TODAY,
    English,
    GivenRetriever,
    answerer,
    ask,
    examples,
    key,
    retrieved_section,
    section,
    told,
)
from tests.support.attacking import FreeLedger, WorstModel
from tests.support.model_server import composed

ASKED = "Is there parking at the hall?"
BY_MEANING = replace(BOLD, pins=PinModel({"question": 10.0}, -5.0, 0.9))
"""From a cosine of about 0.72 on it is sure."""
METRO = section("metro", "Line 8 goes there.")
PARKING = section("parking", "Park at gate 4. It opens in 2026.", questions=(ASKED,), is_pin=True)


@dataclass(eq=False)
class PinnedRetriever(GivenRetriever):
    """Besides what it is given it finds its pins, each as near as told by the pin's name."""

    near: dict[str, float] = field(default_factory=dict)
    near_miss: float = -1.0

    def keys(self):
        return [one for one in list(super().keys()) if not any(copy.is_pin for copy in self.copies(one))]

    def _retrieved(self, text: str) -> Retrieved:
        pins = [self._pin(name, near) for name, near in self.near.items()]
        return replace(super()._retrieved(text), pins=[pin for pin in pins if pin.wordings])

    def _pin(self, name: str, near: float) -> RetrievedPin:
        copies = self.copies(key(name))
        wordings = [PinWording(text, copy.locale, near, ()) for copy in copies for text in copy.questions]
        return RetrievedPin(key(name), wordings, self.near_miss)


def pinned(*pins: StoredSection, near: float = 0.0, near_miss: float = -1.0) -> PinnedRetriever:
    """The metro, which all questions find, and pins that are so near to what is asked."""
    nearness = {one.key.path.removeprefix("topic/").removesuffix(".md"): near for one in pins if one.is_pin}
    return PinnedRetriever([METRO, *pins], {"metro": 0.9}, near=nearness, near_miss=near_miss)


async def test_a_pin_that_is_asked_word_for_word_is_told_whole_and_marked():
    answer = await answerer(pinned(PARKING)).answer(ask("is there PARKING at the hall"))
    assert (answer.outcome, answer.sentences) == (Outcome.ANSWERED, ("Park at gate 4.", "It opens in 2026."))
    assert answer.pinned == Pinned(key("parking"), date(2025, 1, 3))
    assert [citation.url for citation in answer.citations] == ["https://example.org/"]
    assert answer.knowledge_version == 1


async def test_a_pin_wins_by_meaning_only_where_that_is_sure():
    sure = await answerer(pinned(PARKING, near=0.8), BY_MEANING).answer(ask("where can I leave my car"))
    unsure = await answerer(pinned(PARKING, near=0.6), BY_MEANING).answer(ask("where can I leave my car"))
    assert (sure.pinned is not None, unsure.pinned) == (True, None)
    assert unsure.sentences == METRO.sentences


async def test_without_fitted_numbers_a_pin_wins_word_for_word_alone():
    calibration = replace(BOLD, pins=WORD_FOR_WORD)
    answer = await answerer(pinned(PARKING, near=1.0), calibration).answer(ask("where can I leave my car"))
    assert answer.pinned is None


@pytest.mark.parametrize(
    "asked",
    [
        "Was there parking at the hall in 2024?",
        "Is there parking at the hall for 300 buses?",
        "What does parking at the hall cost?",
        "Is there parking at the hall? And where is the metro?",
    ],
)
async def test_L23_another_year_number_or_price_and_a_second_question_are_not_the_pinned_one(asked: str):
    answer = await answerer(pinned(PARKING, near=0.95), BY_MEANING).answer(ask(asked))
    assert answer.pinned is None


async def test_the_pins_own_year_and_numbers_may_be_asked_about():
    answer = await answerer(pinned(PARKING, near=0.95), BY_MEANING).answer(ask("Is parking at gate 4 open in 2026?"))
    assert answer.pinned is not None


async def test_where_pinned_questions_name_a_year_another_one_is_not_meant_even_if_the_text_names_it():
    pin = section("parking", "Open in 2025. Closed in 2024.", questions=("Was it open in 2025?",), is_pin=True)
    retriever = pinned(pin, near=0.95)
    assert (await answerer(retriever, BY_MEANING).answer(ask("Was it open in 2024?"))).pinned is None
    assert (await answerer(retriever, BY_MEANING).answer(ask("Open in 2025, was it?"))).pinned is not None


async def test_L24_a_near_miss_that_is_nearer_than_the_pin_is_not_answered_by_it():
    retriever = pinned(PARKING, near=0.8, near_miss=0.85)
    assert (await answerer(retriever, BY_MEANING).answer(ask("where can I leave my bicycle"))).pinned is None


async def test_F63_after_its_last_day_the_question_is_answered_like_all_others():
    last = replace(PARKING, valid_until=TODAY)
    over = replace(PARKING, valid_until=TODAY - timedelta(days=1))
    assert (await answerer(pinned(last)).answer(ask(ASKED))).pinned is not None
    assert (await answerer(pinned(over)).answer(ask(ASKED))).sentences == METRO.sentences


async def test_a_pin_tells_a_section_as_it_stands_with_that_ones_source():
    pin = replace(PARKING, text="", sentences=(), tells=METRO.key)
    answer = await answerer(pinned(pin)).answer(ask(ASKED))
    assert (answer.sentences, [one.key for one in answer.citations]) == (METRO.sentences, [METRO.key])
    assert answer.pinned == Pinned(key("parking"), PARKING.as_of)


@pytest.mark.parametrize("target", [key("gone"), key("over")])
async def test_F64_a_pin_whose_section_is_gone_or_no_longer_valid_is_none(target):
    over = section("over", "It was free.", valid_until=TODAY - timedelta(days=1))
    pin = replace(PARKING, text="", sentences=(), tells=target)
    answer = await answerer(pinned(over, pin)).answer(ask(ASKED))
    assert (answer.pinned, answer.sentences) == (None, METRO.sentences)


async def test_the_copy_in_the_visitors_language_is_told_whichever_language_was_pinned():
    russian = section("parking", "Парковка у ворот 4.", Locale.RU, questions=("Есть ли парковка?",), is_pin=True)
    answer = await answerer(pinned(russian, PARKING)).answer(ask("Есть ли парковка?"))
    assert (answer.written_in, answer.sentences[0]) == (Locale.EN, "Park at gate 4.")


async def test_who_needs_help_or_is_discontent_is_heard_before_any_pin():
    for reply, outcome in ((ReplyKind.EMERGENCY, Outcome.EMERGENCY), (ReplyKind.COMPLAINT, Outcome.COMPLAINT)):
        retriever = pinned(PARKING, examples(reply))
        retriever.nearness = {reply.value: 0.95, "metro": 0.1}
        assert (await answerer(retriever).answer(ask(ASKED))).outcome is outcome


async def test_what_leans_on_the_question_before_is_not_taken_for_a_pinned_one():
    question = ask("And what about it?", history=[told("Where is the metro?", "metro")])
    answer = await answerer(pinned(PARKING, near=0.95), BY_MEANING).answer(question)
    assert answer.pinned is None


async def test_browsing_shows_no_pins_and_a_pin_that_tells_another_section_has_nothing_of_its_own():
    pin = replace(PARKING, text="", sentences=(), tells=METRO.key)
    program = answerer(pinned(pin))
    assert [document.path for document in program.documents("topic", Locale.EN, TODAY)] == [METRO.key.path]
    assert program.section(pin.key, Locale.EN, TODAY) is None


def test_two_questions_that_find_the_same_speak_for_each_other():
    same = [retrieved_section("metro", 0.9, coverage=0.5, log_posterior=-0.1)]
    other = [retrieved_section("bus", 0.9, coverage=0.5, log_posterior=-0.1)]
    pin = RetrievedPin(key("pin"), [PinWording("When is it?", Locale.EN, 0.5, same)])
    near = features(Reading("When does it start?"), same, pin, Locale.EN, telling={key("metro")})
    far = features(Reading("Where is it?"), other, pin, Locale.EN, telling={key("bus")})
    assert (near["same_letters"], far["same_letters"]) == (pytest.approx(1.0), 0.0)
    assert (near["same_sections"], far["same_sections"]) == (pytest.approx(0.905, abs=1e-3), 0.0)
    assert (near["same_kind"], far["same_kind"], far["other_kind"]) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("locale", [Locale.EN, Locale.RU])
async def test_a_language_model_is_asked_for_a_pin_only_where_no_copy_is_in_the_visitors_language(locale: Locale):
    pin = section("parking", "Парковка у ворот 4.", locale, questions=(ASKED,), is_pin=True)
    model = WorstModel(lambda messages: composed("Nothing that any passage holds."))
    with_model = GeneratingAnswerer(
        answerer(pinned(pin)), model, FreeLedger(), English(), limits=CallLimits(), now=utc_now, clock=lambda: 0.0
    )
    answer = await with_model.answer(ask(ASKED))
    assert (answer.pinned is not None, answer.composed, answer.sentences) == (True, False, pin.sentences)
    assert [pin.text in messages[1].text and METRO.text not in messages[1].text for messages in model.prompts] in (
        [] if locale is Locale.EN else [True],
        [] if locale is Locale.EN else [True, True],
    )
