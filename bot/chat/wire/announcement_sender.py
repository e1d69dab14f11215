"""Takes announcements to their readers: rendered for each, one try a copy, a receipt that says what is proved.

It sends through `Sender`, the one place that sends, and so keeps the pace that all share. What does not differ between
recipients of the same language and zone is made once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.constants import ParseMode

from bot.announcements.model import AnnouncementId, Attachment, AttachmentKind, OutgoingMessage, Receipt, SendOutcome
from bot.announcements.ports import Leave
from bot.chat.text.keyboards import LABEL_LIMIT
from bot.chat.text.markup import MarkupError, Rendered, refuse_controls, render
from bot.chat.text.rendering import MESSAGE_LIMIT, italic, paragraphs, plain, safe_url, said, utf16_length
from bot.chat.text.unsubscribe import Unsubscribe
from bot.chat.wire.failures import Failure, Verdict
from bot.chat.wire.pace import PaceSlot, Priority, TooLongError
from bot.chat.wire.sender import AttachmentUpload, Attempt, Bodies, Sender
from bot.i18n.formats import format_moment
from bot.i18n.translator import Catalogs, Translator
from bot.ids import ChatId, Locale, NewsTopic
from bot.writing.cleaning import one_line

log = structlog.get_logger(__name__)

CAPTION_LIMIT = 1024
"""UTF-16 units of a picture's or document's visible text."""
_HOME = ZoneInfo("Asia/Shanghai")
_LONGEST_ZONES = tuple(
    ZoneInfo(name) for name in ("Asia/Shanghai", "Pacific/Chatham", "Pacific/Marquesas", "America/St_Johns")
)
"""Far to both sides, so that the day may change, and with minutes in their distance from UTC."""
_LETTERS_KEPT = 512
_FILES_KEPT = 64
_FATES = {
    Verdict.NOT_SENT: SendOutcome.NOT_SENT,
    Verdict.DOUBT: SendOutcome.DOUBT,
    Verdict.GONE: SendOutcome.GONE,
    Verdict.MIGRATED: SendOutcome.MIGRATED,
    Verdict.UNPARSEABLE: SendOutcome.UNPARSEABLE,
    Verdict.UNCHANGED: SendOutcome.REFUSED,
    Verdict.REFUSED: SendOutcome.REFUSED,
    Verdict.TOKEN: SendOutcome.NOTHING_GOES,
}


@dataclass(frozen=True, slots=True)
class ReaderWords:
    """The sentences of `texts` that go with an announcement."""

    may_repeat: Callable[[Translator], str]
    """Stands above a second copy."""
    stop_topic: Callable[[Translator, NewsTopic], str]
    stop_all: Callable[[Translator], str]


class HtmlComposer:
    """Implements `bot.announcements.ports.Composer`."""

    def check(
        self, text: str, *, locale: Locale, moments: Mapping[str, datetime], attachment: Attachment | None
    ) -> str:
        """See `bot.announcements.ports.Composer.check`."""
        limit = _limit(attachment)
        try:
            refuse_controls(text)
            length = max(
                self.preview(text, locale=locale, zone=zone, moments=moments).length for zone in _LONGEST_ZONES
            )
        except MarkupError as error:
            return str(error)
        if not length:
            return "the text is empty"
        return f"too long: {length:,} of {limit:,} characters" if length > limit else ""

    def check_button(self, label: str, url: str) -> str:
        """Empty when a button that opens an address is fine, else what is wrong with it."""
        if not one_line(label, limit=LABEL_LIMIT):
            return "the button has no label"
        if len(label) > LABEL_LIMIT:
            return f"the label is too long: {len(label)} of {LABEL_LIMIT} characters"
        if safe_url(url) is None:
            return f"bad address {url!r}: http:// or https:// with a plain host name, and no invitation to a chat"
        return ""

    def preview(
        self, text: str, *, locale: Locale, zone: ZoneInfo = _HOME, moments: Mapping[str, datetime]
    ) -> Rendered:
        """The text as a reader in the zone gets it.

        Raises:
            MarkupError: it can't be sent as it is.
        """
        naive = next((name for name, moment in moments.items() if moment.utcoffset() is None), None)
        if naive is not None:
            raise MarkupError(f"the moment {{{naive}}} has no time zone")
        values = {name: format_moment(moment, zone, locale) for name, moment in moments.items()}
        return render(text, locale=locale, values=values)


@dataclass(frozen=True, slots=True)
class _Order:
    """What makes one recipient's letter differ from another's; equal orders share a letter."""

    text: str
    locale: Locale
    zone: str
    moments: tuple[tuple[str, datetime], ...]
    buttons: tuple[tuple[str, str], ...]
    topic: NewsTopic
    announcement_id: AnnouncementId
    attachment: tuple[AttachmentKind, str] | None
    """Kind and file id."""
    is_silent: bool
    is_paid: bool
    may_repeat: bool


@dataclass(frozen=True, slots=True)
class _Letter:
    """An order carried out: all of a message but the chat."""

    html: str
    plain: str
    buttons: Sequence[Mapping[str, str]]
    """One a row."""
    method: str
    sending: Bodies
    editing: Bodies
    """The same, as new text of a message that was delivered."""

    @property
    def keyboard(self) -> InlineKeyboardMarkup:
        """The buttons as python-telegram-bot's object."""
        return InlineKeyboardMarkup(
            [
                [InlineKeyboardButton(one["text"], url=one.get("url"), callback_data=one.get("callback_data"))]
                for one in self.buttons
            ]
        )


