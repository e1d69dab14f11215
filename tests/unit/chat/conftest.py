from __future__ import annotations

import pytest

from tests.support.chat_rig import Rig


@pytest.fixture(autouse=True)
def durations_as_the_chat_reads_them(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def rig():
    rig = await Rig().open()
    yield rig
    await rig.application.shutdown()
