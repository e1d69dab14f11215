"""Whether an update is what Telegram's schema says, in all that is read of it: python-telegram-bot does not look.

The names and types are those of https://core.telegram.org/bots/api#update.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""What the database takes; Telegram promises 52 bits."""
_Moment = Annotated[int, Field(ge=0, lt=2**33)]
_Place = Annotated[int, Field(ge=0, lt=2**31)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _User(_Part):
    id: _Id
    is_bot: bool
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class _Chat(_Part):
    id: _Id
    type: str
    title: str | None = None


class _Entity(_Part):
    type: str
    offset: _Place
    length: _Place
    url: str | None = None
    user: _User | None = None
    language: str | None = None


class _File(_Part):
    file_id: str
    file_name: str | None = None
    file_size: int | None = None


class _Message(_Part):
    message_id: _Id
    date: _Moment
    chat: _Chat
    sender: Annotated[_User | None, Field(alias="from")] = None
    sender_chat: _Chat | None = None
    via_bot: _User | None = None
    text: str | None = None
    entities: list[_Entity] = []
    caption: str | None = None
    caption_entities: list[_Entity] = []
    photo: list[_File] = []
    document: _File | None = None
    reply_to_message: _Message | None = None


class _CallbackQuery(_Part):
    id: str
    sender: Annotated[_User, Field(alias="from")]
    message: _Message | None = None
    data: str | None = None
    inline_message_id: str | None = None


class _InlineQuery(_Part):
    id: str
    sender: Annotated[_User, Field(alias="from")]
    query: str


class _Member(_Part):
    status: str


class _MemberUpdated(_Part):
    chat: _Chat
    sender: Annotated[_User, Field(alias="from")]
    date: _Moment
    old_chat_member: _Member
    new_chat_member: _Member


class _Update(_Part):
    update_id: _Id
    message: _Message | None = None
    callback_query: _CallbackQuery | None = None
    inline_query: _InlineQuery | None = None
    my_chat_member: _MemberUpdated | None = None


def is_wellformed(raw: Mapping[str, object]) -> bool:
    """Whether all of the update that is read has its type; what else it holds does not matter."""
    try:
        _Update.model_validate(raw)
    except (ValidationError, RecursionError):
        return False
    return True
