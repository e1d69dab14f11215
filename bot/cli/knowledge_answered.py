"""`scoda knowledge answered`: an open question that a section answers by now is denied no longer."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.adapters.knowledge.folder_writer import write_whole
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.app.knowledge_parts import identify_locale
from bot.cli.console import out
from bot.errors import KnowledgeError
from bot.ids import SectionKey
from bot.ingestion.asked_close_by import is_open_to_drafts
from bot.proposals.closing import with_answer
from bot.settings import Settings


def answered_command(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The open question, like open/venue.md#parking-shuttle.")],
    section: Annotated[str, typer.Argument(help="The section that answers it, like venue/parking.md#garage.")],
) -> None:
    """Close an open question: whoever asks it, in whatever language, is led to the section that answers it."""
    settings: Settings = context.obj
    gap, by = _key(question), _key(section)
    reading = asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())
    told = {one.key_of(part) for one in reading.documents if is_open_to_drafts(one) for part in one.sections}
    if by not in told:
        raise KnowledgeError(f"there is no section {by} that is told: see scoda knowledge status --sections")
    copies = [one for one in reading.documents if not one.answerable and one.reply is None and one.path == gap.path]
    for copy in copies:
        file = settings.knowledge.folder / copy.file
        marked = with_answer(file.read_text(encoding="utf-8"), gap.section_id, by)
        if marked is not None:
            try:
                write_whole(file, [marked])
            except OSError as error:
                raise KnowledgeError(f"{copy.file} can't be written: {error.strerror}") from error
            out.print(f"written: {copy.file}", markup=False, highlight=False, soft_wrap=True)
            out.print("It counts in all languages, once it is published: a running bot does that.", highlight=False)
            return
    raise KnowledgeError(f"there is no open question {gap}: name one as scoda knowledge check does")


def _key(name: str) -> SectionKey:
    try:
        return SectionKey.parse(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
