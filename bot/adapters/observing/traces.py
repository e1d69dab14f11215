"""Implements `bot.observing.Observer` with OpenTelemetry: work becomes spans that go to a collector by OTLP over HTTP.

A span bears kinds, languages, outcomes and counts: no error's message, and no id but its own random one. Importing this
takes 0.15 s: it is done where traces are wanted (`trace_settings`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, StatusCode, set_span_in_context, use_span

from bot.adapters.observing.words import Words, ended
from bot.observing import Condition, Fact, Happening, Work

_SERVICE = "scoda-bot"
_FLUSH_S = 2.0
"""Seconds at the end for what is not exported yet: a stop may take 8 s in all. By reasoning."""
_IDLE = "scoda.idle"
_FAILED = frozenset({"error", "given_up"})
_STORY = "occurrence"
"""The only stories are firings of announcements."""
_STORIES = 64
"""Kept at once: as many announcements as anybody sends at a time. One that is forgotten begins anew. By reasoning."""
_NS = 1_000_000_000
"""Nanoseconds in a second."""


class Traces:
    """Spans of this process, sent in batches by a thread; what can't be sent is dropped.

    Without an exporter they go to where the standard variables say.
    """

    def __init__(self, words: Words, exporter: SpanExporter | None = None) -> None:
        self._words = words
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(_Worthwhile(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("scoda")
        self._stories: dict[str, Context] = {}

    def work(self, work: Work, *, story: str = "", **facts: Fact) -> _OpenSpan:
        """See the port. What belongs to a story stands in one span of it, wherever it was begun."""
        return _OpenSpan(self, work, facts, story)

    def done(self, work: Work, *, took_s: float, ago_s: float = 0.0, **facts: Fact) -> None:
        """See the port."""
        end = time.time_ns() - int(ago_s * _NS)
        span = self._tracer.start_span(self.name(work, facts), start_time=end - int(took_s * _NS))
        self.describe(span, work, facts)
        span.end(end)

    def happened(self, what: Happening, *, value: float = 1.0, **facts: Fact) -> None:
        """A trace tells of work only."""

    def show(self, what: Condition, value: float, **facts: Fact) -> None:
        """A trace tells of work only."""

    async def close(self) -> None:
        """Send what is left, at most for two seconds; then nothing is tried again."""
        await asyncio.to_thread(self._provider.shutdown)

    def begun(self, work: Work, facts: Mapping[str, Fact], story: str) -> Span:
        """A span inside the present one, or inside that of its story."""
        return self._tracer.start_span(self.name(work, facts), context=self._inside(story) if story else None)

    def _inside(self, story: str) -> Context:
        if story not in self._stories:
            if len(self._stories) >= _STORIES:
                del self._stories[next(iter(self._stories))]
            first = self._tracer.start_span(_STORY)
            first.end()
            self._stories[story] = set_span_in_context(first)
        return self._stories[story]

    def name(self, work: Work, facts: Mapping[str, Fact]) -> str:
        """`step retrieve`, `call sendMessage`, else the work itself."""
        part = next((name for name in ("step", "method") if name in facts), None)
        return f"{work} {self._words.known(part, facts[part])}" if part else str(work)

    def describe(self, span: Span, work: Work, facts: Mapping[str, Fact]) -> None:
        """Put the facts on the span, as far as they are counts or known words."""
        for name, value in facts.items():
            if isinstance(value, int):
                span.set_attribute(f"scoda.{name}", value)
            elif name in self._words.lists:
                span.set_attribute(f"scoda.{name}", self._words.known(name, value))
        if work is Work.PLANNING and not facts.get("copies"):
            span.set_attribute(_IDLE, 1)
        if facts.get("result") in _FAILED:
            span.set_status(StatusCode.ERROR)


class _OpenSpan:
    """One piece of work while it goes on."""

    __slots__ = ("_facts", "_span", "_story", "_traces", "_using", "_work")

    def __init__(self, traces: Traces, work: Work, facts: dict[str, Fact], story: str) -> None:
        self._traces, self._work, self._facts, self._story = traces, work, facts, story

    def note(self, **facts: Fact) -> None:
        """See `bot.observing.WorkNotes`."""
        self._facts.update(facts)

    def __enter__(self) -> Self:
        self._span = self._traces.begun(self._work, self._facts, self._story)
        self._using = use_span(self._span, record_exception=False, set_status_on_exception=False)
        self._using.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._using.__exit__(None, None, None)  # an error's message and stack stay out of the span
        self._traces.describe(self._span, self._work, ended(self._facts, kind))
        self._span.end()


class _Worthwhile(BatchSpanProcessor):
    """Passes over work that found nothing to do: the planner looks each second."""

    def on_end(self, span: ReadableSpan) -> None:
        if not (span.attributes or {}).get(_IDLE):
            super().on_end(span)

    def shutdown(self) -> None:
        """Send what is left; the class above waits for 30 s and has no setting for it."""
        self._batch_processor.shutdown(timeout_millis=int(_FLUSH_S * 1000))


def _resource() -> Resource:
    """What the standard variables say of the service, with a name where they give none."""
    found = Resource.create()
    if str(found.attributes[SERVICE_NAME]).startswith("unknown_service"):
        found = found.merge(Resource({SERVICE_NAME: _SERVICE}))
    return found
