from __future__ import annotations

import pytest

from bot.adapters.knowledge.gap_drafts import GapDraftFiles
from bot.errors import GapError
from bot.ids import Locale


async def test_a_draft_stands_in_its_language_and_topic_and_is_never_written_over(tmp_path):
    files = GapDraftFiles(tmp_path)
    path = await files.write(Locale.KK, "venue", "dogs-0a1b2c3d", "first\n")
    assert str(path) == "drafts/kk/venue/dogs-0a1b2c3d.md"
    with pytest.raises(GapError, match="is there already"):
        await files.write(Locale.KK, "venue", "dogs-0a1b2c3d", "second\n")
    assert (tmp_path / path).read_text(encoding="utf-8") == "first\n"
    assert await files.write(Locale.RU, "venue", "dogs-0a1b2c3d", "other\n") != path


@pytest.mark.parametrize(
    ("topic", "name"), [("..", "a"), ("venue", "../a"), ("venue", ""), ("/etc", "a"), ("venue", "a.b")]
)
async def test_no_name_leads_out_of_the_folder(tmp_path, topic, name):
    with pytest.raises(GapError, match="can't be the name"):
        await GapDraftFiles(tmp_path).write(Locale.EN, topic, name, "x")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_can_t_be_written_is_told(tmp_path):
    (tmp_path / "drafts").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(GapError, match="can't be written"):
        await GapDraftFiles(tmp_path).write(Locale.EN, "venue", "a", "x")
