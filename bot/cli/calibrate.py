"""`scoda calibrate`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.adapters.models.section_reader import BundledReader
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.calibrating.calibrate import calibrate as fit_numbers
from bot.calibrating.calibrate import calibrate_reader
from bot.calibrating.numbers_file import moved, write_reader
from bot.calibrating.numbers_file import write as write_numbers
from bot.cli.console import say_aside, today
from bot.settings import Settings

_NOT_WRITTEN = "Nothing is written; that takes --write."


def calibrate(
    context: typer.Context,
    sets: Annotated[
        Path, typer.Option("--sets", help="The folder of the question sets.", metavar="DIR", file_okay=False)
    ] = Path("tests/sets"),
    write: Annotated[bool, typer.Option("--write", help="Put the numbers to use from the next start on.")] = False,
    router: Annotated[bool, typer.Option("--router", help="Only what tells small talk from questions.")] = False,
    reader: Annotated[bool, typer.Option("--reader", help="Only what the reader counts beside the others.")] = False,
) -> None:
    """Fit the numbers by which questions are answered to the knowledge and the question sets: it takes a while."""
    if reader:
        _calibrate_reader(context.obj, sets, write=write)
        return
    fitted = asyncio.run(fit_numbers(context.obj, sets, today=today(), say=say_aside, only_router=router))
    for line in fitted.before:
        typer.echo(f"in use: {line}")
    for line in fitted.report:
        typer.echo(f"fitted: {line}")
    for name, old, new in moved(fitted.file):
        typer.echo(f"{name}: {_number(old)} → {_number(new)}")
    written = f"Written: {write_numbers(fitted.file, fitted.letters)}" if write else ""
    typer.echo(written or _NOT_WRITTEN)


def _calibrate_reader(settings: Settings, sets: Path, *, write: bool) -> None:
    threads = AnsweringThreads()
    try:
        chosen = BundledReader(threads)
        chosen.check()
        fitted = asyncio.run(calibrate_reader(settings, sets, chosen, today=today(), say=say_aside))
    finally:
        threads.close()
    for line in fitted.report:
        typer.echo(line)
    typer.echo(f"Written: {write_reader(fitted.file)}" if write else _NOT_WRITTEN)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
