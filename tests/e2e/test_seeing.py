"""A running bot as whoever is on duty sees it: its metrics, and its traces at a collector."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.trace_collector import facts_of, trace_collector
from tests.support.visitors import Town, until

QUESTION = "How many freight trains with purple umbrellas ran in 2025?"
STEPS = {"clean", "detect_language", "read", "retrieve", "route", "pin", "rerank", "judge", "decide"}


async def _value(bot: BotProcess, name: str, **labels: str) -> float | None:
    page = await bot.get("/metrics")
    assert page is not None
    samples = [one for family in text_string_to_metric_families(page.text) for one in family.samples]
    return next((one.value for one in samples if one.name == name and one.labels == labels), None)


@pytest.mark.nightly
async def test_what_a_visitor_asks_and_what_is_published_can_be_seen_without_a_word_of_it(
    place: Place, town: Town, monkeypatch: pytest.MonkeyPatch
):
    with trace_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        async with running_bot(place, town.base_url, knowledge_rescan_s=2) as bot:
            john = await town.visitor("Zebediah", "en", last_name="Quillfeather", username="zquill")
            await john.start()
            assert TRAINS_IN_2025 in (await john.ask(QUESTION))["text"]
            trains = place.knowledge / "en/logistics/trains.md"
            trains.write_text(trains.read_text("utf-8").replace(TRAINS_IN_2025, "1,300"), encoding="utf-8")
            await until(lambda: bot.events("knowledge_published"), "the new version")

            assert await _value(bot, "scoda_ready") == 1
            assert await _value(bot, "scoda_reply_seconds_count", kind="question") == 2
            assert await _value(bot, "scoda_questions_total", outcome="answered", language="en") == 1
            assert await _value(bot, "scoda_telegram_calls_total", method="sendMessage", result="sent") >= 2
            assert await _value(bot, "scoda_knowledge_publish_seconds_count", result="done") == 1
            assert await _value(bot, "scoda_lease_held") == 1
            assert await _value(bot, "scoda_component_ok", component="announcements") == 1
            assert await bot.stop() == 0

    for step in STEPS:
        [span] = collector.named(f"step {step}")
        assert collector.parent(span) == "question"
    [question] = collector.named("question")
    assert collector.parent(question) == "update"
    assert facts_of(question)["scoda.outcome"] == "answered"
    assert {collector.parent(span) for span in collector.named("call sendMessage")} == {"update"}
    assert {collector.parent(span) for name in ("build", "publish") for span in collector.named(name)} == {"sync"}
    everything = b"".join(collector.bodies)
    for words in (b"umbrellas", b"Zebediah", b"Quillfeather", b"zquill", b"1,300", str(john.id).encode(), b"7000001"):
        assert words not in everything
    assert str(john.id) not in bot.log()
