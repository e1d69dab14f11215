"""The file that /mydata gives: all rows as JSON, written row by row so that it never stands in memory as it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from bot.visitors.model import PersonalRows

_NAME = "my-data"
_PLAIN_UP_TO = 1_000_000
"""Bytes of a file that is sent as it is; a longer one is zipped to about a tenth."""
_MOST_BYTES = 45_000_000
"""Of the zipped file: Telegram takes no more than 50 MB from a bot (https://core.telegram.org/bots/api#senddocument)."""


@dataclass(frozen=True, slots=True)
class PersonalFile:
    """A file to be sent."""

    filename: str
    content: bytes


async def personal_file(pages: AsyncIterator[PersonalRows], *, most_bytes: int = _MOST_BYTES) -> PersonalFile:
    """Write the rows in a thread, as they come. What would not fit is left out, and the file says so."""
    writer = _Writer()
    async for page in pages:
        await asyncio.to_thread(writer.add, page)
        if writer.zipped_bytes > most_bytes:
            writer.cut_short()
            break
    return await asyncio.to_thread(writer.finished)


class _Writer:
    """One JSON object, table by table, into a zip in memory."""

    def __init__(self) -> None:
        self._buffer = BytesIO()
        self._zip = ZipFile(self._buffer, "w", ZIP_DEFLATED)
        self._json = self._zip.open(f"{_NAME}.json", "w")
        self._table = ""
        self._bytes = 0

    @property
    def zipped_bytes(self) -> int:
        return self._buffer.tell()

    def add(self, page: PersonalRows) -> None:
        begun = page.table == self._table
        if not begun:
            self._write("\n],\n" if self._table else "{\n")
            self._write(f"{json.dumps(page.table)}: [")
            self._table = page.table
        rows = [json.dumps(dict(row), ensure_ascii=False) for row in page.rows]
        if rows:
            self._write((",\n" if begun else "\n") + ",\n".join(rows))

    def cut_short(self) -> None:
        self.add(PersonalRows("cut_short", ({"reason": "there is more than one file may hold"},)))

    def finished(self) -> PersonalFile:
        self._write("\n]\n}\n")
        self._json.close()
        self._zip.close()
        if self._bytes > _PLAIN_UP_TO:
            return PersonalFile(f"{_NAME}.zip", self._buffer.getvalue())
        with ZipFile(self._buffer) as plain:
            return PersonalFile(f"{_NAME}.json", plain.read(f"{_NAME}.json"))

    def _write(self, text: str) -> None:
        self._bytes += self._json.write(text.encode("utf-8", "replace"))
