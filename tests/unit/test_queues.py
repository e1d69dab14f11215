"""The simulation of waiting lines against the closed formulas of queueing theory."""

from __future__ import annotations

import statistics
from random import Random

import pytest

from tests.support.queues import (
    Service,
    Station,
    drawn,
    exactly,
    exponential,
    left,
    mg_mean_wait_s,
    mm_mean_wait_s,
    must_wait,
    poisson,
    times_through,
)

SECONDS = 10_000.0
NEAR = 0.1
"""Of the mean: the runs have 30,000 to 240,000 customers, whose waits hang together; the seeds are constants."""


def waits(per_s: float, station: Station) -> list[float]:
    random = Random(15)
    return [wait for _, wait in left(poisson(per_s, SECONDS, random), station, random)]


@pytest.mark.parametrize(("per_s", "servers"), [(3.0, 1), (7.5, 1), (6.0, 2), (8.0, 4)])
def test_many_servers_without_memory_wait_as_erlang_says(per_s: float, servers: int):
    mean_s = 0.1 if servers == 1 else 0.25 if servers == 2 else 0.4
    found = waits(per_s, Station(servers=servers, service=exponential(mean_s)))
    assert statistics.mean(found) == pytest.approx(mm_mean_wait_s(per_s, mean_s, servers), rel=NEAR)
    assert sum(wait > 0 for wait in found) / len(found) == pytest.approx(must_wait(per_s, mean_s, servers), rel=NEAR)


@pytest.mark.parametrize(
    ("service", "mean_square"),
    [(exactly(0.1), 0.01), (exponential(0.1), 0.02), (drawn([0.02, 0.18]), 0.0164)],
    ids=["always alike", "without memory", "drawn from two"],
)
def test_one_server_waits_as_pollaczek_and_khinchine_say(service: Service, mean_square: float):
    found = statistics.mean(waits(8.0, Station(service=service)))
    assert found == pytest.approx(mg_mean_wait_s(8.0, 0.1, mean_square), rel=NEAR)


def test_lines_that_are_joined_by_chance_wait_as_each_alone_with_its_part():
    found = statistics.mean(waits(24.0, Station(lines=4, service=exponential(0.1))))
    assert found == pytest.approx(mm_mean_wait_s(6.0, 0.1, 1), rel=NEAR)


def test_two_stations_one_after_the_other_take_the_sum():
    """Burke: what leaves a station without memory comes to the next as if it had never been there."""
    random = Random(15)
    both = [Station(service=exponential(0.1)), Station(servers=2, service=exponential(0.25))]
    found = statistics.mean(times_through(poisson(6.0, SECONDS, random), both, random))
    expected = mm_mean_wait_s(6.0, 0.1, 1) + 0.1 + mm_mean_wait_s(6.0, 0.25, 2) + 0.25
    assert found == pytest.approx(expected, rel=NEAR)


def test_more_than_a_server_can_do_makes_everybody_later_than_the_one_before():
    found = waits(12.0, Station(service=exactly(0.1)))
    assert found[-1] == pytest.approx(SECONDS * (12.0 * 0.1 - 1), rel=NEAR)


def test_the_same_seed_gives_the_same_run():
    station = Station(lines=3, service=exponential(0.1))
    runs = [times_through(poisson(9.0, 100.0, Random(1)), [station], Random(2)) for _ in range(2)]
    assert runs[0] == runs[1]
    assert times_through(poisson(9.0, 100.0, Random(3)), [station], Random(2)) != runs[0]
