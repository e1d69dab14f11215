"""What it costs to look on: one observation, a scrape, and an answer's share of it.

    python -m tests.bench.bench_seeing [--quick]

Processor time, in this process. A question is told as one update, one call, one question and ten steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.adapters.observing.metrics import Metrics
from bot.app.seeing import all_words
from bot.observing import NOBODY, Happening, Observer, Work
from tests.support.workshop import parser_of

STEPS = ("clean", "detect_language", "read", "embed", "retrieve", "route", "pin", "rerank", "judge", "decide")


def tell_a_question(observer: Observer) -> None:
    """All that is told of one question that is answered."""
    with observer.work(Work.UPDATE, kind="question", treatment="normal") as update:
        with observer.work(Work.QUESTION, language="en") as question:
            for step in STEPS:
                observer.done(Work.STEP, took_s=0.001, step=step)
            question.note(outcome="answered", language="en", composed="no")
        with observer.work(Work.CALL, method="sendMessage") as call:
            call.note(result="sent")
        observer.happened(Happening.FIRST_REPLY, value=0.1, kind="question")
        update.note(result="handled")


def microseconds(work: Callable[[], object], times: int) -> float:
    """Of the processor for one time, the best of three rounds."""
    rounds = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times * 1e6)
    return min(rounds)


def main() -> None:
    parser = parser_of(__doc__)
    times = 300 if parser.parse_args().quick else 3000
    metrics = Metrics(all_words(), version="1")
    one = microseconds(lambda: metrics.happened(Happening.STATEMENT, value=0.001), times * 10)
    whole = microseconds(lambda: tell_a_question(metrics), times)
    nobody = microseconds(lambda: tell_a_question(NOBODY), times)
    page = microseconds(metrics.page, times // 10)
    print(f"one observation         {one:8.1f} µs")
    print(f"all of a question       {whole:8.1f} µs   (nobody looks on: {nobody:.1f} µs)")
    print(f"the page                {page / 1000:8.2f} ms   ({len(metrics.page()) / 1024:.0f} KiB)")


if __name__ == "__main__":
    main()
