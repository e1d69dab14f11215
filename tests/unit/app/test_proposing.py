"""What was approved is written after the next start, and once the folder can be written again."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import proposing
from bot.errors import DatabaseError
from bot.proposals.approving import ProposalApprovals


class Approvals(ProposalApprovals):
    """Fails the first time."""

    def __init__(self) -> None:
        self.tries = 0

    async def complete_all(self, now):
        self.tries += 1
        if self.tries == 1:
            raise DatabaseError("busy")
        return []


async def test_it_is_tried_again_and_an_error_does_not_end_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proposing, "_AGAIN_S", 0.0)
    approvals = Approvals()
    keeping = asyncio.create_task(proposing.keep_written(approvals))
    async with asyncio.timeout(20):
        while approvals.tries < 3:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})


def test_text_files_can_be_sent():
    assert "md" in {ending for one in proposing.converters() for ending in one.endings}
