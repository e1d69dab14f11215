"""What must go on being answered, and what a new version of the knowledge answers otherwise than the one before.

A gate is a file of JSON lines `{"question", "lang"?, "section"?, "outcome"?, "says"?}`: what is asked, in which
language of the visitor's app, and what is expected: the section told first (`path#section`, or the path alone), the
outcome (without one: that it is answered), a pattern that is found in what is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.answering.evaluation import comparable
from bot.answering.model import Answer, Outcome, Question
from bot.answering.ports import Answering
from bot.answering.question_lines import QuestionLineError, asked_in, read_object
from bot.errors import Fault, ScodaError
from bot.ids import Locale

_KNOWN = frozenset({"id", "question", "lang", "section", "outcome", "says", "note"})


class GateError(ScodaError):
    """A line of the gate can't be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class GateLine:
    """One question and what is expected of its answer. `place` is file and line, for whoever must mend it."""

    place: str
    question: str
    locale: Locale | None
    section: str
    outcome: Outcome
    says: re.Pattern[str] | None

    def passes(self, answer: Answer) -> bool:
        """Whether the answer is what is expected."""
        if answer.outcome is not self.outcome:
            return False
        first = next((citation.key for citation in answer.citations), None)
        if self.section and (first is None or self.section not in {str(first), first.path}):
            return False
        return self.says is None or self.says.search(comparable(" ".join(answer.sentences))) is not None


@dataclass(frozen=True, slots=True)
class ToldAnswer:
    """What of an answer is compared: two that are equal tell a visitor the same."""

    outcome: Outcome
    section: str
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, answer: Answer) -> ToldAnswer:
        """What a visitor reads of it; `section` is the first cited or offered one, empty where there is none."""
        named = (*(citation.key for citation in answer.citations), *(offer.key for offer in answer.offers))
        return cls(answer.outcome, str(named[0]) if named else "", answer.sentences)


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A question that gets another answer."""

    question: str
    locale: Locale | None
    was: ToldAnswer
    now: ToldAnswer


def read_gate(file: Path) -> list[GateLine]:
    """The lines of the gate; none where there is no such file.

    Raises:
        GateError: the file can't be read, or a line is not of the form.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise GateError(f"{file}: can't be read ({error})") from error
    return list(_gate_lines(file, lines))


def _gate_lines(file: Path, lines: Sequence[str]) -> Iterator[GateLine]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _gate_line(f"{file}:{number}", read_object(line))
            except QuestionLineError as error:
                raise GateError(str(Fault(str(file), number, str(error)))) from error


def _gate_line(place: str, line: Mapping[str, object]) -> GateLine:
    if unknown := sorted(line.keys() - _KNOWN):
        raise QuestionLineError(f"{unknown[0]!r} is not known here; known are {', '.join(sorted(_KNOWN))}")
    asked = asked_in(line)
    if not asked.turns[0].strip():
        raise QuestionLineError('"question" is empty')
    return GateLine(
        place=place,
        question=asked.turns[0],
        locale=asked.locale,
        section=_text_of(line, "section"),
        outcome=_outcome(_text_of(line, "outcome")),
        says=_pattern(_text_of(line, "says")),
    )


def _text_of(line: Mapping[str, object], name: str) -> str:
    value = line.get(name, "")
    if not isinstance(value, str):
        raise QuestionLineError(f'"{name}" must be a text in quotation marks')
    return value


def _outcome(name: str) -> Outcome:
    try:
        return Outcome(name) if name else Outcome.ANSWERED
    except ValueError as error:
        raise QuestionLineError(f'"outcome" is {name!r}: it must be one of {", ".join(Outcome)}') from error


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(unicodedata.normalize("NFC", text), re.IGNORECASE) if text else None
    except re.error as error:
        raise QuestionLineError(f'"says" is {text!r}, which is no pattern: {error}') from error


async def failures(lines: Sequence[GateLine], was: Answering, now: Answering, today: date) -> list[str]:
    """The lines that `was` passes and `now` does not, a sentence each."""
    found = []
    for line in lines:
        question = Question(line.question, today, app_locale=line.locale, may_compose=False)
        answer = await now.answer(question)
        if not line.passes(answer) and line.passes(await was.answer(question)):
            told = ToldAnswer.of(answer)
            instead = f"{told.outcome} from {told.section}" if told.section else told.outcome.value
            found.append(f"{line.place}: «{line.question}» is no longer answered as it must be (now: {instead})")
    return found


async def changed_answer(
    text: str, locale: Locale | None, *, was: Answering, now: Answering, today: date
) -> AnswerChange | None:
    """The question with both answers, where they differ."""
    question = Question(text, today, app_locale=locale, may_compose=False)
    before, after = ToldAnswer.of(await was.answer(question)), ToldAnswer.of(await now.answer(question))
    return None if before == after else AnswerChange(text, locale, before, after)
