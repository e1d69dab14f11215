"""`scoda knowledge draft`, `drafts`, `approve`, `discard`: from one language to twelve, with a person's yes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from bot.adapters.knowledge.draft_folder import DraftFolder
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.app.core import open_core
from bot.app.drafting import DraftsMade, make_drafts
from bot.app.knowledge_parts import identify_locale
from bot.cli.console import err, out
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import DRAFTS_FOLDER, Document, FolderReading, KnowledgeDraft
from bot.ingestion.translations import copies_of
from bot.settings import Settings

Names = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="ru/logistics/trains.md; logistics/trains.md; a folder, or .")
]
Drafts = Annotated[
    list[str], typer.Argument(metavar="DRAFT...", help="drafts/ru/logistics/trains.md, as `drafts` shows it; or .")
]


def draft_command(
    context: typer.Context,
    paths: Names,
    to: Annotated[str, typer.Option("--to", help="Languages, like ru,kk; all that are missing if not given.")] = "",
) -> None:
    """Draft missing translations and questions: by the model where one is set, else empty ones to fill in."""
    locales = _locales(to)
    ledger = TranslationLedger(context.obj.knowledge.folder)

    async def work() -> tuple[DraftsMade, bool]:
        async with open_core(context.obj) as core:
            await core.open_published()
            made = await make_drafts(core, [ledger.name_below(path) for path in paths], locales)
            return made, core.writer is not None

    made, by_model = asyncio.run(work())
    for file in made.files:
        out.print(f"written: {file}", markup=False, highlight=False)
    for part in made.refused:
        err.print(
            f"thrown away: {part.locale} #{part.section_id}, {part.part}: {part.reason}", markup=False, highlight=False
        )
    if not made.files:
        out.print("Nothing to draft: every language is there or has a draft.")
    elif by_model:
        out.print("Look at them, then: scoda knowledge approve PATH", highlight=False)
    else:
        out.print("No language model is set: fill in the files, then: scoda knowledge approve PATH", highlight=False)


def drafts_command(context: typer.Context) -> None:
    """List what waits for a person's yes."""
    reading = _read(context.obj)
    copies = {group[0].path: group for group in copies_of(reading.documents)}
    for draft in reading.drafts:
        out.print(f"{draft.file}: {_described(draft, copies.get(draft.path, []))}", markup=False, highlight=False)
    if not reading.drafts:
        out.print("No drafts.")


def approve_command(context: typer.Context, drafts: Drafts) -> None:
    """Put drafts in their place, after you have read them: visitors are told from them from then on."""
    reading = _read(context.obj)
    folder = DraftFolder(context.obj.knowledge.folder)
    copies = {group[0].path: group for group in copies_of(reading.documents)}
    for draft in _meant(reading, drafts, context.obj):
        out.print(f"approved: {folder.adopt(draft, copies.get(draft.path, []))}", markup=False, highlight=False)


def discard_command(context: typer.Context, drafts: Drafts) -> None:
    """Remove drafts."""
    folder = DraftFolder(context.obj.knowledge.folder)
    for draft in _meant(_read(context.obj), drafts, context.obj):
        folder.discard(draft)
        out.print(f"removed: {draft.file}", markup=False, highlight=False)


def _described(draft: KnowledgeDraft, copies: Sequence[Document]) -> str:
    """What a draft holds, and what it lacks to be approved."""
    if not copies:
        return f"a new document, {len(draft.sections)} sections"
    count = Counter(
        texts=sum(bool(section.text) for section in draft.sections),
        questions=sum(len(section.questions) for section in draft.sections),
        misses=sum(len(section.near_misses) for section in draft.sections),
    )
    is_own = any(copy.locale is draft.locale for copy in copies)
    told = "questions only" if is_own and not count["texts"] else f"{count['texts']} of {len(copies[0].sections)} texts"
    return f"{told}, {count['questions']} questions, {count['misses']} near misses"


def _meant(reading: FolderReading, names: Sequence[str], settings: Settings) -> list[KnowledgeDraft]:
    ledger = TranslationLedger(settings.knowledge.folder)
    chosen: dict[str, KnowledgeDraft] = {}
    for name in (ledger.name_below(path) for path in names):
        prefix = f"{name.removesuffix('/')}/"
        found = [one for one in reading.drafts if name in {".", one.file} or one.file.startswith(prefix)]
        if not found:
            raise KnowledgeError(
                f"{name} is no draft: they stand below {DRAFTS_FOLDER}/, and `scoda knowledge drafts` lists them"
            )
        chosen.update((draft.file, draft) for draft in found)
    return list(chosen.values())


def _locales(names: str) -> list[Locale]:
    known = {locale.value: locale for locale in Locale}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if strange := [name for name in wanted if name not in known]:
        raise typer.BadParameter(f"{', '.join(strange)}: known are {', '.join(known)}")
    return [known[name] for name in wanted] or list(Locale)


def _read(settings: Settings) -> FolderReading:
    return asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())
