"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The announcement's id, as `list` shows it.", metavar="ID")]


def file_to_write(name: str, help_: str, metavar: str) -> Any:  # noqa: ANN401 - Typer's own type for it is not public
    """An option for a file that is written at the end; what can't be written is refused before the work begins."""
    return typer.Option(name, help=help_, metavar=metavar, dir_okay=False, writable=True, callback=_in_a_folder)


def _in_a_folder(file: Path | None) -> Path | None:
    if file is not None and not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}: make it first")
    return file
