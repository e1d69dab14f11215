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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import DatabaseError
from bot.operations.durable import replace_file
from bot.operations.key_file import key_of

FILE_NAME = "forgotten"
KEY_FILE_NAME = "forgotten.key"


@dataclass(frozen=True, slots=True)
class _Tombstone:
    number: int
    person_hash: str
    forgotten_at: datetime


class Tombstones:
    """The file in the data folder. One process writes it, as it does the database."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        self._key_file = folder / KEY_FILE_NAME

    async def add(self, person_id: int, *, now: datetime) -> int:
        """Note, durably, that the person is forgotten now; returns the number of the line."""
        return await asyncio.to_thread(self._add, person_id, now)

    async def last_number(self) -> int:
        """The number of the newest line; 0 when there is none."""
        return await asyncio.to_thread(self._last_number)

    async def moments(self, person_ids: Iterable[int]) -> Mapping[int, datetime]:
        """When those of these people were forgotten, for the last time, who ever were."""
        return await asyncio.to_thread(self._moments, person_ids)

    async def merge(self, key: bytes, lines: bytes) -> None:
        """Take in what another copy of the file knows, made with this key; what stands here already stays.

        Raises:
            DatabaseError: this file was made with another key.
        """
        await asyncio.to_thread(self._merge, key, lines)

    async def drop_before(self, moment: datetime) -> int:
        """Take out the lines that are older; returns how many. The last one stays: it says how far it was counted."""
        return await asyncio.to_thread(self._drop_before, moment)

    def _add(self, person_id: int, now: datetime) -> int:
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
        known = self._read()
        kept = [one for one in known if one.forgotten_at >= moment] or known[-1:]
        if len(kept) < len(known):
            self._write(kept)
        return len(known) - len(kept)

    def _merge(self, key: bytes, lines: bytes) -> None:
        own, others = self._read(), [_tombstone(line) for line in lines.decode("ascii").splitlines()]
        if own and self._key() != key:
            raise DatabaseError(
                f"{self._file} says who asked to be forgotten by another key than the archive's: it is of another "
                "installation; restore into a folder of its own with --data, or move this file and its key aside"
            )
        if not own:
            replace_file(self._key_file, key)
        known = {one.person_hash for one in own}
        self._write(
            sorted([*own, *(one for one in others if one.person_hash not in known)], key=lambda one: one.number)
        )

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


def _tombstone(line: str) -> _Tombstone:
    number, person_hash, forgotten_at = line.split(" ")
    return _Tombstone(int(number), person_hash, datetime.fromisoformat(forgotten_at))
