"""Layers, comparison and reductions in C (`kernel.c`), compiled at the install where a compiler is there."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.lists import Integers, Lists
from bot.adapters.e5.weights import BLOCK, INNER, WIDTH, Bytes, Floats, LayerWeights, ModelFile
from bot.errors import EmbeddingError

_ROWS = 16
"""Rows of weights that stand side by side."""
_TOKENS = 4
"""Tokens that are computed at once."""
_ALIGNED = 64
"""Bytes: a line of the processor's memory, and one AVX-512 register."""
Doubles = npt.NDArray[np.float64]
_Array = TypeVar("_Array", Bytes, Floats)


class Level(IntEnum):
    """What of the processor is used."""

    PORTABLE = 0
    AVX2 = 1
    AVX512 = 2


def compiled_library() -> Path | None:
    """What the installation compiled, if it could."""
    found = Path(__file__).parent.glob("_kernel*.so")
    return max(found, key=lambda library: library.stat().st_mtime, default=None)


class KernelLayers:
    """Implements `encoder.Layers`: one call of C for all layers, without Python's lock."""

    def __init__(self, model: LayerWeights, library: Path, level: Level) -> None:
        """Pack the weights: 13 MB of twelve layers as the embedding's file has them, of any others 24 MB, 8 bits each.

        Raises:
            OSError: the library can't be loaded.
        """
        self._run = ctypes.CDLL(str(library)).scoda_e5_layers
        self._run.argtypes = [ctypes.c_int, ctypes.c_int, *(ctypes.c_void_p, ctypes.c_int) * 3]
        self._level = level
        self._count = model.layers
        self._bits = 4 if isinstance(model, ModelFile) else 8
        self._parts = [part for layer in range(self._count) for part in _parts(model, layer)]
        self._pointers = (ctypes.c_void_p * len(self._parts))(*(part.ctypes.data for part in self._parts))
        model.let_go()

    def passed(self, rows: Floats, ends: npt.NDArray[np.int32]) -> Floats:
        """See the port."""
        padded = np.zeros((-(-len(rows) // _TOKENS) * _TOKENS, WIDTH), np.float32)
        padded[: len(rows)] = rows
        ends = np.ascontiguousarray(ends, np.int32)
        failed = self._run(
            self._level,
            self._bits,
            *(self._pointers, self._count),
            *(padded.ctypes.data, len(padded)),
            *(ends.ctypes.data, len(ends)),
        )
        if failed:
            raise EmbeddingError(f"the embedding kernel gave up with code {failed}: there may be no memory left")
        return padded[: len(rows)]


class KernelDots:
    """Implements `bot.adapters.e5.dots.Dots`: one call of C, without Python's lock.

    It rounds the vectors to 16 bits: with 64,562 stored vectors their cosines came within 7 · 10⁻⁶ of the exact ones.
    """

    def __init__(self, library: Path, level: Level) -> None:
        """Load the library.

        Raises:
            OSError: the library can't be loaded.
            AttributeError: the library is of another kind.
        """
        self._run = ctypes.CDLL(str(library)).scoda_dots
        self._run.argtypes = [
            ctypes.c_int,
            *(ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64),
            *(ctypes.c_void_p, ctypes.c_int64),
            ctypes.c_void_p,
        ]
        self._level = level

    def __call__(self, codes: npt.NDArray[np.int8], vectors: Floats, out: Floats) -> None:
        """See the protocol."""
        (rows, width), count = codes.shape, len(vectors)
        if vectors.shape != (count, width) or out.shape != (count, rows):
            raise ValueError(f"codes {codes.shape} and vectors {vectors.shape} don't give products {out.shape}")
        assert codes.dtype == np.int8
        assert codes.flags.c_contiguous
        assert out.dtype == np.float32
        assert out.flags.c_contiguous
        given = np.ascontiguousarray(vectors, dtype=np.float32)
        failed = self._run(self._level, codes.ctypes.data, rows, width, given.ctypes.data, count, out.ctypes.data)
        if failed:
            raise ValueError(f"the kernel has no level {self._level!r}, or there is no memory left (code {failed})")


class KernelReductions:
    """Implements `bot.adapters.e5.reductions.Reductions`: one call of C each, without Python's lock."""

    def __init__(self, library: Path) -> None:
        """Load the library.

        Raises:
            OSError: the library can't be loaded.
            AttributeError: the library is of another kind.
        """
        loaded = ctypes.CDLL(str(library))
        self._sum, self._best = loaded.scoda_sums, loaded.scoda_best
        self._sum.argtypes = [ctypes.c_int, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_void_p]
        self._best.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]

    def sums(self, lists: Lists, numbers: Integers, weights: Doubles) -> Doubles:
        """See the protocol."""
        starts, counts = (column[numbers].astype(np.int64) for column in (lists.starts, lists.counts))
        given, rows, found = np.ascontiguousarray(weights, np.float64), lists.rows, np.zeros(lists.places)
        if len(given) != len(starts):
            raise ValueError(f"{len(starts)} lists, and {len(given)} weights")
        assert rows.dtype in (np.uint16, np.int32)
        assert rows.flags.c_contiguous
        arrays = (array.ctypes.data for array in (rows, starts, counts, given))
        failed = self._sum(rows.itemsize, *arrays, len(starts), found.ctypes.data)
        if failed:
            raise ValueError(f"the kernel adds no rows of {rows.itemsize} bytes (code {failed})")
        return found

    def best(self, values: Floats, places: npt.NDArray[np.int32], count: int) -> Floats:
        """See the protocol."""
        given, found = np.ascontiguousarray(values, np.float32), np.full(count, -np.inf, dtype=np.float32)
        if len(given) != len(places):
            raise ValueError(f"{len(given)} values, and {len(places)} places")
        assert places.dtype == np.int32
        assert places.flags.c_contiguous
        self._best(given.ctypes.data, places.ctypes.data, len(given), found.ctypes.data)
        return found


def _parts(model: LayerWeights, layer: int) -> list[Bytes | Floats]:
    """The arrays of a layer in the order of `Layer` in kernel.c."""
    parts: list[Bytes | Floats] = []
    for names, width in ((("q", "k", "v"), WIDTH), (("ao",), WIDTH), (("fi",), WIDTH), (("fo",), INNER)):
        tensors = [f"l{layer}.{name}.w" for name in names]
        parts += _narrow(model, tensors, width) if isinstance(model, ModelFile) else _wide(model, tensors, width)
        parts += [_aligned(np.concatenate([model.floats(f"l{layer}.{name}.b") for name in names]))]
    parts += [_aligned(model.floats(f"l{layer}.{name}")) for name in ("aln.w", "aln.b", "oln.w", "oln.b")]
    return parts


def _narrow(model: ModelFile, tensors: Sequence[str], width: int) -> list[Bytes | Floats]:
    """Weights of 4 bits, as they are stored, and their scales."""
    blocks = np.concatenate([model.blocks(name, width) for name in tensors])
    fours = blocks[..., 2:].reshape(-1, _ROWS, width // BLOCK, 4, 4)
    return [_aligned(fours.transpose(0, 2, 3, 1, 4)), _scales(blocks[..., :2].copy().view(np.float16)[..., 0])]


def _wide(model: LayerWeights, tensors: Sequence[str], width: int) -> list[Bytes | Floats]:
    """Weights of 8 bits, each raised by 128, and their scales: a block's largest is 127 times its scale."""
    blocks = np.concatenate([model.table(name, width) for name in tensors]).reshape(-1, width // BLOCK, BLOCK)
    scales = np.abs(blocks).max(axis=2) / np.float32(127)
    codes = np.rint(blocks / np.where(scales > 0, scales, np.float32(1))[..., None]) + 128
    fours = codes.astype(np.uint8).reshape(-1, _ROWS, width // BLOCK, 8, 4)
    return [_aligned(fours.transpose(0, 2, 3, 1, 4)), _scales(scales)]


def _scales(scales: npt.NDArray[np.floating[Any]]) -> Floats:
    """Rows × blocks to 16 rows side by side."""
    rows, count = scales.shape
    return _aligned(scales.astype(np.float32).reshape(rows // _ROWS, _ROWS, count).transpose(0, 2, 1))


def _aligned(array: _Array) -> _Array:
    """A copy that begins where a register's line of memory does: half the time on some processors."""
    memory = np.empty(array.nbytes + _ALIGNED, np.uint8)
    start = -memory.ctypes.data % _ALIGNED
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
