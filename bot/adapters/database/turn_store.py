"""The turns of a chat and what visitors thought of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, Update, bindparam, func, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import feedback as feedback_table
from bot.adapters.database.tables import shown_sections, turns
from bot.answering.model import Feedback, Loss, LostBy, Outcome, Turn, TurnRecord
from bot.ids import ChatId, Locale, SectionKey, VisitorId

NONE_OF_THEM = ""
"""Stands in `tapped` where a visitor said that nothing offered was meant."""
_RECENT = (
    select(turns.c.question, turns.c.locale, turns.c.outcome, turns.c["keys"])
    .where(
        turns.c.chat_id == bindparam("chat"),
        turns.c.visitor_id == bindparam("visitor"),
        turns.c.asked_at >= bindparam("since"),
    )
    .order_by(turns.c.asked_at.desc(), turns.c.turn_id.desc())
    .limit(bindparam("limit"))
)
"""Asked for every question: made once, it takes a third less."""


class SqlTurnStore:
    """Implements `bot.answering.ports.TurnStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, turn: TurnRecord) -> None:
        """See the port."""
        row = {
            "turn_id": turn.turn_id,
            "chat_id": turn.chat_id,
            "visitor_id": turn.visitor_id,
            "asked_at": turn.asked_at,
            "question": turn.question,
            "locale": turn.locale,
            "outcome": turn.outcome,
            "score": turn.score,
            "keys": json.dumps([str(key) for key in turn.keys]),
            "took_ms": turn.took_ms,
            "composed": turn.composed,
            "generation": turn.knowledge_version,
            "lost_by": turn.loss and turn.loss.by,
            "nearest": turn.loss and turn.loss.nearest and str(turn.loss.nearest),
            "nearest_in": " ".join(turn.loss.locales) if turn.loss else None,
            "offered": json.dumps([str(key) for key in turn.offered]),
            "tapped": turn.tapped and str(turn.tapped),
        }
        async with self._database.writing() as connection:
            await connection.execute(turns.insert().values(row))

    async def locales_by_use(self) -> list[Locale]:
        """The languages of the questions that are kept, the most usual first."""
        query = select(turns.c.locale).group_by(turns.c.locale).order_by(func.count().desc(), turns.c.locale)
        async with self._database.reading() as connection:
            return [Locale(locale) for locale in await connection.scalars(query)]

    async def recent(self, chat_id: ChatId, visitor_id: VisitorId, *, since: datetime, limit: int) -> Sequence[Turn]:
        """See the port. A turn asked at `since` counts."""
        asked = {"chat": chat_id, "visitor": visitor_id, "since": since, "limit": limit}
        async with self._database.reading() as connection:
            rows = (await connection.execute(_RECENT, asked)).mappings().all()
        return [_turn(row) for row in reversed(rows)]

    async def asked_since(self, moment: datetime) -> Mapping[VisitorId, int]:
        """See the port."""
        query = select(turns.c.visitor_id, func.count()).where(turns.c.asked_at >= moment).group_by(turns.c.visitor_id)
        async with self._database.reading() as connection:
            return {VisitorId(visitor_id): count for visitor_id, count in await connection.execute(query)}

    async def answered(self, chat_id: ChatId, visitor_id: VisitorId, *, turn_id: str = "") -> TurnRecord | None:
        """See the port."""
        wanted = turns.c.turn_id == turn_id if turn_id else turns.c.visitor_id == visitor_id
        query = (
            select(turns)
            .where(turns.c.chat_id == chat_id, wanted)
            .order_by(turns.c.asked_at.desc(), turns.c.turn_id.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _record(row)

    async def answered_since(self, since: datetime, *, limit: int) -> Sequence[TurnRecord]:
        """See the port."""
        query = (
            select(turns)
            .where(turns.c.asked_at >= since)
            .order_by(turns.c.asked_at.desc(), turns.c.turn_id.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_record(row) for row in reversed(rows)]

    async def tap(self, turn_id: str, chat_id: ChatId, key: SectionKey) -> None:
        """See the port."""
        its = (turns.c.turn_id == turn_id, turns.c.chat_id == chat_id)
        async with self._database.writing() as connection:
            await connection.execute(update(turns).where(*its).values(tapped=str(key)))

    async def reject_offers(self, turn_id: str, chat_id: ChatId) -> None:
        """See the port. A section that was chosen before was not meant either."""
        its = (turns.c.turn_id == turn_id, turns.c.chat_id == chat_id, turns.c.lost_by == LostBy.OFFERED)
        async with self._database.writing() as connection:
            await connection.execute(update(turns).where(*its).values(tapped=NONE_OF_THEM))

    async def show(self, turn_id: str, chat_id: ChatId, key: SectionKey, *, now: datetime) -> None:
        """See the port. Whose turn it was is who was shown it."""
        whose = select(turns.c.visitor_id).where(turns.c.turn_id == turn_id, turns.c.chat_id == chat_id)
        row = {"turn_id": turn_id, "section": str(key), "shown_at": now}
        async with self._database.writing() as connection:
            visitor_id = await connection.scalar(whose)
            if visitor_id is None:
                return
            showing = self._database.insert(shown_sections).values(**row, visitor_id=visitor_id)
            key_columns = [shown_sections.c.turn_id, shown_sections.c.section]
            await connection.execute(showing.on_conflict_do_update(index_elements=key_columns, set_={"shown_at": now}))

    async def told_since(self, since: datetime, *, anywhere: bool = False) -> dict[str, int]:
        """How often each section was told first, by its key, in what is kept from `since` on.

        With `anywhere` also what was told after another, and the pins by which something was.
        """
        query = select(turns.c["keys"], func.count()).where(turns.c.asked_at >= since).group_by(turns.c["keys"])
        found: dict[str, int] = {}
        async with self._database.reading() as connection:
            for keys, count in await connection.execute(query):
                told = json.loads(keys)
                for key in told if anywhere else told[:1]:
                    found[key] = found.get(key, 0) + count
        return found

    async def recent_questions(self, *, since: datetime, limit: int) -> list[tuple[str, Locale]]:
        """What visitors asked at or after `since`, each question of a language once, the latest first."""
        latest = func.max(turns.c.asked_at)
        query = (
            select(turns.c.question, turns.c.locale)
            .where(turns.c.asked_at >= since)
            .group_by(turns.c.question, turns.c.locale)
            .order_by(latest.desc(), turns.c.question)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [(question, Locale(locale)) for question, locale in await connection.execute(query)]

    async def rate(self, turn_id: str, visitor_id: VisitorId, feedback: Feedback, *, now: datetime) -> None:
        """See the port. An opinion on a turn that is gone is dropped."""
        opinion = {"opinion": feedback, "given_at": now}
        insert = self._database.insert(feedback_table).values(turn_id=turn_id, visitor_id=visitor_id, **opinion)
        async with self._database.writing() as connection:
            if await connection.scalar(select(turns.c.turn_id).where(turns.c.turn_id == turn_id)) is None:
                return
            await connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[feedback_table.c.turn_id, feedback_table.c.visitor_id], set_=opinion
                )
            )
            await connection.execute(_lost_by_opinion(turn_id, feedback))


def _lost_by_opinion(turn_id: str, feedback: Feedback) -> Update:
    """The last opinion counts; where a question was lost before anybody had one stays."""
    before, after = (None, LostBy.THUMBS_DOWN) if feedback is Feedback.UNHELPFUL else (LostBy.THUMBS_DOWN, None)
    its = (turns.c.turn_id == turn_id, turns.c.lost_by.is_(None) if before is None else turns.c.lost_by == before)
    return update(turns).where(*its).values(lost_by=after)


def _turn(row: RowMapping) -> Turn:
    return Turn(
        question=row["question"],
        locale=Locale(row["locale"]),
        outcome=Outcome(row["outcome"]),
        keys=_keys(row),
    )


def _record(row: RowMapping) -> TurnRecord:
    return TurnRecord(
        turn_id=row["turn_id"],
        chat_id=ChatId(row["chat_id"]),
        visitor_id=VisitorId(row["visitor_id"]),
        asked_at=row["asked_at"],
        question=row["question"],
        locale=Locale(row["locale"]),
        outcome=Outcome(row["outcome"]),
        score=row["score"],
        keys=_keys(row),
        took_ms=row["took_ms"],
        composed=bool(row["composed"]),
        knowledge_version=row["generation"] or 0,
        loss=loss_in(row),
        offered=tuple(SectionKey.parse(key) for key in json.loads(row["offered"] or "[]")),
        tapped=SectionKey.parse(row["tapped"]) if row["tapped"] else None,
    )


def loss_in(row: RowMapping) -> Loss | None:
    """Where the question of a row of `turns` was lost."""
    if not row["lost_by"]:
        return None
    nearest = SectionKey.parse(row["nearest"]) if row["nearest"] else None
    return Loss(LostBy(row["lost_by"]), nearest, tuple(Locale(one) for one in (row["nearest_in"] or "").split()))


def _keys(row: RowMapping) -> tuple[SectionKey, ...]:
    return tuple(SectionKey.parse(key) for key in json.loads(row["keys"]))
