"""What is wrong with the knowledge files: for `scoda knowledge check` and for whoever looks at a deployment."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.answering.gate import read_gate
from bot.app.knowledge_parts import identify_locale
from bot.app.office_folder import with_office_files
from bot.app.vectors import stale_vectors
from bot.errors import Fault
from bot.ingestion.inspection import in_other_languages, inspect
from bot.ingestion.model import FolderReading
from bot.settings import Settings


async def checked_folder(settings: Settings, *more: Fault) -> FolderReading:
    """The files with all that is wrong with them and between the languages, by file and line; `more` are warnings.

    Raises:
        GateError: a line of the gate can't be used.
    """
    read_gate(settings.knowledge.gate)
    record, unreadable = TranslationLedger(settings.knowledge.folder).read()
    identify = identify_locale()
    read = await KnowledgeFiles(settings.knowledge.folder, identify=identify).read()
    foreign = in_other_languages(read.documents, identify)
    warnings = (*read.warnings, *unreadable, *foreign, *stale_vectors(settings, read.documents), *more)
    return inspect(with_office_files(replace(read, warnings=warnings), settings), record)
