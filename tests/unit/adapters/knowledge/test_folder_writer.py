"""A file of the knowledge folder is put in place whole, or the old one stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.knowledge.folder_writer import remove_whole, write_whole


def test_a_file_is_put_in_place_with_the_folders_above_it(tmp_path: Path) -> None:
    file = tmp_path / "ru" / "notes" / "x.md"
    write_whole(file, ["# Заголовок\n", "Текст.\n"])
    assert file.read_text(encoding="utf-8") == "# Заголовок\nТекст.\n"
    assert [one.name for one in file.parent.iterdir()] == ["x.md"]


def test_what_breaks_off_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    write_whole(file, ["old\n"])

    def breaking_off() -> Iterator[str]:
        yield "half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_whole(file, breaking_off())
    assert file.read_text(encoding="utf-8") == "old\n"
    assert [one.name for one in tmp_path.iterdir()] == ["x.md"]


def test_a_file_that_is_taken_away_twice_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    write_whole(file, ["old\n"])
    remove_whole(file)
    remove_whole(file)
    assert list(tmp_path.iterdir()) == []
