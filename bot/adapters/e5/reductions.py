"""What many numbers come to, place by place: in C where the kernel runs, in NumPy where it doesn't."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.dots import tested_library
from bot.adapters.e5.engine import Machine
from bot.adapters.e5.kernel import Doubles, KernelReductions
from bot.adapters.e5.lists import Integers, Lists, ranges
from bot.adapters.e5.weights import Floats

_LONG_LISTS = 200
"""Places a list, in the mean, from which each is copied by a call of its own: by reasoning, a call costs as much as
picking a hundred numbers."""


class Reductions(Protocol):
    """Threads may call it side by side. What comes out is the same to the last bit, whoever computes."""

    def sums(self, lists: Lists, numbers: Integers, weights: Doubles) -> Doubles:
        """For each place the weights, added up, of those of the lists with these numbers that it stands in.

        Raises:
            ValueError: there are more or fewer weights than numbers.
        """
        ...

    def best(self, values: Floats, places: npt.NDArray[np.int32], count: int) -> Floats:
        """For each of `count` places the highest of the values that belong to it, or -inf.

        Raises:
            ValueError: there are more or fewer places than values.
        """
        ...


class NumpyReductions:
    """Implements `Reductions`."""

    def sums(self, lists: Lists, numbers: Integers, weights: Doubles) -> Doubles:
        """See the protocol."""
        starts, counts = lists.starts[numbers], lists.counts[numbers]
        rows, repeated = _rows(lists, starts, counts), np.repeat(weights, counts)
        return np.asarray(np.bincount(rows, weights=repeated, minlength=lists.places), dtype=np.float64)

    def best(self, values: Floats, places: npt.NDArray[np.int32], count: int) -> Floats:
        """See the protocol."""
        found = np.full(count, -np.inf, dtype=np.float32)
        np.maximum.at(found, places, values)
        return found


def _rows(lists: Lists, starts: Integers, counts: Integers) -> Integers:
    """List by list. Long ones are copied whole, short ones picked together: whatever is faster."""
    if counts.sum() <= _LONG_LISTS * len(counts):
        return lists.rows[ranges(starts, counts)]
    return np.concatenate([lists.rows[start:end] for start, end in zip(starts, starts + counts, strict=True)])


@cache
def reductions_here() -> Reductions:
    """What this machine takes; see `bot.adapters.e5.dots.dots_here`."""
    return reductions_of(Machine())


def reductions_of(machine: Machine) -> Reductions:
    """The kernel where it was compiled and computes rightly, or else NumPy."""
    tested = tested_library(machine)
    return KernelReductions(tested.library) if tested is not None else NumpyReductions()
