"""The short form of the crowd; `make soak` has 1,000 visitors."""

from __future__ import annotations

import pytest

from tests.faults.load import EACH, FLOOD, run
from tests.support.processes import Place

VISITORS = 60


@pytest.mark.nightly
async def test_R02_R07_a_crowd_is_answered_in_order_beside_a_flooder_and_an_announcement(place: Place):
    """Times are measured by `make soak`: here is counted, for the machine may be crowded."""
    report = await run(place, visitors=VISITORS)
    assert len(report.alone_s) == len(report.beside_flooder_s) == VISITORS * EACH
    assert report.flooder_first <= VISITORS // 4
    assert report.flooder_answers < FLOOD // 4
    assert report.late_s
    assert report.memory_grows < 2
