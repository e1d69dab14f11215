"""What looking at lost questions needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.answering.model import Answer, Question
from bot.answering.ports import Knowledge
from bot.gaps.model import (
    FoundAnswer,
    Gap,
    GapId,
    GapState,
    LostQuestion,
    Told,
    Trace,
    TracedQuestion,
    Watch,
    WatchState,
)
from bot.ids import Locale, SectionKey, VisitorId


class Tracer(Protocol):
    """Makes the traces by which questions are compared."""

    @property
    def identity(self) -> str:
        """Names the vector space: traces of another one are not compared."""
        ...

    async def trace(self, text: str, locale: Locale) -> Trace:
        """The trace of a question in this language."""
        ...


class Answers(Protocol):
    """Answers questions from the published knowledge."""

    @property
    def knowledge(self) -> Knowledge:
        """What is published now.

        Raises:
            KnowledgeError: nothing was ever published.
        """
        ...

    async def answer(self, question: Question) -> Answer:
        """The answer to one question."""
        ...


class GapStore(Protocol):
    """Keeps which lost question belongs to which gap. Writes join the open transaction, if there is one."""

    async def fresh(self, *, offered_before: datetime, limit: int) -> Sequence[LostQuestion]:
        """Lost questions without a gap, oldest first; one that was offered something only if asked before then.

        Where a visitor said that nothing offered was meant, there is nothing to wait for.
        """
        ...

    async def traced(self, identity: str, *, limit: int) -> Sequence[TracedQuestion]:
        """The questions with a gap that were traced by this embedding: the newest ones, oldest first."""
        ...

    async def place(
        self, places: Mapping[str, GapId], traces: Mapping[str, Trace], *, identity: str, version: int, now: datetime
    ) -> None:
        """Put questions into gaps, those that are new with their traces; a gap that is not there yet is made.

        `version` is the knowledge of which the questions of a new gap are known to be lost.
        """
        ...

    async def tidy(self) -> int:
        """Take out questions that were helped after all, and gaps without any; returns how many rows went."""
        ...

    async def gaps(self, *, states: frozenset[GapState], asked_before: int | None = None) -> Sequence[Gap]:
        """The gaps at these states, in the order of their ids; or of them those not asked of that version yet."""
        ...

    async def find(self, gap_id: GapId) -> Gap | None:
        """A gap by its id."""
        ...

    async def move(self, gap_id: GapId, state: GapState, *, by: SectionKey | None = None, now: datetime) -> bool:
        """Change the state, and by which section it is answered; False when there is no such gap."""
        ...

    async def note_asked(self, gap_id: GapId, version: int) -> None:
        """Its questions were asked of this version."""
        ...

    async def note_drafted(self, gap_id: GapId) -> None:
        """Somebody has begun to write an answer."""
        ...

    async def assign(self, gap_id: GapId, person: VisitorId | None) -> bool:
        """Make it somebody's, or nobody's; False when there is no such gap."""
        ...


class WatchStore(Protocol):
    """Keeps who wishes to be told. Writes join the open transaction, if there is one."""

    async def wish(self, turn_id: str, visitor_id: VisitorId, *, now: datetime) -> None:
        """Keep a wish for as long as the turn is kept; twice changes nothing, nor does it after the turn is gone."""
        ...

    async def waiting(self, *, before: int, limit: int) -> Sequence[Watch]:
        """Wishes whose questions were not asked yet of the version `before`, oldest first."""
        ...

    async def note_asked(self, watch: Watch, version: int) -> None:
        """The question was asked of this version, without an answer."""
        ...

    async def claim(self, watch: Watch, *, now: datetime) -> bool:
        """Mark it, and all that its visitor waits for in the same gap, as being sent; False when somebody was first."""
        ...

    async def settle(self, watch: Watch, state: WatchState, *, now: datetime) -> None:
        """What became of what was claimed."""
        ...

    async def doubt_interrupted(self, *, now: datetime) -> int:
        """After a start: what was being sent when its sender died is in doubt; returns how many wishes that are."""
        ...


class Tell(Protocol):
    """Tells visitors that there is an answer now."""

    async def __call__(self, found: FoundAnswer) -> Told:
        """Send one message in one try."""
        ...


class DraftFiles(Protocol):
    """The place of drafts in the knowledge folder."""

    async def write(self, locale: Locale, topic: str, name: str, content: str) -> Path:
        """Write a new file whole; returns its path below the folder.

        Raises:
            GapError: there is one, or it can't be written.
        """
        ...
