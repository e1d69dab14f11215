"""Values as a table, as indented lines, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

import typer
from rich.table import Table

from bot.cli.console import out

Values = dict[str, object]
"""What a command has to say, by name: printed as it stands, or as JSON."""


def print_rows(rows: list[Values], *, as_json: bool) -> None:
    """One row a value, with the names of the first as headings."""
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("Nothing yet.")
        return
    table = Table(box=None)
    for heading in rows[0]:
        table.add_column(heading.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    out.print(table, markup=False)


def print_done(answer: Mapping[str, object], *, as_json: bool) -> None:
    """What an order has answered; that it went well is said by the exit code."""
    values = {name: value for name, value in answer.items() if name != "ok"}
    print_tree(values, as_json=as_json)


def print_tree(values: Mapping[str, object], *, as_json: bool) -> None:
    """Indented lines, or JSON."""
    if as_json:
        print_json(values)
        return
    for line in _tree(values, ""):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def print_json(values: object) -> None:
    """Indented JSON."""
    typer.echo(json.dumps(values, ensure_ascii=False, indent=1))


def _tree(value: object, indent: str) -> list[str]:
    """Nested values as indented lines."""
    lines: list[str] = []
    if isinstance(value, Mapping):
        for name, part in value.items():
            heading = f"{indent}{str(name).replace('_', ' ')}:"
            if isinstance(part, Mapping | list) and part:
                lines += [heading, *_tree(part, f"{indent}  ")]
            else:
                lines.append(f"{heading} {_shown(part)}".rstrip())
        return lines
    for part in value if isinstance(value, list) else []:
        if isinstance(part, Mapping):
            lines.append(f"{indent}- {_shown({name: one for name, one in part.items() if one not in (None, '')})}")
        else:
            lines.append(f"{indent}- {_shown(part)}")
    return lines


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(_shown, value)) or "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items()) or "–"
    return str(value).replace("\n", "\n    ")
