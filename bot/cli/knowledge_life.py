"""`scoda knowledge expiring` and `edited`: what ends, and what an edit means for the translations."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.app.knowledge_parts import identify_locale
from bot.cli.console import err, out, today
from bot.cli.options import AsJson
from bot.cli.printing import Values, print_rows
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import FolderReading
from bot.ingestion.translations import record_edited
from bot.ingestion.validity import Expiry, expiring
from bot.settings import Settings


class EditWeight(StrEnum):
    """What an edit means for the translations."""

    TYPING = "typing"
    CLARIFICATION = "clarification"
    FACT = "fact"


def edited_command(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="en/logistics/trains.md; logistics/trains.md; a folder, or .")
    ],
    weight: Annotated[
        EditWeight, typer.Option("--weight", help="A typing error, better words for the same facts, or another fact.")
    ],
) -> None:
    """Say what an edit of a source meant, once it is made: but for another fact, its translations stay up to date."""
    ledger = TranslationLedger(context.obj.knowledge.folder)
    record, unreadable = ledger.read()
    if unreadable:
        raise KnowledgeError("\n".join(map(str, unreadable)))
    brought, written = record_edited(_reading(context.obj), record, [ledger.name_below(path) for path in paths])
    if weight is EditWeight.FACT:
        out.print(f"{len(brought)} translations are out of date until they are translated anew.", highlight=False)
        return
    ledger.write(written)
    out.print(f"Kept {len(brought)} translations up to date.", highlight=False)


def expiring_command(
    context: typer.Context,
    days: Annotated[
        int | None,
        typer.Option("--days", min=0, help="Ends up to so many days ahead; by default [knowledge] remind_days."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List which facts end soon and which have ended, by date, with owner, section and files."""
    until = context.obj.knowledge.remind_days if days is None else days
    found = expiring(_reading(context.obj).documents, today=today(), days=until)
    if not found:
        err.print(f"Nothing ends within {until} days.", highlight=False)
    if found or as_json:
        print_rows([_expiry_row(one, as_json=as_json) for one in found], as_json=as_json)


def _expiry_row(expiry: Expiry, *, as_json: bool) -> Values:
    """For people the languages stand for the files: the section names the path that these share."""
    _, heading = expiry.heading(Locale.EN)
    languages = " ".join(file.partition("/")[0] for file in expiry.files)
    return {
        "ends_on": expiry.ends_on.isoformat(),
        "has_ended": expiry.ends_on < today(),
        "owner": expiry.owner,
        "section": str(expiry.key),
        "heading": heading,
        **({"files": list(expiry.files)} if as_json else {"languages": languages}),
    }


def _reading(settings: Settings) -> FolderReading:
    return asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())
