"""The methods by which a bot sets its commands, names, descriptions and menu button, per language and scope."""

from __future__ import annotations

import re

from bot.sandbox.limits import (
    BOT_NAME_UNITS,
    COMMAND_DESCRIPTION_UNITS,
    COMMANDS,
    DESCRIPTION_UNITS,
    SHORT_DESCRIPTION_UNITS,
    utf16_length,
)
from bot.sandbox.targets import Call
from bot.sandbox.wire import Json, bad_request
from bot.sandbox.world import Bot, Group, Persona

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
"""A command's name: https://core.telegram.org/bots/api#botcommand."""
_LANGUAGE = re.compile(r"[a-z]{2}")
"""Two letters of ISO 639-1: https://core.telegram.org/bots/api#setmycommands."""
_GENERAL_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
"""Scopes without a chat: https://core.telegram.org/bots/api#botcommandscope."""
_CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})
"""Scopes of one chat: the same section."""


def set_my_commands(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmycommands."""
    commands = [_command(one) for one in call.params.items("commands", what="list of bot commands")]
    if len(commands) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_scope(call), _language(call)] = commands
    call.sandbox.events.publish("commands", {"bot": call.bot.id})
    return True


def get_my_commands(call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#getmycommands."""
    return call.bot.commands.get((_scope(call), _language(call)), [])


def delete_my_commands(call: Call) -> bool:
    """https://core.telegram.org/bots/api#deletemycommands."""
    call.bot.commands.pop((_scope(call), _language(call)), None)
    call.sandbox.events.publish("commands", {"bot": call.bot.id})
    return True


def set_my_name(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmyname."""
    return _set_words(call, call.bot.names, "name", BOT_NAME_UNITS)


def get_my_name(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getmyname."""
    return {"name": _words(call, call.bot.names) or call.bot.first_name}


def set_my_description(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmydescription."""
    return _set_words(call, call.bot.descriptions, "description", DESCRIPTION_UNITS)


def get_my_description(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getmydescription."""
    return {"description": _words(call, call.bot.descriptions)}


def set_my_short_description(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setmyshortdescription."""
    return _set_words(call, call.bot.short_descriptions, "short_description", SHORT_DESCRIPTION_UNITS)


def get_my_short_description(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getmyshortdescription."""
    return {"short_description": _words(call, call.bot.short_descriptions)}


def set_chat_menu_button(call: Call) -> bool:
    """https://core.telegram.org/bots/api#setchatmenubutton."""
    button = call.params.fields("menu_button", what="menu button") or {"type": "default"}
    if button.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("can't parse menu button: unsupported type")
    call.bot.menu_buttons[call.params.integer("chat_id")] = button
    call.sandbox.events.publish("commands", {"bot": call.bot.id})
    return True


def get_chat_menu_button(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getchatmenubutton."""
    buttons = call.bot.menu_buttons
    return buttons.get(call.params.integer("chat_id")) or buttons.get(0) or {"type": "commands"}


def commands_shown(bot: Bot, persona: Persona, group: Group | None) -> list[Json]:
    """The commands that the persona's app shows: the narrowest scope first, in it the app's language first.

    See https://core.telegram.org/bots/api#determining-list-of-commands.
    """
    language = persona.language_code[:2].lower()
    for scope in _scopes_of(persona, group):
        for code in dict.fromkeys((language, "")):
            if commands := bot.commands.get((scope, code)):
                return commands
    return []


def _scopes_of(persona: Persona, group: Group | None) -> list[str]:
    if group is None:
        return [f"chat {persona.id}", "all_private_chats", "default"]
    chat_id = group.conversation.chat_id
    scopes = [f"chat_member {chat_id} {persona.id}"]
    if group.is_administrator(persona.id):
        scopes += [f"chat_administrators {chat_id}", f"chat {chat_id}", "all_chat_administrators"]
    else:
        scopes.append(f"chat {chat_id}")
    return [*scopes, "all_group_chats", "default"]


def _command(command: object) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(command.get("command", "")), str(command.get("description", ""))
    if not _COMMAND.fullmatch(name.removeprefix("/")):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= utf16_length(description.strip()) <= COMMAND_DESCRIPTION_UNITS:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name.removeprefix("/"), "description": description.strip()}


def _scope(call: Call) -> str:
    scope = call.params.fields("scope", what="bot command scope")
    kind = str(scope.get("type", "default"))
    if kind in _GENERAL_SCOPES:
        return kind
    if kind not in _CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if "chat_id" not in scope:
        raise bad_request("can't parse BotCommandScope: Can't find field \"chat_id\"")
    parts = [kind, str(scope["chat_id"])]
    if kind == "chat_member":
        parts.append(str(scope.get("user_id", "")))
    return " ".join(parts)


def _language(call: Call) -> str:
    code = call.params.text("language_code")
    if code and not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def _set_words(call: Call, words: dict[str, str], name: str, limit: int) -> bool:
    text = call.params.text(name).strip()
    if utf16_length(text) > limit:
        raise bad_request(f"BOT_{name.replace('short_description', 'about').upper()}_TOO_LONG")
    code = _language(call)
    if text:
        words[code] = text
    else:
        words.pop(code, None)
    return True


def _words(call: Call, words: dict[str, str]) -> str:
    return words.get(_language(call)) or words.get("", "")


METHODS = (
    set_my_commands,
    get_my_commands,
    delete_my_commands,
    set_my_name,
    get_my_name,
    set_my_description,
    get_my_description,
    set_my_short_description,
    get_my_short_description,
    set_chat_menu_button,
    get_chat_menu_button,
)
"""The Bot API methods of this module, for `bot.sandbox.methods`."""
