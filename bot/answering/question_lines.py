"""Questions as JSON lines: how scripts ask, and how question sets are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ScodaError
from bot.ids import Locale


class QuestionLineError(ScodaError):
    """The line can't be used; the message says why and what it needs."""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """What a line asks: one question, or the turns of a conversation whose last one counts.

    `locale` is the language of the visitor's app, if the line names it.
    """

    line_id: str | None
    turns: tuple[str, ...]
    locale: Locale | None


def read_object(line: str) -> Mapping[str, object]:
    """The JSON object that the line holds.

    Raises:
        QuestionLineError: it holds none.
    """
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise QuestionLineError(f"this is no JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise QuestionLineError("this is no question: brackets stand in brackets too deep to be read") from error
    if not isinstance(value, dict):
        raise QuestionLineError('it must be an object in braces: {"id": …, "question": …}')
    return value


def asked_in(line: Mapping[str, object]) -> QuestionLine:
    """What the object asks: `{"id"?, "question" | "turns", "lang"?}`, where a turn is a text or `{"question"}`.

    Raises:
        QuestionLineError: it is not of that form.
    """
    line_id = line.get("id")
    return QuestionLine(None if line_id is None else str(line_id), _turns(line), _locale(line.get("lang")))


def _turns(line: Mapping[str, object]) -> tuple[str, ...]:
    if not line.get("turns"):
        if "question" not in line:
            raise QuestionLineError('it asks nothing: it needs "question", or "turns" with at least one')
        return (_text(line["question"], '"question"'),)
    turns = line["turns"]
    if not isinstance(turns, list):
        raise QuestionLineError('"turns" must be a list of texts; a single one is a "question"')
    return tuple(
        _text(turn.get("question") if isinstance(turn, dict) else turn, f'turn {number} of "turns"')
        for number, turn in enumerate(turns, start=1)
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise QuestionLineError(f"{name} must be a text in quotation marks")
    return value


def _locale(value: object) -> Locale | None:
    if not value:
        return None
    try:
        return Locale(str(value))
    except ValueError as error:
        raise QuestionLineError(f'"lang" is {value!r}: it must be one of {", ".join(Locale)}') from error
