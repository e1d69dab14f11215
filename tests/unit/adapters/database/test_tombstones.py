from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.database import tombstones
from bot.adapters.database.tombstones import FILE_NAME, KEY_FILE_NAME, Tombstones
from bot.adapters.system.file_lock import file_lock
from bot.errors import DatabaseError

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_P08_nobody_is_lost_where_several_processes_write_at_once(tmp_path: Path):
    people = range(60)
    replicas = [Tombstones(tmp_path) for _ in range(3)]
    numbers = await asyncio.gather(*(replicas[person % 3].add(person, now=NOW) for person in people))
    assert sorted(numbers) == [person + 1 for person in people]
    assert await replicas[0].moments(people) == dict.fromkeys(people, NOW)


async def test_P08_who_is_forgotten_while_old_lines_go_or_an_archive_comes_is_not_lost(tmp_path: Path):
    there = Tombstones(tmp_path)
    await there.add(0, now=NOW - DAY)
    key, archived = (tmp_path / KEY_FILE_NAME).read_bytes(), (tmp_path / FILE_NAME).read_bytes()
    people = range(1, 31)
    others = [Tombstones(tmp_path).drop_before(NOW) for _ in people]
    merges = [Tombstones(tmp_path).merge(key, archived) for _ in people]
    await asyncio.gather(*(there.add(person, now=NOW) for person in people), *others, *merges)
    assert (await there.moments(people)).keys() == set(people)


async def test_P08_who_waits_for_the_others_in_vain_is_told_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tombstones, "_LONGEST_WAIT_S", 0.0)
    with file_lock(tmp_path / "forgotten.lock") as is_ours:
        assert is_ours
        with pytest.raises(DatabaseError, match="written by another process"):
            await Tombstones(tmp_path).add(1, now=NOW)
    assert await Tombstones(tmp_path).add(1, now=NOW) == 1


@pytest.mark.parametrize("is_own_later", [True, False])
async def test_P08_of_each_person_the_later_moment_stays_whichever_list_it_is_in(tmp_path: Path, is_own_later):
    own, other = Tombstones(tmp_path / "own"), Tombstones(tmp_path / "other")
    await other.add(7, now=NOW if is_own_later else NOW + DAY)
    key = (tmp_path / "other" / KEY_FILE_NAME).read_bytes()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / KEY_FILE_NAME).write_bytes(key)
    for person in (8, 9, 7):
        await own.add(person, now=NOW + DAY if is_own_later else NOW)
    await own.merge(key, (tmp_path / "other" / FILE_NAME).read_bytes())
    assert (await own.moments([7]))[7] == NOW + DAY
    assert await own.last_number() == 3, "what was carried out is not counted anew"
