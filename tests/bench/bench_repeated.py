"""A question that somebody has asked before, against the same one asked first, at the Answerer.

    python -m tests.bench.bench_repeated [--quick] [--data DIR] [--knowledge DIR]

Golden questions of all languages, each asked three times: the first time it is answered, then it is remembered.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import date

from bot.answering.model import Question
from bot.app.core import open_core
from bot.operations.logs import configure_logs
from tests.support.workshop import Workshop, described, golden, parser_of, spread

EACH, QUICK = 20, 5
LEAST = 20.0
"""Times as fast."""
_TODAY = date(2026, 11, 29)


async def main(workshop: Workshop, each: int) -> int:
    texts = [case.turns[0] for case in spread(golden(), each)]
    with workshop.copied() as copy:
        async with open_core(copy.settings, may_read_only=True) as core:
            await core.make_answerable()
            await core.warm()
            first, again = [], []
            for text in texts:
                made, took = await _asked(core.answerer, text)
                first.append(took)
                for _ in range(2):
                    same, took = await _asked(core.answerer, text)
                    again.append(took)
                    assert same == made
    ratio = statistics.median(first) / statistics.median(again)
    print(f"{len(texts)} questions: first {described(first)}; again {described(again)}")
    print(f"  {ratio:.0f} times as fast at the median (wanted: {LEAST:.0f})")
    return int(ratio < LEAST)


async def _asked(answerer, text: str) -> tuple[object, float]:
    began = time.perf_counter()
    answer = await answerer.answer(Question(text, _TODAY))
    return answer, (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    configure_logs("warning", as_json=False, secrets=[])
    given = parser_of(__doc__).parse_args()
    raise SystemExit(asyncio.run(main(Workshop.of(given), QUICK if given.quick else EACH)))
