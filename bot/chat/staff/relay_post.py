"""Sends what is carried between visitors and the staff: one try each, at the pace of replies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.announcements.model import SendOutcome
from bot.answering.model import Loss
from bot.chat.context import AppContext
from bot.chat.text.keyboards import build_keyboard
from bot.chat.text.relay_pages import for_staff, for_visitor
from bot.chat.text.replies import Reply
from bot.chat.wire.calls import message_call
from bot.chat.wire.pace_terms import Priority
from bot.chat.wire.sender import Attempt
from bot.ids import ChatId, VisitorId
from bot.relay.model import Posted, RelayedMessage

log = structlog.get_logger(__name__)


class RelayPost:
    """Implements `bot.relay.ports.Post`."""

    def __init__(self, app: AppContext, *, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now

    async def __call__(self, message: RelayedMessage, about: RelayedMessage | None) -> Posted:
        """See the port."""
        if message.kind.goes_to_staff:
            return await self._to_staff(message, about)
        return await self._to_visitor(message, about)

    async def _to_staff(self, message: RelayedMessage, about: RelayedMessage | None) -> Posted:
        """A group that can't be written to has to be put right by somebody: until then all of it waits."""
        assert self._app.relay is not None
        rules = self._app.relay.rules
        page = for_staff(message, about, await self._loss(message), self._app.catalogs.translator(rules.locale))
        attempt = await self._sent(rules.group, page, visitor_id=None, reply_to=message.reply_to)
        failure = attempt.failure
        if failure is None:
            return Posted.SENT
        if failure.outcome in (SendOutcome.GONE, SendOutcome.MIGRATED):
            log.error(
                "staff_group_not_reached",
                reason=failure.reason,
                new_chat_id=failure.new_chat_id or None,
                what_to_do="set [relay] group to a group that the bot is in",
            )
            return Posted.NOT_SENT
        return _POSTED.get(failure.outcome, Posted.REFUSED)

    async def _to_visitor(self, message: RelayedMessage, about: RelayedMessage | None) -> Posted:
        """In the language of the conversation."""
        visitor_id = message.visitor_id
        page = for_visitor(message, about, self._app.catalogs.translator(message.locale))
        attempt = await self._sent(ChatId(visitor_id), page, visitor_id=visitor_id, reply_to=None)
        outcome = SendOutcome.SENT if attempt.failure is None else attempt.failure.outcome
        if outcome is SendOutcome.GONE:
            await self._app.visitors.unreachable(visitor_id)
        return _POSTED.get(outcome, Posted.REFUSED)

    async def _sent(
        self, chat_id: ChatId, page: Reply, *, visitor_id: VisitorId | None, reply_to: int | None
    ) -> Attempt:
        keyboard = build_keyboard(
            page.rows, chat_id=chat_id, visitor_id=visitor_id, now=self._now(), token=self._app.token
        )
        if keyboard is not None:
            await self._app.buttons.issue(keyboard.buttons)
        sending = message_call(page.content, keyboard.markup if keyboard else None, reply_to)
        return await self._app.sender.once(chat_id, sending, priority=Priority.REPLY)

    async def _loss(self, message: RelayedMessage) -> Loss | None:
        """Why the bot had no answer, as long as the turn is kept."""
        if not message.turn_id:
            return None
        visitor_id = message.visitor_id
        turn = await self._app.turns.answered(ChatId(visitor_id), visitor_id, turn_id=message.turn_id)
        return None if turn is None else turn.loss


_POSTED = {
    SendOutcome.SENT: Posted.SENT,
    SendOutcome.NOT_SENT: Posted.NOT_SENT,
    SendOutcome.NOTHING_GOES: Posted.NOT_SENT,
    SendOutcome.DOUBT: Posted.IN_DOUBT,
    SendOutcome.GONE: Posted.GONE,
}
