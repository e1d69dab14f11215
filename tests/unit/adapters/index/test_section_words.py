"""Which words of a question a section knows."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.index.section_words import SectionWords

TEXTS = [
    "Parking is behind hall B. Where do I leave my car?",
    "The train to Koper takes twelve days.",
    "Поезда везут лес в 2025 году.",
    "展览会在青岛举行。",
]


def shares(text: str) -> list[float]:
    return [round(float(share), 3) for share in SectionWords.of(TEXTS).shares(text)]


def test_a_word_is_known_by_its_beginning():
    assert shares("parked trains")[0] == 0
    assert shares("parking train")[1] > 0.4
    assert shares("поездами")[2] == 1


def test_a_number_is_known_whole_and_chinese_by_pairs_of_signs():
    assert shares("2025")[2] == 1
    assert shares("20251")[2] == 0
    assert shares("青岛")[3] == 1
    assert shares("岛青")[3] == 0


def test_a_word_that_no_section_knows_counts_most_against_it():
    both, one_missing = shares("train Koper")[1], shares("train Koper insurance")[1]
    assert both == 1
    assert 0.4 < one_missing < 0.7


def test_a_word_that_all_know_counts_for_next_to_nothing():
    known = SectionWords.of(["the hall opens", "the train leaves", "the visa ends"])
    assert known.shares("the visa")[2] > 0.99
    assert known.shares("the visa")[0] < 0.01


def test_without_words_or_sections_nothing_is_known():
    assert shares("?!") == [0, 0, 0, 0]
    assert SectionWords.of([]).shares("train").shape == (0,)
    assert SectionWords.of([""]).shares("train").tolist() == [0]


def test_it_is_read_as_it_was_written(tmp_path: Path):
    written = SectionWords.of(TEXTS)
    written.save(tmp_path / "words.npz")
    read = SectionWords.load(tmp_path / "words.npz")
    assert np.array_equal(read.shares("train поезда 青岛"), written.shares("train поезда 青岛"))


@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=60))
def test_a_share_lies_between_nothing_and_all(texts: list[str], question: str):
    found = SectionWords.of(texts).shares(question)
    assert found.shape == (len(texts),)
    assert all(0 <= share <= 1.0001 for share in found)
