"""What goes on by itself: messages are translated and carried, in order, and who is silent for long is let go.

Intent, call, result: a message is marked before its call. What surely was not sent waits; what may have arrived is in
doubt, never sent again, and told to whoever wrote it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.answering.ports import LanguageIdentifier
from bot.ids import ChatId
from bot.relay.model import Posted, RelayedKind, RelayedMessage, RelayedState, RelayId, RelayRules
from bot.relay.ports import Post, RelayStore, Translating
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

_AT_ONCE = 30
"""Messages to each side that are looked at in a turn: as many as Telegram takes in a second."""
_ENDED_AT_ONCE = 20
"""Conversations that are ended in a turn; chosen: each is two messages."""
_REST = timedelta(seconds=10)
"""After a message that could not be sent its chat is let be for so long. Chosen: a person waits, and a flood passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierParts:
    """What the courier works with."""

    store: RelayStore
    post: Post
    identifier: LanguageIdentifier
    interpreter: Translating | None
    """None: there is no language model, and originals go alone."""
    transaction: Transaction


class RelayCourier:
    """Does one bounded turn of it at a time; `begin` comes first, once a start."""

    def __init__(self, rules: RelayRules, parts: CourierParts) -> None:
        self._rules = rules
        self._parts = parts
        self._rests: dict[ChatId, datetime] = {}

    async def begin(self, *, now: datetime) -> None:
        """What a killed process was sending is in doubt from now on, and its writer is told."""
        interrupted = await self._parts.store.interrupted()
        for message in interrupted:
            await self._settle(message, RelayedState.IN_DOUBT, now)
        if interrupted:
            _log.warning("relayed_in_doubt", messages=len(interrupted), then="they are not sent again")

    async def turn(self, now: datetime) -> None:
        """End what is silent, then carry what waits: conversations side by side, the messages of each in order.

        One that fails does not hold up the others; it is raised when they are done.
        """
        await self._end_silent(now)
        self._rests = {chat: until for chat, until in self._rests.items() if until > now}
        together: defaultdict[tuple[RelayId, bool], list[RelayedMessage]] = defaultdict(list)
        for to_staff in (True, False):
            for message in await self._parts.store.waiting(to_staff=to_staff, limit=_AT_ONCE):
                together[message.relay_id, to_staff].append(message)
        ended = await asyncio.gather(
            *(self._carry(messages, now) for messages in together.values()), return_exceptions=True
        )
        for one in ended:
            if one is not None:
                raise one

    async def _carry(self, messages: Sequence[RelayedMessage], now: datetime) -> None:
        """Carry these to one side, in order, until one has to wait."""
        for message in messages:
            if self._chat_of(message) in self._rests or not await self._is_carried(message, now):
                return

    async def _is_carried(self, message: RelayedMessage, now: datetime) -> bool:
        """Intent, call, result; False when it must wait, and what comes after it with it."""
        store = self._parts.store
        ready = await self._translated(message)
        about = None if message.about is None else await store.message(message.about)
        if not await store.claim(ready):
            return True
        try:
            posted = await self._parts.post(ready, about)
        except Exception:
            await self._settle(ready, RelayedState.IN_DOUBT, now)
            raise
        if posted is Posted.NOT_SENT:
            await store.settle(message.entry, RelayedState.WAITING)
            self._rests[self._chat_of(message)] = now + _REST
            return False
        state = _STATES[posted]
        await self._settle(ready, state, now)
        _log.info("relayed", relay_id=message.relay_id, kind=message.kind.value, state=state.value)
        return True

    async def _settle(self, message: RelayedMessage, state: RelayedState, now: datetime) -> None:
        """Keep what became of it, together with what its writer is told of that."""
        store = self._parts.store
        told = RelayedMessage(
            relay_id=message.relay_id,
            visitor_id=message.visitor_id,
            kind=RelayedKind.RECEIPT if message.kind is RelayedKind.ANSWER else RelayedKind.DOUBT,
            at=now,
            locale=message.locale,
            about=message.entry,
            reply_to=message.reply_to,
        )
        async with self._parts.transaction():
            await store.settle(message.entry, state)
            if state is RelayedState.GONE:
                await store.end(message.relay_id, now=now)
            if message.kind.is_written and (message.reply_to is not None or state is not RelayedState.SENT):
                await store.add(told)

    async def _translated(self, message: RelayedMessage) -> RelayedMessage:
        """The message with its language, and a translation for the other side where it needs and gets one."""
        if not message.kind.is_written or message.phrase is not None or message.written_in is not None:
            return message
        own, other = message.locale, self._rules.locale
        if message.kind is RelayedKind.ANSWER:
            own, other = other, own
        guess = self._parts.identifier.identify(message.text, prior=own)
        written_in = own if guess is None else guess.locale
        translation = ""
        if self._parts.interpreter is not None and guess is not None and written_in is not other:
            payer = message.visitor_id if message.kind.is_of_visitor else None
            translation = await self._parts.interpreter.translated(
                message.text, written_in=written_in, into=other, payer=payer
            )
        return replace(message, written_in=written_in, translation=translation)

    async def _end_silent(self, now: datetime) -> None:
        """Let go of whom nobody answers any more, or who does not write any more; both sides are told."""
        store = self._parts.store
        for relay in await store.silent_since(now - self._rules.waits, limit=_ENDED_AT_ONCE):
            ending = RelayedMessage(
                relay_id=relay.relay_id,
                visitor_id=relay.visitor_id,
                kind=RelayedKind.END_FOR_VISITOR,
                at=now,
                locale=relay.locale,
            )
            async with self._parts.transaction():
                if await store.end(relay.relay_id, now=now):
                    await store.add(ending)
                    await store.add(replace(ending, kind=RelayedKind.END_FOR_STAFF))
            _log.info("relay_ended", relay_id=relay.relay_id, by="silence")

    def _chat_of(self, message: RelayedMessage) -> ChatId:
        return self._rules.group if message.kind.goes_to_staff else ChatId(message.visitor_id)


_STATES = {
    Posted.SENT: RelayedState.SENT,
    Posted.IN_DOUBT: RelayedState.IN_DOUBT,
    Posted.GONE: RelayedState.GONE,
    Posted.REFUSED: RelayedState.REFUSED,
}
