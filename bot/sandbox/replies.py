"""The methods that answer a pressed button or an inline query."""

from __future__ import annotations

from bot.sandbox.entities import formatted
from bot.sandbox.keyboards import checked_inline_keyboard
from bot.sandbox.limits import (
    CALLBACK_ANSWER_UNITS,
    INLINE_OFFSET_BYTES,
    INLINE_RESULTS,
    RESULT_ID_BYTES,
    START_PAYLOAD_CHARACTERS,
    utf16_length,
)
from bot.sandbox.media import caption_fields, file_fields
from bot.sandbox.queries import InlineResult
from bot.sandbox.sending import text_fields
from bot.sandbox.targets import Call
from bot.sandbox.wire import Json, Params, bad_request

_KINDS = frozenset(
    {
        "article",
        "photo",
        "gif",
        "mpeg4_gif",
        "video",
        "audio",
        "voice",
        "document",
        "location",
        "venue",
        "contact",
        "sticker",
        "game",
    }
)
"""Types of https://core.telegram.org/bots/api#inlinequeryresult."""


def answer_callback_query(call: Call) -> bool:
    """https://core.telegram.org/bots/api#answercallbackquery."""
    params = call.params
    query_id = params.text("callback_query_id")
    call.sandbox.pressed.check(call.bot.id, query_id)
    text = params.text("text")
    if utf16_length(text) > CALLBACK_ANSWER_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    query = call.sandbox.pressed.take(call.bot.id, query_id)
    answer: Json = {"show_alert": params.flag("show_alert")}
    answer |= {name: params.text(name) for name in ("text", "url") if params.text(name)}
    if not query.answer.done():
        query.answer.set_result(answer)
    payload = {"callback_query_id": query.id, "persona": query.persona_id, **answer}
    call.sandbox.events.publish("callback_answer", payload, audience={query.persona_id}, bot_id=call.bot.id)
    return True


def answer_inline_query(call: Call) -> bool:
    """https://core.telegram.org/bots/api#answerinlinequery."""
    params = call.params
    query_id = params.text("inline_query_id")
    results = [_result(call, result) for result in params.items("results", what="inline query results")]
    if len(results) > INLINE_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    ids = [str(result.shown["id"]) for result in results]
    if len(set(ids)) < len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    next_offset = params.text("next_offset")
    if len(next_offset.encode()) > INLINE_OFFSET_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    button = _button(params)
    query = call.sandbox.inline.take(call.bot.id, query_id)
    for result in results:
        call.sandbox.inline.offer(call.bot.id, query.persona_id, result)
    answer: Json = {"results": [result.shown for result in results]}
    if next_offset:
        answer["next_offset"] = next_offset
    if button:
        answer["button"] = button
    if not query.answer.done():
        query.answer.set_result(answer)
    return True


def _button(params: Params) -> Json:
    button = params.fields("button", what="inline query results button")
    start = button.get("start_parameter")
    if start is not None and not 1 <= len(str(start).encode()) <= START_PAYLOAD_CHARACTERS:
        raise bad_request("START_PARAM_INVALID")
    return button


def _result(call: Call, result: object) -> InlineResult:
    if not isinstance(result, dict):
        raise bad_request("can't parse inline query result: expected an Object")
    if result.get("type") not in _KINDS:
        raise bad_request("can't parse inline query result: unallowed inline query result type")
    if not 1 <= len(str(result.get("id", "")).encode("utf-8", "surrogatepass")) <= RESULT_ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    markup = result.get("reply_markup")
    if isinstance(markup, str):
        raise bad_request("can't parse inline query result: object expected as reply markup")
    keyboard = checked_inline_keyboard(markup) if markup else None
    return InlineResult(result, _message_content(call, result), keyboard)


def _message_content(call: Call, result: Json) -> Json:
    """What the message will hold when this result is chosen."""
    given = result.get("input_message_content")
    if isinstance(given, dict):
        return _input_content(given)
    if result["type"] == "article":
        if not result.get("title"):
            raise bad_request("can't parse inline query result: article must have a title")
        raise bad_request("can't parse inline query result: message content is not specified")
    caption = caption_fields(result)
    return {**_result_file(call, result), **caption}


def _result_file(call: Call, result: Json) -> Json:
    if result["type"] == "location":
        return {"location": {name: result.get(name) for name in ("latitude", "longitude")}}
    kind = str(result["type"])
    stored = call.sandbox.files.get(str(result.get(f"{kind}_file_id", "")))
    if stored is not None:
        return file_fields(stored)
    return {"text": str(result.get("title") or result.get(f"{kind}_url") or kind)}


def _input_content(given: Json) -> Json:
    if "message_text" in given:
        mode = str(given.get("parse_mode", ""))
        text = formatted(str(given["message_text"]), mode, given.get("entities"))
        return text_fields(text, Params({**given, "text": given["message_text"]}))
    if "latitude" in given and "title" in given:
        location = {"latitude": given["latitude"], "longitude": given.get("longitude")}
        venue = {"location": location, "title": given["title"], "address": given.get("address", "")}
        return {"location": location, "venue": venue}
    if "latitude" in given:
        return {"location": {"latitude": given["latitude"], "longitude": given.get("longitude")}}
    if "phone_number" in given:
        return {"contact": {name: given[name] for name in ("phone_number", "first_name") if name in given}}
    raise bad_request("can't parse inline query result: message content is not specified")


METHODS = (answer_callback_query, answer_inline_query)
"""The Bot API methods of this module, for `bot.sandbox.methods`."""
