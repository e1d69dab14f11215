"""Rows F10 and F40 of tests/faults/README.md: going back is killed at whatever moment, and no file is missing or half."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.knowledge.folder_restore import NOTE_NAME
from tests.faults import rollback_process
from tests.faults.sync_process import Moments
from tests.support.knowledge_parts import section_text, write_file
from tests.support.nursery import forked

KILLS = 36
"""With the 64 of test_knowledge_kill.py a hundred."""
FILES = 5

Folder = dict[str, bytes]


class Ground:
    """A folder with two published states; going from one to the other changes, adds and removes files."""

    def __init__(self, root: Path) -> None:
        self.knowledge = root / "knowledge"
        self.data = root / "data"
        self.counted = root / "moments.txt"
        self.data.mkdir(mode=0o700)
        self.states: dict[int, Folder] = {}
        for number in (1, 2):
            for hall in range(FILES):
                write_file(self.knowledge, f"en/area/hall{hall}.md", section_text("s", f"Hall {hall} is {number}."))
            write_file(self.knowledge, f"en/only/in{number}.md", section_text("s", f"This is {number}."))
            (self.knowledge / f"en/only/in{number - 1}.md").unlink(missing_ok=True)
            assert not self.run(None, Moments())
            self.states[number] = self.folder()

    def run(self, number: int | None, moments: Moments) -> bool:
        """In a process of its own; returns whether it was killed."""
        process = forked(rollback_process.go, self.knowledge, self.data, number, moments, self.counted)
        process.join(60)
        assert process.exitcode in {0, -signal.SIGKILL}
        return process.exitcode != 0

    def folder(self) -> Folder:
        """What a reader sees: hidden files are none."""
        found = (file for file in self.knowledge.rglob("*") if file.is_file() and not file.name.startswith("."))
        return {str(file.relative_to(self.knowledge)): file.read_bytes() for file in found}

    def hidden(self) -> list[Path]:
        return list(self.knowledge.rglob(".*"))

    @property
    def is_noted(self) -> bool:
        return (self.data / NOTE_NAME).exists()

    async def told(self) -> list[str]:
        """The texts of the published version, as they stand in the manifest."""
        async with open_database(self.data / "state.db") as database:
            manifest = SqlManifestStore(database)
            published = await manifest.published()
            assert published is not None
            documents = await manifest.documents(published.number)
            assert (self.data / "index" / f"gen-{published.number}" / "generation.json").exists()
            return [section.text for document in documents for section in document.sections]


def _moments(seen: Sequence[str]) -> Iterator[Moments]:
    """Each name once and at its last time, then any, at once or some milliseconds later."""
    counts, chance = Counter(seen), random.Random(11)
    for name, count in counts.items():
        yield Moments(kill_at=name, times=count if chance.random() < 0.5 else 1)
    while True:
        name = chance.choice(seen)
        yield Moments(kill_at=name, times=chance.randint(1, counts[name]), later_s=chance.choice([0, 0.001, 0.01]))


@pytest.mark.nightly
def test_F40_a_rollback_that_is_killed_leaves_every_file_whole_and_is_completed_by_the_next_start(
    tmp_path: Path,
) -> None:
    ground = Ground(tmp_path)
    assert not ground.run(1, Moments())
    assert ground.folder() == ground.states[1]
    seen = ground.counted.read_text(encoding="utf-8").splitlines()
    assert {"after _begin", "after write_bytes_whole", "before remove_whole", "before publish"} <= set(seen)

    killed, at, completed = 0, 1, 0
    for attempt, moments in enumerate(_moments(seen)):
        if killed >= KILLS:
            break
        goal = 3 - at
        killed += ground.run(goal, moments)
        where = f"attempt {attempt}: {moments.kill_at}, {moments.times}. time"

        for name, raw in ground.folder().items():
            assert raw in {ground.states[1].get(name), ground.states[2].get(name)}, f"{where}: {name} is half there"
        for hall in range(FILES):
            assert f"en/area/hall{hall}.md" in ground.folder(), where
        told = asyncio.run(ground.told())
        assert len({text.rpartition(" ")[2] for text in told}) == 1, f"{where}: a mixture of {told}"
        assert len(told) == FILES + 1, where

        was_noted = ground.is_noted
        assert not ground.run(None, Moments())
        at = next(number for number, state in ground.states.items() if state == ground.folder())
        assert asyncio.run(ground.told())[0] == f"Hall 0 is {at}.", where
        assert not ground.is_noted, where
        assert ground.hidden() == [], where
        if was_noted:
            assert at == goal, f"{where}: what was noted is done"
            completed += 1
    assert completed >= KILLS // 3
