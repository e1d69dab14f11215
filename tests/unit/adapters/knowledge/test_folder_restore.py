"""A folder is written as it was, also when whoever began it was killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.knowledge import folder_restore
from bot.adapters.knowledge.folder_restore import FolderRestore
from bot.adapters.knowledge.folder_writer import HALF_WRITTEN
from bot.adapters.knowledge.reader import kept_file
from bot.errors import KnowledgeError
from bot.ingestion.model import PublishingWord

WORD = PublishingWord("rollback to 3", "a digest")
WANTED = [kept_file("en/a.md", b"old a"), kept_file("en/gone.md", b"old gone")]


@pytest.fixture
def restore(tmp_path: Path) -> FolderRestore:
    for name, text in (("en/a.md", "new a"), ("en/added.md", "new"), ("en/notes.txt", "mine"), (".git/x", "git")):
        file = tmp_path / "knowledge" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "data").mkdir()
    return FolderRestore(tmp_path / "knowledge", tmp_path / "data")


def texts(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "knowledge"
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


RESTORED = {"en/a.md": "old a", "en/gone.md": "old gone", "en/notes.txt": "mine", ".git/x": "git"}


async def test_knowledge_files_are_restored_and_others_stay(restore: FolderRestore, tmp_path: Path):
    assert await restore.begin(WANTED, WORD) == 3
    assert await restore.complete() == WORD

    assert texts(tmp_path) == RESTORED
    assert restore.is_waiting, "until it is published"
    await restore.finish()
    assert not restore.is_waiting
    assert await restore.complete() is None


async def test_a_kill_between_two_files_is_completed_by_the_next_process(
    restore: FolderRestore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await restore.begin(WANTED, WORD)
    written = folder_restore.write_bytes_whole

    def dying(file: Path, raw: bytes, **more: str) -> None:
        if file.name == "gone.md":
            (file.parent / f"{HALF_WRITTEN}restored-xyz").write_bytes(raw[:2])
            raise OSError(28, "No space left on device")
        written(file, raw, **more)

    monkeypatch.setattr(folder_restore, "write_bytes_whole", dying)
    with pytest.raises(KnowledgeError, match=r"gone\.md can't be restored \(No space left"):
        await restore.complete()
    monkeypatch.undo()

    assert await FolderRestore(tmp_path / "knowledge", tmp_path / "data").complete() == WORD
    assert texts(tmp_path) == RESTORED


async def test_what_somebody_changed_since_stays(restore: FolderRestore, tmp_path: Path):
    await restore.begin(WANTED, WORD)
    (tmp_path / "knowledge/en/a.md").write_text("newer still")
    await restore.complete()
    assert texts(tmp_path) == {**RESTORED, "en/a.md": "newer still"}


async def test_what_is_edited_after_the_files_are_restored_is_not_overwritten(restore: FolderRestore, tmp_path: Path):
    await restore.begin(WANTED, WORD)
    await restore.complete()
    (tmp_path / "knowledge/en/a.md").write_text("new a")
    assert await restore.complete() == WORD
    assert texts(tmp_path)["en/a.md"] == "new a"


async def test_a_damaged_note_is_named(restore: FolderRestore, tmp_path: Path):
    await restore.begin(WANTED, WORD)
    (tmp_path / "data" / folder_restore.NOTE_NAME).write_text("{")
    with pytest.raises(KnowledgeError, match=r"knowledge\.restoring can't be read"):
        await restore.complete()
