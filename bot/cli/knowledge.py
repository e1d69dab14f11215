"""`scoda knowledge …`: the knowledge files and the index made from them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.adapters.office.converting import OfficeConverter
from bot.app.core import open_core
from bot.app.knowledge_check import checked_folder
from bot.app.knowledge_parts import identify_locale
from bot.app.office_folder import with_office_files
from bot.app.office_import import MadeDraft, OfficeImport
from bot.app.state import has_state
from bot.app.vectors import write_vector_files
from bot.app.versions import publish, report_values
from bot.cli.console import err, out, print_faults, sync_progress
from bot.cli.knowledge_answered import answered_command
from bot.cli.knowledge_correct import correct_command
from bot.cli.knowledge_drafts import approve_command, discard_command, draft_command, drafts_command
from bot.cli.knowledge_life import edited_command, expiring_command
from bot.cli.knowledge_pins import pin_command, pins_command, unpin_command
from bot.cli.knowledge_sections import print_sections
from bot.cli.knowledge_versions import (
    Anyway,
    diff_command,
    history_command,
    publish_command,
    rollback_command,
    show_command,
    tell_held,
    tell_published,
)
from bot.cli.options import AsJson
from bot.cli.proposals import proposals
from bot.errors import Fault, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import FolderReading, PublishingConsent, SyncReport
from bot.ingestion.translations import record_translated, stale_translations
from bot.operations.logs import redact
from bot.settings import Settings

knowledge = typer.Typer(help="The knowledge files and the index made from them.", no_args_is_help=True)
knowledge.add_typer(proposals, name="proposals")


@knowledge.command("sync")
def sync_command(
    context: typer.Context,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Publish an empty index if the folder holds no document.")
    ] = False,
    anyway: Anyway = False,
) -> None:
    """Build and publish the index from the files; only what changed is embedded again."""
    consent = (
        PublishingConsent.ANYTHING if anyway else PublishingConsent.EMPTY if allow_empty else PublishingConsent.NONE
    )

    async def work() -> SyncReport:
        async with open_core(context.obj) as core:
            with sync_progress() as report:
                done = await publish(core, consent, progress=report, tells_warnings=True)
                await core.write_store(progress=report)
                return done

    tell_published(report_values(asyncio.run(work())))


for _name, _command in (
    ("publish", publish_command),
    ("diff", diff_command),
    ("history", history_command),
    ("show", show_command),
    ("rollback", rollback_command),
    ("correct", correct_command),
):
    knowledge.command(_name)(_command)


@knowledge.command("check")
def check_command(context: typer.Context) -> None:
    """Say what is wrong with the files and between the languages, by file and line, and change nothing."""
    overtaken = asyncio.run(_overtaken_gaps(context.obj))  # first: opening the state completes a rollback
    reading = asyncio.run(checked_folder(context.obj, *overtaken))
    print_faults(reading)
    out.print(
        f"{len(reading.documents)} documents, {len(reading.faults)} faults, {len(reading.warnings)} warnings.",
        highlight=False,
    )
    if reading.faults:
        raise typer.Exit(1)


@knowledge.command("translated")
def translated_command(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="ru/logistics/trains.md; logistics/trains.md for all languages; a folder, or . for everything.",
        ),
    ],
) -> None:
    """Record that translations follow the present text of their source."""
    ledger = TranslationLedger(context.obj.knowledge.folder)
    reading = _read_files(context.obj)
    record, unreadable = ledger.read()
    if unreadable:
        raise KnowledgeError("\n".join(map(str, unreadable)))
    names = [ledger.name_below(path) for path in paths]
    recorded, written = record_translated(reading, record, names)
    ledger.write(written)
    out.print(f"Recorded {len(recorded)} translations as up to date.", highlight=False)


@knowledge.command("import")
def import_command(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="DOCX, XLSX, PPTX, PDF, HTML, CSV, ICS or text.")
    ],
    locale: Annotated[
        Locale | None, typer.Option(help="The language, where neither the folder nor the text tells it.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="The topic, where the folder does not tell it.")] = None,
) -> None:
    """Make drafts from office files, in the folder `drafts`: nothing is told from them before a person moves them."""
    drafts = OfficeImport(context.obj.knowledge.folder, OfficeConverter())

    async def work() -> int:
        failed = 0
        for path in paths:
            try:
                _print_draft(await drafts.make_draft(path, locale=locale, topic=topic))
            except KnowledgeError as error:
                failed += 1
                err.print(redact(str(error)), style="red", markup=False, highlight=False, soft_wrap=True)
        return failed

    if asyncio.run(work()):
        raise typer.Exit(1)


def _print_draft(draft: MadeDraft) -> None:
    out.print(f"written: {draft.file}", markup=False, highlight=False, soft_wrap=True)
    for remark in draft.remarks:
        out.print(f"  {remark}", markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"  now fill in publisher and url, read the text, and move it to {draft.target}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@knowledge.command("vectors")
def vectors_command(context: typer.Context) -> None:
    """Write the vectors of all texts beside the files, so that whoever gets the files need not embed them."""
    with sync_progress() as report:
        changed = asyncio.run(write_vector_files(context.obj, progress=report))
    for file in changed:
        out.print(f"written: {file}", markup=False, highlight=False)
    if not changed:
        out.print("Nothing changed.")


@knowledge.command("status")
def status_command(
    context: typer.Context,
    sections: Annotated[
        bool, typer.Option("--sections", help="A line a section, the ones that need a person first.")
    ] = False,
    ask: Annotated[
        bool, typer.Option("--ask", help="With --sections: hold out and ask their own questions (some minutes).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is published and what the files would change, or how each section stands."""
    if sections or ask or as_json:
        print_sections(context.obj, asks=ask, as_json=as_json)
    else:
        _print_status(context.obj)


