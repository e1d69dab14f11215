"""Takes announcements to their readers: one try a copy, a receipt that says what is proved.

It sends through `Sender`, the one place that sends, and so keeps the pace that all share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bot.announcements.model import Attachment, AttachmentKind, OutgoingMessage, Receipt, SendOutcome
from bot.announcements.ports import Leave
from bot.chat.wire.calls import TelegramCall, call, message_id_of
from bot.chat.wire.failures import Failure
from bot.chat.wire.pace_slot import PaceSlot
from bot.chat.wire.pace_terms import Priority, TooLongError
from bot.chat.wire.rendered_messages import MessageRenderer, ReaderWords, RenderKey, render_key
from bot.chat.wire.sender import Attempt, Sender
from bot.i18n.translator import Catalogs
from bot.ids import ChatId

log = structlog.get_logger(__name__)

_FILES_KEPT = 64
"""File ids of attachments that were sent before: as many announcements at once as anybody sends. Chosen, not
measured; a file that is forgotten is sent once more."""


@dataclass(frozen=True, slots=True)
class AnnouncementSlot:
    """Implements `bot.announcements.ports.SendSlot`."""

    announcement_sender: TelegramAnnouncementSender
    turn: PaceSlot

    def seat(self, chat_id: ChatId) -> float:
        """See the port."""
        return self.turn.seat(chat_id)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        """See the port."""
        return await self.announcement_sender.deliver_in_turn(outgoing, self.turn)

    def give_back(self) -> None:
        """See the port."""
        self.turn.give_back()


class TelegramAnnouncementSender:
    """Implements `bot.announcements.ports.AnnouncementSender`."""

    def __init__(self, sender: Sender, catalogs: Catalogs, words: ReaderWords) -> None:
        self._sender = sender
        self._renderer = MessageRenderer(catalogs, words)
        self._file_ids: dict[tuple[object, ...], str] = {}
        self._uploading = asyncio.Lock()

    async def turns(self, *, limit: int, is_paid: bool) -> Leave:
        """See the port. Past the cap a paid announcement goes on at the free rate."""
        priority = Priority.PAID if is_paid and self._sender.may_pay else Priority.ANNOUNCEMENT
        try:
            turns = await self._sender.turns(priority=priority, limit=limit)
        except TooLongError as error:
            return Leave(pause_s=error.wait_s)
        return Leave([AnnouncementSlot(self, turn) for turn in turns])

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        """See `bot.announcements.ports.AnnouncementSender.deliver`."""
        return await self.deliver_in_turn(outgoing, None)

    async def deliver_in_turn(self, outgoing: OutgoingMessage, turn: PaceSlot | None) -> Receipt:
        """Deliver in the turn; None: wait for one. It is paid for if the turn is, or the cap leaves room."""
        if outgoing.is_paid:
            is_paid = self._sender.may_pay if turn is None else turn.priority is Priority.PAID
            outgoing = replace(outgoing, is_paid=is_paid)
        key = render_key(outgoing)
        rendered = self._renderer.render(key)
        if rendered is None:
            return Receipt(outcome=SendOutcome.UNPARSEABLE, reason="body_invalid")
        try:
            return await self._send(outgoing, key, rendered.sending, turn)
        except Exception:
            log.exception("delivery_failed_unforeseen", chat_id=outgoing.chat_id)
            return Receipt(outcome=SendOutcome.DOUBT, reason="unforeseen_error")

    async def edit(self, outgoing: OutgoingMessage, message_id: int) -> Receipt:
        """See the port; a copy that says all this already is as good as edited."""
        rendered = self._renderer.render(render_key(outgoing))
        if rendered is None:
            return Receipt(outcome=SendOutcome.UNPARSEABLE, reason="body_invalid")
        return await self._correct(outgoing.chat_id, rendered.editing, message_id)

    async def delete(self, chat_id: ChatId, message_id: int) -> Receipt:
        """See `bot.announcements.ports.AnnouncementSender.delete`; a copy that is not there is as good as deleted."""
        receipt = await self._correct(chat_id, call("deleteMessage"), message_id)
        if receipt.reason == "message_not_found":
            return Receipt(outcome=SendOutcome.SENT, message_id=message_id, reason=receipt.reason)
        return receipt

    async def _send(
        self, outgoing: OutgoingMessage, key: RenderKey, sending: TelegramCall, turn: PaceSlot | None
    ) -> Receipt:
        attachment = outgoing.attachment
        if attachment is None or attachment.file_id:
            return await self._post(outgoing, sending, turn)
        known = (outgoing.announcement_id, attachment.kind, attachment.filename, hash(attachment.content))
        if known not in self._file_ids:
            async with self._uploading:  # the others wait for the first one's file id
                if known not in self._file_ids:
                    if not attachment.content:
                        return Receipt(outcome=SendOutcome.REFUSED, reason="file_missing")
                    receipt = await self._upload(outgoing.chat_id, key, attachment, turn)
                    self._remember(known, receipt.file_id)
                    return receipt
        with_file = self._renderer.render(replace(key, attachment=(attachment.kind, self._file_ids[known])))
        assert with_file is not None  # it differs from what was rendered in the file id alone
        return await self._post(outgoing, with_file.sending, turn)

    async def _post(self, outgoing: OutgoingMessage, sending: TelegramCall, turn: PaceSlot | None) -> Receipt:
        """Send what is on Telegram's side already, or is text alone."""
        priority = Priority.PAID if outgoing.is_paid else Priority.ANNOUNCEMENT
        return _receipt(await self._sender.once(outgoing.chat_id, sending, priority=priority, turn=turn))

    async def _upload(self, chat_id: ChatId, key: RenderKey, attachment: Attachment, turn: PaceSlot | None) -> Receipt:
        upload = self._renderer.upload(key, attachment)
        attempt = await self._sender.once(chat_id, upload, priority=Priority.ANNOUNCEMENT, turn=turn)
        return replace(_receipt(attempt), file_id=_file_id(attempt.result, attachment.kind))

    def _remember(self, known: tuple[object, ...], file_id: str) -> None:
        if not file_id:
            return
        if len(self._file_ids) >= _FILES_KEPT:
            del self._file_ids[next(iter(self._file_ids))]
        self._file_ids[known] = file_id

    async def _correct(self, chat_id: ChatId, correcting: TelegramCall, message_id: int) -> Receipt:
        try:
            attempt = await self._sender.once(
                chat_id, correcting.of_message(message_id), priority=Priority.ANNOUNCEMENT
            )
        except Exception:
            log.exception("correction_failed_unforeseen", chat_id=chat_id)
            return Receipt(outcome=SendOutcome.DOUBT, reason="unforeseen_error")
        if attempt.failure is None or attempt.failure.outcome is SendOutcome.SENT:
            return Receipt(outcome=SendOutcome.SENT, message_id=message_id, was_plain=attempt.was_plain)
        return _failed(attempt, attempt.failure)


