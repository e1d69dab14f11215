"""What the reader learns from: a question, passages, and which of them answers, if any."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.adapters.e5.passages import Window

NONE = -1
"""In place of a number: no passage answers, or it is not known which sentence does."""


class Part(StrEnum):
    """What a group is for."""

    TRAIN = "train"
    HELD = "held"
    """Of a document that nothing is learned from: the figures of a training."""


@dataclass(frozen=True, slots=True)
class Group:
    """A question with a few passages, by their numbers in `Prepared.passages`.

    `right` is the place of the one that answers among `passages`, `sentence` the one of its sentences that does.
    """

    part: Part
    kind: str
    asked_in: str
    read_in: str
    question: tuple[int, ...]
    passages: tuple[int, ...]
    right: int = NONE
    sentence: int = NONE


@dataclass(slots=True)
class Prepared:
    """All groups, with every passage once."""

    passages: list[Window] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each source, by its name."""
    _numbers: dict[Window, int] = field(default_factory=dict)

    def number_of(self, passage: Window) -> int:
        """The number of a passage, which is added where it is new."""
        if passage not in self._numbers:
            self._numbers[passage] = len(self.passages)
            self.passages.append(passage)
        return self._numbers[passage]

    def of(self, part: Part) -> list[Group]:
        """The groups of one part, in order."""
        return [group for group in self.groups if group.part is part]

    def write(self, file: Path) -> None:
        """One line of JSON each: the sources, then passages, then groups."""
        file.parent.mkdir(parents=True, exist_ok=True)
        passages = ([p.tokens, p.bounds, p.first_sentence] for p in self.passages)
        groups = (
            [g.part, g.kind, g.asked_in, g.read_in, g.question, g.passages, g.right, g.sentence] for g in self.groups
        )
        with file.open("w", encoding="utf-8") as out:
            for line in ({"sources": self.sources, "passages": len(self.passages)}, *passages, *groups):
                out.write(json.dumps(line, separators=(",", ":")) + "\n")

    @classmethod
    def read(cls, file: Path) -> Prepared:
        """What `write` wrote."""
        with file.open(encoding="utf-8") as lines:
            head = json.loads(next(lines))
            made = cls(sources=head["sources"])
            for _ in range(head["passages"]):
                tokens, bounds, first = json.loads(next(lines))
                made.passages.append(Window(tuple(tokens), tuple(bounds), first))
            for line in lines:
                part, kind, asked, read, question, passages, right, sentence = json.loads(line)
                place = (Part(part), kind, asked, read, tuple(question), tuple(passages), right, sentence)
                made.groups.append(Group(*place))
        return made


def hash_of(files: Iterable[Path], root: Path) -> str:
    """The SHA-256 of files with their names below `root`."""
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()
