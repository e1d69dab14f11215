"""The methods that change, mark or remove a message."""

from __future__ import annotations

import re

from bot.sandbox.keyboards import reply_markup
from bot.sandbox.limits import DELETABLE_S
from bot.sandbox.sending import caption_content, text_content
from bot.sandbox.targets import Call, Target, for_bot, listed_messages, message_at, open_chat, sender_id
from bot.sandbox.wire import Json, bad_request
from bot.sandbox.world import Conversation

_TEXT_FIELDS = ("text", "entities", "link_preview_options", "reply_markup")
"""What editMessageText replaces: https://core.telegram.org/bots/api#editmessagetext."""
_CAPTION_FIELDS = ("caption", "caption_entities", "show_caption_above_media", "reply_markup")
"""What editMessageCaption replaces: https://core.telegram.org/bots/api#editmessagecaption."""
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
"""Telegram's words for an edit that changes nothing."""
_MEDIA = re.compile("photo|document|video|audio|voice|animation")
"""Message fields whose message can have a caption."""


def edit_message_text(call: Call) -> Json | bool:
    """https://core.telegram.org/bots/api#editmessagetext."""
    content = text_content(call.params)
    conversation, message = _editable(call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _edit(call, conversation, message, fields=_TEXT_FIELDS, content=content)


def edit_message_caption(call: Call) -> Json | bool:
    """https://core.telegram.org/bots/api#editmessagecaption."""
    content = caption_content(call.params)
    conversation, message = _editable(call)
    if not any(_MEDIA.fullmatch(name) for name in message):
        raise bad_request("there is no caption in the message to edit")
    return _edit(call, conversation, message, fields=_CAPTION_FIELDS, content=content)


def edit_message_reply_markup(call: Call) -> Json | bool:
    """https://core.telegram.org/bots/api#editmessagereplymarkup."""
    conversation, message = _editable(call)
    return _edit(call, conversation, message, fields=("reply_markup",), content={})


def delete_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemessage."""
    target = open_chat(call)
    message = message_at(target, call.params.integer("message_id"), "delete")
    _check_deletable(call, target, message)
    call.sandbox.remove(target.conversation, [message["message_id"]])
    return True


def delete_messages(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemessages: messages that are gone are skipped."""
    target, found = listed_messages(call)
    for message in found:
        _check_deletable(call, target, message)
    call.sandbox.remove(target.conversation, [message["message_id"] for message in found])
    return True


def set_message_reaction(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmessagereaction."""
    target = open_chat(call)
    message = message_at(target, call.params.integer("message_id"), "react")
    reaction = call.params.items("reaction", what="reaction types")
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    payload = {
        "chat_id": target.conversation.chat_id,
        "message_id": message["message_id"],
        "reaction": reaction,
    }
    call.sandbox.show(target.conversation, "reaction", payload)
    return True


def pin_chat_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#pinchatmessage."""
    target = _pinnable(call)
    conversation = target.conversation
    message = message_at(target, call.params.integer("message_id"), "pin")
    conversation.pinned = [*(one for one in conversation.pinned if one != message["message_id"])]
    conversation.pinned.append(message["message_id"])
    notice: Json = {
        "message_id": conversation.next_message_id(),
        "from": call.bot.user,
        "chat": conversation.chat,
        "date": call.sandbox.now(),
        "pinned_message": for_bot(message),
    }
    call.sandbox.post(conversation, notice)
    return True


def unpin_chat_message(call: Call) -> bool:
    """https://core.telegram.org/bots/api#unpinchatmessage: without an id, the message pinned last."""
    pinned = _pinnable(call).conversation.pinned
    message_id = call.params.integer("message_id") or (pinned[-1] if pinned else 0)
    if message_id not in pinned:
        raise bad_request("message to unpin not found")
    pinned.remove(message_id)
    return True


def unpin_all_chat_messages(call: Call) -> bool:
    """https://core.telegram.org/bots/api#unpinallchatmessages."""
    _pinnable(call).conversation.pinned.clear()
    return True


def _editable(call: Call) -> tuple[Conversation, Json]:
    """The bot's own message that is to be edited, in a chat or sent through the bot."""
    if inline_id := call.params.text("inline_message_id"):
        return call.sandbox.inline_message(inline_id, call.bot.id)
    target = open_chat(call)
    message_id = call.params.integer("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    message = message_at(target, message_id, "edit")
    if sender_id(message) not in {call.bot.id, _channel_id(target)}:
        raise bad_request("message can't be edited")
    return target.conversation, message


def _channel_id(target: Target) -> int | None:
    chat = target.conversation.chat
    return int(chat["id"]) if chat["type"] == "channel" else None


def _edit(
    call: Call, conversation: Conversation, message: Json, *, fields: tuple[str, ...], content: Json
) -> Json | bool:
    """Replaces the named fields; what the call does not give is gone afterwards, as in Telegram."""
    markup = reply_markup(call.params, inline_only=True)
    if markup:
        content["reply_markup"] = markup
    if all(message.get(name) == content.get(name) for name in fields):
        raise bad_request(_SAME)
    now = call.sandbox.clock()
    call.sandbox.flood.count(call.bot.id, conversation.chat_id, now=now, paid=False)
    edited = {name: value for name, value in message.items() if name not in fields}
    edited["edit_date"] = int(now)
    edited.update(content)
    call.sandbox.replace(conversation, edited)
    return True if call.params.text("inline_message_id") else for_bot(edited)


def _check_deletable(call: Call, target: Target, message: Json) -> None:
    if call.sandbox.clock() - message["date"] > DELETABLE_S:
        raise bad_request("message can't be deleted for everyone")
    own = sender_id(message) == call.bot.id
    may = target.group is None or target.group.is_administrator(call.bot.id)
    if not own and not may:
        raise bad_request("message can't be deleted")


def _pinnable(call: Call) -> Target:
    target = open_chat(call)
    if target.group is not None and not target.group.is_administrator(call.bot.id):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return target


METHODS = (
    edit_message_text,
    edit_message_caption,
    edit_message_reply_markup,
    delete_message,
    delete_messages,
    set_message_reaction,
    pin_chat_message,
    unpin_chat_message,
    unpin_all_chat_messages,
)
"""The Bot API methods of this module, for `bot.sandbox.methods`."""
