"""The commands as other people's scripts meet them: whom a line of the log is about."""

from __future__ import annotations

from bot.operations.log_ids import FILE_NAME, LogIds
from tests.support.processes import Place


def test_P06_an_id_in_the_logs_has_the_name_that_its_folder_s_key_gives_it(tmp_path):
    places = [Place(tmp_path, tmp_path, tmp_path / name) for name in ("one", "two")]
    assert "no log line has named anybody yet" in places[0].scoda("logs", "id", "7").stderr.replace("\n", " ")
    names = []
    for place in places:
        file = place.data / "sandbox" / FILE_NAME
        lasting = LogIds(file)
        names.append(lasting(None, "", {"event": "chat_migrated", "chat_id": 7, "new_chat_id": -1007, "count": 7}))
        assert file.stat().st_mode & 0o777 == 0o600
        assert place.scoda("logs", "id", "7").stdout == names[-1]["chat_id"] + "\n"
        assert place.scoda("logs", "id", "-1007").stdout == names[-1]["new_chat_id"] + "\n"
    assert len({name for line in names for name in (line["chat_id"], line["new_chat_id"])}) == 4
    assert names[0]["count"] == 7


def test_P06_without_a_usable_key_lines_are_written_all_the_same(tmp_path):
    file = tmp_path / "sandbox" / FILE_NAME
    file.parent.mkdir()
    file.write_bytes(b"not a key")
    line = LogIds(file)(None, "", {"event": "chat_gone", "chat_id": 7})
    assert line["chat_id"] != 7
    told = Place(tmp_path, tmp_path, tmp_path).scoda("logs", "id", "7")
    assert told.returncode == 1
    assert "holds 9 bytes, not a key" in told.stderr.replace("\n", " ")
