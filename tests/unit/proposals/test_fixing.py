"""Which sentence is meant, and the file with another in its place."""

from __future__ import annotations

import pytest

from bot.proposals.fixing import is_plain_sentence, nearest_sentence, with_sentence

SENTENCES = ["The hall has 1,600 seats.", "It opens at 9:00.", "The hall stands in Jiaozhou."]
FILE = """\
---
title: Hall
---

# Hall

## Size {#size}

The hall has 1,600 seats. It opens
at 9:00.

? How large is the hall?

## Hours {#hours as_of=2026-01-19}

It opens at 9:00. (Not on Mondays.)
"""


def test_the_sentence_that_shares_most_words_is_meant():
    nearest = nearest_sentence(SENTENCES, "The hall has 1,700 seats.")
    assert nearest.places[0] == 0
    assert nearest.is_clear


@pytest.mark.parametrize("text", ["Bring an umbrella.", "The hall is large."])
def test_where_none_or_several_are_near_people_are_asked(text):
    assert not nearest_sentence(SENTENCES, text).is_clear


def test_chinese_is_compared_by_pairs_of_characters():
    nearest = nearest_sentence(["展馆有1600个座位。", "展馆位于胶州市。"], "展馆位于青岛胶州市。")
    assert nearest.places[0] == 1
    assert nearest.is_clear


def test_a_single_sentence_is_always_meant_and_of_none_nothing():
    assert nearest_sentence(["A fact."], "Something else.").is_clear
    assert nearest_sentence([], "x").places == ()


def test_a_sentence_is_replaced_where_it_stands_also_over_a_line_break():
    fixed = with_sentence(FILE, "size", "It opens at 9:00.", "It opens at 10:00.")
    assert fixed == FILE.replace("It opens\nat 9:00.", "It opens at 10:00.")


def test_the_same_sentence_of_another_section_stays():
    fixed = with_sentence(FILE, "hours", "It opens at 9:00.", "It opens at 10:00.")
    assert fixed is not None
    assert "It opens\nat 9:00." in fixed
    assert "It opens at 10:00. (Not" in fixed


def test_a_sentence_that_does_not_stand_word_for_word_is_left_to_people():
    assert with_sentence(FILE, "size", "It opens at *9:00*.", "x") is None
    assert with_sentence(FILE, "hours", "The hall has 1,600 seats.", "x") is None


def test_a_section_that_no_heading_names_is_looked_for_in_the_whole_file():
    assert (
        with_sentence("One fact. Another fact.\n", "intro", "Another fact.", "A new one.") == "One fact. A new one.\n"
    )


def test_chinese_broken_into_lines_is_found():
    assert with_sentence("## 大小 {#size}\n\n展馆有\n座位。\n", "size", "展馆有座位。", "展馆很大。") == (
        "## 大小 {#size}\n\n展馆很大。\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# A heading",
        "? A question",
        "! Not this",
        "- an item",
        "1. an item",
        "<b>x</b>",
        "> quoted",
        "a\nb",
        "```",
        " ",
    ],
)
def test_what_would_be_more_than_a_sentence_is_none(text):
    assert not is_plain_sentence(text)


@pytest.mark.parametrize(
    "text",
    ["It opens at 10:00.", "1,700 seats are there.", "展馆很大。", "2026 is the year.", "+86 532 0000 is its number."],
)
def test_ordinary_sentences_are_plain(text):
    assert is_plain_sentence(text)
