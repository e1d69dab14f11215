"""The short form of the simulation; `make soak` tells thousands of stories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.announcements import policy
from bot.announcements.model import DeliveryState
from tests.faults import simulation
from tests.support.fake_outbox import FakeOutbox


@pytest.mark.parametrize("first", [0, *(pytest.param(first, marks=pytest.mark.nightly) for first in (10, 20, 30))])
def test_D06_no_story_breaks_a_promise(first):
    stories = [simulation.tell(seed) for seed in range(first, first + 10)]
    assert [story for story in stories if story.failure] == []
    assert sum(story.deaths for story in stories) > 10
    assert sum(story.copies for story in stories) > 100


def test_a_story_is_the_same_each_time():
    assert simulation.tell(7) == simulation.tell(7)


@pytest.mark.parametrize(
    "broken",
    [
        "a sender's death is proof that nothing was sent",
        pytest.param("nobody looks after the dead", marks=pytest.mark.nightly),
    ],
)
def test_the_simulation_notices_a_broken_rule(broken, monkeypatch):
    if broken.startswith("nobody"):
        monkeypatch.setattr(FakeOutbox, "orphans", _no_orphans)
    else:
        monkeypatch.setattr(policy, "after_doubt", _forgotten_doubt)
    assert any(simulation.tell(seed).failure for seed in range(12))


async def _no_orphans(_outbox, *, live, limit):
    return []


def _forgotten_doubt(row, _policy, *, now, has_ended):
    return replace(row, state=DeliveryState.PLANNED, not_before=now)
