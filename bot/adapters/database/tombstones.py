"""Who asked to be forgotten, so that a restored backup does not bring them back.

The database holds nobody who was forgotten, and its backups may hold everybody. So keyed hashes of their ids stand in a
file of their own beside `restore_guard`'s, one a line and numbered; the key stands in another file. An archive takes
copies of both along, and a restore joins them with what stands here. The database notes how many lines it has carried
out: one that comes from a backup is behind.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.system.file_lock import file_lock
from bot.errors import DatabaseError
from bot.operations.durable import replace_file
from bot.operations.key_file import key_of

FILE_NAME = "forgotten"
KEY_FILE_NAME = "forgotten.key"
_LOCK_NAME = "forgotten.lock"
"""Held while the file is read, changed and written again."""
_LONGEST_WAIT_S = 10.0
"""For others who write; chosen: each takes some milliseconds, and the thread that waits holds up no visitor."""
_LOOK_EVERY_S = 0.01
"""How soon it is noticed that the file is free; chosen: about what one writing takes."""


@dataclass(frozen=True, slots=True)
class _Tombstone:
    number: int
    person_hash: str
    forgotten_at: datetime


class Tombstones:
    """The file in the data folder, which several processes may share: one at a time changes it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        self._key_file = folder / KEY_FILE_NAME

    async def add(self, person_id: int, *, now: datetime) -> int:
        """Note, durably, that the person is forgotten now; returns the number of the line.

        Raises:
            DatabaseError: the file can't be read, or others write it without end.
        """
        return await asyncio.to_thread(self._add, person_id, now)

    async def last_number(self) -> int:
        """The number of the newest line; 0 when there is none."""
        return await asyncio.to_thread(self._last_number)

    async def moments(self, person_ids: Iterable[int]) -> Mapping[int, datetime]:
        """When those of these people were forgotten, for the last time, who ever were."""
        return await asyncio.to_thread(self._moments, person_ids)

    async def merge(self, key: bytes, lines: bytes) -> None:
        """Take in what another copy of the file knows, made with this key; of each person the later moment stays.

        Raises:
            DatabaseError: this file was made with another key, or as for `add`.
        """
        await asyncio.to_thread(self._merge, key, lines)

    async def drop_before(self, moment: datetime) -> int:
        """Take out the lines that are older; returns how many. The last one stays: it says how far it was counted."""
        return await asyncio.to_thread(self._drop_before, moment)

    def _add(self, person_id: int, now: datetime) -> int:
        with self._alone():
            person_hash, known = self._hash(person_id, self._key()), self._read()
            number = max((one.number for one in known), default=0) + 1
            others = (one for one in known if one.person_hash != person_hash)
            self._write([*others, _Tombstone(number, person_hash, now.astimezone(UTC))])
        return number

    def _last_number(self) -> int:
        return max((one.number for one in self._read()), default=0)

    def _moments(self, person_ids: Iterable[int]) -> Mapping[int, datetime]:
        known = {one.person_hash: one.forgotten_at for one in self._read()}
        key = self._key()
        hashes = {person_id: self._hash(person_id, key) for person_id in person_ids}
        return {person_id: known[found] for person_id, found in hashes.items() if found in known}

    def _drop_before(self, moment: datetime) -> int:
        with self._alone():
            known = self._read()
            kept = [one for one in known if one.forgotten_at >= moment] or known[-1:]
            if len(kept) < len(known):
                self._write(kept)
        return len(known) - len(kept)

    def _merge(self, key: bytes, lines: bytes) -> None:
        others = [_tombstone(line) for line in lines.decode("ascii").splitlines()]
        with self._alone():
            own = self._read()
            if own and self._key() != key:
                raise DatabaseError(
                    f"{self._file} says who asked to be forgotten by another key than the archive's: it is of another "
                    "installation; restore into a folder of its own with --data, or move this file and its key aside"
                )
            if not own:
                replace_file(self._key_file, key)
            self._write(_joined([*own, *others]))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file; blocks until others have written."""
        until = time.monotonic() + _LONGEST_WAIT_S
        lock = self._file.with_name(_LOCK_NAME)
        lock.parent.mkdir(parents=True, exist_ok=True)
        while True:
            with file_lock(lock) as is_ours:
                if is_ours:
                    yield
                    return
            if time.monotonic() >= until:
                raise DatabaseError(
                    f"{self._file} has been written by another process for {_LONGEST_WAIT_S:.0f} s: see which process "
                    f"holds {lock}, and try again"
                )
            time.sleep(_LOOK_EVERY_S)

    def _key(self) -> bytes:
        try:
            return key_of(self._key_file)
        except (OSError, ValueError) as error:
            raise DatabaseError(f"nobody can be forgotten for good without {self._key_file}: {error}") from error

    def _hash(self, person_id: int, key: bytes) -> str:
        return hmac.new(key, str(person_id).encode(), hashlib.sha256).hexdigest()

    def _read(self) -> list[_Tombstone]:
        try:
            lines = self._file.read_text(encoding="ascii").splitlines()
            return [_tombstone(line) for line in lines]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise DatabaseError(
                f"{self._file}, which says who asked to be forgotten, can't be read ({error}): put its copy back"
            ) from error

    def _write(self, tombstones: list[_Tombstone]) -> None:
        """In place of the old file, durably: after a power cut either stands there whole."""
        lines = (f"{one.number} {one.person_hash} {one.forgotten_at.isoformat()}\n" for one in tombstones)
        replace_file(self._file, "".join(lines).encode("ascii"))


def _joined(tombstones: Iterable[_Tombstone]) -> list[_Tombstone]:
    """One line a person, with the later moment and the greater number: by that it is told what was carried out."""
    joined: dict[str, _Tombstone] = {}
    for one in tombstones:
        known = joined.get(one.person_hash, one)
        number, forgotten_at = max(known.number, one.number), max(known.forgotten_at, one.forgotten_at)
        joined[one.person_hash] = replace(one, number=number, forgotten_at=forgotten_at)
    return sorted(joined.values(), key=lambda one: one.number)


def _tombstone(line: str) -> _Tombstone:
    number, person_hash, forgotten_at = line.split(" ")
    return _Tombstone(int(number), person_hash, datetime.fromisoformat(forgotten_at))
