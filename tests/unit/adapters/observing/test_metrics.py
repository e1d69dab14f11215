from __future__ import annotations

import asyncio

import pytest

from bot.adapters.observing.both import Both
from bot.adapters.observing.metrics import Metrics
from bot.app.seeing import all_words
from bot.observing import Condition, Happening, Work
from tests.support.fake_observer import FakeObserver


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(all_words(), version="1.2.3")


def lines(metrics: Metrics, beginning: str) -> list[str]:
    return [line for line in metrics.page().decode().splitlines() if line.startswith(beginning)]


def test_work_is_counted_by_its_facts_and_timed(metrics: Metrics):
    with metrics.work(Work.UPDATE, kind="question", treatment="normal") as notes:
        notes.note(result="handled")
    assert 'scoda_updates_handled_total{kind="question",result="handled"} 1.0' in metrics.page().decode()
    assert lines(metrics, "scoda_update_seconds_count") == ['scoda_update_seconds_count{kind="question"} 1.0']


@pytest.mark.parametrize(
    ("error", "result"), [(ValueError("a visitor's words"), "error"), (asyncio.CancelledError(), "cancelled")]
)
def test_work_that_raises_without_a_result_has_failed_and_the_error_goes_on(metrics: Metrics, error, result: str):
    with pytest.raises(type(error)), metrics.work(Work.SYNC):
        raise error
    page = metrics.page().decode()
    assert f'scoda_knowledge_sync_seconds_count{{result="{result}"}} 1.0' in page
    assert "a visitor's words" not in page


def test_what_is_no_known_word_becomes_other_whoever_tells_it(metrics: Metrics):
    metrics.happened(Happening.FIRST_REPLY, value=0.2, kind="Zebediah")
    metrics.happened(Happening.COPY, result="4711")
    metrics.show(Condition.COMPONENT_OK, 1, component="chat 4711")
    page = metrics.page().decode()
    assert 'scoda_reply_seconds_count{kind="other"} 1.0' in page
    assert 'scoda_copies_total{result="other"} 1.0' in page
    assert 'scoda_component_ok{component="other"} 1.0' in page
    assert "4711" not in page
    assert "Zebediah" not in page


def test_a_metric_whose_fact_is_not_told_is_not_meant(metrics: Metrics):
    with metrics.work(Work.QUESTION, language="en") as notes:
        notes.note(outcome="answered", composed="no")
    page = metrics.page().decode()
    assert 'scoda_questions_total{language="en",outcome="answered"} 1.0' in page
    assert 'scoda_questions_lost_total{language="en"' not in page


def test_counts_are_added_and_not_the_times(metrics: Metrics):
    for copies in (40, 2):
        with metrics.work(Work.BATCH) as notes:
            notes.note(copies=copies)
    assert lines(metrics, "scoda_copies_claimed_total") == ["scoda_copies_claimed_total 42.0"]
    metrics.happened(Happening.UPDATES_RECEIVED, value=3, kind="press")
    assert 'scoda_updates_received_total{kind="press"} 3.0' in metrics.page().decode()


def test_what_an_alert_looks_for_is_there_from_the_start_as_zero(metrics: Metrics):
    assert 'scoda_updates_given_up_total{kind="question"} 0.0' in metrics.page().decode()
    assert lines(metrics, "scoda_lease_lost_total") == ["scoda_lease_lost_total 0.0"]


def test_the_version_and_the_process_are_told(metrics: Metrics):
    assert lines(metrics, "scoda_build{") == ['scoda_build{version="1.2.3"} 1.0']


def test_two_bots_in_one_process_count_apart(metrics: Metrics):
    other = Metrics(all_words())
    other.happened(Happening.LEASE_LOST)
    assert lines(metrics, "scoda_lease_lost_total") == ["scoda_lease_lost_total 0.0"]
    assert lines(other, "scoda_lease_lost_total") == ["scoda_lease_lost_total 1.0"]


def test_both_are_told_everything_and_an_error_passes_through_both():
    one, other = FakeObserver(), FakeObserver()
    both = Both((one, other))

    def fail() -> None:
        with both.work(Work.SYNC) as notes:
            notes.note(documents=3)
            raise ValueError("oh")

    with pytest.raises(ValueError, match="oh"):
        fail()
    both.done(Work.STEP, took_s=1.0, ago_s=0.5, step="read")
    both.happened(Happening.LEASE_LOST)
    both.show(Condition.LEASE_HELD, 0)
    assert one.works == other.works == [(Work.SYNC, {"documents": 3, "result": "error"}), (Work.STEP, {"step": "read"})]
    assert one.happenings == other.happenings == [(Happening.LEASE_LOST, 1.0, {})]
    assert one.conditions == other.conditions == {Condition.LEASE_HELD: 0}