@dataclass(frozen=True, slots=True)
class AnnouncementSlot:
    """Implements `bot.announcements.ports.PaceSlot`."""

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
        self._catalogs = catalogs
        self._words = words
        self._composer = HtmlComposer()
        self._letter = lru_cache(maxsize=_LETTERS_KEPT)(self._write)
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
        order = self._order(outgoing)
        rendered = self._rendered_of(order)
        if rendered is None:
            return Receipt(fate=SendOutcome.UNPARSEABLE, reason="body_invalid")
        try:
            return await self._send(outgoing, order, rendered, turn)
        except Exception:
            log.exception("delivery_failed_unforeseen", chat_id=outgoing.chat_id)
            return Receipt(fate=SendOutcome.DOUBT, reason="unforeseen_error")

    async def edit(self, outgoing: OutgoingMessage, message_id: int) -> Receipt:
        """See the port; a copy that says all this already is as good as edited."""
        rendered = self._rendered_of(self._order(outgoing))
        if rendered is None:
            return Receipt(fate=SendOutcome.UNPARSEABLE, reason="body_invalid")
        method = "editMessageText" if outgoing.attachment is None else "editMessageCaption"
        return await self._correct(outgoing.chat_id, method, _of_message(message_id, rendered.editing), message_id)

    async def delete(self, chat_id: ChatId, message_id: int) -> Receipt:
        """See `bot.announcements.ports.AnnouncementSender.delete`; a copy that is not there is as good as deleted."""
        bodies = Bodies(b'"message_id":%d}' % message_id, b'"message_id":%d}' % message_id)
        receipt = await self._correct(chat_id, "deleteMessage", bodies, message_id)
        if receipt.reason == "message_not_found":
            return Receipt(fate=SendOutcome.SENT, message_id=message_id, reason=receipt.reason)
        return receipt

    async def _send(
        self, outgoing: OutgoingMessage, order: _Order, rendered: _Letter, turn: PaceSlot | None
    ) -> Receipt:
        attachment = outgoing.attachment
        if attachment is None or attachment.file_id:
            return await self._post(outgoing, rendered, turn)
        known = (outgoing.announcement_id, attachment.kind, attachment.filename, hash(attachment.content))
        if known not in self._file_ids:
            async with self._uploading:  # the others wait for the first one's file id
                if known not in self._file_ids:
                    return await self._upload(outgoing, attachment, rendered, known, turn=turn)
        with_file = replace(order, attachment=(attachment.kind, self._file_ids[known]))
        return await self._post(outgoing, self._letter(with_file), turn)

    async def _post(self, outgoing: OutgoingMessage, rendered: _Letter, turn: PaceSlot | None) -> Receipt:
        """Send what is on Telegram's side already, or is text alone."""
        priority = Priority.PAID if outgoing.is_paid else Priority.ANNOUNCEMENT
        attempt = await self._sender.once(
            outgoing.chat_id, rendered.method, rendered.sending, priority=priority, turn=turn
        )
        return _receipt(attempt, outgoing.chat_id)

    async def _upload(
        self,
        outgoing: OutgoingMessage,
        attachment: Attachment,
        rendered: _Letter,
        known: tuple[object, ...],
        *,
        turn: PaceSlot | None,
    ) -> Receipt:
        if not attachment.content:
            return Receipt(fate=SendOutcome.REFUSED, reason="file_missing")
        upload = AttachmentUpload(
            content=attachment.content,
            filename=attachment.filename,
            is_photo=attachment.kind is AttachmentKind.PHOTO,
            caption=rendered.html,
            plain_caption=rendered.plain,
            keyboard=rendered.keyboard,
            is_silent=outgoing.is_silent or outgoing.may_repeat,
        )
        attempt = await self._sender.upload(outgoing.chat_id, upload, priority=Priority.ANNOUNCEMENT, turn=turn)
        receipt = _receipt(attempt, outgoing.chat_id)
        if file_id := _file_id(attempt.result):
            if len(self._file_ids) >= _FILES_KEPT:
                del self._file_ids[next(iter(self._file_ids))]
            self._file_ids[known] = file_id
            return replace(receipt, file_id=file_id)
        return receipt

    async def _correct(self, chat_id: ChatId, method: str, bodies: Bodies, message_id: int) -> Receipt:
        try:
            attempt = await self._sender.once(chat_id, method, bodies, priority=Priority.ANNOUNCEMENT)
        except Exception:
            log.exception("correction_failed_unforeseen", chat_id=chat_id)
            return Receipt(fate=SendOutcome.DOUBT, reason="unforeseen_error")
        if attempt.failure is None or attempt.failure.verdict is Verdict.UNCHANGED:
            return Receipt(fate=SendOutcome.SENT, message_id=message_id, was_plain=attempt.was_plain)
        return _failed(attempt, attempt.failure)

    def _order(self, outgoing: OutgoingMessage) -> _Order:
        attachment = outgoing.attachment
        return _Order(
            text=outgoing.text,
            locale=outgoing.locale,
            zone=outgoing.zone,
            moments=tuple(outgoing.moments.items()),
            buttons=outgoing.buttons,
            topic=outgoing.topic,
            announcement_id=outgoing.announcement_id,
            attachment=(attachment.kind, attachment.file_id) if attachment else None,
            is_silent=outgoing.is_silent or outgoing.may_repeat,
            is_paid=outgoing.is_paid,
            may_repeat=outgoing.may_repeat,
        )

    def _rendered_of(self, order: _Order) -> _Letter | None:
        """The letter; None when it can't be written, which proves that nothing was sent."""
        try:
            return self._letter(order)
        except Exception as error:
            reason = str(error) if isinstance(error, MarkupError) else type(error).__name__
            log.exception("announcement_not_rendered", announcement_id=order.announcement_id, reason=reason)
            return None

    def _write(self, order: _Order) -> _Letter:
        t = self._catalogs.translator(order.locale)
        html, in_plain = self._worded(order, t)
        buttons = self._buttons(order, t)
        markup = {"inline_keyboard": [[button] for button in buttons]}
        fields: dict[str, object] = {"reply_markup": markup}
        if order.attachment is None:
            fields["link_preview_options"] = {"is_disabled": True}
        sending = dict(fields)
        if order.attachment is not None:
            kind, file_id = order.attachment
            sending[kind.value] = file_id
        if order.is_silent:
            sending["disable_notification"] = True
        if order.is_paid:
            sending["allow_paid_broadcast"] = True
        name = "text" if order.attachment is None else "caption"
        return _Letter(
            html,
            in_plain,
            buttons,
            _method(order),
            _bodies(sending, name, html, in_plain),
            _bodies(fields, name, html, in_plain),
        )

    def _worded(self, order: _Order, t: Translator) -> tuple[str, str]:
        """The text formatted and in plain, with the mark of a second copy above it where there is room."""
        rendered = self._composer.preview(
            order.text, locale=order.locale, zone=_zone(order.zone), moments=dict(order.moments)
        )
        limit = MESSAGE_LIMIT if order.attachment is None else CAPTION_LIMIT
        html, in_plain = rendered.html, rendered.plain
        if order.may_repeat:
            mark = italic(said(self._words.may_repeat(t), order.locale))
            if rendered.length + utf16_length(plain(mark)) + 2 <= limit:
                html, in_plain = paragraphs(mark, html), f"{plain(mark)}\n\n{in_plain}"
        return html.source, in_plain if utf16_length(in_plain) <= limit else plain(html)

    def _buttons(self, order: _Order, t: Translator) -> list[dict[str, str]]:
        links = [{"text": one_line(label, limit=LABEL_LIMIT), "url": url} for label, url in order.buttons]
        stops = (
            (self._words.stop_topic(t, order.topic), Unsubscribe(order.announcement_id, order.topic)),
            (self._words.stop_all(t), Unsubscribe(order.announcement_id, None)),
        )
        return links + [
            {"text": one_line(label, limit=LABEL_LIMIT), "callback_data": wish.data} for label, wish in stops
        ]


