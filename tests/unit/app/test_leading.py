"""Who leads among several replicas, when leading goes wrong."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.app import leading
from bot.app.leading import Candidacy
from bot.errors import SettingsError


class WonAtOnce:
    """An election that this process wins as often as it asks; told of each step."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.again = asyncio.Event()

    async def won(self) -> None:
        self.steps.append("won")
        if self.steps.count("won") > 1:
            self.again.set()
            await asyncio.Event().wait()

    async def lost(self) -> None:
        raise AssertionError("it never led")

    async def resign(self) -> None:
        self.steps.append("resigned")


@pytest.fixture
def cannot_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    async def follow(*_arguments: object) -> None:
        await asyncio.Event().wait()

    async def prepare(*_arguments: object) -> None:
        raise SettingsError("the file of announcements is wrong")

    monkeypatch.setattr(leading, "follow", follow)
    monkeypatch.setattr(leading, "prepare_to_lead", prepare)
    monkeypatch.setattr(leading, "_CANNOT_LEAD_S", 0.0)


def leadership() -> Any:
    return SimpleNamespace(
        core=SimpleNamespace(writer=None, database=SimpleNamespace(can_be_shared=True)), parts=None, ending=None
    )


async def test_a_replica_that_cannot_lead_leaves_it_to_another_and_goes_on(cannot_lead: None) -> None:
    election = WonAtOnce()
    running = asyncio.create_task(Candidacy(leadership(), election).run())
    await asyncio.wait({running, asyncio.create_task(election.again.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert not running.done()
    assert election.steps == ["won", "resigned", "won"]
    running.cancel()
    await asyncio.wait({running})


async def test_what_breaks_the_following_ends_the_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    async def follow(*_arguments: object) -> None:
        raise OSError("the model file can't be read")

    election = WonAtOnce()
    election.steps.append("won")  # nobody wins
    monkeypatch.setattr(leading, "follow", follow)
    with pytest.raises(OSError, match="the model file"):
        await Candidacy(leadership(), election).run()
    assert election.steps[-1] == "resigned"
