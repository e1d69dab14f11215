"""Gaps, the lost questions in them, and who wishes to be told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, exists, or_, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import gap_assignees, gap_questions, gap_watches, gaps, turns, visitors
from bot.adapters.database.turn_store import NONE_OF_THEM, loss_in
from bot.answering.model import LostBy
from bot.gaps.model import Gap, GapId, GapState, LostQuestion, Trace, TracedQuestion, Watch, WatchState
from bot.ids import Locale, SectionKey, VisitorId

_STORED_AS = np.dtype("<f2")
"""Half the room; cosines change in the fourth digit."""
_WAS_REJECTED = turns.c.tapped == NONE_OF_THEM
_IS_LOST = and_(
    turns.c.lost_by.is_not(None),
    or_(turns.c.lost_by != LostBy.OFFERED, turns.c.tapped.is_(None), _WAS_REJECTED),
)


class SqlGapStore:
    """Implements `bot.gaps.ports.GapStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fresh(self, *, offered_before: datetime, limit: int) -> Sequence[LostQuestion]:
        """See the port."""
        is_placed = exists().where(gap_questions.c.turn_id == turns.c.turn_id)
        had_time = or_(turns.c.lost_by != LostBy.OFFERED, turns.c.asked_at < offered_before, _WAS_REJECTED)
        query = (
            select(turns).where(_IS_LOST, had_time, ~is_placed).order_by(turns.c.asked_at, turns.c.turn_id).limit(limit)
        )
        async with self._database.reading() as connection:
            return [_lost(row) for row in (await connection.execute(query)).mappings()]

    async def traced(self, identity: str, *, limit: int) -> Sequence[TracedQuestion]:
        """See the port."""
        query = (
            select(gap_questions)
            .join(turns, turns.c.turn_id == gap_questions.c.turn_id)
            .where(gap_questions.c.identity == identity)
            .order_by(turns.c.asked_at.desc(), turns.c.turn_id.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_traced(row) for row in reversed(rows)]

    async def place(
        self, places: Mapping[str, GapId], traces: Mapping[str, Trace], *, identity: str, version: int, now: datetime
    ) -> None:
        """See the port. A turn that is gone meanwhile is left out."""
        new = {"state": GapState.OPEN, "drafted": False, "asked_again": version, "changed_at": now}
        async with self._database.writing() as connection:
            there = set(await connection.scalars(select(turns.c.turn_id).where(turns.c.turn_id.in_(places))))
            for gap_id in sorted({places[turn_id] for turn_id in there}):
                making = self._database.insert(gaps).values(gap_id=gap_id, **new)
                await connection.execute(making.on_conflict_do_nothing(index_elements=[gaps.c.gap_id]))
            for turn_id in sorted(there):
                its = gap_questions.c.turn_id == turn_id
                await connection.execute(update(gap_questions).where(its).values(gap_id=places[turn_id]))
            rows = [
                _row(turn_id, places[turn_id], traces[turn_id], identity) for turn_id in sorted(there & set(traces))
            ]
            if rows:
                await connection.execute(gap_questions.insert(), rows)

    async def tidy(self) -> int:
        """See the port."""
        lost = select(turns.c.turn_id).where(_IS_LOST)
        holding = select(gap_questions.c.gap_id)
        async with self._database.writing() as connection:
            helped = await connection.execute(delete(gap_questions).where(gap_questions.c.turn_id.not_in(lost)))
            empty = await connection.execute(delete(gaps).where(gaps.c.gap_id.not_in(holding)))
            return helped.rowcount + empty.rowcount

    async def gaps(self, *, states: frozenset[GapState], asked_before: int | None = None) -> Sequence[Gap]:
        """See the port."""
        which = gaps.c.state.in_(sorted(states))
        return await self._gaps(which if asked_before is None else and_(which, gaps.c.asked_again < asked_before))

    async def find(self, gap_id: GapId) -> Gap | None:
        """See the port."""
        return next(iter(await self._gaps(gaps.c.gap_id == gap_id)), None)

    async def move(self, gap_id: GapId, state: GapState, *, by: SectionKey | None = None, now: datetime) -> bool:
        """See the port."""
        return await self._change(gap_id, state=state, answered_by=by and str(by), changed_at=now)

    async def note_asked(self, gap_id: GapId, version: int) -> None:
        """See the port."""
        await self._change(gap_id, asked_again=version)

    async def note_drafted(self, gap_id: GapId) -> None:
        """See the port."""
        await self._change(gap_id, drafted=True)

    async def assign(self, gap_id: GapId, person: VisitorId | None) -> bool:
        """See the port."""
        async with self._database.writing() as connection:
            if await connection.scalar(select(gaps.c.gap_id).where(gaps.c.gap_id == gap_id)) is None:
                return False
            await connection.execute(delete(gap_assignees).where(gap_assignees.c.gap_id == gap_id))
            if person is not None:
                await connection.execute(gap_assignees.insert().values(gap_id=gap_id, visitor_id=person))
        return True

    async def _change(self, gap_id: GapId, **values: object) -> bool:
        async with self._database.writing() as connection:
            result = await connection.execute(update(gaps).where(gaps.c.gap_id == gap_id).values(**values))
            return result.rowcount == 1

    async def _gaps(self, which: ColumnElement[bool]) -> list[Gap]:
        heads = (
            select(gaps, gap_assignees.c.visitor_id)
            .outerjoin(gap_assignees, gap_assignees.c.gap_id == gaps.c.gap_id)
            .where(which)
            .order_by(gaps.c.gap_id)
        )
        asked = _asked().where(which).order_by(turns.c.asked_at, turns.c.turn_id)
        questions: defaultdict[str, list[LostQuestion]] = defaultdict(list)
        async with self._database.reading() as connection:
            for row in (await connection.execute(asked)).mappings():
                questions[row["gap_id"]].append(_lost(row))
            rows = (await connection.execute(heads)).mappings().all()
        return [_gap(row, questions[row["gap_id"]]) for row in rows if questions[row["gap_id"]]]


class SqlWatchStore:
    """Implements `bot.gaps.ports.WatchStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wish(self, turn_id: str, visitor_id: VisitorId, *, now: datetime) -> None:
        """See the port. Only for a turn of their own."""
        own = select(turns.c.generation).where(turns.c.turn_id == turn_id, turns.c.visitor_id == visitor_id)
        row = {"turn_id": turn_id, "visitor_id": visitor_id, "wished_at": now, "changed_at": now}
        async with self._database.writing() as connection:
            asked = (await connection.execute(own)).first()
            if asked is None:
                return
            values = {**row, "state": WatchState.WAITING, "asked_again": asked.generation or 0}
            keeping = self._database.insert(gap_watches).values(values)
            await connection.execute(keeping.on_conflict_do_nothing())

    async def waiting(self, *, before: int, limit: int) -> Sequence[Watch]:
        """See the port."""
        query = (
            select(
                gap_watches,
                turns.c.question,
                turns.c.locale,
                gap_questions.c.gap_id,
                visitors.c.is_reachable,
            )
            .join(turns, turns.c.turn_id == gap_watches.c.turn_id)
            .outerjoin(gap_questions, gap_questions.c.turn_id == gap_watches.c.turn_id)
            .outerjoin(visitors, visitors.c.visitor_id == gap_watches.c.visitor_id)
            .where(gap_watches.c.state == WatchState.WAITING, gap_watches.c.asked_again < before)
            .order_by(gap_watches.c.wished_at, gap_watches.c.turn_id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_watch(row) for row in (await connection.execute(query)).mappings()]

    async def note_asked(self, watch: Watch, version: int) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(update(gap_watches).where(_is(watch)).values(asked_again=version))

    async def claim(self, watch: Watch, *, now: datetime) -> bool:
        """See the port."""
        waits = gap_watches.c.state == WatchState.WAITING
        sending = {"state": WatchState.SENDING, "changed_at": now}
        async with self._database.writing() as connection:
            result = await connection.execute(update(gap_watches).where(_is(watch), waits).values(sending))
            if result.rowcount:
                await connection.execute(update(gap_watches).where(_is_with(watch), waits).values(sending))
            return result.rowcount == 1

    async def settle(self, watch: Watch, state: WatchState, *, now: datetime) -> None:
        """See the port."""
        is_sending = gap_watches.c.state == WatchState.SENDING
        concerned = or_(_is(watch), and_(_is_with(watch), is_sending))
        async with self._database.writing() as connection:
            await connection.execute(update(gap_watches).where(concerned).values(state=state, changed_at=now))

    async def doubt_interrupted(self, *, now: datetime) -> int:
        """See the port."""
        doubtful = {"state": WatchState.IN_DOUBT, "changed_at": now}
        async with self._database.writing() as connection:
            result = await connection.execute(
                update(gap_watches).where(gap_watches.c.state == WatchState.SENDING).values(doubtful)
            )
            return result.rowcount


def _asked() -> Select[tuple[object, ...]]:
    return (
        select(turns, gap_questions.c.gap_id)
        .join(gap_questions, gap_questions.c.turn_id == turns.c.turn_id)
        .join(gaps, gaps.c.gap_id == gap_questions.c.gap_id)
        .where(_IS_LOST)
    )


def _is(watch: Watch) -> ColumnElement[bool]:
    return and_(gap_watches.c.turn_id == watch.turn_id, gap_watches.c.visitor_id == watch.visitor_id)


def _is_with(watch: Watch) -> ColumnElement[bool]:
    """What the same visitor waits for in the same gap: they are told once."""
    alike = select(gap_questions.c.turn_id).where(gap_questions.c.gap_id == watch.gap_id)
    return and_(gap_watches.c.visitor_id == watch.visitor_id, gap_watches.c.turn_id.in_(alike))


def _row(turn_id: str, gap_id: GapId, trace: Trace, identity: str) -> dict[str, object]:
    return {
        "turn_id": turn_id,
        "gap_id": gap_id,
        "identity": identity,
        "vector": trace.vector.astype(_STORED_AS).tobytes(),
        "near": json.dumps(trace.near, ensure_ascii=False),
        "crowd": trace.crowd,
    }


def _traced(row: RowMapping) -> TracedQuestion:
    vector = np.frombuffer(row["vector"], dtype=_STORED_AS).astype(np.float32)
    return TracedQuestion(row["turn_id"], Trace(vector, json.loads(row["near"]), row["crowd"]), GapId(row["gap_id"]))


def _lost(row: RowMapping) -> LostQuestion:
    loss = loss_in(row)
    assert loss is not None
    return LostQuestion(
        turn_id=row["turn_id"],
        question=row["question"],
        locale=Locale(row["locale"]),
        asked_at=row["asked_at"],
        loss=loss,
        knowledge_version=row["generation"] or 0,
        told=tuple(SectionKey.parse(key) for key in json.loads(row["keys"])),
    )


def _gap(row: RowMapping, questions: Iterable[LostQuestion]) -> Gap:
    return Gap(
        gap_id=GapId(row["gap_id"]),
        state=GapState(row["state"]),
        questions=tuple(questions),
        answered_by=SectionKey.parse(row["answered_by"]) if row["answered_by"] else None,
        assignee=None if row["visitor_id"] is None else VisitorId(row["visitor_id"]),
        is_drafted=row["drafted"],
        asked_again=row["asked_again"],
    )


def _watch(row: RowMapping) -> Watch:
    return Watch(
        turn_id=row["turn_id"],
        visitor_id=VisitorId(row["visitor_id"]),
        question=row["question"],
        locale=Locale(row["locale"]),
        gap_id=None if row["gap_id"] is None else GapId(row["gap_id"]),
        is_reachable=row["is_reachable"] is not False,
    )
