"""A program that tests need and that is missing is named before the first test."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import tools

ROOT = Path(__file__).parents[2]


def test_a_missing_tool_is_named_with_its_source(monkeypatch):
    monkeypatch.setattr(tools, "SEARCHED", "/nowhere")
    with_each_change, at_night = (set(tools.missing(nightly=nightly)) for nightly in (False, True))
    assert {"chromium (Debian: chromium)", "msgfmt (Debian: gettext)"} <= with_each_change < at_night
    assert "nginx (Debian: nginx-light)" in at_night - with_each_change


def test_where_all_are_required_the_run_ends_before_its_first_test(tmp_path):
    without = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "tests/unit/test_backoff.py"],
        cwd=ROOT,
        env=without | {"PATH": str(tmp_path), "TEST_REQUIRE_ALL": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "not installed: chromium (Debian: chromium)" in run.stdout + run.stderr
    assert "passed" not in run.stdout
