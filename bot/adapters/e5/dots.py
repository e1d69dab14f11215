"""The products of vectors with packed rows: in C where the kernel runs, in NumPy where it doesn't."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import structlog

from bot.adapters.e5 import processor, self_test
from bot.adapters.e5.engine import Machine
from bot.adapters.e5.kernel import KernelDots, Level
from bot.ingestion.model import Vector

_log = structlog.get_logger(__name__)

_BLOCK = 1024
"""Rows that NumPy compares at once: so many fit into the processor's own memory."""


class Dots(Protocol):
    """Many products at once; threads may call it side by side."""

    def __call__(self, codes: npt.NDArray[np.int8], vectors: Vector, out: Vector) -> None:
        """Put the product of vector v with row r of the codes into `out[v, r]`. Codes and `out` stand row by row.

        Raises:
            ValueError: the shapes don't fit.
        """
        ...


def numpy_dots(codes: npt.NDArray[np.int8], vectors: Vector, out: Vector) -> None:
    """See `Dots`."""
    block = np.empty((_BLOCK, vectors.shape[1]), dtype=np.float32)
    for start in range(0, len(codes), _BLOCK):
        rows = codes[start : start + _BLOCK]
        np.copyto(block[: len(rows)], rows, casting="unsafe")
        for vector, found in zip(vectors, out, strict=True):
            np.dot(block[: len(rows)], vector, out=found[start : start + _BLOCK])


@cache
def dots_here() -> Dots:
    """What this machine takes. The first call after an installation takes a third of a second: it tests the kernel."""
    return dots_of(Machine())


def dots_of(machine: Machine) -> Dots:
    """The kernel where it was compiled and computes rightly, or else NumPy."""
    tested = tested_library(machine)
    return KernelDots(*tested) if tested is not None else numpy_dots


class TestedLibrary(NamedTuple):
    """What may be loaded, and what of the processor it may use."""

    library: Path
    level: Level


def tested_library(machine: Machine) -> TestedLibrary | None:
    """The compiled library, if it is there and compares and adds rightly."""
    library, level = machine.library, processor.level_of(machine.features)
    if library is None or not library.is_file():
        return None
    if not self_test.search_passes(library, level, memory=machine.memory or library.with_suffix(".tested")):
        _log.warning("comparing_kernel_refused", library=str(library), level=level.name)
        return None
    return TestedLibrary(library, level)
