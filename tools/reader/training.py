"""Training: seeded, on a processor or a graphics card; killed at any moment it goes on from its last checkpoint."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from tools.reader.groups import NONE, Group, Part, Prepared
from tools.reader.measuring import Figures, figures_of
from tools.reader.network import Pairs, Reader, Words

_SORTED_AT_ONCE = 40
"""Batches whose groups are sorted by length together, so that little of a batch is filling."""
_WARM_UP = 100
"""Steps in which the rate of learning rises to its height."""
_HEAD_RATE = 6.0
"""How many times faster the heads learn, which begin from nothing."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides on a training but its data."""

    steps: int
    groups: int = 16
    """Of a step."""
    rate: float = 5e-5
    """Of learning, at its height; it falls to 0 in a line."""
    seed: int = 1
    sentence_weight: float = 0.5
    """What the loss of the sentences counts beside that of the passages."""
    saved_every: int = 200
    """Steps."""
    measured_every: int = 1000
    """Steps; it takes about forty of them."""


class Training:
    """One training, with what it has learned so far."""

    def __init__(self, reader: Reader, words: Words, prepared: Prepared, recipe: Recipe) -> None:
        self.reader = reader
        self._words = words
        self._prepared = prepared
        self._recipe = recipe
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        reader.to(self._device)
        heads = [*reader.answers.parameters(), *reader.sentence.parameters()]
        names = {id(parameter) for parameter in heads}
        layers = [parameter for parameter in reader.parameters() if id(parameter) not in names]
        self._rates = [recipe.rate, recipe.rate * _HEAD_RATE]
        groups = [{"params": part, "lr": rate} for part, rate in zip((layers, heads), self._rates, strict=True)]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        self.done = 0

    def resume(self, checkpoint: Path) -> None:
        """Go on from a checkpoint of the same recipe, if there is one."""
        if not checkpoint.exists():
            return
        held: dict[str, Any] = torch.load(checkpoint, map_location=self._device, weights_only=True)
        if held["recipe"] != asdict(self._recipe):
            raise ValueError(f"{checkpoint} is of another recipe, {held['recipe']}: name another folder, or delete it")
        self.reader.load_state_dict(held["reader"])
        self._optimizer.load_state_dict(held["optimizer"])
        self.done = held["done"]

    def run(self, checkpoint: Path, report: Callable[[str], None]) -> Figures:
        """Take the steps that are left; gives the figures on what is held out."""
        began, losses, first = time.monotonic(), [], self.done
        for groups in self._batches():
            losses.append(self._step(groups))
            if self.done % 50 == 0:
                left_s = (time.monotonic() - began) / (self.done - first) * (self._recipe.steps - self.done)
                report(_bar(self.done, self._recipe.steps, float(np.mean(losses)), left_s))
                losses.clear()
            if self.done % self._recipe.saved_every == 0 or self.done == self._recipe.steps:
                self._save(checkpoint)
            if self.done % self._recipe.measured_every == 0:
                report(str(self.measured()))
        found = self.measured()
        report(str(found))
        return found

    def measured(self, most: int = 600) -> Figures:
        """The figures on so many groups of documents that nothing is learned from."""
        held = self._prepared.of(Part.HELD)
        return self.measured_on(random.Random(self._recipe.seed).sample(held, min(most, len(held))))

    def measured_on(self, groups: Sequence[Group]) -> Figures:
        """The figures on these groups."""
        return figures_of(self, self._prepared, groups)

    def scores(self, groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
        """The logits of all passages of these groups in order, and of all their sentences."""
        pairs = Pairs.of([(group.question, self._prepared.passages[n]) for group in groups for n in group.passages])
        lengths, spans = (torch.from_numpy(each).to(self._device) for each in (pairs.lengths, pairs.spans))
        with torch.autocast(self._device.type, torch.bfloat16):
            answers, sentences = self.reader(self._words.of(pairs.ids).to(self._device), lengths, spans)
        return answers.float(), sentences.float()

    def _batches(self) -> Iterator[list[Group]]:
        """The same groups in the same order for the same seed, from where the training stands."""
        draw, number = random.Random(self._recipe.seed), 0
        groups, size = self._prepared.of(Part.TRAIN), self._recipe.groups
        while True:
            draw.shuffle(groups)
            for start in range(0, len(groups), size * _SORTED_AT_ONCE):
                some = sorted(groups[start : start + size * _SORTED_AT_ONCE], key=self._length)
                batches = [some[at : at + size] for at in range(0, len(some), size)]
                draw.shuffle(batches)
                for batch in batches:
                    if number >= self._recipe.steps:
                        return
                    number += 1
                    if number > self.done:
                        yield batch

    def _length(self, group: Group) -> int:
        return len(group.question) + max(len(self._prepared.passages[n].tokens) for n in group.passages)

    def _step(self, groups: Sequence[Group]) -> float:
        rate = min(1.0, (self.done + 1) / _WARM_UP) * max(0.02, 1 - self.done / self._recipe.steps)
        for group, highest in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = highest * rate
        loss = self._loss(groups)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        self._optimizer.step()
        self.done += 1
        return float(loss.detach())

    def _loss(self, groups: Sequence[Group]) -> Tensor:
        """Cross-entropy of each group over its passages and «none of them», whose logit is 0; of sentences likewise."""
        answers, sentences = self.scores(groups)
        chosen, own, at, sentence_at = [], [], 0, 0
        for group in groups:
            mine = functional.pad(answers[at : at + len(group.passages)], (1, 0))
            chosen.append(_chosen(mine, group.right + 1))  # of a group without an answer NONE + 1, the first
            for place, number in enumerate(group.passages):
                count = len(self._prepared.passages[number].bounds) - 1
                if place == group.right and group.sentence != NONE and count > 1:
                    own.append(_chosen(sentences[sentence_at : sentence_at + count], group.sentence))
                sentence_at += count
            at += len(group.passages)
        loss = torch.stack(chosen).mean()
        return loss + self._recipe.sentence_weight * torch.stack(own).mean() if own else loss

    def _save(self, checkpoint: Path) -> None:
        held = {
            "reader": self.reader.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "done": self.done,
            "recipe": asdict(self._recipe),
        }
        part = checkpoint.with_suffix(".part")
        torch.save(held, part)
        part.replace(checkpoint)


def _chosen(logits: Tensor, place: int) -> Tensor:
    """The cross-entropy of one choice."""
    return functional.cross_entropy(logits[None], torch.tensor([place], device=logits.device))


def restored(checkpoint: Path, words: Words, prepared: Prepared) -> Training:
    """The training of a checkpoint, to measure it or to go on."""
    held = read_checkpoint(checkpoint)
    training = Training(Reader(layers_of(held["reader"])), words, prepared, Recipe(**held["recipe"]))
    training.resume(checkpoint)
    return training


def read_checkpoint(checkpoint: Path) -> dict[str, Any]:
    """What a training wrote: the weights as `reader`, the recipe, how far it came."""
    held: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return held


def layers_of(weights: dict[str, Tensor]) -> int:
    """How many layers these weights have."""
    return 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))


def _bar(done: int, steps: int, loss: float, left_s: float) -> str:
    full = 30 * done // steps
    return f"[{'#' * full}{'.' * (30 - full)}] step {done} of {steps}, loss {loss:.3f}, {left_s / 60:.0f} min left"
