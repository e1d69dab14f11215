"""The short form of the soak: a slope through its looks; `make soak` sends a million."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.simulation import BrokenPromiseError
from tests.faults.soak import LOOKS, Look, SoakReport, soak

UPDATES = 4000


@pytest.mark.nightly
async def test_O09_what_stays_of_an_update_is_nothing(tmp_path: Path):
    """Memory of so few says little, but an object that were kept for each of them would stand out."""
    report = await soak(tmp_path, updates=UPDATES, seed=1)
    assert (len(report.looks), report.looks[-1].updates) == (LOOKS, UPDATES)
    assert report.calls > UPDATES
    report.check()


@pytest.mark.parametrize(
    ("grows", "to"), [("memory_mb", 480.0), ("objects", 1_000_000), ("tasks", 257), ("files", 106)]
)
def test_the_soak_notices_what_grows(grows: str, to: float):
    """A task or a file that is kept for a day, half an object for an update, a growth of 80 MB."""
    begins = Look(50_000, 400.0, 500_000, 187, 36)
    looks = [replace(begins, updates=50_000 * number) for number in range(1, LOOKS + 1)]
    SoakReport(looks=looks).check()
    step = (to - getattr(begins, grows)) / LOOKS
    grown = [replace(look, **{grows: getattr(look, grows) + step * number}) for number, look in enumerate(looks)]
    with pytest.raises(BrokenPromiseError, match=r"grew|stay"):
        SoakReport(looks=grown).check()
