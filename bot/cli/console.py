"""What every command shows in the same way: bars, faults, and words beside the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from bot.adapters.system.clock import utc_now
from bot.ingestion.model import FolderReading, Progress, SyncReport, SyncStage
from bot.operations.logs import redact

out = Console()
err = Console(stderr=True)

_STAGES = {
    SyncStage.READ: "Reading the files",
    SyncStage.EMBED: "Embedding",
    SyncStage.BUILD: "Building the index",
    SyncStage.STORE: "Writing Chroma",
}


def print_faults(found: FolderReading | SyncReport) -> None:
    """Faults in red and warnings in yellow, on standard error."""
    for fault in found.faults:
        err.print(redact(str(fault)), style="red", markup=False, highlight=False, soft_wrap=True)
    for warning in found.warnings:
        err.print(redact(f"{warning} (warning)"), style="yellow", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def sync_progress() -> Iterator[Callable[[Progress], None]]:
    """One bar on standard error for a whole synchronisation; nothing is shown when there is nothing to do.

    Where nothing can be written, the disk of the log being full, say, it goes on without.
    """
    bar = _SyncBar()
    try:
        yield bar.show
    finally:
        bar.stop()


class _SyncBar:
    def __init__(self) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=err
        )
        self._task = self._bars.add_task("", total=1.0, start=False)
        self._is_shown = False

    def show(self, progress: Progress) -> None:
        with suppress(OSError):  # where the log goes, the disk may be full: no reason to stop reading
            self._show(progress)

    def _show(self, progress: Progress) -> None:
        if not self._is_shown:
            self._is_shown = True
            self._bars.start()
            self._bars.start_task(self._task)
        self._bars.update(self._task, description=_STAGES[progress.stage], completed=progress.share)
        if progress.share >= 1.0:
            self._bars.stop()

    def stop(self) -> None:
        if self._is_shown:
            with suppress(OSError):
                self._bars.stop()


def bars(unit: str) -> Bars:
    """A bar that counts `unit`, on standard error."""
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=err,
    )


def say_aside(text: str) -> None:
    """Say it on standard error: it is no part of the output."""
    typer.echo(text, err=True)


def today() -> date:
    """The day of UTC."""
    return utc_now().date()
