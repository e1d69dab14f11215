"""A call to Telegram as a value: the method of the Bot API and what it is given, formatted and in plain text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from telegram import (
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputFile,
    InputTextMessageContent,
    LinkPreviewOptions,
    ReplyParameters,
    TelegramObject,
)
from telegram.constants import ParseMode

from bot.chat.text.rendering import Html, plain
from bot.chat.wire.transport import Encoded
from bot.ids import ChatId

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
"""A link in an answer is its source: a preview of it would be longer than the answer."""
NO_CHAT = ChatId(0)
"""For calls that answer a person's press or inline query: they do not count for Telegram's limits."""


@dataclass(frozen=True)
class TelegramCall:
    """All of a call but the chat. It is encoded once, for however many chats (so it has no slots)."""

    method: str
    """As the Bot API names it: `sendMessage`."""
    fields: Mapping[str, object]
    """JSON values or python-telegram-bot's objects."""
    plain_fields: Mapping[str, object]
    """The same without formatting, for when Telegram can't read it."""
    files: Mapping[str, InputFile] | None = None
    """Files that Telegram does not have yet, by the name of their field."""
    returns_message: bool = False
    """Whether an answer that holds no message leaves it in doubt what was done."""

    def request(self, chat_id: ChatId, *, formatted: bool) -> Encoded:
        """The parameters for one chat."""
        rest = self._formatted if formatted else self._plain
        files = {name: file.field_tuple for name, file in (self.files or {}).items()}
        return Encoded((b'{"chat_id":%d,' % chat_id if chat_id else b"{") + rest, files)

    def of_message(self, message_id: int) -> TelegramCall:
        """The same about a message that was sent."""
        one = {"message_id": message_id}
        return replace(self, fields=one | {**self.fields}, plain_fields=one | {**self.plain_fields})

    @cached_property
    def _formatted(self) -> bytes:
        return _encoded(self.fields)

    @cached_property
    def _plain(self) -> bytes:
        return _encoded(self.plain_fields)


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """A text for the inline mode: what is listed, and the message that it becomes."""

    answer_id: str
    title: str
    description: str
    content: Html


def call(method: str, **fields: object) -> TelegramCall:
    """A call whose text, if it has one, is plain; a field that is None is left out."""
    given = _given(fields)
    return TelegramCall(method, given, given)


def worded(method: str, content: Html, *, name: str = "text", **fields: object) -> TelegramCall:
    """A call with a text, or with a caption, as `name` says; a field that is None is left out."""
    given = _given(fields)
    formatted = {name: content.source, "parse_mode": ParseMode.HTML}
    return TelegramCall(method, {**formatted, **given}, {name: plain(content), **given})


def message_call(content: Html, keyboard: InlineKeyboardMarkup | None, reply_to: int | None) -> TelegramCall:
    """A message of its own."""
    answered = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
    sending = worded(
        "sendMessage", content, reply_markup=keyboard, reply_parameters=answered, link_preview_options=NO_PREVIEW
    )
    return replace(sending, returns_message=True)


def file_call(method: str, name: str, file: InputFile, caption: Html) -> TelegramCall:
    """A file made by the bot, with its caption."""
    return replace(worded(method, caption, name="caption"), files={name: file})


def inline_call(query_id: str, answers: Sequence[InlineAnswer], **fields: object) -> TelegramCall:
    """The answer to an inline query."""
    given = {"inline_query_id": query_id, **fields}
    return TelegramCall(
        "answerInlineQuery",
        {**given, "results": [_article(one, formatted=True) for one in answers]},
        {**given, "results": [_article(one, formatted=False) for one in answers]},
    )


def message_id_of(result: object) -> int | None:
    """The id of the message that a call returned; None when it returned none."""
    found = result.get("message_id") if isinstance(result, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _article(answer: InlineAnswer, *, formatted: bool) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        id=answer.answer_id,
        title=answer.title,
        description=answer.description,
        input_message_content=InputTextMessageContent(
            answer.content.source if formatted else plain(answer.content),
            parse_mode=ParseMode.HTML if formatted else None,
            link_preview_options=NO_PREVIEW,
        ),
    )


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _encoded(fields: Mapping[str, object]) -> bytes:
    """JSON without the opening brace: the chat comes before it. Half a surrogate pair becomes «?»."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=_as_json)
    return text.encode("utf-8", "replace")[1:]


def _as_json(value: object) -> object:
    if isinstance(value, TelegramObject):
        return value.to_dict()
    raise TypeError(f"{type(value).__name__} can't be sent to Telegram")
