"""`scoda knowledge publish`, `diff`, `history`, `show` and `rollback`: what is published, was, and would be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer
from rich.progress import TaskID

from bot.answering.gate import AnswerChange, ToldAnswer
from bot.app.core import Core, open_core
from bot.app.versions import (
    FolderDiff,
    OrderValues,
    answer_values,
    carry_out,
    diff_folder,
    diff_values,
    diff_versions,
    publish,
    report_values,
    roll_back,
)
from bot.cli.console import bars, err, out, print_faults, sync_progress
from bot.cli.options import AsJson
from bot.cli.printing import print_json, print_rows
from bot.errors import KnowledgeError
from bot.ingestion.diffing import ChangeKind, KnowledgeDiff, SectionChange
from bot.ingestion.model import PublishingConsent, VersionRecord
from bot.operations.logs import redact

_MOST_ASKED = 300
"""Recent questions that a comparison asks: by reasoning, some 20 seconds of work, and most of what is usual."""
_MARKS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}

Anyway = Annotated[
    bool, typer.Option("--anyway", help="Publish also what takes much away or fails questions of the gate.")
]
Revision = Annotated[int, typer.Argument(metavar="REV", help="A version, as `history` numbers it.", min=1)]


def publish_command(
    context: typer.Context,
    anyway: Anyway = False,
    as_json: AsJson = False,
) -> None:
    """Publish the files as `sync` does; beside a running bot, let that do it."""
    consent = PublishingConsent.ANYTHING if anyway else PublishingConsent.NONE

    async def here(core: Core) -> OrderValues:
        with sync_progress() as progress:
            report = await publish(core, consent, progress=progress, tells_warnings=True)
            await core.write_store(progress=progress)
        return report_values(report)

    order = {"order": "publish", "consent": consent.value}
    tell_published(asyncio.run(carry_out(context.obj, order, here)), as_json=as_json)


def rollback_command(context: typer.Context, revision: Revision, as_json: AsJson = False) -> None:
    """Write the files of the folder as they were in a version, and publish them; what they replace is kept."""

    async def here(core: Core) -> OrderValues:
        with sync_progress() as progress:
            files, report = await roll_back(core, revision, progress=progress)
            await core.write_store(progress=progress)
        return {"files": files, **report_values(report)}

    done = asyncio.run(carry_out(context.obj, {"order": "rollback", "version": revision}, here))
    if not as_json:
        out.print(f"Files restored: {done['files']}.", highlight=False)
    tell_published(done, as_json=as_json)


def tell_published(done: Mapping[str, object], *, as_json: bool = False) -> None:
    """Say what came of it; the exit code is 1 where files have faults, or a change is held."""
    faults, held = _texts(done, "faults"), _texts(done, "held")
    if as_json:
        print_json({name: value for name, value in done.items() if name != "ok"})
    else:
        for text, style in (*((one, "red") for one in faults), *((one, "yellow") for one in _texts(done, "warnings"))):
            shown = text if style == "red" else f"{text} (warning)"
            err.print(redact(shown), style=style, markup=False, highlight=False, soft_wrap=True)
        _tell_version(done, is_held=bool(held))
        tell_held(held)
    if faults or held:
        raise typer.Exit(1)


def _tell_version(done: Mapping[str, object], *, is_held: bool) -> None:
    counts = f"{done['documents']} documents, {done['chunks']} chunks"
    if done["version"] is not None:
        took = f"{done['embedded']} embedded, {done['took_s']} s"
        out.print(f"Published version {done['version']}: {counts}, {took}.", highlight=False)
    elif is_held:
        out.print(f"Nothing was published: {counts} answer on.", highlight=False)
    else:
        out.print(f"Nothing changed: {counts}.", highlight=False)


def tell_held(reasons: list[str]) -> None:
    """Why a change waits, and what to do, on standard error."""
    for reason in reasons:
        err.print(redact(f"held back: {reason}"), style="red", markup=False, highlight=False, soft_wrap=True)
    if reasons:
        err.print(
            "What was published answers on. Bring the files back, or say that it is meant: "
            "scoda knowledge publish --anyway",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def history_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List what was published, the newest first: what caused it, and what it changed."""

    async def work() -> list[VersionRecord]:
        async with open_core(context.obj, may_read_only=True) as core:
            return list(await core.versions.history.records())

    print_rows([_row(record) for record in asyncio.run(work())], as_json=as_json)


def _row(record: VersionRecord) -> dict[str, object]:
    return {
        "version": record.number,
        "when": f"{record.at:%Y-%m-%d %H:%M:%S}",
        "documents": record.documents,
        "sections": record.note.sections or None,
        "cause": record.note.cause or None,
        "changed": record.note.summary or None,
        "state": "published" if record.is_published else "former" if record.was_published else "never published",
    }


