"""Spans as a collector gets them."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from bot.adapters.observing.traces import Traces
from bot.app.seeing import all_words, open_sight
from bot.observing import Work
from tests.support.processes import free_port
from tests.support.trace_collector import TraceCollector, facts_of, trace_collector

ENOUGH_S = 8.0
"""A stop may take as long in all."""
AT_ONCE_S = 2.0
"""Sooner than the exporter would have tried once more: that is four seconds after its second pause."""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch):
    with trace_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        yield collector


@pytest.fixture
def traces(collector: TraceCollector) -> Traces:
    return Traces(all_words())


async def test_work_inside_other_work_becomes_a_span_inside_its_span(collector: TraceCollector, traces: Traces):
    with traces.work(Work.UPDATE, kind="question") as update:
        with traces.work(Work.QUESTION) as question:
            traces.done(Work.STEP, took_s=0.25, ago_s=0.5, step="retrieve")
            question.note(outcome="answered", language="kk")
        await asyncio.create_task(_call(traces))
        update.note(result="handled")
    await traces.close()
    assert set(collector.paths) == {"/v1/traces"}
    [update_span], [question_span] = collector.named("update"), collector.named("question")
    [step], [call] = collector.named("step retrieve"), collector.named("call sendMessage")
    parents = {span.name: collector.parent(span) for span in collector.spans}
    assert parents == {
        "update": "",
        "question": "update",
        "step retrieve": "question",
        "call sendMessage": "update",
    }
    assert facts_of(update_span) == {"scoda.kind": "question", "scoda.result": "handled"}
    assert facts_of(question_span)["scoda.language"] == "kk"
    assert step.end_time_unix_nano - step.start_time_unix_nano == 250_000_000
    assert step.end_time_unix_nano < question_span.end_time_unix_nano
    assert call.trace_id == update_span.trace_id


async def _call(traces: Traces) -> None:
    with traces.work(Work.CALL, method="sendMessage") as call:
        call.note(result="sent")


async def test_neither_an_error_s_words_nor_a_stranger_s_are_sent(collector: TraceCollector, traces: Traces):
    def fail() -> None:
        with traces.work(Work.CALL, method="send4711", kind="Zebediah") as call:
            call.note(result="7000001:secret", name="Quillfeather")  # type: ignore[arg-type]
            raise ValueError("purple umbrellas")

    with pytest.raises(ValueError, match="purple"):
        fail()
    await traces.close()
    [span] = collector.named("call other")
    assert facts_of(span) == {"scoda.method": "other", "scoda.kind": "other", "scoda.result": "other"}
    assert not span.events
    everything = b"".join(collector.bodies)
    for secret in (b"4711", b"Zebediah", b"Quillfeather", b"7000001", b"umbrellas", b"test_traces"):
        assert secret not in everything


async def test_work_that_fails_is_marked_without_a_word(collector: TraceCollector, traces: Traces):
    with pytest.raises(ValueError, match="oh"), traces.work(Work.SYNC):
        raise ValueError("oh")
    await traces.close()
    [span] = collector.spans
    assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "")


async def test_the_batches_of_an_occurrence_stand_in_one_span_and_its_id_is_told_to_nobody(
    collector: TraceCollector, traces: Traces
):
    for story, copies in (("zebediah-47114711", 1000), ("quillfeather-47124712", 3)):
        with traces.work(Work.PLANNING, story=story) as planning:
            planning.note(copies=copies)
    with traces.work(Work.BATCH, story="zebediah-47114711") as batch:
        batch.note(copies=30)
    await traces.close()
    [batch_span] = collector.named("batch")
    planned = {facts_of(span)["scoda.copies"]: span for span in collector.named("planning")}
    assert collector.parent(batch_span) == "occurrence"
    assert batch_span.parent_span_id == planned[1000].parent_span_id != planned[3].parent_span_id
    everything = b"".join(collector.bodies)
    for secret in (b"zebediah", b"quillfeather", b"4711471", b"4712471"):  # three digits stand in a random id at times
        assert secret not in everything


async def test_a_planner_that_found_nothing_to_do_sends_nothing(collector: TraceCollector, traces: Traces):
    for copies in (0, 3):
        with traces.work(Work.PLANNING) as planning:
            planning.note(copies=copies)
    await traces.close()
    assert [facts_of(span)["scoda.copies"] for span in collector.named("planning")] == [3]


async def test_the_service_has_a_name_which_the_standard_variable_changes(
    collector: TraceCollector, monkeypatch: pytest.MonkeyPatch
):
    for name in ("", "expo"):
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
        traces = Traces(all_words())
        with traces.work(Work.SYNC):
            pass
        await traces.close()
    resources = [resource.resource for one in collector.requests for resource in one.resource_spans]
    named = [
        one.value.string_value for resource in resources for one in resource.attributes if one.key == "service.name"
    ]
    assert named == ["scoda-bot", "expo"]


async def test_a_collector_that_is_not_there_holds_up_neither_work_nor_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    before = set(threading.enumerate())
    began = time.monotonic()
    traces = Traces(all_words())
    [sender] = set(threading.enumerate()) - before
    with traces.work(Work.SYNC):
        pass
    await traces.close()
    assert time.monotonic() - began < ENOUGH_S
    await asyncio.to_thread(sender.join, AT_ONCE_S)
    assert not sender.is_alive()


async def test_without_the_variables_there_are_metrics_alone_and_with_them_both(collector: TraceCollector):
    async with open_sight({}) as sight:
        assert sight.observer is sight.metrics
    async with open_sight({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address}) as sight:
        with sight.observer.work(Work.BUILD):
            pass
    assert collector.named("build")
    assert sight.metrics is not None
    assert b'scoda_knowledge_build_seconds_count{result="done"} 1.0' in sight.metrics.page()
