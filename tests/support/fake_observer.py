"""An observer that notes what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.observing import Condition, Fact, Happening, Work, WorkNotes


class _Noted:
    def __init__(self, facts: dict[str, Fact]) -> None:
        self.facts = facts

    def note(self, **facts: Fact) -> None:
        self.facts.update(facts)


class FakeObserver:
    """Implements `bot.observing.Observer`: the lists are in the order in which it was told."""

    def __init__(self) -> None:
        self.works: list[tuple[Work, dict[str, Fact]]] = []
        """Those that are over."""
        self.times: list[tuple[dict[str, Fact], float, float]] = []
        """Of `done`: the facts, the seconds it took, and those since."""
        self.happenings: list[tuple[Happening, float, dict[str, Fact]]] = []
        self.conditions: dict[Condition, float] = {}

    @contextmanager
    def work(self, work: Work, *, story: str = "", **facts: Fact) -> Iterator[WorkNotes]:
        noted = _Noted(dict(facts))
        try:
            yield noted
        except BaseException:
            noted.facts.setdefault("result", "error")
            raise
        finally:
            self.works.append((work, noted.facts))

    def done(self, work: Work, *, took_s: float, ago_s: float = 0.0, **facts: Fact) -> None:
        self.works.append((work, dict(facts)))
        self.times.append((dict(facts), took_s, ago_s))

    def happened(self, what: Happening, *, value: float = 1.0, **facts: Fact) -> None:
        self.happenings.append((what, value, dict(facts)))

    def show(self, what: Condition, value: float, **facts: Fact) -> None:
        self.conditions[what] = value

    def of(self, work: Work) -> list[dict[str, Fact]]:
        """The facts of each piece of this work."""
        return [facts for one, facts in self.works if one is work]
