"""What `scoda knowledge` does with versions: publish, go back, compare, ask an older one; here or in a running bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import structlog

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.adapters.system.clock import utc_now
from bot.answering.gate import AnswerChange, changed_answer, read_gate
from bot.answering.pipeline import ExtractiveAnswerer
from bot.app.core import Core, open_core
from bot.errors import AlreadyRunningError, KnowledgeError, NothingPublishedError, ScodaError
from bot.ids import Locale
from bot.ingestion.diffing import KnowledgeDiff, diff_of
from bot.ingestion.folder_change import FolderChange
from bot.ingestion.holding import removal_reasons
from bot.ingestion.model import FolderReading, PublishingConsent, SyncReport
from bot.ingestion.progress import ProgressCallback
from bot.settings import Settings

_log = structlog.get_logger(__name__)

_SPOOL = "knowledge-commands"
_PICK_UP_S = 15.0
"""How long a running bot may take to take up an order; chosen: it looks each second, and a busy one is slower."""
_WORK_S = 900.0
"""How long it may work at it; chosen: longer than a whole index of the real knowledge takes on a small machine."""
OrderValues = Mapping[str, object]


async def publish(
    core: Core, consent: PublishingConsent, *, progress: ProgressCallback | None = None, tells_warnings: bool = False
) -> SyncReport:
    """Publish the folder because a person asked for it: what is held is examined again."""
    return await core.sync(progress=progress, consent=consent, tells_warnings=tells_warnings, examines_again=True)


async def roll_back(core: Core, number: int, *, progress: ProgressCallback | None = None) -> tuple[int, SyncReport]:
    """Make the folder what it was in a version, and publish it; returns how many files that touched.

    Raises:
        KnowledgeError: the version is not kept.
    """
    files = await core.versions.history.begin_rollback(number, now=utc_now())
    return files, await core.sync(progress=progress)


def report_values(report: SyncReport) -> dict[str, object]:
    """What is told of a synchronisation, as plain values."""
    return {
        "version": report.published.number if report.published else None,
        "documents": report.documents,
        "chunks": report.chunks,
        "embedded": report.embedded,
        "took_s": round(report.took_s, 1),
        "held": list(report.held.reasons) if report.held else [],
        "faults": [str(fault) for fault in report.faults],
        "warnings": [str(warning) for warning in report.warnings],
    }


class KnowledgeOrders:
    """Carries out in the running bot what `scoda knowledge` orders."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._spool = _spool(core.settings)
        self._has_failed = False

    def recover(self) -> None:
        """At a start: see `CommandSpool.recover`."""
        self._spool.recover()

    async def serve(self, _now: datetime) -> None:
        """Carry out what waits; also complete a rollback whose process was killed."""
        await self._spool.serve(self._execute)
        if not self._core.versions.restore.is_waiting:
            self._has_failed = False
        elif not self._has_failed and not self._core.ingestion.is_busy:
            await self._complete()

    async def _complete(self) -> None:
        """Tried once: what can't be written will not become so by itself within a second."""
        try:
            await self._core.sync()
        except ScodaError as error:
            self._has_failed = True
            _log.error("rollback_not_completed", reason=str(error))

    async def _execute(self, order: Mapping[str, object]) -> OrderValues:
        if order.get("order") == "publish":
            return {
                "ok": True,
                **report_values(await publish(self._core, PublishingConsent(str(order.get("consent"))))),
            }
        if order.get("order") == "rollback":
            files, report = await roll_back(self._core, int(str(order.get("version"))))
            return {"ok": True, "files": files, **report_values(report)}
        raise KnowledgeError(f"{order.get('order')!r} is no order: publish or rollback")


async def carry_out(
    settings: Settings, order: OrderValues, here: Callable[[Core], Awaitable[OrderValues]]
) -> OrderValues:
    """`here` in this process when nobody holds the state, else the order in the bot that does.

    Raises:
        ScodaError: it was not carried out; the message says why.
    """
    try:
        async with open_core(settings) as core:
            return await here(core)
    except AlreadyRunningError:
        answer = await _spool(settings).ask(order, patience_s=_PICK_UP_S, work_s=_WORK_S)
    if not answer.get("ok"):
        raise KnowledgeError(str(answer.get("error")))
    return answer


