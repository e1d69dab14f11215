"""Parts that tell an observer what goes through them; what they do stays as it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.adapters.database.connection import Database
from bot.adapters.database.lease_store import SqlLease
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.version_retriever import QuestionEmbedder
from bot.announcements.model import (
    Delivery,
    DeliveryState,
    Epoch,
    OccurrenceId,
    OutgoingMessage,
    Receipt,
)
from bot.announcements.ports import AnnouncementSender, Leave, SendSlot
from bot.answering.model import Answer, DocumentView, OnSentence, Outcome, Question, TopicView
from bot.chat.ports import Answerer
from bot.errors import NothingPublishedError
from bot.ids import ChatId, Locale, SectionKey
from bot.ingestion.model import NO_NOTE, IndexVersion, IndexVersionContent, Vector, VersionNote
from bot.ingestion.ports import ReportShare
from bot.observing import Condition, Fact, Happening, Observer, Work

_LOST = frozenset({Outcome.UNKNOWN, Outcome.OFFERED})


class ObservedAnswerer:
    """Implements `bot.chat.ports.Answerer`: tells of each question, and of each step that answering it took."""

    def __init__(self, answerer: Answerer, observer: Observer) -> None:
        self._answerer = answerer
        self._observer = observer

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """See the port."""
        language = question.chosen or question.app_locale or Locale.EN
        with self._observer.work(Work.QUESTION, language=language) as notes:
            began = time.perf_counter()
            try:
                answer = await self._answerer.answer(question, on_sentence=on_sentence)
            except BaseException as error:
                notes.note(outcome=_failure(error))
                raise
            self._tell_steps(answer, time.perf_counter() - began)
            notes.note(**_facts(answer))
        return answer

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """See the port."""
        return self._answerer.section(key, locale, today)

    def topics(self, today: date) -> Sequence[TopicView]:
        """See the port."""
        return self._answerer.topics(today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """See the port."""
        return self._answerer.documents(topic, locale, today)

    def _tell_steps(self, answer: Answer, took_s: float) -> None:
        """They were timed one after the other: each ended when the next began."""
        done_s = 0.0
        for name, step_ms in answer.steps.items():
            done_s += step_ms / 1000
            self._observer.done(Work.STEP, took_s=step_ms / 1000, ago_s=max(took_s - done_s, 0.0), step=name)


def _failure(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "cut_short"
    return "nothing_published" if isinstance(error, NothingPublishedError) else "failed"


def _facts(answer: Answer) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "outcome": answer.outcome,
        "language": answer.locale,
        "composed": "yes" if answer.composed else "no",
    }
    if answer.loss is not None and answer.outcome in _LOST:
        facts["lost_by"] = answer.loss.by
    return facts


class ObservedEmbedder:
    """Implements `bot.adapters.index.version_retriever.QuestionEmbedder`: tells of each question that is embedded."""

    def __init__(self, embedder: QuestionEmbedder, observer: Observer) -> None:
        self._embedder = embedder
        self._observer = observer

    @property
    def identity(self) -> str:
        """See the port."""
        return self._embedder.identity

    async def question(self, text: str) -> Vector:
        """See the port."""
        if self._embedder.remembers(text):
            return await self._embedder.question(text)
        with self._observer.work(Work.STEP, step="embed"):
            return await self._embedder.question(text)

    def remembers(self, text: str) -> bool:
        """See the port."""
        return self._embedder.remembers(text)


class ObservedManifest(SqlManifestStore):
    """Tells how long publishing takes."""

    def __init__(self, database: Database, observer: Observer, *, keep_versions: int) -> None:
        super().__init__(database, keep_versions=keep_versions)
        self._observer = observer

    async def publish(
        self, content: IndexVersionContent, *, now: datetime, note: VersionNote = NO_NOTE
    ) -> IndexVersion:
        """See the port."""
        with self._observer.work(Work.PUBLISH):
            return await super().publish(content, now=now, note=note)


class ObservedIndexStore(FileIndexStore):
    """Tells how long building takes."""

    def __init__(self, folder: Path, observer: Observer, *, chroma_url: str, workers: int, shipped: Path) -> None:
        super().__init__(folder, chroma_url=chroma_url, workers=workers, shipped=shipped)
        self._observer = observer

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        """See the port."""
        with self._observer.work(Work.BUILD):
            await super().build(content, report=report)


class ObservedOutbox(SqlOutbox):
    """Tells of batches, how late what was sent is, and what stays in doubt."""

    def __init__(self, database: Database, observer: Observer) -> None:
        super().__init__(database)
        self._observer = observer

    async def plan(self, batch: Sequence[Delivery], *, occurrence_id: OccurrenceId, through: ChatId | None) -> int:
        """See the port."""
        with self._observer.work(Work.PLANNING, story=occurrence_id) as notes:
            new = await super().plan(batch, occurrence_id=occurrence_id, through=through)
            notes.note(copies=new)
        return new

    async def claim(
        self, occurrence_id: OccurrenceId, *, epoch: Epoch, now: datetime, limit: int
    ) -> Sequence[Delivery]:
        """See the port."""
        with self._observer.work(Work.BATCH, story=occurrence_id) as notes:
            claimed = await super().claim(occurrence_id, epoch=epoch, now=now, limit=limit)
            notes.note(copies=len(claimed))
        return claimed

    async def settle(self, results: Sequence[Delivery], *, epoch: Epoch) -> int:
        """See the port."""
        settled = await super().settle(results, epoch=epoch)
        for row in results if settled == len(results) else ():
            if row.state is DeliveryState.SENT:
                late_s = (row.changed_at - (row.due_at or row.not_before)).total_seconds()
                self._observer.happened(Happening.COPY_ARRIVED, value=max(late_s, 0.0))
        return settled

    async def resolve(self, orphans: Sequence[Delivery]) -> int:
        """See the port."""
        resolved = await super().resolve(orphans)
        unknown = sum(row.state is DeliveryState.UNKNOWN for row in orphans)
        if told := min(resolved, unknown):  # some may have been resolved by another sender, which told of them
            self._observer.happened(Happening.COPIES_IN_DOUBT, value=told)
        return resolved


class ObservedLease(SqlLease):
    """Tells who has the lease, as far as this process is concerned."""

    def __init__(self, database: Database, observer: Observer, *, is_elected: bool = False) -> None:
        super().__init__(database, is_elected=is_elected)
        self._observer = observer

    async def take(self, holder: str, *, now: datetime, lasts_s: float) -> Epoch | None:
        """See the port."""
        epoch = await super().take(holder, now=now, lasts_s=lasts_s)
        if epoch is not None:
            self._observer.show(Condition.LEASE_EPOCH, epoch)
            self._show(now, lasts_s)
        return epoch

    async def renew(self, epoch: Epoch, *, now: datetime, lasts_s: float) -> bool:
        """See the port."""
        is_kept = await super().renew(epoch, now=now, lasts_s=lasts_s)
        if is_kept:
            self._show(now, lasts_s)
        else:
            self._observer.show(Condition.LEASE_HELD, 0)
            self._observer.happened(Happening.LEASE_LOST)
        return is_kept

    async def release(self, epoch: Epoch) -> None:
        """See the port."""
        self._observer.show(Condition.LEASE_HELD, 0)
        await super().release(epoch)

    def _show(self, now: datetime, lasts_s: float) -> None:
        self._observer.show(Condition.LEASE_HELD, 1)
        self._observer.show(Condition.LEASE_EXPIRES, (now + timedelta(seconds=lasts_s)).timestamp())


class ObservedAnnouncementSender:
    """Implements `bot.announcements.ports.AnnouncementSender`: tells what each try has proved."""

    def __init__(self, sender: AnnouncementSender, observer: Observer) -> None:
        self._sender = sender
        self._observer = observer

    async def turns(self, *, limit: int, is_paid: bool) -> Leave:
        """See the port."""
        leave = await self._sender.turns(limit=limit, is_paid=is_paid)
        return Leave([_ObservedSlot(turn, self._observer) for turn in leave.turns], leave.pause_s)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        """See the port."""
        receipt = await self._sender.deliver(outgoing)
        self._observer.happened(Happening.COPY, result=receipt.outcome)
        return receipt

    async def edit(self, outgoing: OutgoingMessage, message_id: int) -> Receipt:
        """See the port."""
        return await self._sender.edit(outgoing, message_id)

    async def delete(self, chat_id: ChatId, message_id: int) -> Receipt:
        """See the port."""
        return await self._sender.delete(chat_id, message_id)


@dataclass(frozen=True, slots=True)
class _ObservedSlot:
    """Implements `bot.announcements.ports.SendSlot`."""

    turn: SendSlot
    observer: Observer

    def seat(self, chat_id: ChatId) -> float:
        return self.turn.seat(chat_id)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        receipt = await self.turn.deliver(outgoing)
        self.observer.happened(Happening.COPY, result=receipt.outcome)
        return receipt

    def give_back(self) -> None:
        self.turn.give_back()
