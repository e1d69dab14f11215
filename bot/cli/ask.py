"""`scoda ask` and `scoda evaluate`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.answering.evaluation import Case, QuestionSetError, Tally, read_cases, tallies
from bot.answering.evaluation import evaluate as run_cases
from bot.answering.question_lines import QuestionLineError, asked_in, read_object
from bot.chat.text.rendering import plain
from bot.cli.answers import open_answers
from bot.cli.console import bars, out, today
from bot.cli.options import file_to_write
from bot.errors import ScodaError
from bot.ids import Locale
from bot.reports.evaluation_report import render_report
from bot.reports.evaluation_tables import tables_of
from bot.settings import Settings

_TABLE_WIDTH = 80
"""Columns that the figures of an evaluation need, however narrow the window is."""


def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="The question, in any of the twelve languages.")] = None,
    lang: Annotated[Locale | None, typer.Option(help="The language that the visitor has chosen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")] = False,
    at: Annotated[
        int | None,
        typer.Option(help="Answer as this version did (scoda knowledge history) on its day.", metavar="REV", min=1),
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read lines {"id", "question" | "turns", "lang"?}, write one answer each.')
    ] = False,
) -> None:
    """Ask as a visitor would and print the answer."""
    if (question is None) is not jsonl:
        raise typer.BadParameter("give a question, or --jsonl and lines on standard input")
    asyncio.run(
        _ask_lines(context.obj, lang, at)
        if jsonl
        else _ask_one(context.obj, question or "", lang, at=at, as_json=as_json)
    )


async def _ask_one(settings: Settings, question: str, lang: Locale | None, *, at: int | None, as_json: bool) -> None:
    async with open_answers(settings, at=at) as answers:
        line = await answers.answer(None, (question,), lang)
    typer.echo(json.dumps(line, ensure_ascii=False) if as_json else line["answer"])


async def _ask_lines(settings: Settings, lang: Locale | None, at: int | None) -> None:
    async with open_answers(settings, at=at) as answers:
        for number, raw in enumerate(sys.stdin, start=1):
            if raw.strip():
                try:
                    asked = asked_in(read_object(raw))
                except QuestionLineError as error:
                    raise ScodaError(f"line {number}: {error}") from error
                line = await answers.answer(asked.line_id, asked.turns, asked.locale or lang)
                typer.echo(json.dumps(line, ensure_ascii=False))


def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(help="A question set, JSON lines.", metavar="QUESTIONS.jsonl", exists=True, dir_okay=False),
    ],
    json_file: Annotated[Path | None, file_to_write("--json", "Write the figures here.", "OUT")] = None,
    report: Annotated[
        Path | None,
        file_to_write(
            "--report", "Write figures, curves and misses here, each with the step that lost it.", "OUT.html"
        ),
    ] = None,
) -> None:
    """Run a question set and count, language by language, what was answered and refused rightly."""
    asyncio.run(_evaluate(context.obj, questions, json_file, report))


async def _evaluate(settings: Settings, questions: Path, json_file: Path | None, report: Path | None) -> None:
    cases = _read_cases(questions)
    async with open_answers(settings) as answers:
        with bars("questions") as shown:
            task = shown.add_task("Asking", total=len(cases))
            results = await run_cases(
                cases,
                answers.extractive,
                today=today(),
                say=lambda answer: plain(answers.word(answer)),
                progress=lambda done: shown.update(task, completed=done),
            )
    rows = tallies(results)
    _print_tallies(rows)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    if report is not None:
        report.write_text(render_report(results, title=f"Evaluation: {questions.name}"), encoding="utf-8")


def _read_cases(file: Path) -> list[Case]:
    try:
        cases = list(read_cases(file.read_text(encoding="utf-8").split("\n")))
    except (OSError, UnicodeDecodeError, QuestionSetError) as error:
        raise QuestionSetError(f"{file}: {error}") from error
    if not cases:
        raise QuestionSetError(f"{file} holds no question")
    return cases


def _print_tallies(rows: Sequence[Tally]) -> None:
    wide = Console(width=max(out.width, _TABLE_WIDTH))
    for figures in tables_of(rows):
        table = Table(title=figures.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for place, heading in enumerate(figures.headings):
            table.add_column(heading.replace(" ", "\n"), justify="right" if place else "left", no_wrap=True)
        for row in rows:
            table.add_row(*figures.cells(row))
        wide.print(table)
        wide.print()
