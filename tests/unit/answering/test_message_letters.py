"""What the letters of a message say of its kind."""

import random

import numpy as np

from bot.answering.message_letters import BUCKETS, NO_LETTERS, MessageLetters, places_of
from bot.calibrating.letters_fit import fit_letters, noise
from bot.ids import ReplyKind


def test_the_same_word_stands_in_the_same_places_whatever_its_case():
    assert places_of("Booth").tolist() == places_of("booth").tolist()
    assert set(places_of("booth")) <= set(places_of("a booth, please"))
    assert max(places_of("где стенд")) < BUCKETS


def test_without_weights_nothing_is_said():
    assert NO_LETTERS.odds("call the police") == {}


def test_a_kind_is_likelier_the_more_its_weights_are_in_the_words():
    weights = np.zeros((BUCKETS, 2), dtype=np.float32)
    weights[places_of("police"), 1] = 1.0
    letters = MessageLetters((None, ReplyKind.EMERGENCY), weights, np.array([0.0, -1.0], dtype=np.float32))
    assert letters.odds("police")[ReplyKind.EMERGENCY] > 1 > letters.odds("tickets")[ReplyKind.EMERGENCY]
    assert letters.odds("")[ReplyKind.EMERGENCY] == -1.0


def test_what_is_fitted_tells_the_examples_of_a_folder_apart(tmp_path):
    (tmp_path / "en" / "bot").mkdir(parents=True)
    (tmp_path / "en" / "expo").mkdir()
    thanks = "".join(f"? thanks a {word}\n" for word in ("lot", "ton", "bunch", "million")) * 30
    asked = "".join(f"? where is {word}\n" for word in ("hall two", "the metro", "parking", "lunch")) * 30
    (tmp_path / "en" / "bot" / "thanks.md").write_text(f"---\nreply: thanks\n---\n{thanks}", encoding="utf-8")
    (tmp_path / "en" / "expo" / "hall.md").write_text(f"---\n---\n{asked}", encoding="utf-8")
    letters = fit_letters(tmp_path)
    assert letters.odds("thanks a bunch")[ReplyKind.THANKS] > 0 > letters.odds("where is lunch")[ReplyKind.THANKS]
    assert letters.odds("qwezxcqwe")[ReplyKind.UNCLEAR] > letters.odds("where is hall two")[ReplyKind.UNCLEAR]


def test_noise_is_drawn_alike_each_time():
    assert noise(random.Random(1), 50) == noise(random.Random(1), 50)
    assert all(noise(random.Random(1), 50))
