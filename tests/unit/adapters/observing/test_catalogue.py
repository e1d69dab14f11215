"""Metrics by Prometheus's rules: base units, one name one meaning, and no label but of short lists."""

from __future__ import annotations

import re
from math import prod

from bot.adapters.observing.catalogue import CONDITIONS, HAPPENINGS, WORKS, Instrument
from bot.app.seeing import all_words
from bot.observing import Condition, Happening, Work

MOST_SERIES = 500
"""Of one name: 18 outcomes and three failures in twelve languages are the most."""
_NAME = re.compile(r"scoda_[a-z]+(_[a-z]+)*")
_OTHER_UNITS = re.compile(r"_(ms|millis|milliseconds|minutes|hours|days|kb|mb|gb|percent)(_|$)")


def instruments() -> list[Instrument]:
    return [one for table in (*WORKS.values(), *HAPPENINGS.values()) for one in table] + list(CONDITIONS.values())


def test_all_that_may_be_told_is_in_the_catalogue():
    assert set(WORKS) == set(Work)
    assert set(HAPPENINGS) == set(Happening)
    assert set(CONDITIONS) == set(Condition)


def test_names_are_in_base_units_and_none_stands_twice():
    names = [one.name for one in instruments()]
    assert sorted(set(names)) == sorted(names)
    for one in instruments():
        assert _NAME.fullmatch(one.name), one.name
        assert not _OTHER_UNITS.search(one.name), one.name
        assert one.about.endswith("."), one.name
        if one.buckets:
            assert one.name.endswith("_seconds"), one.name
            assert list(one.buckets) == sorted(one.buckets)


def test_every_label_has_a_short_list_of_words():
    words = all_words()
    for one in instruments():
        assert prod(len(words.of(name)) for name in one.labels) <= MOST_SERIES, one.name


def test_what_a_reply_may_take_at_most_is_a_border_so_that_the_promise_can_be_counted():
    [reply] = HAPPENINGS[Happening.FIRST_REPLY]
    [late] = HAPPENINGS[Happening.COPY_ARRIVED]
    assert 3.0 in reply.buckets
    assert 300.0 in late.buckets
