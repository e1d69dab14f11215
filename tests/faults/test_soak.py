"""The short form of the soak: a slope through its looks; `make soak` sends a million."""

from __future__ import annotations

from pathlib import Path

from tests.faults.soak import LOOKS, soak

UPDATES = 4000


async def test_O09_what_stays_of_an_update_is_nothing(tmp_path: Path):
    """Memory of so few says little, but an object that were kept for each of them would stand out."""
    report = await soak(tmp_path, updates=UPDATES, seed=1)
    assert (len(report.looks), report.looks[-1].updates) == (LOOKS, UPDATES)
    assert report.calls > UPDATES
    report.check()
