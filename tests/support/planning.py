"""What a deployment can take, by closed sums: the formulas of the chapter «Planning capacity» in `config/RUNBOOK.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

OWN_SHARE = 10
"""One message of so many is an announcement's, however many visitors write: as `bot/chat/wire/pace.py` has it."""
POOL = 10
"""Connections that a process opens at most: as `bot/adapters/database/engines.py` has it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one question, one copy, or one second of a replica at rest.

    Seconds of a core, transactions that write, bytes of PostgreSQL's write-ahead log, and statements.
    """

    bot_s: float
    database_s: float
    commits: float
    log_bytes: float = 0.0
    statements: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """All that was measured."""

    question: Cost
    repeated: Cost
    """Of a question that somebody asked before."""
    copy: Cost
    rest: Cost = Cost(0.0, 0.0, 0.0)
    """Of a replica of which nothing is asked, each second."""
    commits_per_s: float
    """That PostgreSQL makes durable."""
    shape: Sequence[float] = (1.0,)
    """How questions differ from the mean one, which is 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of it all."""

    subscribers: int = 1_000_000
    questions_per_s: float = 5_000 / 60
    repeated: float = 0.0
    """The share of questions that were asked before."""

    def of_one(self, costs: Costs) -> Cost:
        """What one question costs in the mean."""
        new, old, share = costs.question, costs.repeated, self.repeated
        return Cost(
            new.bot_s + (old.bot_s - new.bot_s) * share,
            new.database_s + (old.database_s - new.database_s) * share,
            new.commits + (old.commits - new.commits) * share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Web replicas with a core each, one sender with a core, and a PostgreSQL; all cores are like the measured one."""

    replicas: int
    database_cores: int = 4
    most_connections: int = 97
    """PostgreSQL's own setting is 100, of which 3 are kept for its superuser."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast Telegram lets the bot send: messages a second."""

    name: str
    overall_per_s: int
    paid_per_s: int = 0
    """For announcements beside that, by paid broadcast."""


FREE = Pace("30 a second", 30)
PAID = Pace("30, copies paid", 30, 1000)
GREAT = Pace("1,000 a second", 1000)
PACES = (FREE, PAID, GREAT)


@dataclass(frozen=True)
class Plan:
    """Load, machines and pace brought together."""

    load: Load
    machines: Machines
    pace: Pace
    costs: Costs

    @cached_property
    def used(self) -> dict[str, float]:
        """The share of each resource that replicas and questions use without any announcement; above 1 it is not enough."""
        per_s, one, machines = self.load.questions_per_s, self.load.of_one(self.costs), self.machines
        rest, processes = self.costs.rest, machines.replicas + 1
        return {
            "Telegram": per_s / self.pace.overall_per_s,
            "web": per_s * one.bot_s / machines.replicas + rest.bot_s,
            "PostgreSQL": (per_s * one.database_s + processes * rest.database_s) / machines.database_cores,
            "commits": (per_s * one.commits + processes * rest.commits) / self.costs.commits_per_s,
        }

    @property
    def connections(self) -> int:
        """What web replicas and sender may open together: more than `most_connections` asks for another setting."""
        return (self.machines.replicas + 1) * POOL

    @property
    def first(self) -> str:
        """What is full first when everything grows alike."""
        return max(self.used, key=lambda name: self.used[name])

    @property
    def keeps_up(self) -> bool:
        """Whether every question is answered in the end."""
        return all(share < 1 for share in self.used.values())

    @cached_property
    def copies_per_s(self) -> tuple[float, str]:
        """Copies of the announcement a second while visitors ask, and what holds them there."""
        copy, left = self.costs.copy, {name: max(1 - share, 0.0) for name, share in self.used.items()}
        rates = {
            "Telegram": self._turns_per_s(),
            "sender": (1 - self.costs.rest.bot_s) / copy.bot_s,
            "PostgreSQL": left["PostgreSQL"] * self.machines.database_cores / copy.database_s,
            "commits": left["commits"] * self.costs.commits_per_s / copy.commits,
        }
        bound = min(rates, key=lambda name: rates[name])
        return rates[bound], bound

    @property
    def hours(self) -> float:
        """Until all subscribers have their copy; infinite where PostgreSQL leaves nothing for it."""
        per_s, _ = self.copies_per_s
        return self.load.subscribers / per_s / 3600 if per_s else float("inf")

    def _turns_per_s(self) -> float:
        if self.pace.paid_per_s:
            return self.pace.paid_per_s
        overall = self.pace.overall_per_s
        return max(overall - self.load.questions_per_s, overall / OWN_SHARE)
