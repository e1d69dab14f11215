from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.index.ngram_index import NgramIndex, NgramIndexes

TEXTS = ["Поезда везут лес.", "Выставка открылась весной.", "Поезд в Ташкент.", "展览会在青岛举行。"]


def shares_of(question: str, *lexicons: NgramIndex) -> np.ndarray:
    return NgramIndexes(lexicons).coverage(question)


def test_inflected_words_are_covered_in_part_and_the_rest_not_at_all() -> None:
    shares = shares_of("поездов", NgramIndex.of(TEXTS, range(4)))

    assert shares[0] > 0.15
    assert shares[2] > 0.15
    assert shares[1] == shares[3] == 0


def test_rare_words_count_more_than_common_ones() -> None:
    lexicon = NgramIndex.of(["hall alpha", "hall beta", "hall gamma", "beta"], range(4))

    shares = shares_of("hall alpha", lexicon)

    assert shares[0] > 0.95
    assert shares[1] < 0.5


def test_words_that_stand_nowhere_lower_the_share() -> None:
    lexicon = NgramIndex.of(TEXTS, range(4))
    assert shares_of("Ташкент зоопарк", lexicon)[2] < shares_of("Ташкент", lexicon)[2]


def test_of_two_texts_that_hold_the_same_the_shorter_holds_it_less_by_chance() -> None:
    lexicon = NgramIndex.of(["hall alpha opens", "hall alpha opens, beta, gamma and delta close in autumn"], range(2))
    shares = shares_of("when does alpha open", lexicon)
    assert shares[0] > shares[1] > 0.7 * shares[0]


def test_a_name_counts_more_where_the_text_is_about_it_than_in_the_details() -> None:
    lexicon = NgramIndex.of(
        ["The ship Alpha.", "The ship Beta."],
        range(2),
        details=["It calls at Beta Island.", "It calls at Alpha Island."],
    )
    shares = shares_of("alpha", lexicon)
    assert shares[0] > shares[1] > 0.5 * shares[0]


def test_what_stands_in_both_counts_as_what_the_text_is_about() -> None:
    once, twice = (
        shares_of("hall alpha", NgramIndex.of(["hall alpha"], [0], details=[details]))[0]
        for details in ("", "hall alpha")
    )
    assert once == twice == pytest.approx(1.0)


def test_what_usual_questions_hold_tells_little() -> None:
    texts = ["how many halls", "silk and tea"]
    plain, weighed = (
        shares_of("how many kinds of silk", NgramIndex.of(texts, range(2), usual=usual))
        for usual in ((), ("how many guests", "how many days"))
    )
    assert plain[0] > weighed[0] > 0
    assert weighed[1] > plain[1]


def test_chinese_is_covered_by_characters() -> None:
    assert shares_of("青岛", NgramIndex.of(TEXTS, range(4)))[3] == pytest.approx(1.0)


def test_case_and_lost_letters_do_not_matter() -> None:
    lexicon = NgramIndex.of(["Қазақстанда өтеді"], [0])
    assert shares_of("КАЗАКСТАНДА ОТЕДИ", lexicon)[0] > 0.9


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    lexicon = NgramIndex.of(TEXTS, [3, 5, 7, 9], details=["весной", "", "", ""], usual=["Когда поезд?"])
    lexicon.save(tmp_path / "words.npz")

    loaded = NgramIndex.load(tmp_path / "words.npz")

    assert loaded.sections.tolist() == [3, 5, 7, 9]
    assert np.array_equal(shares_of("поезд весной", loaded), shares_of("поезд весной", lexicon))


def test_a_question_of_which_nothing_is_known_holds_nothing() -> None:
    index = NgramIndex.of(["hall"], [0])
    assert shares_of("поезд", index).tolist() == [0.0]


def test_languages_that_are_searched_together_share_nothing() -> None:
    one, other = NgramIndex.of(TEXTS, range(4), usual=["Когда поезд?"]), NgramIndex.of(["Поезд", "hall"], range(2))

    together = shares_of("поезд в hall", one, NgramIndex.of([], []), other)

    assert together.tolist() == [*shares_of("поезд в hall", one), *shares_of("поезд в hall", other)]


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=5))
def test_shares_lie_between_nothing_and_all(question: str, texts: list[str]) -> None:
    shares = shares_of(question, NgramIndex.of(texts, range(len(texts))))
    assert len(shares) == len(texts)
    assert all(0 <= share <= 1.0001 for share in shares)


@given(st.text(alphabet="абвгд ежз", min_size=1, max_size=60).filter(str.strip))
def test_a_text_covers_itself(text: str) -> None:
    assert shares_of(text, NgramIndex.of([text], [0]))[0] == pytest.approx(1.0, abs=1e-4)
