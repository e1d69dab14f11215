"""Reply markup: checked as Telegram checks it. Inline keyboards belong to a message, the others to the app."""

from __future__ import annotations

import re

from bot.sandbox.formatting import checked_link
from bot.sandbox.limits import (
    CALLBACK_DATA_BYTES,
    COPY_TEXT_UNITS,
    INLINE_KEYBOARD_BUTTONS,
    REPLY_KEYBOARD_BUTTONS,
    utf16_length,
)
from bot.sandbox.wire import Json, Params, bad_request

_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
"""What an inline button does, exactly one: https://core.telegram.org/bots/api#inlinekeyboardbutton."""
_LOOK = ("text", "style", "icon_custom_emoji_id")
"""The other fields of an inline button: the same section."""
_APP_KEYBOARDS = ("keyboard", "remove_keyboard", "force_reply")
"""Markup that changes the app's keyboard: https://core.telegram.org/bots/api#sendmessage, `reply_markup`."""
_MAY_BE_EMPTY = frozenset({"switch_inline_query", "switch_inline_query_current_chat"})
"""Actions for which an empty text has a meaning: the name of the bot alone is typed."""
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
"""A scheme and not a host with a port, which has a digit after the colon."""


def reply_markup(params: Params, *, inline_only: bool = False) -> Json | None:
    """The markup of a call, or None where it has none.

    Raises:
        ApiError: 400 in Telegram's words for a button that it would refuse.
    """
    markup = params.fields("reply_markup", what="reply keyboard markup")
    if not markup:
        return None
    if "inline_keyboard" in markup:
        return checked_inline_keyboard(markup)
    if inline_only:
        raise bad_request("inline keyboard expected")
    if not any(name in markup for name in _APP_KEYBOARDS):
        return None
    if "keyboard" in markup:
        return {**markup, "keyboard": _reply_keyboard(markup["keyboard"])}
    return markup


def checked_inline_keyboard(markup: Json) -> Json | None:
    """The inline keyboard as the message will carry it; None for one without buttons.

    Raises:
        ApiError: 400 in Telegram's words.
    """
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard button: expected an Array of Array")
    checked = [[_inline_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > INLINE_KEYBOARD_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _inline_button(button: object) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if text is None:
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not isinstance(text, str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not text.strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    for action in _ACTIONS:
        value = button.get(action)
        if value or (value is not None and action in _MAY_BE_EMPTY) or (action == "callback_game" and value == {}):
            kept: Json = {name: button[name] for name in _LOOK if button.get(name)}
            kept[action] = _checked_action(action, value)
            return kept
    raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")


def _checked_action(action: str, value: object) -> object:
    if action == "callback_data":
        if not isinstance(value, str) or len(value.encode("utf-8", "surrogatepass")) > CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif action == "url":
        return _button_url(str(value))
    elif action == "copy_text":
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str) or not 1 <= utf16_length(text) <= COPY_TEXT_UNITS:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return value


def _button_url(url: str) -> str:
    checked = checked_link(url)
    if checked:
        return checked
    other = _OTHER_SCHEME.match(url) and not url.lower().startswith(("http:", "https:"))
    reason = "Unsupported URL protocol" if other else "Wrong HTTP URL"
    raise bad_request(f"inline keyboard button URL '{url}' is invalid: {reason}")


def _reply_keyboard(rows: object) -> list[list[Json]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse keyboard button: expected an Array of Array")
    checked = [[_reply_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > REPLY_KEYBOARD_BUTTONS:
        raise bad_request("reply markup is too long")
    return checked


def _reply_button(button: object) -> Json:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    return button