def _method(order: _Order) -> str:
    if order.attachment is None:
        return "sendMessage"
    return "sendPhoto" if order.attachment[0] is AttachmentKind.PHOTO else "sendDocument"


def _bodies(fields: Mapping[str, object], name: str, html: str, in_plain: str) -> Bodies:
    return Bodies(_encoded({**fields, name: html, "parse_mode": ParseMode.HTML}), _encoded({**fields, name: in_plain}))


def _encoded(fields: Mapping[str, object]) -> bytes:
    """JSON without the opening brace: the chat comes before it."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()[1:]


def _of_message(message_id: int, bodies: Bodies) -> Bodies:
    start = b'"message_id":%d,' % message_id
    return Bodies(start + bodies.formatted, start + bodies.plain)


def _receipt(attempt: Attempt, chat_id: ChatId) -> Receipt:
    """What a delivery's one attempt proves."""
    if attempt.failure is not None:
        return _failed(attempt, attempt.failure)
    message_id = _message_id(attempt.result)
    if message_id is None:
        log.error("answer_without_message", chat_id=chat_id)
        return Receipt(fate=SendOutcome.DOUBT, reason="answer_without_message")
    return Receipt(fate=SendOutcome.SENT, message_id=message_id, was_plain=attempt.was_plain)


def _failed(attempt: Attempt, failure: Failure) -> Receipt:
    fate = _FATES[failure.verdict]
    if attempt.was_plain and fate is SendOutcome.REFUSED:
        fate = SendOutcome.UNPARSEABLE
    return Receipt(
        fate=fate,
        new_chat_id=ChatId(failure.new_chat_id) if failure.new_chat_id else None,
        pause_s=failure.pause_s,
        pauses_all=attempt.pauses_all,
        reason=failure.reason,
    )


def _message_id(result: object) -> int | None:
    if isinstance(result, Message):
        return result.message_id
    found = result.get("message_id") if isinstance(result, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _file_id(result: object) -> str:
    """Of the largest size of a picture, or of a document."""
    if not isinstance(result, Message):
        return ""
    if result.photo:
        return result.photo[-1].file_id
    return result.document.file_id if result.document else ""


def _limit(attachment: Attachment | None) -> int:
    return MESSAGE_LIMIT if attachment is None else CAPTION_LIMIT


def _zone(name: str) -> ZoneInfo:
    """The recipient's zone; the event's own where there is none or it is unknown."""
    try:
        return ZoneInfo(name) if name else _HOME
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _HOME