def show_command(
    context: typer.Context,
    revision: Revision,
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="A file of it, like en/venue/pearl.md.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a version: what caused it and its files, or one file as it was."""

    async def work() -> None:
        async with open_core(context.obj, may_read_only=True) as core:
            record = await core.versions.history.record(revision)
            files = await core.versions.history.files(revision)
        if path is None:
            values = {**_row(record), "files": sorted(files)}
            if as_json:
                print_json(values)
                return
            for name, value in values.items():
                shown = "\n  ".join(["", *sorted(files)]) if name == "files" else "–" if value is None else value
                out.print(f"{name}: {shown}", markup=False, highlight=False, soft_wrap=True)
            return
        if path not in files:
            raise KnowledgeError(f"version {revision} has no file {path}: see scoda knowledge show {revision}")
        text = files[path].raw.decode("utf-8", "replace")
        if as_json:
            print_json({"version": revision, "path": path, "text": text})
        else:
            typer.echo(text, nl=False)

    asyncio.run(work())


def diff_command(
    context: typer.Context,
    revision: Annotated[int | None, typer.Argument(metavar="REV", help="A version to compare from.", min=1)] = None,
    other: Annotated[
        int | None, typer.Argument(metavar="REV", help="A version to compare with; else the published one.", min=1)
    ] = None,
    questions: Annotated[
        int, typer.Option(metavar="N", help="So many of visitors' recent questions are asked; 0: texts only.", min=0)
    ] = _MOST_ASKED,
    as_json: AsJson = False,
) -> None:
    """Say what publishing the files would change, texts and answers; or how two versions differ in their texts."""

    async def work() -> KnowledgeDiff | FolderDiff:
        async with open_core(context.obj, may_read_only=True) as core:
            if revision is not None:
                return await diff_versions(core, revision, other)
            with sync_progress() as progress, _asking() as asked:
                return await diff_folder(core, most=questions, progress=progress, asked=asked)

    found = asyncio.run(work())
    diff = found if isinstance(found, KnowledgeDiff) else found.diff
    if as_json:
        of_folder = {} if isinstance(found, KnowledgeDiff) else _folder_values(found)
        print_json({**diff_values(diff), **of_folder})
        return
    for line in _lines(diff):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if isinstance(found, FolderDiff):
        _tell_folder(found)


def _folder_values(found: FolderDiff) -> dict[str, object]:
    return {
        "held": list(found.held),
        "questions_asked": found.asked,
        "answers": answer_values(found.answers),
        "faults": [str(fault) for fault in found.reading.faults],
    }


@contextmanager
def _asking() -> Iterator[Callable[[int, int], None]]:
    """A bar for the questions that are asked; none where none is."""
    with bars("questions") as shown:
        tasks: list[TaskID] = []

        def asked(done: int, total: int) -> None:
            if not tasks:
                tasks.append(shown.add_task("Asking", total=total))
            shown.update(tasks[0], completed=done)

        yield asked


def _tell_folder(found: FolderDiff) -> None:
    print_faults(replace(found.reading, warnings=()))
    for origin, change in found.answers:
        for line in _answer_lines(origin, change):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print(f"{found.asked} questions asked, {len(found.answers)} get another answer.", highlight=False)
    tell_held(list(found.held))


def _lines(diff: KnowledgeDiff) -> Iterator[str]:
    """The changes in plain words, language by language, then how many there are."""
    locale = None
    for change in diff.sections:
        if change.locale is not locale:
            locale = change.locale
            yield f"{locale.endonym} ({locale})"
        yield from _section_lines(change)
    for file in diff.stale:
        yield f"becomes stale: {file} no longer follows its source"
    kinds = [f"{sum(one.kind is kind for one in diff.sections)} sections {kind}" for kind in ChangeKind]
    yield f"{', '.join(kinds)}, {len(diff.stale)} translations become stale."


def _section_lines(change: SectionChange) -> Iterator[str]:
    also = f" ({', '.join(change.also)})" if change.also else ""
    yield f"  {_MARKS[change.kind]} {change.locale}/{change.key}: {change.heading}, {change.kind}{also}"
    for sentence in change.removed:
        yield f"      - {sentence}"
    for sentence in change.added:
        yield f"      + {sentence}"
    for one in change.reworded:
        yield f"      ~ {one.was}"
        yield f"      → {one.now}"


def _answer_lines(origin: str, change: AnswerChange) -> Iterator[str]:
    asked = "" if change.locale is None else f" ({change.locale})"
    yield f"? {change.question}{asked}, from {'the gate' if origin == 'gate' else 'visitors'}"
    yield f"      was: {_told(change.was)}"
    yield f"      now: {_told(change.now)}"


def _told(told: ToldAnswer) -> str:
    section = f" {told.section}" if told.section else ""
    return f"{told.outcome}{section}{': ' if told.sentences else ''}{' '.join(told.sentences)}"


def _texts(done: Mapping[str, object], name: str) -> list[str]:
    found = done.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []
