"""Stores in memory that keep the same promises as the real ones: the contract tests run against both."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeVar

from bot.adapters.database.tombstones import Tombstones
from bot.answering.model import Feedback, Loss, LostBy, Turn, TurnRecord
from bot.chat_state.model import Button, InboxState, Stored, StoredUpdate
from bot.errors import DatabaseError
from bot.ids import ChatId, Locale, SectionKey, VisitorId
from bot.visitors.model import PersonalRows, PlainValue, Retention, Visitor

_Key = TypeVar("_Key")
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A stored update and what became of it."""

    update: StoredUpdate
    state: InboxState = InboxState.PENDING
    handled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """A button and when it was used up."""

    button: Button
    used_at: datetime | None = None


@dataclass
class FakeState:
    """What all fake stores of one test share, as the real ones share a database."""

    visitors: dict[int, Visitor] = field(default_factory=dict)
    inbox: dict[int, InboxRow] = field(default_factory=dict)
    buttons: dict[str, ButtonRow] = field(default_factory=dict)
    turns: dict[str, TurnRecord] = field(default_factory=dict)
    feedback: dict[tuple[str, int], Feedback] = field(default_factory=dict)
    shown: dict[tuple[str, SectionKey], datetime] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    """Turns of which nothing that was offered was meant."""
    transactions: int = 0
    is_in_transaction: bool = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All writes inside take effect, or none; inside another one it joins that."""
        if self.is_in_transaction:
            yield
            return
        before = copy.copy(self.__dict__) | {name: copy.copy(getattr(self, name)) for name in _CONTENTS}
        self.is_in_transaction = True
        try:
            yield
        except BaseException:
            self.__dict__.update(before)
            raise
        else:
            self.transactions += 1
        finally:
            self.is_in_transaction = False

    def require_no_transaction(self) -> None:
        """As the real stores do for writes that commit by themselves."""
        if self.is_in_transaction:
            raise DatabaseError("this write needs a transaction of its own: call it outside the open one")


_CONTENTS = ("visitors", "inbox", "buttons", "turns", "feedback")


class FakeVisitorStore:
    """Implements `bot.visitors.ports.VisitorStore`."""

    def __init__(self, state: FakeState | None = None) -> None:
        self.state = state or FakeState()

    async def find(self, visitor_id: VisitorId) -> Visitor | None:
        return self.state.visitors.get(visitor_id)

    async def seen(self, visitor_id: VisitorId, *, app_locale: Locale | None, now: datetime) -> None:
        visitor = self._touched(visitor_id, now)
        self.state.visitors[visitor_id] = replace(visitor, app_locale=app_locale or visitor.app_locale)

    async def choose(self, visitor_id: VisitorId, locale: Locale, *, now: datetime) -> None:
        self.state.visitors[visitor_id] = replace(self._touched(visitor_id, now), chosen=locale)

    async def unreachable(self, visitor_id: VisitorId) -> None:
        if visitor_id in self.state.visitors:
            self.state.visitors[visitor_id] = replace(self.state.visitors[visitor_id], is_reachable=False)

    async def export(self, visitor_id: VisitorId) -> AsyncIterator[PersonalRows]:
        for name, rows in self._rows_about(visitor_id).items():
            counted = ({"count": len(rows)},) if rows and name in ("inbox", "buttons") else rows
            yield PersonalRows(name, counted)

    def _rows_about(self, visitor_id: VisitorId) -> dict[str, tuple[dict[str, PlainValue], ...]]:
        state = self.state
        found: dict[str, Sequence[Visitor | StoredUpdate | Button | TurnRecord]] = {
            "visitors": [visitor for visitor in state.visitors.values() if visitor.visitor_id == visitor_id],
            "inbox": [row.update for row in state.inbox.values() if row.update.lane == visitor_id],
            "buttons": [row.button for row in state.buttons.values() if _is_about(row.button, visitor_id)],
            "turns": [turn for turn in state.turns.values() if _is_about(turn, visitor_id)],
        }
        tables = {name: tuple(_plain(asdict(row)) for row in rows) for name, rows in found.items()}
        tables["feedback"] = tuple(
            {"turn_id": turn_id, "visitor_id": rater, "opinion": opinion.value}
            for (turn_id, rater), opinion in state.feedback.items()
            if rater == visitor_id
        )
        return tables

    async def forget(self, visitor_id: VisitorId, *, now: datetime) -> int:
        state = self.state
        gone = sum(map(len, self._rows_about(visitor_id).values()))
        state.visitors.pop(visitor_id, None)
        for row in [row for row in state.inbox.values() if row.update.lane == visitor_id]:
            state.inbox[row.update.update_id] = _wiped(row, InboxState.DONE, now)
        _drop(state.feedback, [key for key in state.feedback if key[1] == visitor_id])
        _drop(state.buttons, [key for key, row in state.buttons.items() if _is_about(row.button, visitor_id)])
        self._drop_turns(key for key, turn in state.turns.items() if _is_about(turn, visitor_id))
        return gone

    async def sweep(self, terms: Retention, *, now: datetime) -> int:
        state, asked = self.state, now - timedelta(days=terms.questions_days)
        seen = now - timedelta(days=terms.visitors_days)
        turns = [key for key, turn in state.turns.items() if turn.asked_at < asked]
        buttons = [
            key
            for key, row in state.buttons.items()
            if row.button.expires_at < now or (row.used_at is not None and row.used_at < now - timedelta(days=1))
        ]
        updates = [
            key
            for key, row in state.inbox.items()
            if row.handled_at is not None and row.handled_at < now - timedelta(hours=48) and key < max(state.inbox)
        ]
        visitors = [key for key, visitor in state.visitors.items() if visitor.last_seen_at < seen]
        self._drop_turns(turns)
        _drop(state.buttons, buttons)
        _drop(state.inbox, updates)
        _drop(state.visitors, visitors)
        return len(turns) + len(buttons) + len(updates) + len(visitors)

    def _touched(self, visitor_id: VisitorId, now: datetime) -> Visitor:
        known = self.state.visitors.get(visitor_id) or Visitor(visitor_id, first_seen_at=now, last_seen_at=now)
        return replace(known, last_seen_at=now, is_reachable=True)

    def _drop_turns(self, turn_ids: Iterable[str]) -> None:
        gone = set(turn_ids)
        _drop(self.state.turns, gone)
        _drop(self.state.feedback, [key for key in self.state.feedback if key[0] in gone])


class FakeTombstones(Tombstones):
    """In memory; for tests in which nothing is restored."""

    def __init__(self) -> None:
        self.forgotten: list[int] = []

    async def add(self, person_id: int, *, now: datetime) -> int:
        self.forgotten.append(person_id)
        return len(self.forgotten)

    async def last_number(self) -> int:
        return len(self.forgotten)

    async def drop_before(self, moment: datetime) -> int:
        return 0


class FakeInbox:
    """Implements `bot.chat_state.ports.Inbox`."""

    def __init__(self, state: FakeState | None = None) -> None:
        self.state = state or FakeState()

    is_shared = False

    async def store(self, updates: Sequence[StoredUpdate], *, takes: bool = True) -> Stored:
        self.state.require_no_transaction()
        new = {update.update_id: InboxRow(update) for update in reversed(updates)}
        new = {update_id: row for update_id, row in new.items() if update_id not in self.state.inbox}
        self.state.inbox.update(new)
        return Stored(len(new), frozenset(new))

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        waiting = [self.state.inbox[update_id] for update_id in sorted(self.state.inbox) if update_id > after]
        return [row.update for row in waiting if row.state is InboxState.PENDING][:limit]

    async def attempted(self, update_id: int) -> int | None:
        self.state.require_no_transaction()
        if update_id not in self.state.inbox:
            raise DatabaseError(f"update {update_id} is not in the inbox: store it before it is handled")
        row = self.state.inbox[update_id]
        attempts = row.update.attempts + 1
        self.state.inbox[update_id] = replace(row, update=replace(row.update, attempts=attempts))
        return attempts

    async def hold(self, *update_ids: int) -> None:
        pass

    async def done(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        for update_id in update_ids:
            self._close(update_id, InboxState.DONE, now)
        return ()

    async def failed(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        for update_id in update_ids:
            self._close(update_id, InboxState.FAILED, now)
        return ()

    async def count_pending(self) -> int:
        return sum(row.state is InboxState.PENDING for row in self.state.inbox.values())

    def _close(self, update_id: int, state: InboxState, now: datetime) -> None:
        row = self.state.inbox.get(update_id)
        if row is not None and row.state is InboxState.PENDING:
            self.state.inbox[update_id] = _wiped(row, state, now)


class FakeButtonStore:
    """Implements `bot.chat_state.ports.ButtonStore`."""

    def __init__(self, state: FakeState | None = None) -> None:
        self.state = state or FakeState()

    async def issue(self, buttons: Sequence[Button]) -> None:
        tokens = [button.token for button in buttons]
        if len(set(tokens)) < len(tokens) or any(token in self.state.buttons for token in tokens):
            raise DatabaseError("a button with this token exists already")
        self.state.buttons.update({button.token: ButtonRow(button) for button in buttons})

    async def find(self, token: str, *, now: datetime) -> Button | None:
        row = self.state.buttons.get(token)
        works = row is not None and row.used_at is None and row.button.expires_at > now
        return row.button if row is not None and works else None

    async def use(self, token: str, *, now: datetime) -> bool:
        button = await self.find(token, now=now)
        if button is not None and button.single_use:
            self.state.buttons[token] = ButtonRow(button, used_at=now)
        return button is not None


class FakeTurnStore:
    """Implements `bot.answering.ports.TurnStore`."""

    def __init__(self, state: FakeState | None = None) -> None:
        self.state = state or FakeState()

    async def record(self, turn: TurnRecord) -> None:
        if turn.turn_id in self.state.turns:
            raise DatabaseError("a turn with this id exists already")
        self.state.turns[turn.turn_id] = turn

    async def recent(self, chat_id: ChatId, visitor_id: VisitorId, *, since: datetime, limit: int) -> Sequence[Turn]:
        turns = [
            turn
            for turn in self.state.turns.values()
            if (turn.chat_id, turn.visitor_id) == (chat_id, visitor_id) and turn.asked_at >= since
        ]
        turns.sort(key=lambda turn: (turn.asked_at, turn.turn_id), reverse=True)
        return [Turn(turn.question, turn.locale, turn.outcome, turn.keys) for turn in reversed(turns[:limit])]

    async def asked_since(self, moment: datetime) -> Mapping[VisitorId, int]:
        return Counter(turn.visitor_id for turn in self.state.turns.values() if turn.asked_at >= moment)

    async def answered(self, chat_id: ChatId, visitor_id: VisitorId, *, turn_id: str = "") -> TurnRecord | None:
        turns = [
            turn
            for turn in self.state.turns.values()
            if turn.chat_id == chat_id and (turn.turn_id == turn_id if turn_id else turn.visitor_id == visitor_id)
        ]
        return max(turns, key=lambda turn: (turn.asked_at, turn.turn_id), default=None)

    async def answered_since(self, since: datetime, *, limit: int) -> Sequence[TurnRecord]:
        turns = [turn for turn in self.state.turns.values() if turn.asked_at >= since]
        return sorted(turns, key=lambda turn: (turn.asked_at, turn.turn_id))[-limit:]

    async def rate(self, turn_id: str, visitor_id: VisitorId, feedback: Feedback, *, now: datetime) -> None:
        turn = self.state.turns.get(turn_id)
        if turn is None:
            return
        self.state.feedback[turn_id, visitor_id] = feedback
        if feedback is Feedback.UNHELPFUL and turn.loss is None:
            self.state.turns[turn_id] = replace(turn, loss=Loss(LostBy.THUMBS_DOWN))
        elif feedback is Feedback.HELPFUL and turn.loss == Loss(LostBy.THUMBS_DOWN):
            self.state.turns[turn_id] = replace(turn, loss=None)

    async def reject_offers(self, turn_id: str, chat_id: ChatId) -> None:
        turn = self.state.turns.get(turn_id)
        if turn is not None and turn.chat_id == chat_id:
            self.state.rejected.add(turn_id)

    async def tap(self, turn_id: str, chat_id: ChatId, key: SectionKey) -> None:
        turn = self.state.turns.get(turn_id)
        if turn is not None and turn.chat_id == chat_id:
            self.state.turns[turn_id] = replace(turn, tapped=key)

    async def show(self, turn_id: str, chat_id: ChatId, key: SectionKey, *, now: datetime) -> None:
        turn = self.state.turns.get(turn_id)
        if turn is not None and turn.chat_id == chat_id:
            self.state.shown[turn_id, key] = now


async def exported(pages: AsyncIterator[PersonalRows]) -> dict[str, tuple[Mapping[str, PlainValue], ...]]:
    """All that an export gives, by table."""
    tables: dict[str, tuple[Mapping[str, PlainValue], ...]] = {}
    async for page in pages:
        tables[page.table] = (*tables.get(page.table, ()), *page.rows)
    return tables


def _wiped(row: InboxRow, state: InboxState, now: datetime) -> InboxRow:
    return InboxRow(replace(row.update, lane=0, payload=""), state, now)


def _is_about(row: Button | TurnRecord, person_id: int) -> bool:
    return person_id in (row.chat_id, row.visitor_id)


def _drop(rows: dict[_Key, _Row], keys: Iterable[_Key]) -> None:
    for key in list(keys):
        rows.pop(key, None)


def _plain(row: dict[str, object]) -> dict[str, PlainValue]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: object) -> PlainValue:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
