"""A reader's file without a training: what it learned is drawn, or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bot.adapters.e5.reader_weights import LONGEST
from bot.adapters.e5.weights import BLOCK, INNER, WIDTH, ModelFile
from bot.adapters.models.embeddings import hash_of_model

_ROWS = {"q": WIDTH, "k": WIDTH, "v": WIDTH, "ao": WIDTH, "fi": INNER, "fo": WIDTH}


def reader_arrays(model: ModelFile, *, layers: int = 2, seed: int = 1) -> dict[str, np.ndarray]:
    """All arrays of the file: the embedding's first layers, each weight moved a little."""
    random = np.random.default_rng(seed)
    positions = model.floats("emb.pos").reshape(-1, WIDTH) + model.floats("emb.type")[:WIDTH]
    arrays: dict[str, np.ndarray] = {
        "layers": np.array(layers),
        "model_hash": np.array(hash_of_model(model.path)),
        "positions": positions[:LONGEST].astype(np.float16),
        "norm.w": model.floats("emb.ln.w"),
        "norm.b": model.floats("emb.ln.b"),
    }
    for head in ("answers", "sentence"):
        arrays |= {f"{head}.w": random.standard_normal(2 * WIDTH).astype(np.float32), f"{head}.b": np.zeros(1)}
    for layer in range(layers):
        for name, rows in _ROWS.items():
            blocks = random.integers(0, 256, (rows, (INNER if name == "fo" else WIDTH) // BLOCK, 18), dtype=np.uint8)
            blocks[..., :2] = np.full((*blocks.shape[:2], 1), 0.0005, np.float16).view(np.uint8)
            arrays |= {f"l{layer}.{name}.w": blocks, f"l{layer}.{name}.b": model.floats(f"l{layer}.{name}.b")}
        for norm in ("aln", "oln"):
            arrays |= {f"l{layer}.{norm}.{part}": model.floats(f"l{layer}.{norm}.{part}") for part in "wb"}
    return arrays


def write_reader(file: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file
