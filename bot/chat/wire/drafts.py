"""An answer that is shown while it grows, by drafts, where Telegram allows it.

A draft is only a preview in a private chat that lives for half a minute (https://core.telegram.org/bots/api#sendmessagedraft):
the answer itself is always sent as a message afterwards. Without drafts the visitor sees «typing…».
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from bot.announcements.model import SendOutcome
from bot.chat.text.rendering import Html
from bot.chat.wire.sender import Sender
from bot.ids import ChatId

log = structlog.get_logger(__name__)

_EVERY_S = 0.7
"""Between two frames of one draft: Telegram wants half a second to one."""
_LAST_FRAME_S = 1.0
"""Seconds for a frame on its way to arrive before the answer is sent; chosen, not measured."""
_NEVER_AGAIN = (SendOutcome.NOTHING_GOES, SendOutcome.REFUSED)
"""A server that does not know the method, or does not let this bot use it: it would say so to every frame."""


class Drafts:
    """Shows drafts until the server refuses one; from then on none, for the life of the process."""

    def __init__(
        self,
        sender: Sender,
        *,
        every_s: float = _EVERY_S,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._sender = sender
        self._every_s = every_s
        self._pause = pause
        self.are_refused = False

    @asynccontextmanager
    async def growing(self, chat_id: ChatId, draft_id: int) -> AsyncIterator[Callable[[Html], None]]:
        """Gives a function that shows what there is so far; at the end no frame is on its way any more."""
        draft = _Draft()
        showing = asyncio.create_task(self._show(draft, chat_id, draft_id))
        try:
            yield draft.put
        finally:
            # A frame that is being sent now must not arrive after the answer.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_FRAME_S):
                    await draft.is_between_frames.wait()
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing

    async def _show(self, draft: _Draft, chat_id: ChatId, draft_id: int) -> None:
        while not self.are_refused:
            content = await draft.take()
            draft.is_between_frames.clear()
            failure = await self._sender.draft(chat_id, draft_id, content)
            draft.is_between_frames.set()
            if failure is not None and failure.outcome is not SendOutcome.DOUBT:
                self._note(failure.outcome)
                return
            await self._pause(self._every_s)

    def _note(self, outcome: SendOutcome) -> None:
        """Remember a refusal; a chat that is gone or a server that is busy ends this draft alone."""
        if outcome in _NEVER_AGAIN:
            self.are_refused = True
            log.info("drafts_refused", verdict=outcome.name)


class _Draft:
    """The newest state of an answer: what was not shown in time is passed over."""

    def __init__(self) -> None:
        self._content: Html | None = None
        self._has_grown = asyncio.Event()
        self.is_between_frames = asyncio.Event()
        self.is_between_frames.set()

    def put(self, content: Html) -> None:
        """Have this shown next."""
        self._content = content
        self._has_grown.set()

    async def take(self) -> Html:
        """The newest state, once there is one that was not taken yet."""
        await self._has_grown.wait()
        self._has_grown.clear()
        assert self._content is not None
        return self._content
