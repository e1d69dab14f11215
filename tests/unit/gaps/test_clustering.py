from __future__ import annotations

import random

import numpy as np
import pytest

from bot.gaps.clustering import arranged, grouped, likeness
from bot.gaps.model import GapId, Trace, TracedQuestion
from tests.support.gap_rig import trace


def asked(*things, **gaps):
    return [TracedQuestion(f"t{n}", trace(2 * thing), gaps.get(f"t{n}")) for n, thing in enumerate(things)]


def groups_of(places):
    found = {}
    for turn_id, gap_id in places.items():
        found.setdefault(gap_id, set()).add(turn_id)
    return sorted(map(sorted, found.values()))


def test_the_likeness_of_two_questions_is_their_cosine_and_shared_sections_without_the_crowd():
    one = Trace(np.array([1, 0], dtype=np.float32), {"a": 0.5}, 0.2)
    other = Trace(np.array([0.6, 0.8], dtype=np.float32), {"a": 0.3, "b": 0.4}, 0.4)
    assert likeness([one, other])[0, 1] == pytest.approx(0.6 + 0.3 * 0.6 - 0.3)
    nothing = Trace(np.array([0, 1], dtype=np.float32), {}, 0.0)
    assert likeness([one, nothing])[0, 1] == pytest.approx(-0.1)


def test_questions_about_one_thing_are_one_gap_and_come_out_alike_in_any_order():
    questions = asked(0, 1, 0, 2, 1, 0)
    places = arranged(questions, ())
    assert groups_of(places) == [["t0", "t2", "t5"], ["t1", "t4"], ["t3"]]
    assert arranged(questions, ()) == places
    for seed in range(5):
        shuffled = list(questions)
        random.Random(seed).shuffle(shuffled)
        assert groups_of(arranged(shuffled, ())) == groups_of(places)
    assert arranged([], ()) == {}


def test_a_gap_keeps_its_id_where_most_of_its_questions_are():
    first = arranged(asked(0, 0, 1), ())
    again = arranged(asked(0, 0, 1, 0, 1, **first), ())
    assert {turn_id: again[turn_id] for turn_id in first} == first
    assert again["t3"] == first["t0"]
    assert again["t4"] == first["t2"]


def test_two_gaps_become_the_larger_one_and_a_mixed_one_parts():
    old, new = GapId("old"), GapId("new")
    together = arranged(asked(0, 0, 0, t0=old, t1=new, t2=new), ())
    assert set(together.values()) == {new}
    apart = arranged(asked(0, 0, 1, t0=old, t1=old, t2=old), ())
    assert apart["t0"] == apart["t1"] == old
    assert apart["t2"] != old


def test_a_pinned_gap_gains_and_never_loses_and_two_stay_apart():
    kept, other = GapId("kept"), GapId("other")
    places = arranged(asked(0, 5, 0, 0, t0=kept, t1=kept, t3=other), {kept, other})
    assert (places["t0"], places["t1"], places["t3"]) == (kept, kept, other)
    assert places["t2"] in (kept, other)


def test_new_ids_are_not_those_of_gaps_that_are_there():
    [first] = set(arranged(asked(0), ()).values())
    places = arranged(asked(0, 1, t1=first), ())
    assert places["t1"] == first
    assert places["t0"] != first
    assert arranged(asked(0, 1, t1=first), ()) == places


def test_what_stands_alone_goes_to_a_larger_group_that_is_nearly_near_enough_and_to_no_small_one():
    alike = np.full((5, 5), -1.0)
    alike[:3, :3] = 0.5
    alike[3, :3] = alike[:3, 3] = -0.1
    alike[3, 4] = alike[4, 3] = -0.09
    groups = grouped(alike, [None] * 5, joined_from=0.0, taken_in_from=-0.11)
    assert groups == [[0, 1, 2, 3], [4]]
    assert grouped(alike, [None] * 5, joined_from=0.0, taken_in_from=0.0) == [[0, 1, 2], [3], [4]]


def test_joining_goes_by_the_mean_over_all_pairs_as_a_plain_loop_finds_it():
    for seed in range(8):
        chance = np.random.default_rng(seed)
        alike = chance.normal(size=(14, 14))
        alike = (alike + alike.T) / 2
        assert grouped(alike, [None] * 14, joined_from=0.1, taken_in_from=np.inf) == _plainly(alike, 0.1)


def _plainly(alike, joined_from):
    groups = [[number] for number in range(len(alike))]
    while len(groups) > 1:
        means = {
            (one, other): alike[np.ix_(groups[one], groups[other])].mean()
            for one in range(len(groups)) for other in range(one)
        }  # fmt: skip
        one, other = max(means, key=means.__getitem__)
        if means[one, other] < joined_from:
            break
        groups[other] += groups.pop(one)
    return sorted(map(sorted, groups))
