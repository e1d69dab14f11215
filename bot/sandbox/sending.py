"""The methods that put a new message into a chat."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from bot.sandbox.entities import formatted
from bot.sandbox.formatting import FormattedText
from bot.sandbox.keyboards import reply_markup
from bot.sandbox.limits import CAPTION_UNITS, TEXT_UNITS, utf16_length
from bot.sandbox.media import listed_media, media_content
from bot.sandbox.targets import Call, Target, for_bot, listed_messages, message_at, open_chat, text_and_entities
from bot.sandbox.wire import Json, Params, bad_request

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "record_audio",
        "upload_audio",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
"""https://core.telegram.org/bots/api#sendchataction, and the older names record_audio and upload_audio."""
_DICE_SIDES = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}
"""The largest value of each: https://core.telegram.org/bots/api#dice."""
_COPIED_ALWAYS = frozenset(
    {
        "text",
        "entities",
        "caption",
        "caption_entities",
        "photo",
        "document",
        "video",
        "audio",
        "voice",
        "animation",
        "sticker",
        "video_note",
        "location",
        "venue",
        "contact",
        "dice",
        "poll",
        "link_preview_options",
    }
)
"""What a message says; a copy brings it along, but not who said it, when, and with which buttons."""
_SERVICE = frozenset({"pinned_message", "migrate_to_chat_id", "migrate_from_chat_id", "new_chat_members"})
"""Fields of notices by the chat itself, which are not copied: https://core.telegram.org/bots/api#copymessage."""


