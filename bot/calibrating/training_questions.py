"""The questions that everything is fitted to: taken from the folder, the cases of the sets, and on plain files."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.answering.evaluation import Case, read_cases
from bot.ids import Locale, ReplyKind

ASKED = 1200
"""Questions of each kind that are asked of each folder, at most. Chosen: the knowledge holds over
50,000 example questions, and each that is asked takes an embedding and a search."""
PLAIN = "training/plain"
"""The folder of the plain files among the sets."""


@dataclass(frozen=True, slots=True)
class CalibrationQuestion:
    """A question and what it asks for: a section, a kind of reply, or neither where it has no answer."""

    source: str
    """Where it comes from: `stored` with a section, an `example` of a reply, a `case` of the sets, a first `message`,
    `plain` files."""
    turns: tuple[str, ...]
    """What was said, the last of it being asked."""
    locale: Locale
    wanted: str = ""
    """The section that answers it, by key or by the path of its document; empty where none does."""
    reply: ReplyKind | None = None
    case: Case | None = None
    """Tells by its patterns whether an answer is right, where there is one."""
    also: frozenset[str] = frozenset()
    """Sections that may be told besides, and open questions that may be named."""
    document: str = ""
    """Of a question on a written section: the path of its document, also where nothing answers."""


def sampled(asked: Sequence[CalibrationQuestion], draw: random.Random) -> list[CalibrationQuestion]:
    """At most `ASKED` of the questions of each kind."""
    kinds: dict[tuple[str, bool], list[CalibrationQuestion]] = defaultdict(list)
    for one in asked:
        kinds[one.source, bool(one.wanted)].append(one)
    return [one for group in kinds.values() for one in draw.sample(group, min(ASKED, len(group)))]


def cases_in(folder: Path) -> list[CalibrationQuestion]:
    """The cases of a folder of question sets."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    return [_asked(case, "case") for case in read_cases(lines)]


def plain_in(folder: Path) -> list[CalibrationQuestion]:
    """The questions on plain files."""
    return [_asked(case, "plain") for case in read_cases((folder / "questions.jsonl").read_text("utf-8").splitlines())]


def messages_in(folder: Path) -> list[CalibrationQuestion]:
    """The first messages of a folder of sets: the first section named in a line is the one that is wanted."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    return [one for line in lines if (one := _message(json.loads(line))) is not None]


def _message(line: Mapping[str, Sequence[str]]) -> CalibrationQuestion | None:
    told, named = line.get("told", ()), line.get("named", ())
    if not told and not named:
        return None
    wanted, also = (told[0] if told else ""), frozenset((*told, *named))
    return CalibrationQuestion("message", (str(line["question"]),), Locale(str(line["lang"])), wanted, also=also)


def _asked(case: Case, source: str) -> CalibrationQuestion:
    assert case.locale is not None
    wanted = case.section if case.is_answerable else ""
    return CalibrationQuestion(source, case.turns, case.locale, wanted, case=case if case.is_answerable else None)
