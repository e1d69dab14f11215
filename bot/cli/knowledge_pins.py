"""`scoda knowledge pin`, `pins` and `unpin`: answers that staff choose for a question."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.knowledge.folder_writer import remove_whole, write_whole
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.system.clock import utc_now
from bot.app.core import open_core
from bot.app.knowledge_parts import identify_locale
from bot.app.state import has_state
from bot.cli.console import err, out, today
from bot.cli.options import AsJson
from bot.cli.printing import Values, print_rows
from bot.errors import KnowledgeError
from bot.ids import Locale, SectionKey
from bot.ingestion.model import Document, FolderReading
from bot.ingestion.pins import pins_without_target
from bot.ingestion.translations import copies_of
from bot.proposals.pinning import PinSource, PinWish, running_text, source_of
from bot.settings import Settings
from bot.writing.cleaning import one_line

_LONGEST_QUESTION = 300
"""Characters, as of every question line."""
_ANSWER_SHOWN = 60
"""Characters of an answer in the list: what a line holds beside the question (by reasoning)."""


def pin_command(
    context: typer.Context,
    questions: Annotated[
        list[str], typer.Argument(metavar="QUESTION...", help="The question; better, some wordings of it.")
    ],
    answer: Annotated[str, typer.Option("--answer", help="A text of your own, with its --source.")] = "",
    source: Annotated[str, typer.Option("--source", help="The address where that was read.")] = "",
    tells: Annotated[str, typer.Option("--tells", help="Or a section to tell, like logistics/trains.md#tickets.")] = "",
    language: Annotated[
        Locale | None, typer.Option("--language", help="Of question and answer; told by the text if not given.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day on which it wins.")
    ] = None,
) -> None:
    """Pin an answer to a question: it wins over all that is found, in all languages."""
    asked = tuple(filter(None, (one_line(question, limit=_LONGEST_QUESTION) for question in questions)))
    if not asked or bool(answer) is bool(tells):
        raise typer.BadParameter("give a question, and either --answer with --source, or --tells")
    locale = language or identify_locale()("\n".join((*asked, answer)))
    if locale is None:
        raise typer.BadParameter("the text does not tell its language: add --language")
    wish = PinWish(
        questions=asked,
        locale=locale,
        day=today(),
        text=_text(answer) if answer else "",
        source=_source(source) if answer else None,
        tells=_section(tells) if tells else None,
        until=until.date() if until else None,
    )
    _write(context.obj, wish)
    out.print(f"written: {wish.file}", markup=False, highlight=False, soft_wrap=True)
    out.print(_told_until(wish.until), highlight=False)


def pins_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the pins: question, answer, languages, last day, and how often each was told."""
    reading = _reading(context.obj)
    told = asyncio.run(_told_times(context.obj))
    broken = {fault.path for fault in pins_without_target(reading.documents)}
    rows = [_row(copies, broken, told, as_json=as_json) for copies in _pins(reading)]
    if not rows:
        err.print("Nothing is pinned.", highlight=False)
    if rows or as_json:
        print_rows(rows, as_json=as_json)


def unpin_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `pins` shows it, like pins/parking.md.")],
) -> None:
    """Take a pin away, in all languages: its questions are answered like all others from then on."""
    wanted = name.removesuffix(".md")
    chosen = [copies for copies in _pins(_reading(context.obj)) if wanted in _names(copies)]
    if len(chosen) != 1:
        reason = "means several pins: name its path" if chosen else "is no pin: see scoda knowledge pins"
        raise KnowledgeError(f"{name} {reason}")
    for copy in chosen[0]:
        try:
            remove_whole(context.obj.knowledge.folder / copy.file)
        except OSError as error:
            raise KnowledgeError(f"{copy.file} can't be removed: {error.strerror}") from error
        out.print(f"removed: {copy.file}", markup=False, highlight=False, soft_wrap=True)


def _text(answer: str) -> str:
    text = running_text(answer)
    if not text:
        raise typer.BadParameter("--answer must be plain sentences, and no heading, list or question line")
    return text


def _source(address: str) -> PinSource:
    source = source_of(address)
    if source is None:
        raise typer.BadParameter("--answer needs --source, an address that begins with https:// or http://")
    return source


def _section(name: str) -> SectionKey:
    try:
        return SectionKey.parse(name)
    except ValueError as error:
        raise typer.BadParameter(f"--tells: {error}") from error


def _write(settings: Settings, wish: PinWish) -> None:
    """Put the file in place, unless another stands there or nothing could be told by it."""
    file = settings.knowledge.folder / wish.file
    if file.exists():
        raise KnowledgeError(f"{wish.file} is there already: change it, or unpin it first")
    if wish.tells is not None:
        documents = _reading(settings).documents
        known = {document.key_of(section) for document in documents for section in document.sections}
        if wish.tells not in known:
            raise KnowledgeError(f"there is no section {wish.tells}: see scoda knowledge status --sections")
    try:
        write_whole(file, [wish.content])
    except OSError as error:
        raise KnowledgeError(f"{wish.file} can't be written: {error.strerror}") from error


def _told_until(until: date | None) -> str:
    end = f"up to {until.isoformat()}" if until else "until you unpin it"
    return f"It wins {end}, once it is published: a running bot does that, or scoda knowledge sync."


def _pins(reading: FolderReading) -> list[list[Document]]:
    return copies_of(document for document in reading.documents if document.is_pin)


def _names(copies: Sequence[Document]) -> set[str]:
    path = copies[0].path.removesuffix(".md")
    return {path, path.rpartition("/")[2], *(copy.file.removesuffix(".md") for copy in copies)}


def _row(copies: Sequence[Document], broken: set[str], told: Mapping[str, int], *, as_json: bool) -> Values:
    first = copies[0]
    section = first.sections[0]
    answer = str(first.tells) if first.tells else one_line(section.text, limit=_ANSWER_SHOWN)
    ends = [one.valid_until for copy in copies for one in copy.sections if one.valid_until]
    questions = [question for copy in copies for one in copy.sections for question in one.questions]
    keys = {str(copy.key_of(one)) for copy in copies for one in copy.sections}
    return {
        "name": first.path,
        **({"questions": questions} if as_json else {"question": questions[0]}),
        "answer": answer,
        "languages": " ".join(copy.locale for copy in copies),
        "until": min(ends).isoformat() if ends else "",
        "told": sum(told.get(key, 0) for key in keys),
        "fault": "its section is gone" if any(copy.file in broken for copy in copies) else "",
    }


async def _told_times(settings: Settings) -> Mapping[str, int]:
    """How often each section was told, as long as questions are kept; nothing where no bot ever ran."""
    if not has_state(settings):
        return defaultdict(int)
    since = utc_now() - timedelta(days=settings.privacy.keep_questions_days)
    async with open_core(settings, may_read_only=True) as core:
        return await SqlTurnStore(core.database).told_since(since, anywhere=True)


def _reading(settings: Settings) -> FolderReading:
    return asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())