def send_message(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendmessage."""
    return _send(call, text_content(call.params))


def send_photo(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendphoto."""
    return _send_media(call, "photo")


def send_document(call: Call) -> Json:
    """https://core.telegram.org/bots/api#senddocument."""
    return _send_media(call, "document")


def send_video(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendvideo."""
    return _send_media(call, "video")


def send_audio(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendaudio."""
    return _send_media(call, "audio")


def send_voice(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendvoice."""
    return _send_media(call, "voice")


def send_animation(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendanimation."""
    return _send_media(call, "animation")


def send_sticker(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendsticker."""
    return _send_media(call, "sticker")


def send_location(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendlocation."""
    return _send(call, {"location": _location(call.params)})


def send_venue(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendvenue."""
    location, title, address = _location(call.params), call.params.text("title"), call.params.text("address")
    if not title or not address:
        raise bad_request("venue title and address must be non-empty")
    venue = {"location": location, "title": title, "address": address}
    return _send(call, {"location": location, "venue": venue})


def send_contact(call: Call) -> Json:
    """https://core.telegram.org/bots/api#sendcontact."""
    contact = {name: call.params.text(name) for name in ("phone_number", "first_name", "last_name")}
    if not contact["phone_number"]:
        raise bad_request("phone number is empty")
    if not contact["first_name"]:
        raise bad_request("first name is empty")
    return _send(call, {"contact": {name: value for name, value in contact.items() if value}})


def send_dice(call: Call) -> Json:
    """https://core.telegram.org/bots/api#senddice."""
    emoji = call.params.text("emoji", "🎲")
    if emoji not in _DICE_SIDES:
        raise bad_request("wrong dice emoji specified")
    return _send(call, {"dice": {"emoji": emoji, "value": 1 + secrets.randbelow(_DICE_SIDES[emoji])}})


def send_media_group(call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#sendmediagroup."""
    contents = listed_media(call)
    group_id = str(call.sandbox.world.clock())
    return [_send(call, {**content, "media_group_id": group_id}) for content in contents]


def send_message_draft(call: Call) -> bool:
    """https://core.telegram.org/bots/api#sendmessagedraft: shown for 30 s, kept nowhere."""
    draft_id = call.params.integer("draft_id")
    if not draft_id:
        raise bad_request("draft_id must be non-zero")
    text = _formatted(call.params, "text", "entities")
    if utf16_length(text.text) > TEXT_UNITS:
        raise bad_request("message is too long")
    target = open_chat(call)
    if target.persona is None:
        raise bad_request("drafts can be sent to private chats only")
    payload: Json = {
        "chat_id": target.conversation.chat_id,
        "draft_id": draft_id,
        "text": text.text,
        "entities": list(text.entities),
    }
    call.sandbox.show(target.conversation, "draft", payload)
    return True


def send_chat_action(call: Call) -> bool:
    """https://core.telegram.org/bots/api#sendchataction."""
    action = call.params.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    conversation = open_chat(call).conversation
    payload = {"chat_id": conversation.chat_id, "action": action}
    call.sandbox.show(conversation, "action", payload)
    return True


def copy_message(call: Call) -> Json:
    """https://core.telegram.org/bots/api#copymessage."""
    source = _source(call, call.params.integer("message_id"), "copy")
    return {"message_id": _send(call, _copied(call.params, source))["message_id"]}


def copy_messages(call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#copymessages: messages that are gone are skipped."""
    sources = _sources(call, "copy")
    return [{"message_id": _send(call, _content_of(source))["message_id"]} for source in sources]


def forward_message(call: Call) -> Json:
    """https://core.telegram.org/bots/api#forwardmessage."""
    source = _source(call, call.params.integer("message_id"), "forward")
    return _send(call, _forwarded(source))


def forward_messages(call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#forwardmessages: messages that are gone are skipped."""
    sources = _sources(call, "forward")
    return [{"message_id": _send(call, _forwarded(source))["message_id"]} for source in sources]


def text_content(params: Params) -> Json:
    """Text, entities and preview options of a call, as a message carries them.

    Raises:
        ApiError: 400 for a text that is empty, too long, or does not parse.
    """
    return text_fields(_formatted(params, "text", "entities"), params)


def text_fields(text: FormattedText, params: Params) -> Json:
    """The message fields of a text that has been read.

    Raises:
        ApiError: 400 "message text is empty" or "message is too long".
    """
    if not text.text:
        raise bad_request("text must be non-empty" if params.text("text") else "message text is empty")
    if utf16_length(text.text) > TEXT_UNITS:
        raise bad_request("message is too long")
    content: Json = {"text": text.text}
    if text.entities:
        content["entities"] = list(text.entities)
    preview = params.fields("link_preview_options", what="link preview options")
    if not preview and params.flag("disable_web_page_preview"):
        preview = {"is_disabled": True}
    if preview:
        content["link_preview_options"] = preview
    return content


def caption_content(params: Params) -> Json:
    """Caption and entities of a call; nothing where there is no caption.

    Raises:
        ApiError: 400 for a caption that is too long or does not parse.
    """
    caption = _formatted(params, "caption", "caption_entities")
    if utf16_length(caption.text) > CAPTION_UNITS:
        raise bad_request("message caption is too long")
    content: Json = {"caption": caption.text} if caption.text else {}
    if caption.entities:
        content["caption_entities"] = list(caption.entities)
    if content and params.flag("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return content


def _formatted(params: Params, name: str, entities_name: str) -> FormattedText:
    parse_mode = params.text("parse_mode")
    given = [] if parse_mode else params.items(entities_name, what="message entities")
    return formatted(params.text(name), parse_mode, given)


def _send_media(call: Call, kind: str) -> Json:
    caption = {} if kind == "sticker" else caption_content(call.params)
    return _send(call, {**media_content(call, kind), **caption})


def _send(call: Call, content: Json) -> Json:
    sandbox, params = call.sandbox, call.params
    target = open_chat(call)
    conversation = target.conversation
    reply = _replied(params, target)
    markup = reply_markup(params)
    now = sandbox.clock()
    paid = params.flag("allow_paid_broadcast")
    sandbox.flood.count(call.bot.id, conversation.chat_id, now=now, paid=paid)
    message: Json = {"message_id": conversation.next_message_id(), **_sender(call, target)}
    message["chat"] = conversation.chat
    message["date"] = int(now)
    message.update(reply)
    if params.flag("protect_content"):
        message["has_protected_content"] = True
    message.update(content)
    if markup:
        message["reply_markup"] = markup
    sandbox.post(conversation, message)
    return for_bot(message)


def _sender(call: Call, target: Target) -> Json:
    chat = target.conversation.chat
    return {"sender_chat": chat} if chat["type"] == "channel" else {"from": call.bot.user}


def _replied(params: Params, target: Target) -> Json:
    wanted = params.fields("reply_parameters", what="reply parameters")
    message_id = wanted.get("message_id") or params.integer("reply_to_message_id")
    if not message_id:
        return {}
    message = target.conversation.messages.get(int(message_id))
    if message is None:
        if wanted.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    fields: Json = {"reply_to_message": without_reply(for_bot(message))}
    if quote := wanted.get("quote"):
        if quote not in text_and_entities(message)[0]:
            raise bad_request("QUOTE_TEXT_INVALID")
        position = wanted.get("quote_position", 0)
        fields["quote"] = {"text": quote, "position": position, "is_manual": True}
    return fields


def without_reply(message: Json) -> Json:
    """The message without the one that it answers: a quoted message never quotes a third one."""
    if "reply_to_message" not in message:
        return message
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def _location(params: Params) -> Json:
    latitude, longitude = params.number("latitude"), params.number("longitude")
    if latitude is None or longitude is None:
        raise bad_request("latitude and longitude must be given")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("wrong location specified")
    return {"latitude": latitude, "longitude": longitude}


def _source(call: Call, message_id: int, purpose: str) -> Json:
    source = open_chat(call, "from_chat_id")
    message = message_at(source, message_id, purpose)
    if message.get("has_protected_content") or not _SERVICE.isdisjoint(message):
        raise bad_request(f"message can't be {'copied' if purpose == 'copy' else 'forwarded'}")
    return message


def _sources(call: Call, purpose: str) -> Sequence[Json]:
    _, found = listed_messages(call, "from_chat_id")
    if not found:
        raise bad_request(f"there are no messages to {purpose}")
    return found


def _content_of(message: Json) -> Json:
    return {name: value for name, value in message.items() if name in _COPIED_ALWAYS}


def _copied(params: Params, source: Json) -> Json:
    content = _content_of(source)
    if "caption" in params and "text" not in content:
        content.pop("caption", None)
        content.pop("caption_entities", None)
        content.update(caption_content(params))
    return content


def _forwarded(source: Json) -> Json:
    origin: Json = source.get("forward_origin") or {
        "type": "user",
        "date": source["date"],
        "sender_user": source.get("from", {}),
    }
    if "from" not in source and "forward_origin" not in source:
        origin = {
            "type": "channel",
            "date": source["date"],
            "chat": source["chat"],
            "message_id": source["message_id"],
        }
    return {"forward_origin": origin, **_content_of(source)}


METHODS = (
    send_message,
    send_photo,
    send_document,
    send_video,
    send_audio,
    send_voice,
    send_animation,
    send_sticker,
    send_location,
    send_venue,
    send_contact,
    send_dice,
    send_media_group,
    send_message_draft,
    send_chat_action,
    copy_message,
    copy_messages,
    forward_message,
    forward_messages,
)
"""The Bot API methods of this module, for `bot.sandbox.methods`."""
