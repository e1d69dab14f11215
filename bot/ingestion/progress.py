"""How far a synchronisation has come, and when a step of a long one is published."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.ingestion.model import ChunkKind, Progress, SyncStage
from bot.ingestion.version_draft import Batch

ProgressCallback = Callable[[Progress], None]
_LONGER = 1.6
"""Each further step comes after this many times as long: by reasoning, since each builds the whole index."""
_READ_COST, _BUILD_COST = 3.0, 6.0
_TEXT_COST, _QUESTION_COST, _STORE_COST = 0.02, 0.008, 0.0006
"""Seconds that reading, building, a text, a question and a row of the store take, about, on two
cores: on another machine they keep about the same proportions."""
FIRST_STEP_S = 6.0
"""Seconds of embedding after which a first step is published: by reasoning, about as long as building one takes."""


class StepSchedule:
    """When the next step of a long reading is published: soon at first, then less and less often."""

    def __init__(self, clock: Callable[[], float], first_s: float) -> None:
        self._clock = clock
        self._first_s = first_s
        self._after_s = first_s
        self._last = clock()

    def is_due(self, *, ends_kind: bool) -> bool:
        """Whether it is time; where one kind of chunks is complete it is earlier."""
        passed_s = self._clock() - self._last
        if passed_s < (self._first_s / 2 if ends_kind else self._after_s):
            return False
        self._last += passed_s
        self._after_s *= _LONGER
        return True


class SyncProgress:
    """Adds the pieces of a synchronisation up to one share that only rises."""

    def __init__(self, report: ProgressCallback) -> None:
        self.report = report
        self.share = 0.0
        self.read_share = 0.0
        """The share of all but the vector store, which nobody waits for."""
        self._stage = SyncStage.READ
        self._done = 0.0
        self._all = _READ_COST + _BUILD_COST
        self._store_cost = 0.0

    def begin(self, stage: SyncStage) -> None:
        """From now on the work is busy with this."""
        self._stage = stage
        self._tell(self._done)

    def plan(self, batches: Sequence[Batch], *, chunks: int) -> None:
        """The folder is read: these batches are to be embedded, and a store of so many chunks written."""
        self._done = _READ_COST
        self._store_cost = chunks * _STORE_COST
        self._all = _READ_COST + _BUILD_COST + sum(map(_cost, batches)) + self._store_cost
        self.begin(SyncStage.EMBED)

    def embedded(self, batch: Batch) -> None:
        """One batch more has its vectors."""
        self._done += _cost(batch)
        self._tell(self._done)

    def building(self, share: float) -> None:
        """This share, 0 to 1, of the version's files is written."""
        self._tell(self._done + share * _BUILD_COST)

    def storing(self, share: float) -> None:
        """This share, 0 to 1, of the vector store is written."""
        self._stage = SyncStage.STORE
        self._tell(self._all - (1 - share) * self._store_cost)

    def _tell(self, done: float) -> None:
        self.share = max(self.share, min(1.0, done / self._all))
        self.read_share = max(self.read_share, min(1.0, done / (self._all - self._store_cost)))
        self.report(Progress(self._stage, self.share))


def _cost(batch: Batch) -> float:
    return len(batch.texts) * (_QUESTION_COST if batch.kind is ChunkKind.QUESTION else _TEXT_COST)


def silent(progress: Progress) -> None:
    """For callers who do not watch."""
