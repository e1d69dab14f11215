"""What does not differ between recipients of the same language and zone is rendered and encoded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile
from telegram.constants import ParseMode

from bot.announcements.model import AnnouncementId, Attachment, AttachmentKind, OutgoingMessage
from bot.chat.text.keyboards import LABEL_LIMIT
from bot.chat.text.markup import MarkupError
from bot.chat.text.rendering import italic, paragraphs, plain, said
from bot.chat.text.unsubscribe import Unsubscribe
from bot.chat.wire.calls import NO_PREVIEW, TelegramCall
from bot.chat.wire.composer import HOME, HtmlComposer, text_limit
from bot.i18n.translator import Catalogs, Translator
from bot.ids import Locale, NewsTopic
from bot.writing.cleaning import one_line
from bot.writing.utf16 import utf16_length

log = structlog.get_logger(__name__)

_MESSAGES_KEPT = 512
"""Rendered messages of some kB: twelve languages in as many zones as an audience has, of a few announcements that go
out at the same time. By reasoning, not measured."""
_METHODS = {AttachmentKind.PHOTO: "sendPhoto", AttachmentKind.DOCUMENT: "sendDocument"}


@dataclass(frozen=True, slots=True)
class ReaderWords:
    """The sentences of `texts` that go with an announcement."""

    may_repeat: Callable[[Translator], str]
    """Stands above a second copy."""
    stop_topic: Callable[[Translator, NewsTopic], str]
    stop_all: Callable[[Translator], str]


@dataclass(frozen=True, slots=True)
class RenderKey:
    """What makes one recipient's message differ from another's; with equal keys they share it."""

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
    is_correction: bool


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """All of a message but the chat."""

    sending: TelegramCall
    editing: TelegramCall
    """The same as new text of a message that was delivered: `of_message` says of which."""


class MessageRenderer:
    """Renders announcements' messages, and keeps those that are in use."""

    def __init__(self, catalogs: Catalogs, words: ReaderWords) -> None:
        self._catalogs = catalogs
        self._words = words
        self._composer = HtmlComposer()
        self._kept = lru_cache(maxsize=_MESSAGES_KEPT)(self._render)

    def render(self, key: RenderKey) -> RenderedMessage | None:
        """The message; None when it can't be rendered, which proves that nothing was sent."""
        try:
            return self._kept(key)
        except Exception as error:
            reason = str(error) if isinstance(error, MarkupError) else type(error).__name__
            log.exception("announcement_not_rendered", announcement_id=key.announcement_id, reason=reason)
            return None

    def upload(self, key: RenderKey, attachment: Attachment) -> TelegramCall:
        """The call that sends the attachment itself, and so at the free rate; its answer tells the file id."""
        sending = self._kept(replace(key, attachment=(attachment.kind, ""), is_paid=False)).sending
        file = InputFile(attachment.content, filename=attachment.filename)
        return replace(sending, files={attachment.kind.value: file})

    def _render(self, key: RenderKey) -> RenderedMessage:
        t = self._catalogs.translator(key.locale)
        name = "text" if key.attachment is None else "caption"
        editing = "editMessageText" if key.attachment is None else "editMessageCaption"
        html, in_plain = self._worded(key, t)
        f"{html}{in_plain}".encode()  # half a surrogate pair is no text, and is refused before anything is sent
        fields: dict[str, object] = {"reply_markup": self._keyboard(key, t)}
        if key.attachment is None:
            fields["link_preview_options"] = NO_PREVIEW
        formatted, unformatted = {name: html, "parse_mode": ParseMode.HTML}, {name: in_plain}
        how = _how_it_is_sent(key)
        return RenderedMessage(
            TelegramCall(_method(key), fields | how | formatted, fields | how | unformatted, returns_message=True),
            TelegramCall(editing, fields | formatted, fields | unformatted),
        )

    def _worded(self, key: RenderKey, t: Translator) -> tuple[str, str]:
        """The text formatted and in plain, with the mark of a second copy above it where there is room."""
        rendered = self._composer.preview(key.text, locale=key.locale, zone=_zone(key.zone), moments=dict(key.moments))
        limit = text_limit(has_attachment=key.attachment is not None)
        html, in_plain = rendered.html, rendered.plain
        if key.may_repeat:
            mark = italic(said(self._words.may_repeat(t), key.locale))
            if rendered.length + utf16_length(plain(mark)) + 2 <= limit:
                html, in_plain = paragraphs(mark, html), f"{plain(mark)}\n\n{in_plain}"
        return html.source, in_plain if utf16_length(in_plain) <= limit else plain(html)

    def _keyboard(self, key: RenderKey, t: Translator) -> InlineKeyboardMarkup:
        """One button a row: the announcement's own, and those that end the subscription."""
        links = [InlineKeyboardButton(one_line(label, limit=LABEL_LIMIT), url=url) for label, url in key.buttons]
        stops = (
            (self._words.stop_topic(t, key.topic), Unsubscribe(key.announcement_id, key.topic)),
            (self._words.stop_all(t), Unsubscribe(key.announcement_id, None)),
        )
        ends = [
            InlineKeyboardButton(one_line(label, limit=LABEL_LIMIT), callback_data=wish.data)
            for label, wish in (stops[1:] if key.is_correction else stops)
        ]
        return InlineKeyboardMarkup([[button] for button in (*links, *ends)])


def render_key(outgoing: OutgoingMessage) -> RenderKey:
    """What the recipient's message depends on."""
    attachment = outgoing.attachment
    return RenderKey(
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
        is_correction=outgoing.is_correction,
    )


def _how_it_is_sent(key: RenderKey) -> dict[str, object]:
    """What a correction leaves as it is."""
    how: dict[str, object] = {}
    if key.attachment is not None and key.attachment[1]:
        kind, file_id = key.attachment
        how[kind.value] = file_id
    if key.is_silent:
        how["disable_notification"] = True
    if key.is_paid:
        how["allow_paid_broadcast"] = True
    return how


def _method(key: RenderKey) -> str:
    return "sendMessage" if key.attachment is None else _METHODS[key.attachment[0]]


def _zone(name: str) -> ZoneInfo:
    """The recipient's zone; the event's own where there is none or it is unknown."""
    try:
        return ZoneInfo(name) if name else HOME
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return HOME
