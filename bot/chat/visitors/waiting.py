"""Company for visitors who wait for their turn: «typing…» after a while, then one line that they are in line.

The line is a message of its own and makes no sound; the answer comes as a new message and does. On a phone an edited
message is not announced, so the answer does not take the line's place, and taking it away would cost a call for each
when there is least room for it. A few lines at once wait for their turn beside the answers, and so take a share of the
pace and not all of it: each makes the answers behind it later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import structlog

from bot.chat.context import AppContext
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.wire.envelope import Envelope, UpdateKind
from bot.chat.wire.pace_terms import Priority, TooLongError
from bot.i18n.negotiation import negotiate
from bot.ids import ChatId, Locale, VisitorId

log = structlog.get_logger(__name__)

TYPING_AFTER_S = 3.0
"""Without an answer: only a crowd makes anybody wait so long. Of 1,000 who wrote at once, one in twenty waited 52 s."""
TOLD_AFTER_S = 10.0
"""Longer than anybody watches «typing…» and believes it. Chosen by reasoning."""
_TYPING_LASTS_S = 4.5
"""Telegram shows it for 5 s at most (https://core.telegram.org/bots/api#sendchataction): renewed a little before."""
_LOOK_EVERY_S = 0.5
"""A delay that nobody notices beside `TYPING_AFTER_S`."""
_LINES_AT_ONCE = 10
"""Lines that wait for their turn beside the answers; with none that did, nobody of 1,000 was told."""
_TYPING_AT_ONCE = 10
"""20 calls a second, to leave time for the answers. With 25, of 300 who wrote at once each had 2.6 calls beside its
answer, and a call takes a millisecond."""


@dataclass(slots=True)
class _Waiter:
    """A private chat and its questions that nobody has begun to answer."""

    chat_id: ChatId
    language: str
    since: dict[int, float] = field(default_factory=dict)
    """Update id and when it came, oldest first."""
    typed_at: float = float("-inf")
    is_told: bool = False

    def waits_s(self, now: float) -> float:
        """How long the oldest question waits."""
        return now - next(iter(self.since.values()))


class WaitingRoom:
    """Knows who waits, shows them «typing…» and tells them once, as long as `run` runs."""

    def __init__(self, app: AppContext, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._app = app
        self._pause = pause
        self._waiters: dict[ChatId, _Waiter] = {}

    def came(self, envelope: Envelope) -> None:
        """A question is stored. Twice changes nothing."""
        if envelope.kind is not UpdateKind.QUESTION or envelope.lane <= 0:
            return
        chat_id = ChatId(envelope.lane)
        waiter = self._waiters.setdefault(chat_id, _Waiter(chat_id, envelope.language))
        waiter.since.setdefault(envelope.update_id, self._app.clock())

    def begun(self, update_id: int, lane: int) -> None:
        """Somebody has begun to answer it."""
        waiter = self._waiters.get(ChatId(lane))
        if waiter is not None:
            waiter.since.pop(update_id, None)
            if not waiter.since:
                del self._waiters[waiter.chat_id]

    async def run(self) -> None:
        """Keep company until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again_and_again(self.show_typing))
            group.create_task(self._again_and_again(self.tell))

    async def show_typing(self) -> None:
        """Show «typing…» to those who wait, don't see it, and are not told that they are in line."""
        now = self._app.clock()
        due = [
            waiter
            for waiter in self._waiting_for(TYPING_AFTER_S, now)
            if not waiter.is_told and now - waiter.typed_at >= _TYPING_LASTS_S - _LOOK_EVERY_S
        ]
        due.sort(key=lambda waiter: waiter.typed_at)
        for waiter in due[:_TYPING_AT_ONCE]:
            waiter.typed_at = now
        await asyncio.gather(*(self._app.sender.show_typing(waiter.chat_id) for waiter in due[:_TYPING_AT_ONCE]))

    async def tell(self) -> None:
        """Tell those who wait for long, each once; those first who came last, for they wait longest."""
        while untold := sum(not one.is_told for one in self._waiting_for(TOLD_AFTER_S, self._app.clock())):
            if not any(await asyncio.gather(*(self._tell_one() for _ in range(min(untold, _LINES_AT_ONCE))))):
                return

    def _waiting_for(self, seconds: float, now: float) -> Iterable[_Waiter]:
        return [waiter for waiter in self._waiters.values() if waiter.waits_s(now) >= seconds]

    async def _tell_one(self) -> bool:
        """Get a turn first, and choose then: who has an answer by that time needs no line."""
        try:
            [turn] = await self._app.sender.turns(limit=1, priority=Priority.REPLY)
        except TooLongError:
            return False
        try:
            last_first, now = reversed(self._waiters.values()), self._app.clock()
            waiter = next((one for one in last_first if not one.is_told and one.waits_s(now) >= TOLD_AFTER_S), None)
            if waiter is None:
                return False
            waiter.is_told = True
            locale = await self._locale(waiter)
            if waiter.since and not turn.seat(waiter.chat_id):
                line = said(texts.in_line(self._app.catalogs.translator(locale)), locale)
                await self._app.sender.aside(waiter.chat_id, line, turn=turn)
        finally:
            turn.give_back()
        return True

    async def _locale(self, waiter: _Waiter) -> Locale:
        visitor = await self._app.visitors.find(VisitorId(waiter.chat_id))
        chosen = visitor and (visitor.chosen or visitor.app_locale)
        return (visitor and visitor.chosen) or negotiate(waiter.language) or chosen or Locale.EN

    async def _again_and_again(self, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await look()
            except Exception as error:  # noqa: BLE001 - a courtesy: whatever fails in it, the bot goes on
                log.warning("waiting_not_told", error=type(error).__name__)
            await self._pause(_LOOK_EVERY_S)
