"""Which of several findings to go by."""

from dataclasses import replace

import pytest

from bot.answering.confidence import ConfidenceModel
from bot.answering.judging import Circumstances, Finding, fused, judge
from bot.answering.language import Languages
from bot.answering.ports import Retrieved
from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import Candidate
from bot.ids import Locale
from tests.support.answering_parts import TODAY, GivenRetriever, key, retrieved_section, section

NOTHING = Retrieved((), lambda one: [0.0] * len(one.sentences))


def finding(kind: ReadingKind, probability: float, **scores: float) -> Finding:
    """Of the sections by name and score, best first."""
    ranked = sorted(scores.items(), key=lambda one: -one[1])
    candidates = tuple(Candidate(retrieved_section(name, 0.5), {}, score) for name, score in ranked)
    return Finding(Reading("and when?", kind), NOTHING, candidates, probability=probability)


def test_one_reading_is_gone_by():
    only = finding(ReadingKind.TYPED, 0.2, opened=3, size=1)
    assert fused([only]) is only


def test_what_several_readings_lean_to_beats_the_surest_one():
    surest = finding(ReadingKind.AFTER_HEADING, 0.88, edition=9.5, results=9.4)
    other = finding(ReadingKind.AFTER_QUESTION, 0.8, results=9.7, edition=7.0)
    assert fused([surest, other]) is other


def test_of_readings_that_agree_the_surest_is_taken():
    unsure, sure = finding(ReadingKind.TYPED, 0.6, size=2, opened=1), finding(ReadingKind.CORRECTED, 0.7, size=2)
    assert fused([unsure, sure]) is sure


def test_a_reading_that_found_nothing_does_not_count():
    empty, found = finding(ReadingKind.TYPED, 0.0), finding(ReadingKind.CORRECTED, 0.1, size=1)
    assert fused([empty, found]) is found
    assert fused([empty]) is empty


def test_a_section_that_no_reading_puts_first_is_not_chosen():
    one = finding(ReadingKind.TYPED, 0.6, size=3.0, opened=2.9)
    two = finding(ReadingKind.AFTER_QUESTION, 0.5, place=3.0, opened=2.9)
    assert key("opened") not in {fused([one, two]).answerable[0].key, fused([two, one]).answerable[0].key}
    assert fused([one, two]) is one


def asked(text: str, near: float, *, context: str = "", needs_context: float = 0.0, name: str = "gap") -> Finding:
    """A reading whose first candidate is a question known to have no answer, with a section behind it."""
    first, other = (
        Candidate(retrieved_section(name, near), {}, 3.0),
        Candidate(retrieved_section("place", 0.3), {}, 1.0),
    )
    kind = ReadingKind.AFTER_QUESTION if context else ReadingKind.TYPED
    return Finding(
        Reading(text, kind, context), NOTHING, (other,), (first,), {"needs_context": needs_context}, probability=0.1
    )


AFTER = Finding(
    Reading("When is the expo?", ReadingKind.AFTER_QUESTION, "Where is the expo?"),
    NOTHING,
    (Candidate(retrieved_section("place", 0.9), {}, 3.0),),
    probability=0.9,
)


def test_what_surely_asks_for_one_thing_is_read_without_what_was_said_before():
    alone = asked("When is the expo?", 0.97)
    assert fused([alone, AFTER]) is alone


@pytest.mark.parametrize(
    "leaning",
    [asked("When?", 0.97), asked("And when is it?", 0.97, needs_context=1.0), asked("When is the expo?", 0.2)],
    ids=["one word", "a pronoun", "not near"],
)
def test_what_leans_back_is_read_with_it(leaning):
    assert fused([leaning, AFTER]) is AFTER


@pytest.mark.parametrize(
    ("asked", "is_follow_up", "probability"),
    [("Is it WHITE?", False, 0.8), ("Is it white?", True, 0.5), ("is it red", False, 0.5)],
)
def test_an_example_question_is_known_by_its_words_unless_it_may_lean_back(asked, is_follow_up, probability):
    hall = section("hall", "It is white.", questions=("is it white",))
    at = Circumstances(GivenRetriever([hall], {}), Languages(Locale.EN, Locale.EN), TODAY, is_follow_up=is_follow_up)
    candidate = Candidate(retrieved_section("hall", 0.9), {}, 1.0)
    found = judge(Reading(asked), NOTHING, [candidate], model=ConfidenceModel({}, 0.0), at=at)
    assert found.probability == probability


@pytest.mark.parametrize(("near", "probability"), [(0.99, 0.8), (0.9, 0.5)])
def test_an_example_question_itself_is_surely_answered_by_its_section(near, probability):
    at = Circumstances(GivenRetriever([section("hall", "It is white.")], {}), Languages(Locale.EN, Locale.EN), TODAY)
    candidate = Candidate(retrieved_section("hall", near), {}, 1.0)
    found = judge(Reading("is it white"), NOTHING, [candidate], model=ConfidenceModel({}, 0.0), at=at)
    assert found.probability == probability


@pytest.mark.parametrize(
    ("text", "meant"),
    [("and from Minsk?", ["topic/Belarus.md"]), ("and for how long?", ["topic/Uzbekistan.md"])],
)
def test_a_country_that_a_message_names_itself_counts_before_the_one_named_before(text, meant):
    which = replace(section("which", "Which?", answerable=False), offers=("topic/Uzbekistan.md", "topic/Belarus.md"))
    rules = [
        section(name, "No visa.", heading=f"Citizens of {name}", questions=(f"visa from {city}",))
        for name, city in (("Uzbekistan", "Tashkent"), ("Belarus", "Minsk"))
    ]
    at = Circumstances(GivenRetriever([which, *rules], {}), Languages(Locale.EN, Locale.EN), TODAY)
    candidates = [Candidate(retrieved_section(name, 0.9), {}, 1.0) for name in ("Uzbekistan", "Belarus")]
    reading = Reading(text, ReadingKind.AFTER_QUESTION, "do I need a visa from Tashkent")
    found = judge(reading, NOTHING, candidates, model=ConfidenceModel({}, 0.0), at=at)
    assert [str(one.key.path) for one in found.answerable] == meant
