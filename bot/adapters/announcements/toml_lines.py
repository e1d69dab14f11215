"""On which line of a TOML text a key stands: the parser of the standard library does not tell."""

from __future__ import annotations

import re

from bot.announcements.standing import TablePlace

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_.-]|"[^"]*"|'[^']*'|\s)+?)\s*=\s*(.*)""")


class TomlLines:
    """On which line of a TOML text a key stands. The text is known to be good TOML."""

    def __init__(self, text: str = "") -> None:
        self._lines: dict[TablePlace, int] = {}
        self._tables_in_row: dict[TablePlace, int] = {}
        table: TablePlace = ()
        text_ends = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if text_ends:
                text_ends = "" if text_ends in line else text_ends
            elif header := _HEADER.match(line):
                table = self._table(header)
                self._note(table, number)
            elif key := _KEY.match(line):
                self._note((*table, *_parts(key[1])), number)
                text_ends = _unfinished_text(key[2])

    def of(self, *place: str | int) -> int:
        """The line of this key, or of the nearest thing around it that is known; 1 when nothing is."""
        for length in range(len(place), 0, -1):
            if place[:length] in self._lines:
                return self._lines[place[:length]]
        return 1

    def _table(self, header: re.Match[str]) -> TablePlace:
        parts = _parts(header[2])
        if header[1] == "[":
            return parts
        place = self._tables_in_row.get(parts, -1) + 1
        self._tables_in_row[parts] = place
        return (*parts, place)

    def _note(self, place: TablePlace, line: int) -> None:
        for length in range(1, len(place) + 1):
            self._lines.setdefault(place[:length], line)


def _parts(dotted: str) -> TablePlace:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _unfinished_text(value: str) -> str:
    """The quotes that will end a text of several lines which begins in this value."""
    for quotes in ('"""', "'''"):
        if value.startswith(quotes) and quotes not in value[3:]:
            return quotes
    return ""