def _spool(settings: Settings) -> CommandSpool:
    return CommandSpool(settings.store.data, folder=_SPOOL, look_with="scoda knowledge history")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDiff:
    """What publishing the folder would do."""

    diff: KnowledgeDiff
    held: tuple[str, ...]
    """Why it would wait for a person's word; questions of the gate are among `answers`."""
    answers: tuple[tuple[str, AnswerChange], ...]
    """Questions that get another answer, with where they come from: `gate` or `visitors`."""
    asked: int
    reading: FolderReading


async def diff_folder(
    core: Core, *, most: int, progress: ProgressCallback | None = None, asked: Callable[[int, int], None]
) -> FolderDiff:
    """Compare the folder with what is published, text by text and answer by answer; publishes nothing.

    At most `most` of visitors' recent questions are asked, and all of the gate; `asked` is told how many of how many.

    Raises:
        NothingPublishedError: there is nothing to compare with.
        GateError: a line of the gate can't be used.
    """
    await core.index.refresh()
    number = core.index.current().knowledge.version
    before = await core.versions.history.documents(number)
    reading = await core.ingestion.check()
    change = FolderChange.of(reading, before, {})
    record, _ = TranslationLedger(core.settings.knowledge.folder).read()
    questions = await _questions(core, most)
    answers: list[tuple[str, AnswerChange]] = []
    if change.is_new and questions:
        today = utc_now().date()
        async with core.versions.on_trial(change.documents, number + 1, day=today, progress=progress) as new:
            for done, (origin, text, locale) in enumerate(questions, start=1):
                changed = await changed_answer(text, locale, was=core.extractive, now=new, today=today)
                answers += [] if changed is None else [(origin, changed)]
                asked(done, len(questions))
    return FolderDiff(
        diff=diff_of(before, change.documents, record),
        held=tuple(removal_reasons(before, change.documents)),
        answers=tuple(answers),
        asked=len(questions),
        reading=reading,
    )


async def diff_versions(core: Core, was: int, now: int | None) -> KnowledgeDiff:
    """Compare the texts of two kept versions, or of one with the published version.

    Raises:
        KnowledgeError: one is not kept.
    """
    history = core.versions.history
    if now is None:
        published = [record.number for record in await history.records() if record.is_published]
        if not published:
            raise NothingPublishedError("no knowledge was ever published; run: scoda knowledge sync")
        now = published[0]
    return diff_of(await history.documents(was), await history.documents(now))


@asynccontextmanager
async def answers_at(
    core: Core, number: int, *, progress: ProgressCallback | None = None
) -> AsyncIterator[tuple[ExtractiveAnswerer, date]]:
    """Who answers from a version that is kept, and the day on which it was published: what was valid then is told.

    Raises:
        KnowledgeError: it is not kept.
    """
    record = await core.versions.history.record(number)
    day = record.at.date()
    if record.is_published:
        await core.index.refresh()
        yield core.extractive, day
        return
    documents = await core.versions.history.documents(number)
    async with core.versions.on_trial(documents, number, day=day, progress=progress) as answerer:
        yield answerer, day


async def _questions(core: Core, most: int) -> list[tuple[str, str, Locale | None]]:
    """The gate's, then visitors', each once: the latest first, masked as they are kept, within their term."""
    settings = core.settings
    found = {(line.question, line.locale): "gate" for line in read_gate(settings.knowledge.gate)}
    since = utc_now() - timedelta(days=settings.privacy.keep_questions_days)
    for question, locale in await SqlTurnStore(core.database).recent_questions(since=since, limit=most):
        found.setdefault((question, locale), "visitors")
    return [(origin, text, locale) for (text, locale), origin in found.items()]


def diff_values(diff: KnowledgeDiff) -> dict[str, object]:
    """The comparison as plain values for JSON."""
    sections = [
        {
            "change": change.kind.value,
            "language": change.locale.value,
            "path": f"{change.locale}/{change.key.path}",
            "section": change.key.section_id,
            "heading": change.heading,
            "added": list(change.added),
            "removed": list(change.removed),
            "changed": [asdict(one) for one in change.reworded],
            "also": list(change.also),
        }
        for change in diff.sections
    ]
    return {"sections": sections, "stale_translations": list(diff.stale)}


def answer_values(answers: Sequence[tuple[str, AnswerChange]]) -> list[dict[str, object]]:
    """The questions that get another answer as plain values for JSON."""
    return [
        {
            "from": origin,
            "question": change.question,
            "language": change.locale.value if change.locale else None,
            "was": {**asdict(change.was), "outcome": change.was.outcome.value},
            "now": {**asdict(change.now), "outcome": change.now.outcome.value},
        }
        for origin, change in answers
    ]