def _print_status(settings: Settings) -> None:
    async def work() -> None:
        async with open_core(settings, may_read_only=True) as core:
            status = await core.ingestion.status()
            held, is_restoring = core.versions.held.read(), core.versions.restore.is_waiting
        published = status.published
        if published is None:
            out.print("Nothing is published yet; run: scoda knowledge sync")
        else:
            out.print(
                f"Generation {published.number}, published {published.published_at:%Y-%m-%d %H:%M} UTC: "
                f"{published.documents} documents, {published.chunks} chunks, model {published.embedding_identity}",
                highlight=False,
            )
            if published.pending:
                out.print(f"{published.pending} chunks are not read yet: run scoda knowledge sync, or the bot")
        if is_restoring:
            out.print("A rollback was cut short: scoda knowledge sync, or the bot, completes it.")
        tell_held(list(held.reasons) if held is not None else [])
        print_faults(with_office_files(status.reading, settings))
        record, _ = TranslationLedger(settings.knowledge.folder).read()
        stale = stale_translations(status.reading.documents, record)
        for name, files in (
            ("added", status.added),
            ("changed", status.changed),
            ("removed", status.removed),
            ("answering in its last good version", status.kept),
            ("stale translation", tuple(translation.copy.file for translation in stale)),
        ):
            for file in files:
                out.print(f"{name}: {file}", markup=False, highlight=False)

    asyncio.run(work())


knowledge.command("draft")(draft_command)
knowledge.command("drafts")(drafts_command)
knowledge.command("edited")(edited_command)
knowledge.command("expiring")(expiring_command)
knowledge.command("approve")(approve_command)
knowledge.command("discard")(discard_command)
knowledge.command("answered")(answered_command)
knowledge.command("pin")(pin_command)
knowledge.command("pins")(pins_command)
knowledge.command("unpin")(unpin_command)


def _read_files(settings: Settings) -> FolderReading:
    return asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())


async def _overtaken_gaps(settings: Settings) -> list[Fault]:
    """What is published is asked its own open questions; where nothing ever was, nothing is made."""
    if not has_state(settings):
        return []
    async with open_core(settings, may_read_only=True) as core:
        return await core.overtaken_gaps()
