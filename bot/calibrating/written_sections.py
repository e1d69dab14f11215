"""Sections made up for the reader to learn from, with questions, the sentences that answer, and near misses.

A file a language, a section a line: `tests/sets/README.md` describes them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.calibrating.training_questions import CalibrationQuestion
from bot.ids import Locale

WRITTEN = "training/reading"
"""Their folder among the sets."""
_TOPIC = "written"
"""The folder of their files in a copy of the knowledge."""


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question in any language; `sentence` is the place of the one that answers, None of a near miss."""

    locale: Locale
    text: str
    sentence: int | None = None


@dataclass(frozen=True, slots=True)
class TrainingSection:
    """A section of a document in one language, with what is asked of it."""

    locale: Locale
    document: str
    title: str
    heading: str
    sentences: tuple[str, ...]
    questions: tuple[TrainingQuestion, ...]
    near_misses: tuple[TrainingQuestion, ...]


def written_documents(folder: Path) -> dict[str, list[TrainingSection]]:
    """The sections of each document in order."""
    documents: dict[str, list[TrainingSection]] = defaultdict(list)
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            held = json.loads(line)
            section = TrainingSection(
                locale=Locale(held["lang"]),
                document=held["document"],
                title=held["title"],
                heading=held["heading"],
                sentences=tuple(held["sentences"]),
                questions=tuple(
                    TrainingQuestion(Locale(q["lang"]), q["text"], q["sentence"]) for q in held["questions"]
                ),
                near_misses=tuple(TrainingQuestion(Locale(q["lang"]), q["text"]) for q in held["near"]),
            )
            documents[section.document].append(section)
    return documents


def add_plain_files(documents: dict[str, list[TrainingSection]], folder: Path) -> list[CalibrationQuestion]:
    """Write documents into a copy of the knowledge as plain files; gives what is asked of them."""
    asked = []
    for name, sections in documents.items():
        path = f"{_TOPIC}/{name}.md"
        file = folder / sections[0].locale / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_markdown(sections), encoding="utf-8")
        for number, section in enumerate(sections):
            asked += [_asked(one, path, f"{path}#s{number}") for one in section.questions]
            asked += [_asked(one, path, "") for one in section.near_misses]
    return asked


def _markdown(sections: Sequence[TrainingSection]) -> str:
    between = "" if sections[0].locale is Locale.ZH else " "
    texts = (f"## {one.heading} {{#s{n}}}\n\n{between.join(one.sentences)}\n" for n, one in enumerate(sections))
    return "\n".join((f"# {sections[0].title}\n", *texts))


def is_written(path: str) -> bool:
    """Whether a document of a copy of the knowledge is one of these."""
    return path.startswith(f"{_TOPIC}/")


def _asked(question: TrainingQuestion, document: str, wanted: str) -> CalibrationQuestion:
    return CalibrationQuestion("written", (question.text,), question.locale, wanted, document=document)
