"""Does the compiled kernel give the vectors of the model? It is asked in a child process: a broken library may crash.

    python -m bot.adapters.e5.self_test LIBRARY MODEL LEVEL

Ends with 0 if it does. NumPy computes what is right, from the same file and with nothing in common with the C.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from bot.adapters.e5.encoder import Encoder
from bot.adapters.e5.kernel import KernelLayers, Level
from bot.adapters.e5.numpy_layers import NumpyLayers
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.ingestion.typical_questions import typical_questions

_LOWEST_COSINE = 0.9995
"""Rounding to 8 bits makes chaos of the last bit: the wheel's source, compiled for two processors, agrees to 0.9999."""
_LONGEST_S = 60.0
_ROOT = Path(__file__).parents[3]


def passes(library: Path, model: Path, level: Level, *, memory: Path, model_hash: str) -> bool:
    """Whether the kernel may be used. What was found is kept in `memory`, for this library, model and level."""
    key = f"{_hash_of(library)} {model_hash} {level.name}"
    with suppress(OSError):
        known, _, outcome = memory.read_text(encoding="utf-8").strip().rpartition(" ")
        if known == key:
            return outcome == "passed"
    has_passed = _passes_in_child(library, model, level)
    with suppress(OSError):  # where it can't be kept, it is found out again
        memory.write_text(f"{key} {'passed' if has_passed else 'failed'}\n", encoding="utf-8")
    return has_passed


def lowest_cosine(library: Path, model_file: Path, level: Level) -> float:
    """Of 50 texts, four questions in each language, a long one and an empty one, half of them on each side."""
    model = ModelFile(model_file)
    tokenizer = Tokenizer(model.vocabulary())
    right = Encoder(model, tokenizer, NumpyLayers(model, keep=False))
    tested = Encoder(model, tokenizer, KernelLayers(model, library, level))
    texts = list(_texts())
    cosines = [
        (right.encode(half, is_query=is_query) * tested.encode(half, is_query=is_query)).sum(axis=1)
        for half, is_query in ((texts[::2], True), (texts[1::2], False))
    ]
    return float(np.concatenate(cosines).min())


def _texts() -> Iterator[str]:
    for number, questions in enumerate(typical_questions().values()):
        yield from (questions[(number + step) % len(questions)].lower() for step in (0, 5, 10, 15))
    yield " ".join(questions[0] for questions in typical_questions().values())
    yield ""


def _passes_in_child(library: Path, model: Path, level: Level) -> bool:
    command = [sys.executable, "-m", __name__, str(library), str(model), level.name]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _hash_of(library: Path) -> str:
    """Of the library, and of the program that packs its weights: a library may be older."""
    files = [library, *sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(not lowest_cosine(Path(sys.argv[1]), Path(sys.argv[2]), Level[sys.argv[3]]) >= _LOWEST_COSINE)
