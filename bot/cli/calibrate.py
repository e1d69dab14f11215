"""`scoda calibrate`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.calibrating.calibrate import calibrate as fit_numbers
from bot.calibrating.numbers_file import moved
from bot.calibrating.numbers_file import write as write_numbers
from bot.cli.console import say_aside, today


def calibrate(
    context: typer.Context,
    sets: Annotated[
        Path, typer.Option("--sets", help="The folder of the question sets.", metavar="DIR", file_okay=False)
    ] = Path("tests/sets"),
    write: Annotated[bool, typer.Option("--write", help="Put the numbers to use from the next start on.")] = False,
    router: Annotated[bool, typer.Option("--router", help="Only what tells small talk from questions.")] = False,
) -> None:
    """Fit the numbers by which questions are answered to the knowledge and the question sets: it takes a while."""
    fitted = asyncio.run(fit_numbers(context.obj, sets, today=today(), say=say_aside, only_router=router))
    for line in fitted.before:
        typer.echo(f"in use: {line}")
    for line in fitted.report:
        typer.echo(f"fitted: {line}")
    for name, old, new in moved(fitted.file):
        typer.echo(f"{name}: {_number(old)} → {_number(new)}")
    written = f"Written: {write_numbers(fitted.file, fitted.letters)}" if write else ""
    typer.echo(written or "Nothing is written; that takes --write.")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
