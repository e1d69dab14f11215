"""Implements `bot.observing.Observer` with Prometheus's client, in a registry of its own; `page` is what is scraped."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import product
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from bot.adapters.observing.catalogue import CONDITIONS, HAPPENINGS, WORKS, Instrument
from bot.adapters.observing.words import Words, ended
from bot.observing import Condition, Fact, Happening, Work

_SHOWN_AT_ONCE = 64
"""Series of one name that are there from the start with a 0: an alert sees only what rises from something. Chosen: all
names with one fact, few of those with two."""
_Meter = Counter | Gauge | Histogram


class Metrics:
    """Counts, times and states of this process. What is no word of `words` is told as «other»."""

    def __init__(self, words: Words, *, version: str = "") -> None:
        self._words = words
        self._registry = CollectorRegistry()
        self._meters: dict[Instrument, _Meter] = {
            one: self._meter(one) for table in (*WORKS.values(), *HAPPENINGS.values()) for one in table
        }
        self._conditions = {what: self._meter(one) for what, one in CONDITIONS.items()}
        ProcessCollector(registry=self._registry)
        Gauge("scoda_build", "This version runs.", ["version"], registry=self._registry).labels(version).set(1)

    def work(self, work: Work, *, story: str = "", **facts: Fact) -> _Timed:  # noqa: ARG002 - a port's signature
        """See the port."""
        return _Timed(self, work, facts)

    def done(self, work: Work, *, took_s: float, ago_s: float = 0.0, **facts: Fact) -> None:  # noqa: ARG002 - a port's signature
        """See the port."""
        self.tell(WORKS[work], took_s, facts)

    def happened(self, what: Happening, *, value: float = 1.0, **facts: Fact) -> None:
        """See the port."""
        self.tell(HAPPENINGS[what], value, facts)

    def show(self, what: Condition, value: float, **facts: Fact) -> None:
        """See the port."""
        labels = self._labels(CONDITIONS[what], facts)
        meter = self._conditions[what]
        assert isinstance(meter, Gauge)
        if labels is not None:
            (meter.labels(*labels) if labels else meter).set(value)

    def forget(self, what: Condition, **facts: Fact) -> None:
        """It is no longer so or so: nothing is told of it any more."""
        labels = self._labels(CONDITIONS[what], facts)
        if labels is not None:
            with suppress(KeyError):  # it was not told before
                self._conditions[what].remove(*labels)

    def page(self) -> bytes:
        """All of it in Prometheus's text format 0.0.4."""
        return generate_latest(self._registry)

    def tell(self, instruments: Sequence[Instrument], value: float, facts: Mapping[str, Fact]) -> None:
        """Count and time what comes of it."""
        for one in instruments:
            labels = self._labels(one, facts)
            amount = value if not one.counts else 1.0 if one.counts == "times" else float(facts.get(one.counts, 0))
            if labels is None:
                continue
            meter = self._meters[one]
            child = meter.labels(*labels) if labels else meter
            if isinstance(child, Histogram):
                child.observe(max(amount, 0.0))
            else:
                child.inc(amount)

    def _labels(self, one: Instrument, facts: Mapping[str, Fact]) -> list[str] | None:
        """The values of its labels; None where one of them is not told: then it is not meant."""
        if any(name not in facts for name in one.labels):
            return None
        return [self._words.known(name, facts[name]) for name in one.labels]

    def _meter(self, one: Instrument) -> _Meter:
        made: _Meter
        if one.buckets:
            made = Histogram(one.name, one.about, one.labels, buckets=one.buckets, registry=self._registry)
        elif one.name.endswith("_total"):
            made = Counter(one.name, one.about, one.labels, registry=self._registry)
        else:
            made = Gauge(one.name, one.about, one.labels, registry=self._registry)
        if isinstance(made, Counter) and one.labels:
            values = list(product(*(sorted(self._words.of(name)) for name in one.labels)))
            for labels in values if len(values) <= _SHOWN_AT_ONCE else ():
                made.labels(*labels)
        return made


class _Timed:
    """One piece of work while it goes on."""

    __slots__ = ("_began", "_facts", "_metrics", "_work")

    def __init__(self, metrics: Metrics, work: Work, facts: dict[str, Fact]) -> None:
        self._metrics, self._work, self._facts = metrics, work, facts
        self._began = 0.0

    def note(self, **facts: Fact) -> None:
        """See `bot.observing.WorkNotes`."""
        self._facts.update(facts)

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        took_s = time.perf_counter() - self._began
        self._metrics.tell(WORKS[self._work], took_s, ended(self._facts, kind))
