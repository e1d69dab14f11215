"""Words with places on a page as lines in the order in which they are read, from right to left where that is so."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import regex

_SAME_LINE = 0.5
"""Of a word's height: how far its middle may lie from that of its line, so that raised figures stay in theirs."""
_COLUMN_GAP = 0.03
"""Of a blank between two columns, as a share of the text's width: by reasoning, 15 points of 500."""
_SHORT = 0.3
"""Of a column's width: what a line leaves empty at its end where no word was too long for it, by reasoning."""
_LEAST_LINES = 6
"""Of a column: by reasoning, fewer are a list beside another."""
_FILLED = 0.75
"""Of a column's width that most of its lines fill, by reasoning."""
_RIGHT_TO_LEFT = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Syriac}\p{Thaana}]")
_PRESENTATION = regex.compile("[\ufb1d-\ufdff\ufe70-\ufefc]")
_MIRRORED = str.maketrans("()[]{}«»<>", ")(][}{»«><")
_MARK = regex.compile(r"\p{M}")
_TIGHT = regex.compile(r"^[\p{Han}\p{Hiragana}\p{Katakana}，。！？；：、（）《》“”]|[\p{Han}，。！？；：、（）《》“”]$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; places and sizes in points, from the top."""

    text: str
    top: float
    bottom: float
    size: float
    is_short: bool = False
    """It ends long before the text's edge, as the last one of a paragraph or an entry does."""

    @property
    def height(self) -> float:
        """From the top of its letters to their bottom."""
        return self.bottom - self.top


Word = Mapping[str, Any]
Edges = tuple[float, float]
"""Of a column of text: left and right."""


def lines_of(words: Sequence[Word]) -> list[Line]:
    """From top to bottom; columns of prose are read one after the other."""
    return [_line(row, edges) for column, edges in _columns(words) for row in _rows(column)]


def _line(row: Sequence[Word], edges: Edges) -> Line:
    left, right = edges
    rest = row[0]["x0"] - left if _is_right_to_left(row) else right - row[-1]["x1"]
    largest = max(row, key=lambda word: len(word["text"]))
    return Line(
        text=_read(row),
        top=min(word["top"] for word in row),
        bottom=max(word["bottom"] for word in row),
        size=round(float(largest["size"]), 1),
        is_short=rest > _SHORT * (right - left),
    )


def _rows(words: Sequence[Word]) -> Iterator[list[Word]]:
    row: list[Word] = []
    for word in sorted(words, key=lambda word: (_middle(word), word["x0"])):
        if row and abs(_middle(word) - _middle(row[0])) > _SAME_LINE * min(_height(word), _height(row[0])):
            yield sorted(row, key=lambda word: word["x0"])
            row = []
        row.append(word)
    if row:
        yield sorted(row, key=lambda word: word["x0"])


def _middle(word: Word) -> float:
    return float(word["top"] + word["bottom"]) / 2


def _height(word: Word) -> float:
    return float(word["bottom"] - word["top"])


def _columns(words: Sequence[Word]) -> list[tuple[Sequence[Word], Edges]]:
    """Runs of lines with their edges; where they stand in two columns of prose, the one after the other."""
    if not words:
        return []
    left, right = _edges(words)
    middle, half = (left + right) / 2, _COLUMN_GAP * (right - left) / 2

    def crosses(row: Sequence[Word]) -> bool:
        return any(word["x0"] < middle + half and word["x1"] > middle - half for word in row)

    columns: list[tuple[Sequence[Word], Edges]] = []
    for is_across, group in groupby(_rows(words), key=crosses):
        run = [word for row in group for word in row]
        sides = [[word for word in run if word["x1"] <= middle], [word for word in run if word["x1"] > middle]]
        if is_across or not all(_is_prose(side, (right - left) / 2) for side in sides):
            columns.append((run, (left, right)))
        else:
            columns += [(side, _edges(side)) for side in (sides[::-1] if _is_right_to_left(run) else sides)]
    return columns


def _edges(words: Sequence[Word]) -> Edges:
    return min(word["x0"] for word in words), max(word["x1"] for word in words)


def _is_prose(side: Sequence[Word], width: float) -> bool:
    """Whether most lines fill the column, which cells of a table don't."""
    rows = list(_rows(side))
    filled = sum(row[-1]["x1"] - row[0]["x0"] > _FILLED * width for row in rows)
    return len(rows) >= _LEAST_LINES and filled > len(rows) / 2


def _is_right_to_left(words: Sequence[Word]) -> bool:
    letters = "".join(word["text"] for word in words)
    return len(_RIGHT_TO_LEFT.findall(letters)) * 2 > sum(map(str.isalpha, letters))


def _read(row: Sequence[Word]) -> str:
    """The words of a line as they are read; a page stores letters of Arabic by where they stand, left to right."""
    if not _is_right_to_left(row):
        return _spaced([str(word["text"]) for word in row])
    parts: list[str] = []
    texts = [str(word["text"]) for word in reversed(row)]
    for is_turned, group in groupby(texts, key=_is_turned):
        run = list(group)
        parts += map(_turned, run) if is_turned else reversed(run)
    return _spaced(parts)


def _is_turned(text: str) -> bool:
    """Punctuation that stands alone goes with the letters of the line."""
    return bool(_RIGHT_TO_LEFT.search(text)) or not any(map(str.isalnum, text))


def _turned(text: str) -> str:
    """A word from right to left; numbers and Latin letters in it keep their order, marks follow their letter."""
    clusters = regex.findall(r"[\p{Latin}\p{Nd}]+(?:[.,:/%-]*[\p{Latin}\p{Nd}]+)*|\X", text)
    turned = "".join(
        cluster if cluster[0].isalnum() else cluster.translate(_MIRRORED) for cluster in reversed(clusters)
    )
    return unicodedata.normalize("NFKC", turned) if _PRESENTATION.search(turned) else turned


def _spaced(texts: Sequence[str]) -> str:
    """Blanks between words; none between two of Chinese that stand apart for the look of it, nor before a mark."""
    joined = texts[0] if texts else ""
    for before, text in pairwise(texts):
        is_tight = _TIGHT.search(before[-1:]) and _TIGHT.search(text[:1])
        joined += text if is_tight or _MARK.match(text) else f" {text}"
    return joined
