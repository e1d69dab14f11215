"""Copies of a knowledge folder with less in it: what was taken away is asked of it.

A section may lose its example questions, or all its translations but one, and an open question may ask for what it
says: drawn section by section (drop-out), so that one model serves rich and poor sections.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.calibrating.training_questions import CalibrationQuestion
from bot.ids import Locale, ReplyKind

HELD_OUT = 6
"""Of so many lines one is asked, should it be an example question, whatever the lots say. Chosen: the folder without
drop-out has something to ask as well, and keeps five of six."""
DROPPED = 1 / 3
"""How often a section loses its example questions, its translations but one, or an open question itself. Chosen: rich
sections stay the rule, as they are in the bundled files, and poor ones are common enough to learn from."""
GAPPED = 0.1
"""How often a section's example questions become those of an open question: what it says must win all the same. Chosen:
staff add a text that was asked for now and then."""
_HEADING = re.compile(r"#+ .*\{#([\w-]+)")
_REPLY = re.compile(r"^reply: (\w+)$", re.MULTILINE)
_QUESTION = "? "
_NEAR_MISS = "! "
_EXAMPLES, _OPEN = "bot/", "open/"
"""Topics: of the examples of small talk, which lose nothing, and of the open questions."""


@dataclass(slots=True)
class Dropped:
    """What is taken from a folder, and the questions that were; sections go by `<topic>/<file>#<section>`."""

    draw: random.Random
    without_questions: set[str] = field(default_factory=set)
    """Sections that lose all their example questions."""
    only_in: dict[str, str] = field(default_factory=dict)
    """The only language in which a section is left."""
    forgotten: set[str] = field(default_factory=set)
    """Open questions that nobody knows of any more."""
    gapped: set[str] = field(default_factory=set)
    """Sections whose example questions an open question asks."""
    gaps: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """These questions, by language and section."""
    asked: list[CalibrationQuestion] = field(default_factory=list)
    """All that was taken away, to be asked."""

    def draw_sections(self, locales: Mapping[str, Sequence[str]]) -> None:
        """Decide what each section loses; `locales` are the languages that it stands in."""
        for name, found in sorted(locales.items()):
            if name.startswith(_EXAMPLES):
                continue
            if name.startswith(_OPEN):
                if self.draw.random() < DROPPED:
                    self.forgotten.add(name)
                continue
            lot = self.draw.random()
            if lot < DROPPED:
                self.without_questions.add(name)
            elif lot < DROPPED + GAPPED:
                self.gapped.add(name)
            if self.draw.random() < DROPPED:
                self.only_in[name] = self.draw.choice(sorted(found))

    def drops(self, name: str, locale: str) -> bool:
        """Whether a section goes in this language."""
        return self.only_in.get(name, locale) != locale or name in self.forgotten

    def takes(self, text: str, name: str, locale: str, *, reply: str, is_left: bool) -> bool:
        """Whether an example question of a section goes, and if so, where it is asked instead.

        `reply` is the kind of reply that its file gives, if it gives one; `is_left` tells that it is none of those that
        are asked whatever the lots say.
        """
        if is_left and not self.drops(name, locale) and name not in self.without_questions:
            if name in self.gapped:
                self.gaps[locale][name].append(text)
            return name in self.gapped
        wanted = "" if reply or name.startswith(_OPEN) else name
        kind = ReplyKind(reply) if reply else None
        source = "example" if reply else "stored"
        named = frozenset({name} if name.startswith(_OPEN) and not reply and not self.drops(name, locale) else ())
        self.asked.append(CalibrationQuestion(source, (text,), Locale(locale), wanted, kind, also=named))
        return True


def dropped_copy(knowledge: Path, folder: Path, *, seed: int, drops: bool) -> list[CalibrationQuestion]:
    """Copy the knowledge into `folder` with less in it; returns the questions that were taken away."""
    dropped = Dropped(random.Random(seed))  # noqa: S311 - drawn alike each time
    files = sorted(knowledge.glob("*/*/*.md"))
    if drops:
        dropped.draw_sections(_locales_of_sections(files))
    for file in files:
        _copy_file(file, folder / file.relative_to(knowledge), dropped)
    for locale, gaps in dropped.gaps.items():
        _write_gaps(folder / locale / "open" / "gapped.md", gaps)
    (folder / "vectors").mkdir()
    for vectors in (knowledge / "vectors").glob("*.vec"):
        (folder / "vectors" / vectors.name).symlink_to(vectors.resolve())
    return dropped.asked


def _locales_of_sections(files: Sequence[Path]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if heading := _HEADING.match(line):
                found[_name(file, heading[1])].append(file.parts[-3])
    return found


def _name(file: Path, section: str) -> str:
    return f"{file.parts[-2]}/{file.name}#{section}"


def _copy_file(file: Path, target: Path, dropped: Dropped) -> None:
    """Copy what is left of a file; none of it where no section is."""
    locale, name, kept, is_told = file.parts[-3], "", [], False
    whole = file.read_text(encoding="utf-8")
    reply = _REPLY.search(whole)
    for number, line in enumerate(whole.splitlines(keepends=True)):
        if heading := _HEADING.match(line):
            name = _name(file, heading[1])
            is_told = is_told or not dropped.drops(name, locale)
        if line.startswith(_QUESTION) and name:
            text = line.removeprefix(_QUESTION).strip()
            is_left = number % HELD_OUT > 0
            if dropped.takes(text, name, locale, reply=reply[1] if reply else "", is_left=is_left):
                continue
        if line.startswith(_NEAR_MISS) and name and (number % HELD_OUT == 0 or name in dropped.without_questions):
            text = line.removeprefix(_NEAR_MISS).strip()
            dropped.asked.append(CalibrationQuestion("stored", (text,), Locale(locale)))
            continue
        if not name or not dropped.drops(name, locale):
            kept.append(line)
    if is_told:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(kept), encoding="utf-8")


def _write_gaps(file: Path, gaps: Mapping[str, Sequence[str]]) -> None:
    body = "---\ntitle: Not known\ntopic: open\nas_of: 2026-01-01\nanswerable: false\n---\n\n"
    for name, questions in sorted(gaps.items()):
        lines = "".join(f"? {question}\n" for question in questions)
        body += f"## Not known {{#{re.sub('[^a-z0-9]', '-', name)}}}\n\nThis is not known.\n\n{lines}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body, encoding="utf-8")
