"""Does the compiled kernel compute what is right? It is asked in a child process: a broken library may crash.

    python -m bot.adapters.e5.self_test LIBRARY LEVEL [MODEL]

Ends with 0 if it compares vectors and reduces numbers rightly and, given a model file, gives the vectors of the model.
NumPy computes what is right, from the same file and with nothing in common with the C.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from bot.adapters.e5.encoder import Encoder
from bot.adapters.e5.kernel import KernelDots, KernelLayers, KernelReductions, Level
from bot.adapters.e5.lists import Lists
from bot.adapters.e5.numpy_layers import NumpyLayers
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.adapters.system.environment import short_environment
from bot.ingestion.typical_questions import typical_questions

_LOWEST_COSINE = 0.9995
"""Rounding to 8 bits makes chaos of the last bit: the wheel's source, compiled for two processors, agrees to 0.9999."""
_LARGEST_ERROR = 1e-4
"""Rounding vectors to 16 bits moves the products by a third of it at the most."""
_SHAPES = [(rows, width, count) for rows in (1, 37) for width in (1, 7, 100, 384, 385, 1536) for count in range(1, 7)]
"""Rows of codes, their length, and how many vectors they are compared with."""
_OUTCOMES = _PASSED, _FAILED = "passed", "failed"
_LONGEST_S = 60.0
"""Seconds after which the child process counts as hung, and the kernel as broken: by reasoning."""
_ROOT = Path(__file__).parents[3]


def passes(library: Path, model: Path, level: Level, *, memory: Path, model_hash: str) -> bool:
    """Whether the kernel may embed. What was found is kept in `memory`, for this library, model and level."""
    what = f"{model_hash} {level.name}"
    return _remembered(memory, _hash_of(library), what, lambda: _passes_in_child(library, model, level))


def search_passes(library: Path, level: Level, *, memory: Path) -> bool:
    """Whether the kernel may compare and reduce, which needs no model. It is kept beside the outcome of `passes`."""
    return _remembered(
        memory, _hash_of(library), f"search {level.name}", lambda: _passes_in_child(library, None, level)
    )


def lowest_cosine(library: Path, model_file: Path, level: Level) -> float:
    """Of 50 texts, four questions in each language, a long one and an empty one, half of them on each side.

    They are encoded with weights of 4 bits and with the same ones in 8, as the reader's are.
    """
    model = ModelFile(model_file)
    tokenizer = Tokenizer(model.vocabulary())
    right = Encoder(model, tokenizer, NumpyLayers(model, keep=False))
    tested = [Encoder(model, tokenizer, KernelLayers(weights, library, level)) for weights in (model, _Wide(model))]
    texts = list(_texts())
    cosines = [
        (right.encode(half, is_query=is_query) * encoder.encode(half, is_query=is_query)).sum(axis=1)
        for half, is_query in ((texts[::2], True), (texts[1::2], False))
        for encoder in tested
    ]
    return float(np.concatenate(cosines).min())


class _Wide:
    """Implements `weights.LayerWeights`: the embedding's weights as those of a reader that learned nothing."""

    def __init__(self, model: ModelFile) -> None:
        self.layers, self.floats, self.table, self.let_go = model.layers, model.floats, model.table, model.let_go


def largest_error(library: Path, level: Level) -> float:
    """Of products of codes with vectors, as a share of all that is summed up; NaN where any of them is."""
    dots = KernelDots(library, level)
    random = np.random.default_rng(0)
    errors = []
    for rows, width, count in _SHAPES:
        codes = random.integers(-128, 128, (rows, width), dtype=np.int8)
        vectors = random.standard_normal((count, width), dtype=np.float32)
        found = np.full((count, rows), np.nan, dtype=np.float32)
        dots(codes, vectors, found)
        left, right = vectors.astype(np.float64), codes.T.astype(np.float64)
        errors.append((np.abs(found - left @ right) / np.maximum(np.abs(left) @ np.abs(right), 1e-9)).max())
    return float(np.max(errors))


def reduces_rightly(library: Path) -> bool:
    """Whether sums and highest values are those that NumPy gives, to the last bit, for rows of both sizes."""
    reductions, random = KernelReductions(library), np.random.default_rng(0)
    return all(_reduces_rightly(reductions, random, places) for places in (5000, 70_000))


def _reduces_rightly(reductions: KernelReductions, random: np.random.Generator, places: int) -> bool:
    counts = random.integers(0, places // 2, 30)
    starts = np.cumsum(counts) - counts
    rows = np.concatenate([random.permutation(places)[:count] for count in counts])
    numbers, weights = random.permutation(30)[:20], random.standard_normal(20)
    sums = np.zeros(places)
    for number, weight in zip(numbers, weights, strict=True):
        sums[rows[starts[number] : starts[number] + counts[number]]] += weight
    lists = Lists(rows.astype(np.uint16 if places < 1 << 16 else np.int32), starts, counts, places)
    values, best = random.standard_normal(len(rows), dtype=np.float32), np.full(places, -np.inf, dtype=np.float32)
    np.maximum.at(best, rows, values)
    found = reductions.best(values, rows.astype(np.int32), places)
    return np.array_equal(reductions.sums(lists, numbers, weights), sums) and np.array_equal(found, best)


def _texts() -> Iterator[str]:
    for number, questions in enumerate(typical_questions().values()):
        yield from (questions[(number + step) % len(questions)].lower() for step in (0, 5, 10, 15))
    yield " ".join(questions[0] for questions in typical_questions().values())
    yield ""


def _remembered(memory: Path, library: str, what: str, test: Callable[[], bool | None]) -> bool:
    """The outcome that `memory` holds, or else that of the test. It holds outcomes of one library.

    A test that did not end (None) proves nothing of the library: the next start makes it again.
    """
    asked = f"{library} {what}"
    outcomes: dict[str, str] = {}
    with suppress(OSError):
        kept = (line.rpartition(" ") for line in memory.read_text(encoding="utf-8").splitlines())
        outcomes = {key: outcome for key, _, outcome in kept if key.startswith(library) and outcome in _OUTCOMES}
    if asked not in outcomes:
        has_passed = test()
        if has_passed is None:
            return False
        outcomes[asked] = _PASSED if has_passed else _FAILED
        lines = (f"{key} {outcome}\n" for key, outcome in outcomes.items())
        with suppress(OSError):  # where it can't be kept, it is found out again
            memory.write_text("".join(lines), encoding="utf-8")
    return outcomes[asked] == _PASSED


def _passes_in_child(library: Path, model: Path | None, level: Level) -> bool | None:
    """Whether the library computes rightly; None where the machine gave the child no chance to end."""
    command = [sys.executable, "-m", __name__, str(library), level.name, *([str(model)] if model else [])]
    environment = {**short_environment(), "PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.returncode == 0


def _hash_of(library: Path) -> str:
    """Of the library, and of the program that packs its weights: a library may be older."""
    files = [library, *sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _main(library: Path, level: Level, model: Path | None = None) -> int:
    is_right = largest_error(library, level) <= _LARGEST_ERROR and reduces_rightly(library)
    if is_right and model is not None:
        is_right = lowest_cosine(library, model, level) >= _LOWEST_COSINE
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), Level[sys.argv[2]], *map(Path, sys.argv[3:])))
