"""The gate: its lines, what passes them, and what is told of an answer that changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.answering.gate import GateError, ToldAnswer, changed_answer, failures, read_gate
from bot.answering.model import Answer, Citation, OnSentence, Outcome, Question
from bot.ids import DocumentPath, Locale, SectionKey

TODAY = date(2026, 3, 1)


def answer(section: str = "venue/pearl.md#size", *sentences: str, outcome: Outcome = Outcome.ANSWERED) -> Answer:
    path, _, name = section.partition("#")
    cited: dict[str, Any] = dict.fromkeys(("source_date", "as_of", "valid_until"))
    citation = Citation(
        key=SectionKey(DocumentPath(path), name), title="", heading="", publisher="", source_title="", url="",
        locale=Locale.EN, **cited,
    )  # fmt: skip
    return Answer(outcome, Locale.EN, Locale.EN, sentences=sentences, citations=(citation,) if section else ())


class Saying:
    """Gives the same answer to everything."""

    def __init__(self, given: Answer) -> None:
        self.given = given
        self.asked: list[Question] = []

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        self.asked.append(question)
        return self.given


def gate(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "gate.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("line", "given", "passes"),
    [
        ('{"question": "How large?"}', answer(), True),
        ('{"question": "How large?"}', answer(outcome=Outcome.OFFERED), False),
        ('{"question": "Hi", "outcome": "greeting"}', answer("", outcome=Outcome.GREETING), True),
        ('{"question": "How large?", "section": "venue/pearl.md#size"}', answer(), True),
        ('{"question": "How large?", "section": "venue/pearl.md"}', answer(), True),
        ('{"question": "How large?", "section": "venue/pearl.md#place"}', answer(), False),
        ('{"question": "How large?", "says": "160[,.]000"}', answer("a.md#b", "It has ۱۶۰,000 m²."), True),
        ('{"question": "How large?", "says": "160[,.]000"}', answer("a.md#b", "It has 17 m²."), False),
    ],
)
def test_a_line_passes_by_outcome_section_and_pattern(tmp_path: Path, line: str, given: Answer, passes: bool):
    [read] = read_gate(gate(tmp_path, line))
    assert read.passes(given) is passes


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "this is no JSON"),
        ("[]", "it must be an object"),
        ('{"lang": "en"}', "it asks nothing"),
        ('{"question": " "}', '"question" is empty'),
        ('{"question": "x", "lang": "xx"}', "\"lang\" is 'xx'"),
        ('{"question": "x", "outcome": "fine"}', "\"outcome\" is 'fine': it must be one of answered, offered"),
        ('{"question": "x", "says": "("}', "which is no pattern"),
        ('{"question": "x", "section": 3}', '"section" must be a text'),
        ('{"question": "x", "sectoin": "a.md"}', "'sectoin' is not known here"),
    ],
)
def test_a_line_that_can_not_be_used_is_named_by_file_and_line(tmp_path: Path, line: str, told: str):
    file = gate(tmp_path, '{"question": "How large?"}', "", line)
    with pytest.raises(GateError) as raised:
        read_gate(file)
    assert str(raised.value).startswith(f"{file}:3: ")
    assert told in str(raised.value)


def test_no_file_asks_nothing(tmp_path: Path):
    assert read_gate(tmp_path / "none.jsonl") == []


async def test_only_what_passed_before_can_fail(tmp_path: Path):
    lines = read_gate(gate(tmp_path, '{"question": "How large?", "lang": "ru", "section": "venue/pearl.md"}'))
    good, bad = Saying(answer()), Saying(answer("venue/old.md#size"))

    assert await failures(lines, bad, bad, TODAY) == []
    assert await failures(lines, bad, good, TODAY) == []
    [failure] = await failures(lines, good, bad, TODAY)
    assert failure == (
        f"{tmp_path}/gate.jsonl:1: «How large?» is no longer answered as it must be "
        "(now: answered from venue/old.md#size)"
    )
    assert good.asked[-1].app_locale is Locale.RU
    assert not good.asked[-1].may_compose


async def test_an_answer_that_changes_is_told_with_both():
    was, now = Saying(answer("a.md#b", "One.")), Saying(answer("a.md#b", "Two."))
    changed = await changed_answer("How many?", None, was=was, now=now, today=TODAY)
    assert changed is not None
    assert changed.was == ToldAnswer(Outcome.ANSWERED, "a.md#b", ("One.",))
    assert changed.now == ToldAnswer(Outcome.ANSWERED, "a.md#b", ("Two.",))
    assert await changed_answer("How many?", None, was=was, now=was, today=TODAY) is None
