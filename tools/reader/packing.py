"""What was learned, in 4 bits: differences from the embedding's weights, in blocks of 32 as its file has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import nn

from bot.adapters.e5.weights import BLOCK, ModelFile
from bot.adapters.models.embeddings import hash_of_model
from tools.reader.network import Layer, Reader, begin_from, linears
from tools.reader.training import layers_of, read_checkpoint

_Array = npt.NDArray[np.float32]
_SHARES = np.linspace(0.8, 1.1, 13, dtype=np.float32)
"""Tried for each block: shares of the scale that lets its largest weight be exact."""


def packed(checkpoint: Path, model: ModelFile, to: Path) -> int:
    """Write the weights of a checkpoint, trained over the word table of `model`; gives the size in bytes."""
    weights = read_checkpoint(checkpoint)["reader"]
    reader, before = (Reader(layers_of(weights)) for _ in range(2))
    reader.load_state_dict(weights)
    begin_from(before, model)
    arrays: dict[str, np.ndarray] = {
        "layers": np.array(len(reader.layers)),
        "model_hash": np.array(hash_of_model(model.path)),
        "positions": reader.positions.detach().numpy().astype(np.float16),
        "norm.w": reader.norm.weight.detach().numpy(),
        "norm.b": reader.norm.bias.detach().numpy(),
    }
    for name, head in (("answers", reader.answers), ("sentence", reader.sentence)):
        arrays |= {f"{name}.w": head.weight.detach().numpy()[0], f"{name}.b": head.bias.detach().numpy()}
    for number, (layer, own) in enumerate(zip(reader.layers, before.layers, strict=True)):
        arrays |= {f"l{number}.{name}": array for name, array in _of_layer(layer, own).items()}
    part = to.with_suffix(".part.npz")
    np.savez(part, **arrays)  # type: ignore[arg-type]
    part.replace(to)
    return to.stat().st_size


def _of_layer(layer: nn.Module, before: nn.Module) -> dict[str, np.ndarray]:
    assert isinstance(layer, Layer)
    assert isinstance(before, Layer)
    arrays: dict[str, np.ndarray] = {}
    for (linear, names, _width), (own, _, _) in zip(linears(layer), linears(before), strict=True):
        tables = np.split((linear.weight - own.weight).detach().numpy(), len(names))
        biases = np.split(linear.bias.detach().numpy(), len(names))
        for name, table, bias in zip(names, tables, biases, strict=True):
            arrays |= {f"{name}.w": in_blocks(table), f"{name}.b": bias}
    for norm, name in ((layer.attended, "aln"), (layer.finished, "oln")):
        arrays |= {f"{name}.w": norm.weight.detach().numpy(), f"{name}.b": norm.bias.detach().numpy()}
    return arrays


def in_blocks(table: _Array) -> npt.NDArray[np.uint8]:
    """Rows × width to rows × blocks × 18 bytes; of the scales tried, each block has the one that errs least.

    A scale gives codes, and the codes the scale that suits them best (least squares).
    """
    blocks = table.reshape(len(table), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2, keepdims=True), axis=2)
    best, codes = np.zeros_like(largest), np.zeros_like(blocks)
    errors = np.full_like(largest, np.inf)
    for share in _SHARES:
        tried = _codes(blocks, largest / np.float32(-8) * share)
        products, squares = ((tried * other).sum(axis=2, keepdims=True) for other in (blocks, tried))
        step = (products / np.maximum(squares, 1)).astype(np.float16).astype(np.float32)
        tried = _codes(blocks, step)
        error = np.square(tried * step - blocks).sum(axis=2, keepdims=True)
        is_better = error < errors
        errors, best, codes = (
            np.where(is_better, new, old) for new, old in ((error, errors), (step, best), (tried, codes))
        )
    raised = (codes + 8).astype(np.uint8)
    nibbles = raised[..., : BLOCK // 2] | raised[..., BLOCK // 2 :] << 4
    return np.concatenate([best.astype(np.float16).view(np.uint8), nibbles], axis=2)


def _codes(blocks: _Array, step: _Array) -> _Array:
    return np.clip(np.rint(blocks / np.where(step == 0, 1, step)), -8, 7)
