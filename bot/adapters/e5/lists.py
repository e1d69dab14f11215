"""Lists of places that stand one after the other in one column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """List number i holds the places `rows[starts[i]:starts[i] + counts[i]]`, each at most once.

    Raises:
        ValueError: a list would reach beyond the rows, or a row beyond the places.
    """

    rows: Integers
    """Two bytes each, unsigned, or four."""
    starts: Integers
    counts: Integers
    places: int

    def __post_init__(self) -> None:
        _check("a list names a place", self.rows, self.rows, self.places - 1)
        _check("a list reaches", self.starts, self.starts + self.counts, len(self.rows))


def _check(what: str, lowest: Integers, highest: Integers, last: int) -> None:
    if len(lowest) and (int(lowest.min()) < 0 or int(highest.max()) > last):
        raise ValueError(f"{what} outside 0 to {last}")


def ranges(firsts: Integers, counts: Integers) -> npt.NDArray[np.int64]:
    """So many numbers from each first one on, one range after the other."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(counts.sum()) + np.repeat(firsts - ends + counts, counts), dtype=np.int64)
