"""Rows Y of tests/faults/README.md: nothing that is proposed for the knowledge is live half, or without a second person."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KILLS = 100


def test_Y01_an_approval_that_is_killed_at_any_step_is_carried_out_whole_or_not_begun(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.proposal_process", str(home), str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["kills"] == KILLS
    assert report["wrong"] == []
    assert report["left"] == [], "what was half written is cleared away"
    assert report["states"]["approving"] >= KILLS / 4, "many died while files were written"
    assert report["states"]["waiting"] >= KILLS / 10, "and some before anything was"
