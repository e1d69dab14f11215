"""Row S09: what others on the machine can reach."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.database.engine import open_database
from bot.adapters.vector_files import write_vectors
from bot.vocabulary import Locale
from tests.e2e.processes import Place, environment
from tests.e2e.visitors import LIMIT_S

# ── files ──


@pytest.fixture
def empty_place(tmp_path: Path) -> Place:
    """Nothing is known yet, and nothing kept."""
    (tmp_path / "knowledge").mkdir()
    return Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")


def _open_to_others(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [str(one) for one in found if one.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def test_S09_whatever_the_umask_the_state_is_for_its_own_user_alone(empty_place: Place):
    made = subprocess.run(
        empty_place.command("knowledge", "sync", "--allow-empty"),
        cwd=empty_place.home,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        umask=0o022,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert (empty_place.data / "state.sqlite3").exists()
    assert _open_to_others(empty_place.data) == []
    assert "data_folder_open_to_others" not in made.stderr


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
async def test_S09_a_data_folder_that_others_can_enter_is_left_so_and_named_with_the_cure(tmp_path: Path, mode: int):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    with capture_logs() as logs:
        async with open_database(folder / "state.sqlite3"):
            pass
    [warning] = [entry for entry in logs if entry["event"] == "data_folder_open_to_others"]
    assert warning["mode"] == f"{mode:04o}"
    assert f"chmod -R go= {folder}" in warning["advice"]
    assert stat.S_IMODE(folder.stat().st_mode) == mode


def test_S09_vectors_beside_the_knowledge_stay_as_readable_as_its_texts(tmp_path: Path):
    before = os.umask(0o077)
    try:
        file = write_vectors(tmp_path, "an embedding", Locale.EN, ["0" * 64], {"0" * 64: [1.0] * 16})
    finally:
        os.umask(before)
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
