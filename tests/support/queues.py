"""Waiting lines one after the other, simulated by their events alone: no clock, and the same run for the same seed.

Beside it stand the closed formulas for the cases that have any; where they apply the simulation must agree with them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Service = Callable[[Random], float]
"""Seconds that a server is busy with one customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Lines alike, each with its servers; who comes joins one of the lines by chance, and is served in order there."""

    lines: int = 1
    servers: int = 1
    service: Service


def poisson(per_s: float, seconds: float, random: Random) -> list[float]:
    """Moments of arrivals that know nothing of each other."""
    moments, now = [], random.expovariate(per_s)
    while now < seconds:
        moments.append(now)
        now += random.expovariate(per_s)
    return moments


def exactly(seconds: float) -> Service:
    """Always the same."""
    return lambda _random: seconds


def exponential(mean_s: float) -> Service:
    """Without memory."""
    return lambda random: random.expovariate(1 / mean_s)


def drawn(seconds: Sequence[float]) -> Service:
    """One of those that were measured."""
    return lambda random: random.choice(seconds)


def left(arrivals: Sequence[float], station: Station, random: Random) -> list[tuple[float, float]]:
    """When each of these is served to the end, and how long it waited for that to begin; in the order of `arrivals`.

    `arrivals` are in the order of time.
    """
    free = [[0.0] * station.servers for _ in range(station.lines)]
    found = []
    for arrived in arrivals:
        servers = free[random.randrange(station.lines)]
        begins = max(arrived, servers[0])
        ends = begins + station.service(random)
        heapq.heapreplace(servers, ends)
        found.append((ends, begins - arrived))
    return found


def times_through(arrivals: Sequence[float], stations: Sequence[Station], random: Random) -> list[float]:
    """Seconds of each customer from the arrival at the first station to the end at the last, in the order of arrival."""
    under_way = [(moment, moment) for moment in arrivals]
    for station in stations:
        under_way.sort(key=lambda pair: pair[1])
        ends = left([moment for _, moment in under_way], station, random)
        under_way = [(came, end) for (came, _), (end, _) in zip(under_way, ends, strict=True)]
    return [end - came for came, end in sorted(under_way)]


def mm_mean_wait_s(per_s: float, mean_s: float, servers: int) -> float:
    """M/M/c: the mean wait by Erlang's formula C."""
    return must_wait(per_s, mean_s, servers) / (servers / mean_s - per_s)


def must_wait(per_s: float, mean_s: float, servers: int) -> float:
    """M/M/c: the share of those who find no server free (Erlang C)."""
    load = per_s * mean_s
    busy = load**servers / math.factorial(servers) / (1 - load / servers)
    return busy / (sum(load**n / math.factorial(n) for n in range(servers)) + busy)


def mg_mean_wait_s(per_s: float, mean_s: float, mean_square: float) -> float:
    """M/G/1: the mean wait by Pollaczek and Khinchine. M/D/1 is the case in which `mean_square` is the mean's square."""
    return per_s * mean_square / (2 * (1 - per_s * mean_s))
