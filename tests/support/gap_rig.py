"""What tests of gaps share: questions with vectors of their own, an answerer with a list, and a keeper over a real store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

from bot.adapters.database.connection import Database
from bot.adapters.database.gap_store import SqlGapStore, SqlWatchStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.answering.model import Answer, Citation, Loss, LostBy, Outcome, Question, TurnRecord
from bot.errors import NothingPublishedError
from bot.gaps.keeper import GapKeeper, KeeperParts
from bot.gaps.model import FoundAnswer, Told, Trace
from bot.ids import ChatId, DocumentPath, Locale, SectionKey, VisitorId

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
AIDA, BORIS = VisitorId(7_000_000_001), VisitorId(7_000_000_002)
HALL = SectionKey(DocumentPath("venue/hall.md"), "dogs")
OPEN = SectionKey(DocumentPath("open/parking.md"), "parking")


def lost_turn(turn_id: str, question: str, **changes: Any) -> TurnRecord:
    """A refused question of Aida's, asked of version 1."""
    values: dict[str, Any] = {
        "turn_id": turn_id,
        "chat_id": ChatId(changes.get("visitor_id", AIDA)),
        "visitor_id": AIDA,
        "asked_at": NOW,
        "question": question,
        "locale": Locale.EN,
        "outcome": Outcome.UNKNOWN,
        "score": 0.1,
        "keys": (),
        "took_ms": 3.0,
        "knowledge_version": 1,
        "loss": Loss(LostBy.LOW_CONFIDENCE, HALL, (Locale.EN, Locale.RU)),
    }
    return TurnRecord(**values | changes)


def trace(direction: int, *, lean: float = 0.0) -> Trace:
    """A question about the thing with this number; with `lean` it leans towards the next one."""
    vector = np.zeros(16, dtype=np.float32)
    vector[direction], vector[direction + 1] = np.sqrt(1 - lean**2), lean
    return Trace(vector, {f"about#{direction}": 1.0}, 0.5)


class WordTracer:
    """Questions are about what their first word says: the same words, in the same order, are the same thing."""

    identity = "words"

    def __init__(self) -> None:
        self.things: dict[str, int] = {}

    async def trace(self, text: str, locale: Locale) -> Trace:
        word = text.split(maxsplit=1)[0]
        return trace(2 * self.things.setdefault(word, len(self.things)))


@dataclass
class ListedAnswers:
    """Answers what is in the list, from the section that stands there; the version grows by hand."""

    answered: dict[str, SectionKey] = field(default_factory=dict)
    version: int = 1
    asked: list[str] = field(default_factory=list)

    @property
    def knowledge(self) -> Any:
        if not self.version:
            raise NothingPublishedError("nothing")
        return SimpleNamespace(version=self.version)

    async def answer(self, question: Question) -> Answer:
        assert not question.may_compose, "what goes on by itself costs no language model"
        self.asked.append(question.text)
        key = self.answered.get(question.text)
        if key is None:
            return Answer(Outcome.UNKNOWN, Locale.EN, Locale.EN)
        citation = Citation(key, "", "", "", "", "", None, None, None, Locale.EN)
        return Answer(Outcome.ANSWERED, Locale.EN, Locale.EN, ("So it is.",), citations=(citation,))


@dataclass
class Messages:
    """Implements `bot.gaps.ports.Tell`: what comes next in `results`, else that it was sent."""

    results: list[Told | BaseException] = field(default_factory=list)
    sent: list[FoundAnswer] = field(default_factory=list)

    async def __call__(self, found: FoundAnswer) -> Told:
        self.sent.append(found)
        result = self.results.pop(0) if self.results else Told.SENT
        if isinstance(result, BaseException):
            raise result
        return result


class GapRig:
    """A keeper over a database, with all else in memory."""

    def __init__(self, database: Database) -> None:
        self.store, self.watches = SqlGapStore(database), SqlWatchStore(database)
        self.turns = SqlTurnStore(database)
        self.tracer, self.answers, self.messages = WordTracer(), ListedAnswers(), Messages()
        self.database = database
        self.keeper = self.new_keeper()

    def new_keeper(self) -> GapKeeper:
        """As after a start."""
        parts = KeeperParts(
            store=self.store,
            watches=self.watches,
            tracer=self.tracer,
            answers=self.answers,
            tell=self.messages,
            transaction=self.database.transaction,
        )
        return GapKeeper(parts, today=lambda now: now.date())

    async def lose(self, turn_id: str, question: str, **changes: Any) -> None:
        """Somebody asks in vain."""
        await self.turns.record(lost_turn(turn_id, question, **changes))

    async def turn(self, *, minutes: int = 0) -> None:
        """One turn of the keeper, so long after all began."""
        await self.keeper.turn(NOW + timedelta(minutes=minutes))
