"""Questions of an app that wait for the bot's answer: pressed buttons and inline queries."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.sandbox.wire import Json, bad_request

_KEPT = 20_000
"""Open questions, and results that can be chosen; the oldest fall out. Chosen to bound memory."""
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
"""Telegram's words."""


@dataclass(slots=True, eq=False)
class Query:
    """One open question; `answer` is what its app waits for."""

    id: str
    bot_id: int
    persona_id: int
    asked_at: float
    answerable_s: float
    answer: asyncio.Future[Json]
    text: str = ""


@dataclass(frozen=True, slots=True)
class InlineResult:
    """A result that a bot has offered to a persona, with its content ready to become a message."""

    shown: Json
    content: Json
    reply_markup: Json | None


class OpenQueries:
    """All open questions of one kind. Each can be answered once and in time."""

    def __init__(self, clock: Callable[[], float], ids: Iterator[int]) -> None:
        self._clock = clock
        self._ids = ids
        self._open: OrderedDict[str, Query] = OrderedDict()
        self.results: OrderedDict[tuple[int, int, str], InlineResult] = OrderedDict()

    def ask(self, bot_id: int, persona_id: int, *, answerable_s: float, text: str = "") -> Query:
        """Opens a question."""
        answer = asyncio.get_running_loop().create_future()
        number = f"{persona_id}{next(self._ids)}"
        query = Query(number, bot_id, persona_id, self._clock(), answerable_s, answer, text)
        self._open[query.id] = query
        if len(self._open) > _KEPT:
            self._open.popitem(last=False)
        return query

    def take(self, bot_id: int, query_id: str) -> Query:
        """Closes the question that is being answered.

        Raises:
            ApiError: 400 for one that is unknown, another bot's, answered before, or too old.
        """
        query = self._open.get(query_id)
        if query is None or query.bot_id != bot_id:
            raise bad_request(_TOO_OLD)
        del self._open[query_id]
        if self._clock() - query.asked_at > query.answerable_s:
            raise bad_request(_TOO_OLD)
        return query

    def check(self, bot_id: int, query_id: str) -> None:
        """Refuses an unknown question before its answer is looked at.

        Raises:
            ApiError: 400, as `take` does.
        """
        query = self._open.get(query_id)
        if query is None or query.bot_id != bot_id:
            raise bad_request(_TOO_OLD)

    def offer(self, bot_id: int, persona_id: int, result: InlineResult) -> None:
        """Remembers a result so that it can be chosen."""
        self.results[bot_id, persona_id, str(result.shown["id"])] = result
        if len(self.results) > _KEPT:
            self.results.popitem(last=False)


async def answered_within(query: Query, wait_s: float) -> Json | None:
    """What the bot answered, or None if it took longer."""
    try:
        return await asyncio.wait_for(asyncio.shield(query.answer), wait_s)
    except TimeoutError:
        return None
