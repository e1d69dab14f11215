from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.operations.durable import replace_file


def test_two_that_write_a_file_at_once_do_not_write_into_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file, fsync = tmp_path / "list", os.fsync

    def other_comes_between(descriptor: int) -> None:
        monkeypatch.undo()
        replace_file(file, b"the other's, which is longer")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", other_comes_between)
    replace_file(file, b"mine")
    assert file.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_descriptor: int) -> None:
        raise OSError("no space left")

    file = tmp_path / "list"
    replace_file(file, b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        replace_file(file, b"new")
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"old", [file])
