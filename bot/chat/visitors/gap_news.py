"""«Tell me when you know»: the wish, and the one message that answers it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.announcements.model import SendOutcome
from bot.chat.context import AppContext, UpdateContext
from bot.chat.text import gap_texts
from bot.chat.text.keyboards import Key, build_keyboard
from bot.chat.text.rendering import said
from bot.chat.wire.calls import message_call
from bot.chat.wire.pace_terms import Priority
from bot.chat_state.model import Button, ButtonAction
from bot.gaps.model import FoundAnswer, Told
from bot.ids import ChatId, VisitorId
from bot.writing.cleaning import one_line

log = structlog.get_logger(__name__)

_QUESTION_SHOWN = 200
"""Characters of the visitor's question: enough to know which one it was. Chosen by reasoning."""


async def tell_me(context: UpdateContext, button: Button) -> None:
    """Keep the wish; the press was acknowledged with a word that says so."""
    gaps, turn_id, visitor_id, now = context.app.gaps, button.argument, context.visitor_id, context.now
    if gaps is not None and visitor_id is not None and context.is_private:
        context.later(lambda: gaps.wish(turn_id, visitor_id, now=now))


class GapNews:
    """Implements `bot.gaps.ports.Tell`: one try, at the pace of what nobody waits for."""

    def __init__(self, app: AppContext, *, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now

    async def __call__(self, found: FoundAnswer) -> Told:
        """See the port. In the language that the visitor picked, else in that of the question."""
        watch = found.watch
        visitor = await self._app.visitors.find(watch.visitor_id)
        t = self._app.catalogs.translator((visitor and visitor.chosen) or watch.locale)
        again = Key(gap_texts.button_ask_again(t), ButtonAction.ASK, f"{t.locale}\n{found.by}\n{watch.question}")
        chat_id = ChatId(watch.visitor_id)
        keyboard = build_keyboard(
            ((again,),), chat_id=chat_id, visitor_id=watch.visitor_id, now=self._now(), token=self._app.token
        )
        assert keyboard is not None
        await self._app.buttons.issue(keyboard.buttons)
        shown = one_line(watch.question, limit=_QUESTION_SHOWN)
        sending = message_call(said(gap_texts.now_known(t, shown), t.locale), keyboard.markup, None)
        attempt = await self._app.sender.once(chat_id, sending, priority=Priority.ANNOUNCEMENT)
        outcome = SendOutcome.SENT if attempt.failure is None else attempt.failure.outcome
        if outcome is SendOutcome.GONE:
            await self._app.visitors.unreachable(VisitorId(watch.visitor_id))
        log.info("visitor_told_of_answer", chat_id=chat_id, outcome=outcome.name)
        return _TOLD.get(outcome, Told.GONE)


_TOLD = {
    SendOutcome.SENT: Told.SENT,
    SendOutcome.NOT_SENT: Told.NOT_SENT,
    SendOutcome.NOTHING_GOES: Told.NOT_SENT,
    SendOutcome.DOUBT: Told.IN_DOUBT,
}
