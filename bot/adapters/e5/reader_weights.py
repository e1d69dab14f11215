"""The weights of the reader: `reader.npz`, written by `python -m tools.reader pack`.

It holds what the reader learned on top of the embedding: of each weight of a layer the difference, 4 bits each, under
the names and in the blocks of the embedding's model file. What is learned is a tenth of the steps of that file: rounded
to those, nothing of it was left (correlation of the scores .10; so .9998). All other numbers are whole.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from bot.adapters.e5.weights import BLOCK, INNER, WIDTH, Floats, ModelFile, expanded
from bot.errors import EmbeddingError

BUNDLED = Path(__file__).with_name("reader.npz")
LONGEST = 192
"""Positions that were learned: tokens of a pair."""
_LAYER_ROWS = {"q": WIDTH, "k": WIDTH, "v": WIDTH, "ao": WIDTH, "fi": INNER, "fo": WIDTH}
"""The linear parts of a layer by name, with the rows of each."""
_HEADS = ("answers", "sentence")


class ReaderWeights:
    """Implements `weights.LayerWeights`: what reads them packs them, and lets them go."""

    def __init__(self, model: ModelFile, path: Path = BUNDLED) -> None:
        """Read the file and check its form.

        Raises:
            EmbeddingError: it is missing, cut short or of another form; the message names it.
        """
        self.path = path
        self._model = model
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
                self._arrays: dict[str, np.ndarray] = {name: stored[name] for name in stored.files}
            self.model_hash = str(self._arrays.pop("model_hash"))
            self.layers = int(self._arrays.pop("layers"))
            self._check()
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise EmbeddingError(f"the reader {path} can't be loaded: {error}; reinstall the bot") from error

    def floats(self, name: str) -> Floats:
        """A tensor that is stored as it is."""
        return np.asarray(self._arrays[name], dtype=np.float32)

    def table(self, name: str, width: int) -> Floats:
        """A tensor of a layer: what the embedding has there, and what was learned."""
        return self._model.table(name, width) + expanded(self._arrays[name])

    def let_go(self) -> None:
        """Drop the layers, once they are packed."""
        self._arrays = {name: array for name, array in self._arrays.items() if not name.startswith("l")}
        self._model.let_go()

    def _check(self) -> None:
        shapes = {"positions": (LONGEST, WIDTH), "norm.w": (WIDTH,), "norm.b": (WIDTH,)}
        shapes |= {f"{head}.w": (2 * WIDTH,) for head in _HEADS} | {f"{head}.b": (1,) for head in _HEADS}
        for layer in range(self.layers):
            for name, rows in _LAYER_ROWS.items():
                width = INNER if name == "fo" else WIDTH
                shapes |= {f"l{layer}.{name}.w": (rows, width // BLOCK, 18), f"l{layer}.{name}.b": (rows,)}
            shapes |= {f"l{layer}.{norm}.{part}": (WIDTH,) for norm in ("aln", "oln") for part in "wb"}
        for name, shape in shapes.items():
            if self._arrays[name].shape != shape:
                raise ValueError(f"{name} is {self._arrays[name].shape} instead of {shape}")
