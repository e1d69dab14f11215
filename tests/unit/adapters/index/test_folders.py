from __future__ import annotations

import gc
import shutil
from pathlib import Path

import pytest

from bot.adapters.index.folders import HeldFiles


def test_what_is_held_is_read_though_its_folder_was_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "gen-1"
    folder.mkdir()
    (folder / "words").write_bytes(b"of this version")
    held = HeldFiles(folder, ("words", "others"))
    shutil.rmtree(folder)
    for _ in range(2):
        assert held.read("words").read() == b"of this version"
    with pytest.raises(FileNotFoundError, match="others"):
        held.read("others")


def test_what_nobody_holds_any_more_is_closed(tmp_path: Path) -> None:
    (tmp_path / "words").touch()
    gc.collect()  # what tests before have left
    before = _open_files()
    held = HeldFiles(tmp_path, ("words",))
    assert _open_files() == before + 1
    del held
    gc.collect()
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
