"""Which sentences of a section are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.asked_kind import AskedKind
from bot.answering.ports import Support
from bot.answering.selecting import select
from bot.ids import Locale
from tests.support.answering_parts import section

SHORT = section("short", "It is new. It is big.")
OF_MANY_SENTENCES = section("many", "It is new. It is big. It is warm. It is by the sea. It is open.")
LONG = section(
    "long",
    "The hall stands by the sea. It opened on 17 July 2018. Many came, for the way was short. They liked the white stone. "
    * 4,
)


def chosen(of, scores, *, question="what of that", kind=None, at_most=3):
    return select(question, of, scores, kind=kind, at_most=at_most)


def test_a_short_section_is_told_whole():
    extract = chosen(SHORT, [0.9, 0.0])
    assert (extract.sentences, extract.rest) == (SHORT.sentences, ())


def test_a_section_of_many_short_sentences_is_told_whole_too():
    extract = chosen(OF_MANY_SENTENCES, [0.9, 0.0, 0.0, 0.0, 0.0])
    assert (extract.sentences, extract.rest) == (OF_MANY_SENTENCES.sentences, ())


@pytest.mark.parametrize(
    ("locale", "characters", "at_most", "is_whole"),
    [(Locale.EN, 400, 3, True), (Locale.EN, 400, 2, False), (Locale.ZH, 130, 3, True), (Locale.ZH, 400, 3, False)],
)
def test_how_long_a_section_may_be_depends_on_how_many_sentences_are_told(locale, characters, at_most, is_whole):
    text = "。".join(["字" * 19] * (characters // 20)) if locale is Locale.ZH else "A word more. " * (characters // 13)
    of = section("long", text, locale)
    extract = chosen(of, [1.0, *[0.0] * (len(of.sentences) - 1)], at_most=at_most)
    assert (extract.sentences == of.sentences) is is_whole


def test_of_a_long_section_the_best_and_those_nearly_as_good_are_told_in_reading_order():
    scores = [0.0] * len(LONG.sentences)
    scores[2], scores[5], scores[7] = 0.75, 0.9, 0.5
    extract = chosen(LONG, scores)
    assert extract.sentences == (LONG.sentences[2], LONG.sentences[5])
    assert len(extract.rest) == len(LONG.sentences) - 2


def test_at_most_so_many_are_told_of_equals():
    extract = chosen(LONG, [0.5] * len(LONG.sentences), at_most=2)
    assert extract.sentences == LONG.sentences[:2]


@pytest.mark.parametrize(
    ("question", "kind", "told"),
    [
        ("what of that", AskedKind.WHEN, "It opened on 17 July 2018."),
        ("the whites stones", None, "They liked the white stone."),
    ],
)
def test_what_holds_the_kind_or_the_words_asked_for_goes_first(question, kind, told):
    extract = chosen(LONG, [0.5] * len(LONG.sentences), question=question, kind=kind, at_most=1)
    assert extract.sentences == (told,)


def test_where_the_section_was_read_the_reader_says_which_sentences_answer():
    logits = [-3.0] * len(LONG.sentences)
    logits[2], logits[5], logits[7] = 3.0, 4.0, 1.5
    scores = [0.9, *[0.0] * (len(LONG.sentences) - 1)]
    extract = select("what of that", LONG, scores, kind=None, at_most=3, support=Support(2.0, tuple(logits)))
    assert extract.sentences == (LONG.sentences[2], LONG.sentences[5])


def test_of_a_section_too_long_to_read_the_nearest_sentences_are_told():
    scores = [*[0.0] * (len(LONG.sentences) - 1), 0.9]
    extract = select("what of that", LONG, scores, kind=None, at_most=1, support=Support(2.0, (3.0, 4.0)))
    assert extract.sentences == LONG.sentences[-1:]


@given(st.lists(st.floats(-1, 1), min_size=16, max_size=16), st.integers(1, 3), st.text(max_size=40))
def test_nothing_is_lost_or_told_twice(scores, at_most, question):
    extract = chosen(LONG, scores, question=question, at_most=at_most)
    assert 1 <= len(extract.sentences) <= at_most
    assert sorted((*extract.sentences, *extract.rest)) == sorted(LONG.sentences)
