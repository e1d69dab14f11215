from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.lexicon import Lexicon

TEXTS = ["Поезда везут лес.", "Выставка открылась весной.", "Поезд в Ташкент.", "展览会在青岛举行。"]


def test_inflected_words_are_covered_in_part_and_the_rest_not_at_all() -> None:
    shares = Lexicon.of(TEXTS, range(4)).coverage("поездов")

    assert shares[0] > 0.15
    assert shares[2] > 0.15
    assert shares[1] == shares[3] == 0


def test_rare_words_count_more_than_common_ones() -> None:
    lexicon = Lexicon.of(["hall alpha", "hall beta", "hall gamma", "beta"], range(4))

    shares = lexicon.coverage("hall alpha")

    assert shares[0] > 0.95
    assert shares[1] < 0.5


def test_words_that_stand_nowhere_lower_the_share() -> None:
    lexicon = Lexicon.of(TEXTS, range(4))
    assert lexicon.coverage("Ташкент зоопарк")[2] < lexicon.coverage("Ташкент")[2]


def test_of_two_texts_that_hold_the_same_the_shorter_holds_it_less_by_chance() -> None:
    shares = Lexicon.of(
        ["hall alpha opens", "hall alpha opens, beta, gamma and delta close in autumn"], range(2)
    ).coverage("when does alpha open")
    assert shares[0] > shares[1] > 0.7 * shares[0]


def test_a_name_counts_more_where_the_text_is_about_it_than_in_the_details() -> None:
    lexicon = Lexicon.of(
        ["The ship Alpha.", "The ship Beta."],
        range(2),
        details=["It calls at Beta Island.", "It calls at Alpha Island."],
    )
    shares = lexicon.coverage("alpha")
    assert shares[0] > shares[1] > 0.5 * shares[0]


def test_what_stands_in_both_counts_as_what_the_text_is_about() -> None:
    once, twice = (
        Lexicon.of(["hall alpha"], [0], details=[details]).coverage("hall alpha")[0] for details in ("", "hall alpha")
    )
    assert once == twice == pytest.approx(1.0)


def test_what_usual_questions_hold_tells_little() -> None:
    texts = ["how many halls", "silk and tea"]
    plain, weighed = (
        Lexicon.of(texts, range(2), usual=usual).coverage("how many kinds of silk")
        for usual in ((), ("how many guests", "how many days"))
    )
    assert plain[0] > weighed[0] > 0
    assert weighed[1] > plain[1]


def test_chinese_is_covered_by_characters() -> None:
    assert Lexicon.of(TEXTS, range(4)).coverage("青岛")[3] == pytest.approx(1.0)


def test_case_and_lost_letters_do_not_matter() -> None:
    lexicon = Lexicon.of(["Қазақстанда өтеді"], [0])
    assert lexicon.coverage("КАЗАКСТАНДА ОТЕДИ")[0] > 0.9


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    lexicon = Lexicon.of(TEXTS, [3, 5, 7, 9], details=["весной", "", "", ""], usual=["Когда поезд?"])
    lexicon.save(tmp_path / "words.npz")

    loaded = Lexicon.load(tmp_path / "words.npz")

    assert loaded.sections.tolist() == [3, 5, 7, 9]
    assert np.array_equal(loaded.coverage("поезд весной"), lexicon.coverage("поезд весной"))


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=5))
def test_shares_lie_between_nothing_and_all(question: str, texts: list[str]) -> None:
    shares = Lexicon.of(texts, range(len(texts))).coverage(question)
    assert len(shares) == len(texts)
    assert all(0 <= share <= 1.0001 for share in shares)


@given(st.text(alphabet="абвгд ежз", min_size=1, max_size=60).filter(str.strip))
def test_a_text_covers_itself(text: str) -> None:
    assert Lexicon.of([text], [0]).coverage(text)[0] == pytest.approx(1.0, abs=1e-4)
