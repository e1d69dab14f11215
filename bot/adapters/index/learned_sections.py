"""What was learned of a version's stored questions: which section a question belongs to, as one file of the version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.adapters.packing.means import UNREADABLE
from bot.ingestion.centring import CENTRING_VERSION
from bot.ingestion.discriminant import Discriminant
from bot.ingestion.model import (
    Vector,
)

DISCRIMINANT = "discriminant.npz"
_MUCH_NEW = 0.25
"""When more than this share of the questions is new, all is learned from nothing.

Chosen; where a ninth is new, 82.3 % of the training questions on it are answered rightly when only that is learned,
78.7 % when all is.
"""
Ids = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class LearnedSections:
    """A discriminant with the names of its classes and the ids of the chunks it learned from, sorted.

    `space` names the vectors that it learned from: whose model, and how they are centred.
    """

    space: str
    names: list[str]
    ids: Ids
    discriminant: Discriminant

    def likeness(self, ids: Ids) -> float:
        """The share, 0 to 1, of the chunks in it or in `ids` that are in both."""
        return float(np.intersect1d(self.ids, ids).size / max(1, np.union1d(self.ids, ids).size))

    def is_of(self, names: Sequence[str], ids: Ids) -> bool:
        """Whether it learned from just these chunks."""
        return self.names == list(names) and np.array_equal(self.ids, np.sort(ids))

    def is_near(self, ids: Ids) -> bool:
        """Whether so few of these chunks are new that learning goes on from here."""
        return float(np.mean(~np.isin(ids, self.ids))) <= _MUCH_NEW

    @classmethod
    def of(  # noqa: PLR0917 - six different things, each of its own type
        cls,
        space: str,
        names: Sequence[str],
        ids: Ids,
        vectors: Vector,
        class_of: npt.NDArray[np.int64],
        before: LearnedSections | None,
    ) -> LearnedSections:
        """Learn from nothing, or from where it stood `before` only what is new."""
        if before is not None and before.discriminant.weights.shape[1] != vectors.shape[1]:
            before = None
        if before is None or not before.is_near(ids):
            learned = Discriminant.of(vectors, class_of, len(names))
        else:
            places = {name: place for place, name in enumerate(before.names)}
            start = before.discriminant.renamed([places.get(name, -1) for name in names])
            learned = start.updated(vectors, class_of, ~np.isin(ids, before.ids))
        return cls(space, list(names), np.sort(ids), learned)

    def save(self, file: Path) -> None:
        """Write it so that `load` reads it."""
        weights, constants = self.discriminant.weights, self.discriminant.constants
        np.savez(
            file,
            space=np.array(self.space),
            names=np.array(self.names),
            ids=self.ids,
            weights=weights.astype(np.float16),
            constants=constants,
        )

    @classmethod
    def load(cls, file: Path) -> LearnedSections:
        """Read what `save` wrote."""
        # Opened here: NumPy leaves a file open that is cut short.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            learned = Discriminant(arrays["weights"].astype(np.float32), arrays["constants"])
            names = arrays["names"].tolist()
            if not len(names) == len(learned.weights) == len(learned.constants):
                raise ValueError(f"{file} names {len(names)} sections, but tells {len(learned.weights)} apart")
            return cls(str(arrays["space"]), names, arrays["ids"], learned)


def learned_in(folder: Path, identity: str) -> Path | None:
    """The discriminant in a folder, if it is readable and of the vectors of this embedding as they are centred now."""
    return next((file for file, _learned in learned_before([folder], space_of(identity))), None)


def learned_before(folders: Sequence[Path], space: str) -> Iterator[tuple[Path, LearnedSections]]:
    """The folders' discriminants that belong to these vectors, and where they lie."""
    for folder in folders:
        if (file := folder / DISCRIMINANT).exists():
            try:
                learned = LearnedSections.load(file)
            except UNREADABLE:
                continue
            if learned.space == space:
                yield file, learned


def space_of(identity: str) -> str:
    """Names the vectors that are learned from: whose model made them, and how they are centred."""
    return f"{identity}:centred-{CENTRING_VERSION}"