def _receipt(attempt: Attempt) -> Receipt:
    """What a delivery's one attempt proves."""
    if attempt.failure is not None:
        return _failed(attempt, attempt.failure)
    return Receipt(outcome=SendOutcome.SENT, message_id=message_id_of(attempt.result), was_plain=attempt.was_plain)


def _failed(attempt: Attempt, failure: Failure) -> Receipt:
    outcome = failure.outcome
    if outcome is SendOutcome.SENT:  # an edit that changes nothing: no answer to what was sent
        outcome = SendOutcome.REFUSED
    if attempt.was_plain and outcome is SendOutcome.REFUSED:
        outcome = SendOutcome.UNPARSEABLE
    return Receipt(
        outcome=outcome,
        new_chat_id=ChatId(failure.new_chat_id) if failure.new_chat_id else None,
        pause_s=failure.pause_s,
        pauses_all=attempt.pauses_all,
        reason=failure.reason,
    )


def _file_id(result: object, kind: AttachmentKind) -> str:
    """Of the largest size of a picture, or of a document; empty when Telegram did not tell it."""
    sent = result.get(kind.value) if isinstance(result, Mapping) else None
    largest = sent[-1] if isinstance(sent, list) and sent else sent
    file_id = largest.get("file_id") if isinstance(largest, Mapping) else None
    return file_id if isinstance(file_id, str) else ""
