"""The lock file against what is installed."""

from __future__ import annotations

from pathlib import Path

from bot.operations.pinned_packages import installed_packages, lock_files, mismatches

LOCK = """\
# made by make lock
aiohttp==3.14.5 \\
    --hash=sha256:aa
colorama==0.4.6 ; sys_platform == "win32" \\
    --hash=sha256:bb
httpx[http2]==0.28.1 \\
    --hash=sha256:cc
numpy==2.3.0 ; python_version < "3.12" \\
    --hash=sha256:dd
numpy==2.4.0 ; python_version >= "3.12" \\
    --hash=sha256:ee
typing_extensions==4.15.0 \\
    --hash=sha256:ff
"""
RIGHT = {"aiohttp": "3.14.5", "httpx": "0.28.1", "numpy": "2.4.0", "typing-extensions": "4.15.0", "mine": "1"}


def test_what_is_pinned_and_installed_agrees():
    assert mismatches(LOCK, RIGHT) == []


def test_another_version_and_a_missing_package_are_named():
    found = mismatches(LOCK, RIGHT | {"aiohttp": "3.9.0", "numpy": "1.26.4"})
    assert found == ["aiohttp is 3.9.0 (3.14.5 is pinned)", "numpy is 1.26.4 (2.3.0 or 2.4.0 is pinned)"]
    del (less := dict(RIGHT))["httpx"]
    assert mismatches(LOCK, less) == ["httpx is missing (0.28.1 is pinned)"]


def test_this_installation_is_one_that_is_pinned():
    locks = lock_files(Path(__file__).parents[3] / "config")
    assert all(text.count("==") > 50 for text in locks.values())
    assert [] in [mismatches(text, installed_packages()) for text in locks.values()]


def test_beside_a_wheel_there_are_no_lock_files(tmp_path):
    assert lock_files(tmp_path) == {}
