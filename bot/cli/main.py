"""Every command, a few lines each."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, TypedDict

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from bot.adapters.clock import utc_now
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.answering.conversation import converse
from bot.answering.evaluation import Case, QuestionSetError, Tally, read_cases, tallies
from bot.answering.evaluation import evaluate as run_cases
from bot.answering.model import Answer, Citation, Offer, Outcome
from bot.answering.question_lines import QuestionLineError, asked_in, read_object
from bot.app.core import Core, open_core
from bot.app.knowledge_parts import identify_locale
from bot.app.sandbox import require_meant, tell
from bot.app.state import has_state, has_two, to_look, to_run
from bot.app.vectors import stale_vectors, write_vector_files
from bot.calibrating.calibrate import calibrate as fit_numbers
from bot.calibrating.calibrate import moved
from bot.calibrating.calibrate import write as write_numbers
from bot.chat.text.rendering import Html, paragraphs, plain, quoted
from bot.chat.text.replies import answer_text, offer_label, offers_shown
from bot.cli.announce import announce
from bot.cli.options import file_to_write
from bot.errors import Fault, KnowledgeError, ScodaError, SettingsError
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.ingestion.comparing import in_other_languages, inspect, record_translated, stale_translations
from bot.ingestion.model import FolderReading, Progress, SyncReport, SyncStage
from bot.operations.key_file import key_of
from bot.operations.log_ids import FILE_NAME as LOG_IDS_KEY
from bot.operations.log_ids import LogIds, log_name
from bot.operations.logs import configure_logs, redact
from bot.reports.evaluation_report import render_report
from bot.reports.evaluation_tables import tables_of
from bot.sandbox.keys import keys_of
from bot.sandbox.server import serve_sandbox
from bot.settings import DEFAULT_FILE, Settings, forget_variables, load_settings

cli = typer.Typer(
    name="scoda",
    help="A visitor bot in twelve languages for the China-SCO demonstration area, its expo and its park alliance.\n\n"
    "Without a token `scoda run` brings a Telegram of its own to try the bot out. Every setting is listed in "
    "config/bot.toml; the environment (SCODA_TELEGRAM_TOKEN, …) wins over it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
knowledge = typer.Typer(help="The knowledge files and the index made from them.", no_args_is_help=True)
cli.add_typer(knowledge, name="knowledge")
cli.add_typer(announce, name="announce")
logs = typer.Typer(help="The bot's own log.", no_args_is_help=True)
cli.add_typer(logs, name="logs")

_err = Console(stderr=True)
_out = Console()
_TABLE_WIDTH = 80
"""Columns that the figures of an evaluation need, however narrow the window is."""
_LISTS_READINGS = (Outcome.CLARIFY, Outcome.COMPLAINT)
"""Outcomes whose suggestions are there to be chosen from, not to go on with."""


class SourceLine(TypedDict):
    """One source of an answer, as `scoda ask --json` prints it."""

    title: str
    url: str
    as_of: str | None
    path: str
    section: str


class OfferedLine(TypedDict):
    """One section that may hold the answer where none is sure, as `scoda ask --json` prints it."""

    title: str
    language: str
    path: str
    section: str


class AnswerLine(TypedDict):
    """One answer, as `scoda ask --json` and `--jsonl` print it."""

    id: str | None
    answer: str
    html: str
    language: str
    outcome: str
    refused: bool
    score: float
    sources: list[SourceLine]
    offered: list[OfferedLine]
    took_ms: float
    steps: dict[str, float]


def run() -> None:
    """The entry point: an error of ours is a message, not a traceback."""
    try:
        cli()
    except ScodaError as error:
        _err.print(redact(f"scoda: {error}"), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


@cli.callback()
def _options(
    context: typer.Context,
    knowledge_folder: Annotated[
        Path | None, typer.Option("--knowledge", help="The folder of the knowledge files.", metavar="DIR")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The folder for state and index.", metavar="DIR")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="The settings file.",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            show_default=str(DEFAULT_FILE),
        ),
    ] = None,
) -> None:
    settings = load_settings(config or DEFAULT_FILE, knowledge=knowledge_folder, data=data)
    forget_variables()
    runs = context.invoked_subcommand in {"run", "sandbox"}
    context.obj = settings if runs else _of_the_bot_meant(settings)
    configure_logs(
        settings.logs.level,
        as_json=settings.logs.format == "json",
        secrets=settings.secrets(),
        ids=LogIds((to_run(settings) if runs else context.obj).store.data / LOG_IDS_KEY),
    )


def _of_the_bot_meant(settings: Settings) -> Settings:
    found = to_look(settings)
    if has_two(settings):
        _say_aside(f"State: {found.store.data}, of the bot that runs or ran last")
    return found


@cli.command("run")
def run_command(
    context: typer.Context,
    adopts_state: Annotated[
        bool, typer.Option("--adopt-state", help="Take over the state of another bot or server, with its roles.")
    ] = False,
    exposes: Annotated[
        bool, typer.Option("--expose", help="Let the sandbox listen where other machines reach it.")
    ] = False,
) -> None:
    """Run the bot. Without a token it starts the sandbox and prints the address of the chat page."""
    from bot.app.run import run_bot  # noqa: PLC0415 - 0.15 s to import, and every other command does without

    with _progress() as report:
        running = run_bot(
            context.obj, say=typer.echo, progress=report, adopts_state=adopts_state, exposes_sandbox=exposes
        )
        asyncio.run(running)


@cli.command()
def sandbox(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    flood: Annotated[bool, typer.Option("--flood", help="Limit messages as Telegram does.")] = False,
    exposes: Annotated[bool, typer.Option("--expose", help="Listen where other machines reach it.")] = False,
) -> None:
    """Run the sandbox alone: a Bot API server for any bot on this machine, and a page to chat with it."""
    settings: Settings = context.obj
    host = host or settings.sandbox.host
    port = settings.sandbox.port if port is None else port
    require_meant(host, exposes=exposes)
    keys = keys_of(bot=settings.sandbox.token, control=settings.sandbox.control_token)

    async def serve() -> None:
        with suppress(asyncio.CancelledError):
            ready = partial(tell, typer.echo, host, keys=keys)
            await serve_sandbox(host, port, keys=keys, ready=ready, flood=flood)

    try:
        asyncio.run(serve())
    except OSError as error:
        raise SettingsError(
            f"the sandbox can't listen on {host}:{port} ({error.strerror}): choose another port with --port"
        ) from error


@cli.command()
def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="The question, in any of the twelve languages.")] = None,
    lang: Annotated[Locale | None, typer.Option(help="The language that the visitor has chosen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read lines {"id", "question" | "turns", "lang"?}, write one answer each.')
    ] = False,
) -> None:
    """Ask as a visitor would and print the answer."""
    if (question is None) is not jsonl:
        raise typer.BadParameter("give a question, or --jsonl and lines on standard input")
    asyncio.run(
        _ask_lines(context.obj, lang) if jsonl else _ask_one(context.obj, question or "", lang, as_json=as_json)
    )


@cli.command()
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(help="A question set, JSON lines.", metavar="QUESTIONS.jsonl", exists=True, dir_okay=False),
    ],
    json_file: Annotated[Path | None, file_to_write("--json", "Write the figures here.", "OUT")] = None,
    report: Annotated[
        Path | None,
        file_to_write(
            "--report", "Write figures, curves and misses here, each with the step that lost it.", "OUT.html"
        ),
    ] = None,
) -> None:
    """Run a question set and count, language by language, what was answered and refused rightly."""
    asyncio.run(_evaluate(context.obj, questions, json_file, report))


@cli.command()
def calibrate(
    context: typer.Context,
    sets: Annotated[
        Path, typer.Option("--sets", help="The folder of the question sets.", metavar="DIR", file_okay=False)
    ] = Path("tests/sets"),
    write: Annotated[bool, typer.Option("--write", help="Put the numbers to use from the next start on.")] = False,
) -> None:
    """Fit the numbers by which questions are answered to the knowledge and the question sets: it takes a while."""
    fitted = asyncio.run(fit_numbers(context.obj, sets, today=_today(), say=_say_aside))
    for line in fitted.before:
        typer.echo(f"in use: {line}")
    for line in fitted.report:
        typer.echo(f"fitted: {line}")
    for name, old, new in moved(fitted.file):
        typer.echo(f"{name}: {_number(old)} → {_number(new)}")
    typer.echo(f"Written: {write_numbers(fitted.file)}" if write else "Nothing is written; that takes --write.")


@knowledge.command("sync")
def sync_command(
    context: typer.Context,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Publish an empty index if the folder holds no document.")
    ] = False,
) -> None:
    """Build and publish the index from the files; only what changed is embedded again."""

    async def work() -> SyncReport:
        async with open_core(context.obj) as core:
            with _progress() as report:
                done = await core.sync(progress=report, allow_empty=allow_empty, tells_warnings=True)
                await core.write_store(progress=report)
                return done

    result = asyncio.run(work())
    _print_faults(result)
    if result.published is None:
        _out.print(f"Nothing changed: {result.documents} documents, {result.chunks} chunks.", highlight=False)
    else:
        _out.print(
            f"Published version {result.published.number}: {result.documents} documents, {result.chunks} chunks, "
            f"{result.embedded} embedded, {result.took_s:.1f} s.",
            highlight=False,
        )
    if result.faults:
        raise typer.Exit(1)


@knowledge.command("check")
def check_command(context: typer.Context) -> None:
    """Say what is wrong with the files and between the languages, by file and line, and change nothing."""
    record, unreadable = TranslationLedger(context.obj.knowledge.folder).read()
    read = _read_files(context.obj)
    overtaken = asyncio.run(_overtaken_gaps(context.obj))
    foreign = in_other_languages(read.documents, identify_locale())
    warnings = (*read.warnings, *unreadable, *foreign, *stale_vectors(context.obj, read.documents), *overtaken)
    reading = inspect(replace(read, warnings=warnings), record)
    _print_faults(reading)
    _out.print(
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
    _out.print(f"Recorded {len(recorded)} translations as up to date.", highlight=False)


@knowledge.command("vectors")
def vectors_command(context: typer.Context) -> None:
    """Write the vectors of all texts beside the files, so that whoever gets the files need not embed them."""
    with _progress() as report:
        changed = asyncio.run(write_vector_files(context.obj, progress=report))
    for file in changed:
        _out.print(f"written: {file}", markup=False, highlight=False)
    if not changed:
        _out.print("Nothing changed.")


@knowledge.command("status")
def status_command(context: typer.Context) -> None:
    """Say what is published and what the files would change."""

    async def work() -> None:
        async with open_core(context.obj, may_read_only=True) as core:
            status = await core.ingestion.status()
        published = status.published
        if published is None:
            _out.print("Nothing is published yet; run: scoda knowledge sync")
        else:
            _out.print(
                f"Generation {published.number}, published {published.published_at:%Y-%m-%d %H:%M} UTC: "
                f"{published.documents} documents, {published.chunks} chunks, model {published.embedding_identity}",
                highlight=False,
            )
            if published.pending:
                _out.print(f"{published.pending} chunks are not read yet: run scoda knowledge sync, or the bot")
        _print_faults(status.reading)
        record, _ = TranslationLedger(context.obj.knowledge.folder).read()
        stale = stale_translations(status.reading.documents, record)
        for name, files in (
            ("added", status.added),
            ("changed", status.changed),
            ("removed", status.removed),
            ("answering in its last good version", status.kept),
            ("stale translation", tuple(translation.copy.file for translation in stale)),
        ):
            for file in files:
                _out.print(f"{name}: {file}", markup=False, highlight=False)

    asyncio.run(work())


@logs.command("id", context_settings={"ignore_unknown_options": True})  # a group's id begins like an option
def log_id_command(
    context: typer.Context,
    telegram_id: Annotated[int, typer.Argument(help="The numeric id of a person or chat.", metavar="ID")],
) -> None:
    """Say what stands in the logs for a person or chat: no line holds the id itself."""
    file = context.obj.store.data / LOG_IDS_KEY
    if not file.exists():
        raise SettingsError(f"there is no {file}: no log line has named anybody yet, or --data names another folder")
    try:
        typer.echo(log_name(telegram_id, key_of(file)))
    except (OSError, ValueError) as error:
        raise SettingsError(f"the key of the ids in the logs can't be read: {error}") from error


def _read_files(settings: Settings) -> FolderReading:
    return asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())


async def _overtaken_gaps(settings: Settings) -> list[Fault]:
    """What is published is asked its own open questions; where nothing ever was, nothing is made."""
    if not has_state(settings):
        return []
    async with open_core(settings, may_read_only=True) as core:
        return await core.overtaken_gaps()


async def _ask_one(settings: Settings, question: str, lang: Locale | None, *, as_json: bool) -> None:
    async with _desk(settings) as desk:
        line = await desk.answer(None, (question,), lang)
    typer.echo(json.dumps(line, ensure_ascii=False) if as_json else line["answer"])


async def _ask_lines(settings: Settings, lang: Locale | None) -> None:
    async with _desk(settings) as desk:
        for number, raw in enumerate(sys.stdin, start=1):
            if raw.strip():
                try:
                    asked = asked_in(read_object(raw))
                except QuestionLineError as error:
                    raise ScodaError(f"line {number}: {error}") from error
                line = await desk.answer(asked.line_id, asked.turns, asked.locale or lang)
                typer.echo(json.dumps(line, ensure_ascii=False))


class _Desk:
    """Answers on the terminal as the chat would, and words the answers as visitors read them."""

    def __init__(self, core: Core) -> None:
        self.answerer = core.answerer
        self.extractive = core.extractive
        self._catalogs = Catalogs()
        self._contact = core.settings.telegram.contact

    def word(self, answer: Answer) -> Html:
        """The answer as it stands in the chat; of its buttons, those are listed that one chooses from."""
        t = self._catalogs.translator(answer.locale)
        readings = answer.suggestions if answer.outcome in _LISTS_READINGS else ()
        told = replace(answer, suggestions=readings)
        return paragraphs(
            answer_text(told, t, contact=self._contact),
            *(quoted(f"• {reading.text}", answer.locale) for reading in readings),
            *(quoted(f"• {offer_label(offer, t)}", offer.locale) for offer in offers_shown(told)),
        )

    async def answer(self, identity: str | None, turns: tuple[str, ...], chosen: Locale | None) -> AnswerLine:
        started = time.perf_counter()
        answer, _ = await converse(self.answerer, turns, today=_today(), chosen=chosen)
        took_ms = (time.perf_counter() - started) * 1000
        html = self.word(answer)
        return AnswerLine(
            id=identity,
            answer=plain(html),
            html=str(html),
            language=(answer.written_in if answer.sentences else answer.locale).value,
            outcome=answer.outcome.value,
            refused=answer.outcome.refused,
            score=round(answer.score, 4),
            sources=[_source_line(citation) for citation in answer.citations],
            offered=[_offered_line(offer) for offer in answer.offers],
            took_ms=round(took_ms, 1),
            steps={name: round(step_ms, 3) for name, step_ms in answer.steps.items()},
        )


def _source_line(citation: Citation) -> SourceLine:
    return SourceLine(
        title=citation.title,
        url=citation.url,
        as_of=citation.as_of.isoformat() if citation.as_of else None,
        path=f"{citation.locale}/{citation.key.path}",
        section=citation.key.section_id,
    )


def _offered_line(offer: Offer) -> OfferedLine:
    return OfferedLine(
        title=offer.title,
        language=offer.locale.value,
        path=f"{offer.locale}/{offer.key.path}",
        section=offer.key.section_id,
    )


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[_Desk]:
    async with open_core(settings, may_read_only=True) as core:
        with _progress() as report:
            result = await core.make_answerable(progress=report)
        if result is not None:
            _print_faults(result)
        yield _Desk(core)


async def _evaluate(settings: Settings, questions: Path, json_file: Path | None, report: Path | None) -> None:
    cases = _read_cases(questions)
    async with _desk(settings) as desk:
        with _bars("questions") as bars:
            task = bars.add_task("Asking", total=len(cases))
            results = await run_cases(
                cases,
                desk.extractive,
                today=_today(),
                say=lambda answer: plain(desk.word(answer)),
                progress=lambda done: bars.update(task, completed=done),
            )
    rows = tallies(results)
    _print_tallies(rows)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    if report is not None:
        report.write_text(render_report(results, title=f"Evaluation: {questions.name}"), encoding="utf-8")


def _read_cases(file: Path) -> list[Case]:
    try:
        cases = list(read_cases(file.read_text(encoding="utf-8").split("\n")))
    except (OSError, UnicodeDecodeError, QuestionSetError) as error:
        raise QuestionSetError(f"{file}: {error}") from error
    if not cases:
        raise QuestionSetError(f"{file} holds no question")
    return cases


def _print_tallies(rows: Sequence[Tally]) -> None:
    out = Console(width=max(_out.width, _TABLE_WIDTH))
    for figures in tables_of(rows):
        table = Table(title=figures.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for place, heading in enumerate(figures.headings):
            table.add_column(heading.replace(" ", "\n"), justify="right" if place else "left", no_wrap=True)
        for row in rows:
            table.add_row(*figures.cells(row))
        out.print(table)
        out.print()


def _print_faults(found: FolderReading | SyncReport) -> None:
    for fault in found.faults:
        _err.print(redact(str(fault)), style="red", markup=False, highlight=False, soft_wrap=True)
    for warning in found.warnings:
        _err.print(redact(f"{warning} (warning)"), style="yellow", markup=False, highlight=False, soft_wrap=True)


_STAGES = {
    SyncStage.READ: "Reading the files",
    SyncStage.EMBED: "Embedding",
    SyncStage.BUILD: "Building the index",
    SyncStage.STORE: "Writing Chroma",
}


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """One bar on standard error for a whole synchronisation; nothing is shown when there is nothing to do."""
    bars = Bars(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=_err
    )
    tasks: list[TaskID] = []

    def report(progress: Progress) -> None:
        if not tasks:
            bars.start()
            tasks.append(bars.add_task("", total=1.0))
        bars.update(tasks[0], description=_STAGES[progress.stage], completed=progress.share)
        if progress.share >= 1.0:
            bars.stop()

    try:
        yield report
    finally:
        bars.stop()


def _bars(unit: str) -> Bars:
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=_err,
    )


def _say_aside(text: str) -> None:
    typer.echo(text, err=True)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _today() -> date:
    return utc_now().date()
