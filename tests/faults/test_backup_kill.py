"""Row O05 of tests/faults/README.md: backups and restores are killed at whatever moment, and nothing is ever half."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.archive.folder import archives_in
from tests.faults.sync_process import Moments
from tests.support.backup_kills import KilledState

KILLS = 15
"""Of backups, and as many of restores; with those on PostgreSQL (contract/test_backup.py) more than thirty."""


@pytest.mark.nightly
def test_O05_a_backup_that_is_killed_leaves_no_half_archive_under_its_name(tmp_path: Path) -> None:
    state = KilledState(tmp_path)
    state.fill(first=1)
    state.kill_backups(KILLS)


@pytest.mark.nightly
def test_O05_a_restore_that_is_killed_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    state = KilledState(tmp_path)
    archives, states = [], []
    for first in (1, 4):
        state.fill(first)
        states.append(state.rows())
        state.archives = tmp_path / f"archives-{first}"
        assert not state.backs_up(Moments())
        archives.append(archives_in(state.archives, 0)[0].file)
    state.kill_restores(KILLS, *archives, states=states)
