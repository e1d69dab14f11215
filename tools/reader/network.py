"""The reader in PyTorch: the layers of the embedding over a question and a passage, and two heads.

Shapes: pairs P, tokens of the longest pair T, sentences of all pairs S, width W = 384.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.adapters.e5.passages import Window
from bot.adapters.e5.reader_weights import ReaderWeights
from bot.adapters.e5.weights import HEADS, INNER, WIDTH, ModelFile, expanded

_FIRST, _PAD, _LAST = 0, 1, 2
"""Tokens of XLM-RoBERTa: what begins a text, fills up a row and ends a text."""
LONGEST = 192
"""Positions that are learned: a question, a passage and four borders take 164 at the most."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A batch, ready for the network."""

    ids: npt.NDArray[np.int64]
    """P × T."""
    lengths: npt.NDArray[np.int64]
    """P: tokens of each pair."""
    spans: npt.NDArray[np.int64]
    """S × 3: the pair of a sentence, where it begins, where it ends."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[Sequence[int], Window]]) -> Pairs:
        """`<s> question </s></s> passage </s>`, filled up to the longest."""
        rows = [[_FIRST, *question, _LAST, _LAST, *passage.tokens, _LAST] for question, passage in pairs]
        ids = np.full((len(rows), max(map(len, rows))), _PAD, np.int64)
        for row, tokens in zip(ids, rows, strict=True):
            row[: len(tokens)] = tokens
        spans = [
            (number, len(question) + 3 + start, len(question) + 3 + end)
            for number, (question, passage) in enumerate(pairs)
            for start, end in zip(passage.bounds[:-1], passage.bounds[1:], strict=True)
        ]
        return cls(ids, np.array([len(row) for row in rows]), np.array(spans, dtype=np.int64).reshape(-1, 3))


class Layer(nn.Module):
    """Attention and the inner part, each with what it adds normalised: as in the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.heads, self.context = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.attended, self.finished = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        """P × T × W to the same; `mask`, P × 1 × 1 × T, is added to the scores."""
        pairs, tokens, _width = rows.shape
        each = (3, HEADS, WIDTH // HEADS)
        queries, keys, values = self.heads(rows).view(pairs, tokens, *each).permute(2, 0, 3, 1, 4).flatten(1, 2)
        # By hand: PyTorch's own attention takes half as long again on a processor.
        scores = torch.bmm(queries, keys.transpose(1, 2)).view(pairs, HEADS, tokens, tokens)
        shares = torch.softmax(scores * (WIDTH // HEADS) ** -0.5 + mask, -1).to(values.dtype)
        context = torch.bmm(shares.flatten(0, 1), values).view(pairs, HEADS, tokens, -1)
        rows = self.attended(rows + self.context(context.transpose(1, 2).flatten(2)))
        finished: Tensor = self.finished(rows + self.down(functional.gelu(self.up(rows))))
        return finished


class Reader(nn.Module):
    """Says of each pair whether the passage answers, and of each sentence whether it does."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.positions = nn.Parameter(torch.zeros(LONGEST, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, 1e-12)
        self.answers = nn.Linear(2 * WIDTH, 1)
        self.sentence = nn.Linear(2 * WIDTH, 1)

    def forward(self, words: Tensor, lengths: Tensor, spans: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of the word table, P × T × W, to P and S logits."""
        is_kept = torch.arange(words.shape[1], device=words.device) < lengths[:, None]
        rows = self.norm(words + self.positions[: words.shape[1]])
        mask = torch.zeros(is_kept.shape, dtype=rows.dtype, device=rows.device).masked_fill(~is_kept, -1e9)
        for layer in self.layers:
            rows = layer(rows, mask[:, None, None, :])
        rows = rows.float() * is_kept[..., None]
        sums = functional.pad(rows.cumsum(1), (0, 0, 1, 0))
        first, mean = rows[:, 0], sums[:, -1] / lengths[:, None]
        answers = self.answers(torch.cat([first, mean], 1))[:, 0]
        pair, start, end = spans.T
        means = (sums[pair, end] - sums[pair, start]) / (end - start).clamp(min=1)[:, None]
        return answers, self.sentence(torch.cat([first[pair], means], 1))[:, 0]


class Words:
    """The rows of the embedding's word table that a training needs, which stay as they are."""

    def __init__(self, model: ModelFile, ids: npt.NDArray[np.int64]) -> None:
        self._known = np.unique(np.append(ids, (_FIRST, _PAD, _LAST)))
        self._rows = model.words(self._known).astype(np.float16)

    def of(self, ids: npt.NDArray[np.int64]) -> Tensor:
        """P × T ids to P × T × W."""
        rows = self._rows[np.searchsorted(self._known, ids.ravel())].astype(np.float32)
        return torch.from_numpy(rows.reshape(*ids.shape, WIDTH))


def begin_from(reader: Reader, model: ModelFile) -> None:
    """Take the embedding's positions and its first layers: where a training begins."""
    tensor = torch.from_numpy
    with torch.no_grad():
        positions = model.floats("emb.pos").reshape(-1, WIDTH) + model.floats("emb.type")[:WIDTH]
        reader.positions.copy_(tensor(positions[:LONGEST]))
        reader.norm.weight.copy_(tensor(model.floats("emb.ln.w").copy()))
        reader.norm.bias.copy_(tensor(model.floats("emb.ln.b").copy()))
        for number, layer in enumerate(reader.layers):
            assert isinstance(layer, Layer)
            for linear, names, width in linears(layer):
                tables = [expanded(model.blocks(f"l{number}.{name}.w", width)) for name in names]
                biases = [model.floats(f"l{number}.{name}.b") for name in names]
                linear.weight.copy_(tensor(np.concatenate(tables)))
                linear.bias.copy_(tensor(np.concatenate(biases)))
            for norm, name in ((layer.attended, "aln"), (layer.finished, "oln")):
                norm.weight.copy_(tensor(model.floats(f"l{number}.{name}.w").copy()))
                norm.bias.copy_(tensor(model.floats(f"l{number}.{name}.b").copy()))


def begin_from_packed(reader: Reader, weights: ReaderWeights) -> None:
    """Take a packed reader instead: what a training wrote in 4 bits, where its checkpoint is gone."""
    tensor = torch.from_numpy
    with torch.no_grad():
        reader.positions.copy_(tensor(weights.floats("positions")))
        reader.norm.weight.copy_(tensor(weights.floats("norm.w")))
        reader.norm.bias.copy_(tensor(weights.floats("norm.b")))
        for head, name in ((reader.answers, "answers"), (reader.sentence, "sentence")):
            head.weight.copy_(tensor(weights.floats(f"{name}.w"))[None])
            head.bias.copy_(tensor(weights.floats(f"{name}.b")))
        for number, layer in enumerate(reader.layers):
            assert isinstance(layer, Layer)
            for linear, names, width in linears(layer):
                linear.weight.copy_(tensor(np.concatenate([weights.table(f"l{number}.{n}.w", width) for n in names])))
                linear.bias.copy_(tensor(np.concatenate([weights.floats(f"l{number}.{n}.b") for n in names])))
            for norm, name in ((layer.attended, "aln"), (layer.finished, "oln")):
                norm.weight.copy_(tensor(weights.floats(f"l{number}.{name}.w")))
                norm.bias.copy_(tensor(weights.floats(f"l{number}.{name}.b")))


def linears(layer: Layer) -> list[tuple[nn.Linear, tuple[str, ...], int]]:
    """Those of a layer, with their names in the model file and the width of what they take."""
    return [
        (layer.heads, ("q", "k", "v"), WIDTH),
        (layer.context, ("ao",), WIDTH),
        (layer.up, ("fi",), WIDTH),
        (layer.down, ("fo",), INNER),
    ]
