"""Kills backups and restores at every moment that they have, and looks what is left."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.adapters.archive.archive import verified
from bot.adapters.archive.folder import archives_in
from bot.adapters.database.connection import open_database
from bot.errors import AlreadyRunningError
from tests.faults import backup_process
from tests.faults.sync_process import Moments
from tests.support.nursery import forked
from tests.support.visitors import until
from tests.support.whole_state import BEGUN, contents, fill

_PATIENCE_S = 120.0
_Rows = Mapping[str, list[tuple[object, ...]]]


def _moments(seen: Sequence[str], chance: random.Random) -> Iterator[Moments]:
    """Each name once, then any of them, at once or some milliseconds later."""
    counts = Counter(seen)
    names = list(counts)
    chance.shuffle(names)
    for name in names:
        yield Moments(kill_at=name, times=chance.randint(1, counts[name]))
    while True:
        name = chance.choice(seen)
        yield Moments(kill_at=name, times=chance.randint(1, counts[name]), later_s=chance.choice([0.001, 0.005, 0.02]))


@dataclass
class KilledState:
    """A state with archives of it. `address` is a PostgreSQL server's; without one the state is a file in `data`."""

    root: Path
    address: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(15))

    def __post_init__(self) -> None:
        self.data = self.root / "data"
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.archives = self.root / "archives"
        self._now = BEGUN
        self._counted = self.root / "moments.txt"

    def fill(self, first: int) -> None:
        """Three rows more in every table."""

        async def filling() -> None:
            async with open_database(self.address or self.data / "state.sqlite3") as database:
                await database.migrate()
                await fill(database, first=first)

        asyncio.run(filling())

    def rows(self) -> _Rows:
        """What the next start finds; the number of a restore's mark apart."""

        async def reading() -> _Rows:
            found: dict[str, list[tuple[object, ...]]] = await until(self._contents, "the lock's release")
            found["marks"] = [row for row in found["marks"] if row[0] != "restored"]
            return found

        return asyncio.run(reading())

    async def _contents(self) -> dict[str, list[tuple[object, ...]]] | None:
        """None while the server has not noticed yet that the killed process is gone."""
        try:
            async with open_database(self.address or self.data / "state.sqlite3") as database:
                return dict(await contents(database))
        except AlreadyRunningError:
            return None

    def backs_up(self, moments: Moments) -> bool:
        """In a process of its own; whether it was killed."""
        self._now += timedelta(seconds=1)
        return self._run(backup_process.back_up, self.archives, moments)

    def restores(self, archive: Path, moments: Moments) -> bool:
        """In a process of its own; whether it was killed."""
        return self._run(backup_process.bring_back, archive, moments)

    def kill_backups(self, kills: int) -> None:
        """Until so many were killed: what has an archive's name is one, and the state is untouched."""
        before = self.rows()
        assert not self.backs_up(Moments())
        killed = 0
        for moments in _moments(self._seen(), self.chance):
            killed += self.backs_up(moments)
            for one in archives_in(self.archives, 0):
                assert verified(one.file, "").rows, moments
            assert archives_in(self.archives, 0), moments
            if killed >= kills:
                break
        assert self.rows() == before
        assert not self.backs_up(Moments())
        left = {file.name for file in self.archives.iterdir()} - {
            one.file.name for one in archives_in(self.archives, 0)
        }
        assert left <= {".scoda-backup.lock"}

    def kill_restores(self, kills: int, old: Path, new: Path, states: Sequence[_Rows]) -> None:
        """Until so many were killed on the way from one state to the other: either is there, whole."""
        assert not self.restores(new, Moments())
        assert self.rows() == states[1]
        ways, at, killed = (old, new), 1, 0
        for moments in _moments(self._seen(), self.chance):
            killed += self.restores(ways[1 - at], moments)
            found = self.rows()
            assert found in states, moments
            at = states.index(found)
            if killed >= kills:
                break
        assert not self.restores(ways[1 - at], Moments())
        assert self.rows() == states[1 - at]
        assert not (self.data / ".restoring").exists()

    def _seen(self) -> list[str]:
        return self._counted.read_text(encoding="utf-8").splitlines()

    def _run(self, function: Callable[..., None], path: Path, moments: Moments) -> bool:
        process = forked(function, self.data, self.address, path, self._now, moments, self._counted)
        process.join(_PATIENCE_S)
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return process.exitcode != 0
