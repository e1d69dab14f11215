"""Pauses between tries."""

from __future__ import annotations

from bot.backoff import Backoff


def test_pauses_double_up_to_the_longest():
    backoff = Backoff(first_s=0.5, longest_s=30.0)
    assert [backoff.pause_s(failures) for failures in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_week_without_telegram_does_not_make_a_number_too_large():
    assert Backoff(first_s=0.5, longest_s=30.0).pause_s(20_000) == 30.0
