"""Drafts for gaps: new files in the folder of drafts, from which nothing is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import regex

from bot.adapters.knowledge.folder_writer import write_whole
from bot.errors import GapError
from bot.ids import Locale
from bot.ingestion.model import DRAFTS_FOLDER

_NAME = regex.compile(r"[\p{Ll}\p{Lo}\d][\p{L}\d_-]{0,99}")
"""A folder or a file without its ending: nothing that leads elsewhere."""


class GapDraftFiles:
    """Implements `bot.gaps.ports.DraftFiles`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, locale: Locale, topic: str, name: str, content: str) -> Path:
        """See the port."""
        for part in (topic, name):
            if not _NAME.fullmatch(part):
                raise GapError(f"{part!r} can't be the name of a draft: it needs small letters, digits and hyphens")
        path = Path(DRAFTS_FOLDER, locale, topic, f"{name}.md")
        await asyncio.to_thread(self._write, path, content)
        return path

    def _write(self, path: Path, content: str) -> None:
        file = self._folder / path
        if file.exists():
            raise GapError(f"{path} is there already: write the answer into it, or move it away first")
        try:
            write_whole(file, [content])
        except OSError as error:
            raise GapError(f"{path} can't be written: {error.strerror or error}") from error
