"""The record of translations: of which state of its source each one is known to be a translation.

It is one text file in the knowledge folder, `translations.sum`, written like the lists of `sha256sum`: on each line the
first 12 digits of the hash of the source's title, headings and text, two blanks, and the translation's file. It stands
there and not in the front matter of every file because it then works for files without front matter and in any
encoding, because recording a translation changes no file that visitors are answered from (so no new version of the
index), and because a change of 70 translations can be read in one diff. Lines are sorted, so that two branches rarely
meet on one. A folder without the file has no record: nothing in it is called stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import regex

from bot.adapters.knowledge.folder_writer import write_whole
from bot.adapters.knowledge.reader import LEDGER_NAME
from bot.errors import Fault, KnowledgeError

_LINE = regex.compile(r"(?P<hash>[0-9a-f]{12})\s+(?P<file>\S.*?)\s*")
_LARGEST = 4_194_304
"""Bytes that are read: by reasoning, room for some 50,000 translations."""


class TranslationLedger:
    """The record in one knowledge folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / LEDGER_NAME

    def read(self) -> tuple[dict[str, str], tuple[Fault, ...]]:
        """The recorded hashes by file, and the lines that can't be read; both empty where there is no record.

        Raises:
            KnowledgeError: the file is there but can't be read.
        """
        try:
            with self._file.open("rb") as file:
                text = file.read(_LARGEST).decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            return {}, ()
        except (OSError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{self._file} can't be read ({error}); restore it from git or remove it") from error
        record: dict[str, str] = {}
        faults = []
        for number, line in enumerate(text.splitlines(), start=1):
            if (entry := _LINE.fullmatch(line)) is not None:
                record[entry["file"]] = entry["hash"]
            elif line.strip() and not line.startswith("#"):
                reason = "no line of the form `hash  file`: mend or remove it, then record the translation anew"
                faults.append(Fault(LEDGER_NAME, number, reason))
        return record, tuple(faults)

    def write(self, record: Mapping[str, str]) -> None:
        """Replace the record as a whole: a reader sees the old or the new one, never half of it.

        Raises:
            KnowledgeError: the folder can't be written.
        """
        lines = (f"{record[file]}  {file}\n" for file in sorted(record))
        try:
            write_whole(self._file, lines)
        except OSError as error:
            raise KnowledgeError(f"{self._file} can't be written: {error.strerror}") from error

    def name_below(self, path: str) -> str:
        """`path` as it is named below the knowledge folder, also when it was typed from outside ("knowledge/ru/…")."""
        typed = Path(path)
        for whole in (typed, Path.cwd() / typed):
            if whole.is_absolute() and whole.is_relative_to(self._folder.resolve()):
                return whole.relative_to(self._folder.resolve()).as_posix()
        return typed.as_posix()
