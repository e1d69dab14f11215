"""The folder as proposals see it: what is written stands whole, what others changed is left alone."""

from __future__ import annotations

import errno

import pytest

from bot.adapters.knowledge import proposed_changes
from bot.adapters.knowledge.proposed_changes import ChangeableFolder
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.proposals.model import FileChange, content_name
from tests.support.knowledge_parts import no_language
from tests.support.proposal_parts import HALL, write_hall

NEW = "en/venue/new.md"


@pytest.fixture
def folder(tmp_path):
    write_hall(tmp_path)
    return ChangeableFolder(tmp_path, identify=no_language)


def change(file=NEW, text: str | None = "## A {#a}\n\nA fact.\n", made_from=""):
    return FileChange(file=file, text=text, made_from=made_from)


async def test_writing_twice_changes_nothing_more(folder, tmp_path):
    for _ in range(2):
        assert not await folder.write([change()], {"ru/venue/hall.md": "0123456789ab"})
    assert (tmp_path / NEW).read_text(encoding="utf-8") == change().text
    record, _ = TranslationLedger(tmp_path).read()
    assert record == {"ru/venue/hall.md": "0123456789ab"}


async def test_where_others_changed_one_file_none_is_written(folder, tmp_path):
    other = change(HALL, "x", made_from=content_name(b"something else"))
    assert set(await folder.write([change(), other], {})) == {HALL}
    assert not (tmp_path / NEW).exists()


async def test_a_file_is_taken_away_and_once_is_enough(folder, tmp_path):
    gone = change(HALL, None, made_from=content_name((tmp_path / HALL).read_bytes()))
    for _ in range(2):
        assert not await folder.write([gone], {})
    assert not (tmp_path / HALL).exists()


async def test_a_folder_that_can_not_be_written_is_told(folder, monkeypatch):
    def full(_file, _lines):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(proposed_changes, "write_whole", full)
    with pytest.raises(KnowledgeError, match="can't be written"):
        await folder.write([change()], {})


async def test_a_record_with_lines_that_can_not_be_read_is_left_to_people(folder, tmp_path):
    (tmp_path / "translations.sum").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    assert not await folder.write([change()], {"ru/venue/hall.md": "0123456789ab"})
    assert (tmp_path / "translations.sum").read_text(encoding="utf-8") == "<<<<<<< HEAD\n"


async def test_what_a_dead_writer_left_is_taken_away_beside_the_named_files_alone(folder, tmp_path):
    for place in ("en/venue", "ru/venue"):
        (tmp_path / place / ".writing-abc").write_text("half", encoding="utf-8")
    await folder.clear_up([NEW])
    assert not (tmp_path / "en/venue/.writing-abc").exists()
    assert (tmp_path / "ru/venue/.writing-abc").exists()


async def test_a_link_in_a_file_s_place_is_told_as_a_fault(folder, tmp_path):
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (tmp_path / NEW).symlink_to(tmp_path / "secret")
    check = await folder.check([change()])
    assert [fault.path for fault in check.faults] == [NEW]


async def test_a_draft_that_becomes_a_file_is_checked_as_that_file_alone(folder, tmp_path):
    draft = tmp_path / "drafts/en/venue/new.md"
    draft.parent.mkdir(parents=True)
    draft.write_text("no knowledge", encoding="utf-8")
    gone = change("drafts/en/venue/new.md", None, made_from=content_name(draft.read_bytes()))
    check = await folder.check([change(), gone])
    assert [document.file for document in check.after] == [NEW]
    assert (check.faults, check.moved) == ((), frozenset())
    assert not await folder.write([change(), gone], {})
    assert not draft.exists()


@pytest.mark.parametrize(
    ("head", "locale", "topic"),
    [("", None, ""), ("lang: ru\ntopic: expo\n", Locale.RU, "expo"), ("topic: venue\n", None, "venue")],
)
async def test_a_text_tells_its_language_and_topic_if_it_names_them(folder, head, locale, topic):
    matter = "title: Food\nsource:\n  publisher: X\n  title: Y\n  url: https://example.org\nas_of: 2026-01-19\n"
    found = await folder.recognised(f"---\n{matter}{head}---\n\n## A {{#a}}\n\nA fact.\n")
    assert (found.locale, found.topic, found.title) == (locale, topic, "Food")


async def test_a_record_that_is_no_text_does_not_stand_in_the_way_of_a_look(folder, tmp_path):
    (tmp_path / "translations.sum").write_bytes(b"\xff\xfe\x00")
    raw = (tmp_path / HALL).read_bytes()
    fixed = change(HALL, raw.decode().replace("stands in", "is in"), made_from=content_name(raw))
    check = await folder.check([fixed])
    assert (check.faults, check.following) == ((), {})
