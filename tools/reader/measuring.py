"""How well a reader reads what it never learned from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tools.reader.groups import NONE, Group, Prepared

if TYPE_CHECKING:
    from tools.reader.training import Training

_AT_ONCE = 16
"""Groups."""
_FAMILIES = {"near": "text", "year": "text", "draft-near": "draft", "written-near": "written"}
"""Of groups without an answer: the kind with one that they are told from."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares, 0 to 1, by kind of group; `all` stands for all of them together."""

    first: dict[str, float]
    """Of groups with an answer: it has the highest score."""
    told_apart: dict[str, float]
    """AUC: the best passage of a group with an answer scores above that of a group of its kind without one."""
    sentence: float
    """Of groups whose sentence is known: it has the highest score in its passage."""
    groups: int

    def __str__(self) -> str:
        """One line for people."""
        first, apart = (
            ", ".join(f"{kind} {share:.3f}" for kind, share in sorted(shares.items()))
            for shares in (self.first, self.told_apart)
        )
        return f"held out, {self.groups} groups: right first {first}; told apart {apart}; sentence {self.sentence:.3f}"


def figures_of(training: Training, prepared: Prepared, groups: Sequence[Group]) -> Figures:
    """Ask the reader."""
    first: dict[str, list[bool]] = defaultdict(list)
    highest: dict[tuple[str, bool], list[float]] = defaultdict(list)
    right_sentences = []
    training.reader.eval()
    with torch.no_grad():
        for start in range(0, len(groups), _AT_ONCE):
            some = groups[start : start + _AT_ONCE]
            answers, sentences = (scores.cpu().numpy() for scores in training.scores(some))
            at = sentence_at = 0
            for group in some:
                mine = answers[at : at + len(group.passages)]
                for kind in (_FAMILIES.get(group.kind, group.kind), "all"):
                    highest[kind, group.right != NONE].append(float(mine.max()))
                if group.right != NONE:
                    for kind in (group.kind, "all"):
                        first[kind].append(int(mine.argmax()) == group.right)
                for place, number in enumerate(group.passages):
                    count = len(prepared.passages[number].bounds) - 1
                    if place == group.right and group.sentence != NONE:
                        best = int(sentences[sentence_at : sentence_at + count].argmax())
                        right_sentences.append(best == group.sentence)
                    sentence_at += count
                at += len(group.passages)
    training.reader.train()
    return Figures(
        first={kind: float(np.mean(found)) for kind, found in first.items()},
        told_apart={
            kind: _auc(np.array(scores), np.array(highest[kind, False]))
            for (kind, has_answer), scores in sorted(highest.items())
            if has_answer and (kind, False) in highest
        },
        sentence=float(np.mean(right_sentences)) if right_sentences else float("nan"),
        groups=len(groups),
    )


def _auc(higher: np.ndarray, lower: np.ndarray) -> float:
    return float((higher[:, None] > lower[None]).mean())
