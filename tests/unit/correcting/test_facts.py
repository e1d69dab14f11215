"""What a section said and says no more, by language and version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.correcting.facts import holds_words, wrong_fact
from bot.correcting.model import Wanted
from bot.errors import CorrectionError, NothingPublishedError
from bot.ids import Locale
from tests.support.correcting_parts import KEY, document, record

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
WAS = {Locale.EN: "It is 160 m long. It has a roof.", Locale.RU: "Длина 160 м. Есть крыша."}
IS = {Locale.EN: "It is 170 m long. It has a roof.", Locale.RU: "Длина 170 м. Есть крыша."}


def documents(texts):
    return [document(locale, text) for locale, text in texts.items()]


def found(*versions, **wanted):
    """Of these versions' texts, the last one published."""
    records = [record(number, is_published=number == len(versions)) for number in range(1, len(versions) + 1)]
    made = {number: documents(texts) for number, texts in enumerate(versions, 1)}
    return wrong_fact(Wanted(key=KEY, **wanted), list(reversed(records)), made)


def told(fact):
    return [(copy.locale, copy.versions, copy.was, copy.now) for copy in fact.copies]


def test_each_language_has_its_own_wrong_and_right_sentences():
    fact = found(WAS, WAS, IS)
    assert told(fact) == [
        (Locale.EN, (1, 2), ("It is 160 m long.",), ("It is 170 m long.",)),
        (Locale.RU, (1, 2), ("Длина 160 м.",), ("Длина 170 м.",)),
    ]
    assert fact.still_wrong == {}


def test_versions_bound_what_is_meant():
    assert [copy.versions for copy in found(WAS, WAS, IS, since=2).copies] == [(2,), (2,)]
    assert [copy.versions for copy in found(WAS, WAS, IS, until=1).copies] == [(1,), (1,)]
    with pytest.raises(CorrectionError, match="put the file right and publish it"):
        found(WAS, IS, IS, since=2)


def test_words_choose_among_the_sentences_and_bring_other_languages_along():
    both = {**WAS, Locale.EN: "It is 160 m long. It has no roof."}
    fact = found(both, IS, words="160 M")
    assert told(fact)[0] == (Locale.EN, (1,), ("It is 160 m long.",), ("It is 170 m long.",))
    assert told(fact)[1][0] is Locale.RU
    with pytest.raises(CorrectionError, match="«180 m»"):
        found(both, IS, words="180 m")
    with pytest.raises(CorrectionError):
        found(WAS, IS, words="has a roof")  # it says so still


def test_what_is_only_added_was_not_wrong():
    with pytest.raises(CorrectionError):
        found({Locale.EN: "It has a roof."}, {Locale.EN: "It has a roof. It is 170 m long."})


def test_a_copy_that_stayed_with_the_wrong_figure_is_named_and_counts():
    fact = found(WAS, {**IS, Locale.RU: WAS[Locale.RU]})
    assert [copy.locale for copy in fact.copies] == [Locale.EN]
    assert fact.still_wrong == {Locale.RU: frozenset({1})}
    assert fact.was_told(Locale.RU, 1)
    right = {**WAS, Locale.RU: IS[Locale.RU]}
    alone = found(right, {**IS, Locale.RU: IS[Locale.RU]})
    assert alone.still_wrong == {}
    assert not alone.was_told(Locale.RU, 1), "that copy was right all the time"
    assert alone.was_told(Locale.KK, 1), "told from some other language's copy"
    assert not alone.was_told(Locale.KK, 2)


def test_a_section_that_is_gone_was_wrong_as_a_whole():
    fact = found(WAS, {})
    assert told(fact)[0] == (Locale.EN, (1,), ("It is 160 m long.", "It has a roof."), ())


def test_a_text_that_came_back_is_one_wrong_copy_and_the_latest_counts():
    other = {Locale.EN: "It is 150 m long. It has a roof."}
    fact = found(WAS, other, WAS, IS)
    assert [(copy.versions, copy.was) for copy in fact.copies if copy.locale is Locale.EN] == [
        ((1, 3), ("It is 160 m long.",)),
        ((2,), ("It is 150 m long.",)),
    ]
    assert [copy.was for copy in fact.latest if copy.locale is Locale.EN] == [("It is 160 m long.",)]


def test_marks_are_those_of_the_sentences_whatever_else_changed():
    first = found(WAS, IS)
    later = found(WAS, {**IS, Locale.EN: "It is 170 m long. It has two roofs."})
    assert set(first.marks) < set(later.marks)


def test_what_never_was_published_or_is_no_section_is_told_so():
    with pytest.raises(NothingPublishedError):
        wrong_fact(Wanted(key=KEY), [record(1, is_published=False)], {})
    with pytest.raises(CorrectionError, match="no version that is kept has a section"):
        found({}, {})
    held = [record(3, is_published=True), record(2, was_published=False), record(1)]
    texts = {1: documents(IS), 2: documents(WAS), 3: documents(IS)}
    with pytest.raises(CorrectionError):
        wrong_fact(Wanted(key=KEY), held, texts)  # the state before a rollback was told to nobody


@pytest.mark.parametrize(
    ("text", "words", "holds"),
    [
        ("It is 160 m long.", "160 M", True),
        ("It is 1160 m long.", "160 m", False),
        ("上合之珠建筑面积为16万平方米。", "16万平方米", True),
        ("Длина – 160 м.", "длина 160", True),
    ],
)
def test_words_are_found_however_they_are_written(text, words, holds):
    assert holds_words(text, words) is holds


def test_the_moment_of_each_version_is_known():
    assert found(WAS, IS).kept == ((1, NOW + timedelta(hours=1)), (2, NOW + timedelta(hours=2)))
