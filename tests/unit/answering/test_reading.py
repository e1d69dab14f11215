"""What may be meant by a message."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.model import Outcome
from bot.answering.reading import (
    HALVES,
    MOST_OF_THE_WHOLE,
    MOST_TEXTS,
    Message,
    Reading,
    ReadingKind,
    asking_sentences,
    halves,
    last_clause,
    last_question,
    may_lean_back,
    readings_of,
)
from bot.ids import Locale
from tests.support.answering_parts import TODAY, told

BEFORE = told("Tell me of the expo", "expo")
HEADING = "Editions. The expo of 2025"
TYPED, AFTER_QUESTION, AFTER_HEADING = ReadingKind.TYPED, ReadingKind.AFTER_QUESTION, ReadingKind.AFTER_HEADING


def readings(text: str, locale: Locale = Locale.EN, **more) -> list[Reading]:
    return readings_of(Message(text, locale, TODAY, **more))


def test_a_plain_question_is_read_as_it_was_typed():
    assert readings("when is the expo") == [Reading("when is the expo")]
    assert readings("when is the expo", corrected="when is the expo") == [Reading("when is the expo")]


def test_a_reading_is_embedded_alone_and_with_what_was_said_before():
    assert Reading("when?").texts == ("when?",)
    assert Reading("when?", AFTER_QUESTION, "the expo").texts == ("when?", "the expo when?")


def test_a_short_question_is_read_with_the_one_before_and_with_the_heading_last_told():
    assert readings("and when is it?", before=BEFORE, heading=HEADING) == [
        Reading("and when is it?"),
        Reading("and when is it?", AFTER_QUESTION, BEFORE.question),
        Reading("and when is it?", AFTER_HEADING, HEADING),
    ]


IN_2019 = told("How many exhibitors came in 2019?", "expo")


def test_another_year_takes_the_place_of_the_year_before():
    for text, locale in (("and visitors in 2023?", Locale.EN), ("۲۰۲۳ چطور؟", Locale.FA), ("那2023年呢", Locale.ZH)):
        read = readings(text, locale, before=IN_2019, heading="The expo of 2019")
        assert [one.context for one in read[1:]] == ["How many exhibitors came in 2023?", "The expo of 2023"]
    assert readings("and in 2021 or 2023?", before=IN_2019)[1].context == IN_2019.question
    assert readings("and visitors?", before=IN_2019)[1].context == IN_2019.question


def test_what_only_names_another_year_is_the_question_before_of_that_year_and_nothing_else():
    assert readings("and in 2023?", before=IN_2019, heading=HEADING, corrected="and is 2023?") == [
        Reading("How many exhibitors came in 2023?")
    ]


def test_what_goes_on_after_another_year_goes_on_about_that_year():
    year, years = told("and in 2021?"), told("in 2021 or 2023?")
    assert last_question((IN_2019, year)) == replace(year, question="How many exhibitors came in 2021?")
    assert last_question((IN_2019, year, told("and 2023"))).question == "How many exhibitors came in 2023?"
    assert last_question((IN_2019, years)) is years
    assert last_question((IN_2019, replace(year, locale=Locale.RU))).question == "and in 2021?"


def test_where_nothing_was_told_there_is_no_heading_to_read_it_with():
    assert [one.kind for one in readings("and when?", before=BEFORE)] == [TYPED, AFTER_QUESTION]


def test_a_long_question_that_points_nowhere_is_read_alone():
    long = "which underground line leads from the railway station to the airport"
    assert readings(long, before=BEFORE, heading=HEADING) == [Reading(long)]


@pytest.mark.parametrize(
    ("text", "locale", "leans"),
    [
        ("which line goes to the airport", Locale.EN, True),
        ("which underground line leads from the railway station to the airport", Locale.EN, False),
        ("and which of the underground lines leads from it to the airport in the evening", Locale.EN, True),
        ("а где он находится, если ехать туда на машине из самого Ташкента?", Locale.RU, True),
    ],
)
def test_what_is_short_or_says_so_may_be_about_what_was_asked_before(text, locale, leans):
    assert may_lean_back(text, locale) is leans


def test_what_looks_mistyped_is_read_both_ways():
    assert readings("when is the exhibtion", corrected="when is the exhibition") == [
        Reading("when is the exhibtion"),
        Reading("when is the exhibition", ReadingKind.CORRECTED),
    ]


def test_years_that_are_counted_from_today_are_read_by_their_number():
    found = readings("when was the exhibtion last year", corrected="when was the exhibition last year")
    assert [one.text for one in found] == ["when was the exhibtion in 2025", "when was the exhibition in 2025"]


@pytest.mark.parametrize(
    ("text", "locale", "asking"),
    [
        ("When is the expo?", Locale.EN, []),
        ("I write for a paper. When is it?", Locale.EN, ["When is it?"]),
        ("When is it? I write for a paper.", Locale.EN, ["When is it?"]),
        ("When is it? How do I get there?", Locale.EN, ["When is it?", "How do I get there?"]),
        ("Who? When is it? How do I get there?", Locale.EN, ["When is it?", "How do I get there?"]),
        ("(When is it?) How do I get there?", Locale.EN, ["(When is it?)", "How do I get there?"]),
        ("When? When?", Locale.EN, ["When?"]),
        ("Hello. Tell me when it is. I write for a paper.", Locale.EN, ["Tell me when it is."]),
        ("Hello. Tell me of the expo.", Locale.EN, ["Tell me of the expo."]),
        ("Tell me when it is. And where it is.", Locale.EN, ["And where it is."]),
        ("你好。博览会在哪里？什么时候？", Locale.ZH, ["博览会在哪里？", "什么时候？"]),
        ("سلام. نمایشگاه کجاست؟ چه وقت است؟", Locale.FA, ["نمایشگاه کجاست؟", "چه وقت است؟"]),
    ],
)
def test_of_several_sentences_those_that_ask_are_read_once_more(text, locale, asking):
    assert list(asking_sentences(text, locale)) == asking


def test_two_marked_questions_are_two_readings():
    found = readings("When is it? How do I get there?")
    assert [(one.text, one.kind) for one in found] == [
        ("When is it? How do I get there?", TYPED),
        ("When is it?", ReadingKind.SENTENCE),
        ("How do I get there?", ReadingKind.SENTENCE),
        ("When is it?", ReadingKind.HALF),
        ("How do I get there?", ReadingKind.HALF),
        ("How do I get there?", ReadingKind.SECOND_HALF),
    ]


@pytest.mark.parametrize(
    ("text", "locale", "found"),
    [
        ("when and where is it?", Locale.EN, ["when", "where is it?"]),
        ("сколько ехать и сколько стоит", Locale.RU, ["сколько ехать", "сколько стоит"]),
        ("什么时候、在哪里？", Locale.ZH, ["什么时候", "在哪里？"]),
        ("Thanks! what about hotels, and is there parking?", Locale.EN, ["what about hotels", "is there parking?"]),
        ("I write for a newspaper. When and where is it?", Locale.EN, ["When", "where is it?"]),
        ("where is hall 3 where are the toilets", Locale.EN, ["where is hall 3", "where are the toilets"]),
        ("展会几号开始 门票多少钱", Locale.ZH, ["展会几号开始", "门票多少钱"]),
        ("展会在哪里？坐地铁能到吗", Locale.ZH, ["展会在哪里？", "坐地铁能到吗"]),
        ("халал тамақ бар ма намазхана қай жақта", Locale.KK, ["халал тамақ бар ма", "намазхана қай жақта"]),
        (
            "bola bilan kirsa bo'ladimi rasmga olish mumkinmi",
            Locale.UZ,
            ["bola bilan kirsa bo'ladimi", "rasmga olish mumkinmi"],
        ),
        ("parking", Locale.EN, []),
        ("to where", Locale.EN, []),
        ("and?", Locale.EN, []),
        ("a " * 21 + "and b", Locale.EN, []),
    ],
)
def test_a_short_message_is_halved_at_the_joining_word_or_comma_nearest_to_its_middle(text, locale, found):
    assert list(halves(text, locale)) == found


def test_an_and_before_half_a_message_is_left_out():
    found = [one.text for one in readings("Is there a visa? And does my card work?") if one.kind is ReadingKind.HALF]
    assert found == ["Is there a visa?", "does my card work?"]


def test_what_was_said_before_is_worth_more_than_single_sentences():
    found = readings("When? How?", before=BEFORE, heading=HEADING, corrected="When? Now?")
    assert [one.kind for one in found][:3] == [TYPED, AFTER_QUESTION, AFTER_HEADING]
    assert [one.kind for one in found][3] is ReadingKind.SENTENCE
    assert len([one for one in found if one.kind is ReadingKind.HALF]) == 2


@given(
    st.text(max_size=80) | st.lists(st.sampled_from(["When?", "Where is it?", "Hello.", "last year"])).map(" ".join),
    st.sampled_from([Locale.EN, Locale.RU, Locale.ZH, Locale.FA]),
    st.none() | st.builds(told, st.text(max_size=30)),
    st.text(max_size=30),
    st.text(max_size=80),
)
def test_few_texts_are_embedded_for_any_message(text, locale, before, heading, corrected):
    found = readings(text, locale, before=before, heading=heading, corrected=corrected)
    assert found[0].kind is TYPED
    assert len({text for one in found for text in one.texts}) <= MOST_TEXTS == 6
    whole = [one for one in found if one.kind not in HALVES]
    assert len({text for one in whole for text in one.texts}) <= MOST_OF_THE_WHOLE == 4
    assert len(set(found)) == len(found)


def test_the_last_question_is_not_ended_by_thanks_or_discontent():
    thanks, wrong = told("thanks", outcome=Outcome.THANKS), told("wrong", outcome=Outcome.COMPLAINT)
    later = told("and the metro?", outcome=Outcome.OFFERED)
    assert last_question((BEFORE, thanks, wrong)) is BEFORE
    assert last_question((BEFORE, thanks, later, wrong)) is later
    assert last_question((thanks,)) is None
    assert last_question(()) is None


@pytest.mark.parametrize(
    ("text", "locale", "clause"),
    [
        ("thanks, that helped, and where is the hall", Locale.EN, "and where is the hall"),
        ("where is the hall, please", Locale.EN, ""),
        ("how do I get there, by metro or bus, please", Locale.EN, "by metro or bus, please"),
        ("рахмат, намоишгоҳ кай мешавад?", Locale.TG, "намоишгоҳ кай мешавад?"),
        ("سلام، نمایشگاه کی است؟", Locale.FA, "نمایشگاه کی است؟"),
        ("谢谢，博览会在哪里举办", Locale.ZH, "博览会在哪里举办"),
        ("Thanks, that helped. Where is the hall?", Locale.EN, ""),
        ("where is the hall", Locale.EN, ""),
    ],
)
def test_of_one_sentence_what_follows_a_comma_may_be_the_question(text, locale, clause):
    assert last_clause(text, locale) == clause
    kinds = [one.kind for one in readings(text, locale)]
    assert (ReadingKind.CLAUSE in kinds) is bool(clause)
