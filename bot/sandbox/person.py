"""What a person does with a Telegram app: write, tap, block, attach. Each action reaches the bot as an update."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.sandbox.engine import SandboxEngine
from bot.sandbox.entities import formatted
from bot.sandbox.limits import (
    CALLBACK_ANSWERABLE_S,
    INLINE_ANSWERABLE_S,
    START_PAYLOAD_CHARACTERS,
    TEXT_UNITS,
    utf16_length,
)
from bot.sandbox.membership import membership_update
from bot.sandbox.queries import answered_within
from bot.sandbox.sending import without_reply
from bot.sandbox.targets import for_bot, text_and_entities
from bot.sandbox.wire import Json, is_unicode
from bot.sandbox.world import Bot, Conversation, Group, Persona

_PAYLOAD = re.compile(rf"[A-Za-z0-9_-]{{0,{START_PAYLOAD_CHARACTERS}}}")
"""What a deep link may carry: https://core.telegram.org/bots/features#deep-linking."""


class PersonError(Exception):
    """An action that an app would not let a person do; the message says what to do instead."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Place:
    """Where a persona acts: in the private chat with a bot, or in a group."""

    persona: Persona
    bot: Bot
    conversation: Conversation
    group: Group | None = None


def place_of(sandbox: SandboxEngine, persona_id: int, bot_id: int | None, chat_id: int | None) -> Place:
    """Finds the persona, the bot and the chat.

    Raises:
        PersonError: 404 for a persona, bot or group that does not exist or that the persona is not in.
    """
    persona = persona_of(sandbox, persona_id)
    bot = bot_or_default(sandbox, bot_id)
    if chat_id is None or chat_id == persona.id:
        return Place(persona, bot, sandbox.world.private(bot, persona))
    group = group_of(sandbox, chat_id)
    if not group.is_member(persona.id):
        raise PersonError(f"persona {persona.id} is not a member of group {chat_id}; name it in members", 404)
    return Place(persona, bot, group.conversation, group)


def persona_of(sandbox: SandboxEngine, persona_id: int) -> Persona:
    """The persona of this id.

    Raises:
        PersonError: 404.
    """
    persona = sandbox.world.personas.get(persona_id)
    if persona is None:
        raise PersonError(f"there is no persona {persona_id}; GET /sandbox/state lists them", 404)
    return persona


def group_of(sandbox: SandboxEngine, chat_id: int) -> Group:
    """The group of this id; an upgraded one is followed to its new id.

    Raises:
        PersonError: 404.
    """
    group = sandbox.world.groups.get(chat_id)
    if group is not None and group.migrated_to:
        group = sandbox.world.groups.get(group.migrated_to)
    if group is None:
        raise PersonError(f"there is no group {chat_id}; POST /sandbox/groups makes one", 404)
    return group


def bot_or_default(sandbox: SandboxEngine, bot_id: int | None) -> Bot:
    """The bot of this id; without one, the one that is in use.

    Raises:
        PersonError: 404.
    """
    if bot_id is None:
        return sandbox.default_bot()
    bot = sandbox.world.bots.get(bot_id)
    if bot is None:
        raise PersonError(f"there is no bot {bot_id}; POST /sandbox/bots adds one", 404)
    return bot


def say(sandbox: SandboxEngine, place: Place, text: str, *, reply_to: int | None, entities: list[Json] | None) -> Json:
    """Sends a text with the entities that an app finds in it, or with those that are given.

    Raises:
        PersonError: for a text that no app would send.
    """
    kept = _typed(text, entities)
    content: Json = {"text": kept["text"]}
    if kept["entities"]:
        content["entities"] = kept["entities"]
    return post(sandbox, place, content, reply_to=reply_to)


def start(sandbox: SandboxEngine, place: Place, payload: str) -> Json:
    """Opens the link t.me/bot?start=payload and taps "Start", which also unblocks the bot.

    Raises:
        PersonError: for a payload that no link can carry; such a text may still be typed.
    """
    if not _PAYLOAD.fullmatch(payload):
        raise PersonError(
            "a start payload is at most 64 of A-Z a-z 0-9 _ -; POST …/send can type any other '/start …' text"
        )
    unblock(sandbox, place)
    return say(sandbox, place, f"/start {payload}".strip(), reply_to=None, entities=None)


def post(sandbox: SandboxEngine, place: Place, content: Json, *, reply_to: int | None = None) -> Json:
    """Puts a message of the persona into the chat and tells the bots in it.

    Raises:
        PersonError: while the bot is blocked, or for a reply to nothing.
    """
    persona, conversation = place.persona, place.conversation
    if place.group is None:
        if place.bot.id in persona.blocked:
            raise PersonError("this persona has blocked the bot; unblock it first (…/unblock or …/start)", 409)
        persona.started.add(place.bot.id)
    message: Json = {
        "message_id": conversation.next_message_id(),
        "from": persona.user,
        "chat": conversation.chat,
        "date": sandbox.now(),
    }
    if reply_to is not None:
        replied = conversation.messages.get(reply_to)
        if replied is None:
            raise PersonError(f"there is no message {reply_to} in this chat to reply to", 404)
        message["reply_to_message"] = without_reply(for_bot(replied))
    message.update(content)
    sandbox.post(conversation, message)
    tell(sandbox, place, "message", message)
    return message


def edit(sandbox: SandboxEngine, place: Place, message_id: int, text: str) -> Json:
    """Changes a text of the persona's own.

    Raises:
        PersonError: for someone else's message, or one without text.
    """
    message = place.conversation.messages.get(message_id)
    if message is None or message.get("from", {}).get("id") != place.persona.id:
        raise PersonError(f"message {message_id} is not this persona's own; only own messages can be edited", 404)
    if "text" not in message:
        raise PersonError(f"message {message_id} has no text to edit")
    kept = _typed(text, None)
    edited = {name: value for name, value in message.items() if name != "entities"}
    edited |= {"text": kept["text"], "edit_date": sandbox.now()}
    if kept["entities"]:
        edited["entities"] = kept["entities"]
    sandbox.replace(place.conversation, edited)
    tell(sandbox, place, "edited_message", edited)
    return edited


async def press(sandbox: SandboxEngine, place: Place, message_id: int, *, callback_data: str, wait_s: float) -> Json:
    """Presses a button. Data and message may be made up, as a forged client can."""
    bot, source = _pressed(sandbox, place, message_id)
    query = sandbox.pressed.ask(bot.id, place.persona.id, answerable_s=CALLBACK_ANSWERABLE_S)
    payload: Json = {
        "id": query.id,
        "from": place.persona.user,
        **source,
        "chat_instance": str(place.conversation.chat_id * 7919),
        "data": callback_data,
    }
    bot.updates.add("callback_query", payload, lane=place.conversation.chat_id)
    answer = await answered_within(query, wait_s)
    return {"answered": False} if answer is None else {"answered": True, **answer}


def _pressed(sandbox: SandboxEngine, place: Place, message_id: int) -> tuple[Bot, Json]:
    """The bot that a button belongs to, and how the query names the message."""
    message = place.conversation.messages.get(message_id)
    if message is None:
        gone: Json = {"chat": place.conversation.chat, "message_id": message_id, "date": 0}
        return place.bot, {"message": gone}
    owner = message.get("via_bot") or message.get("from", {})
    bot = sandbox.world.bots.get(owner.get("id", 0), place.bot)
    if "via_bot" in message:
        return bot, {"inline_message_id": inline_message_id(place.conversation, message_id, bot)}
    return bot, {"message": for_bot(message)}


async def ask_inline(sandbox: SandboxEngine, place: Place, text: str, *, offset: str, wait_s: float) -> Json:
    """Types "@bot text" and waits for results."""
    persona, bot = place.persona, place.bot
    query = sandbox.inline.ask(bot.id, persona.id, answerable_s=INLINE_ANSWERABLE_S, text=text)
    kind = "sender" if place.group is None else place.group.kind
    payload: Json = {"id": query.id, "from": persona.user, "query": text, "offset": offset, "chat_type": kind}
    bot.updates.add("inline_query", payload, lane=persona.id)
    answer = await answered_within(query, wait_s)
    return {"answered": False, "results": []} if answer is None else {"answered": True, **answer}


def choose_inline(sandbox: SandboxEngine, place: Place, result_id: str, text: str) -> Json:
    """Sends one of the results that the bot has offered.

    Raises:
        PersonError: 404 for a result that was not offered to this persona.
    """
    bot, conversation = place.bot, place.conversation
    result = sandbox.inline.results.get((bot.id, place.persona.id, result_id))
    if result is None:
        raise PersonError(f"the bot has not offered result {result_id!r} to this persona; ask …/inline first", 404)
    chosen: Json = {"result_id": result_id, "from": place.persona.user, "query": text}
    content: Json = {**result.content, "via_bot": bot.user}
    if result.reply_markup:
        content["reply_markup"] = result.reply_markup
    message = post(sandbox, place, content)
    if result.reply_markup:
        inline_id = inline_message_id(conversation, message["message_id"], bot)
        sandbox.keep_inline_message(inline_id, conversation, message["message_id"], bot.id)
        chosen["inline_message_id"] = inline_id
    bot.updates.add("chosen_inline_result", chosen, lane=place.persona.id)
    return message


def inline_message_id(conversation: Conversation, message_id: int, bot: Bot) -> str:
    """The name of a message that was sent through a bot."""
    return f"inline_{bot.id}_{conversation.chat_id}_{message_id}"


def block(sandbox: SandboxEngine, place: Place) -> None:
    """Stops the bot; blocking twice changes nothing."""
    if place.bot.id not in place.persona.blocked:
        place.persona.blocked.add(place.bot.id)
        _tell_membership(sandbox, place, ("member", "kicked"))


def unblock(sandbox: SandboxEngine, place: Place) -> None:
    """Lets the bot write again; without a block nothing changes."""
    if place.bot.id in place.persona.blocked:
        place.persona.blocked.discard(place.bot.id)
        _tell_membership(sandbox, place, ("kicked", "member"))


def _tell_membership(sandbox: SandboxEngine, place: Place, change: tuple[str, str]) -> None:
    persona = place.persona
    payload = membership_update(sandbox, place.bot, persona.chat, actor=persona.user, change=change)
    place.bot.updates.add("my_chat_member", payload, lane=persona.id)
    sandbox.events.publish("persona", persona.profile, audience={persona.id})


def tell(sandbox: SandboxEngine, place: Place, kind: str, message: Json) -> None:
    """Gives a message to the bot of a private chat, or to the bots of a group that may read it."""
    shown = for_bot(message)
    for bot in [place.bot] if place.group is None else _readers(sandbox, place.group, message):
        bot.updates.add(kind, shown, lane=place.conversation.chat_id)


def _readers(sandbox: SandboxEngine, group: Group, message: Json) -> Iterable[Bot]:
    for bot in sandbox.bots_in(group):
        if bot.reads_all_group_messages or group.is_administrator(bot.id) or _is_meant_for(bot, message):
            yield bot


def _is_meant_for(bot: Bot, message: Json) -> bool:
    """Privacy mode: commands, mentions, replies to the bot, and what was sent through it."""
    if message.get("via_bot", {}).get("id") == bot.id:
        return True
    if message.get("reply_to_message", {}).get("from", {}).get("id") == bot.id:
        return True
    text, entities = text_and_entities(message)
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in entities:
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        word = units[start:end].decode("utf-16-le", "surrogatepass").lower()
        if entity["type"] == "mention" and word == f"@{bot.username}".lower():
            return True
        if entity["type"] == "bot_command" and word.partition("@")[2] in {"", bot.username.lower()}:
            return True
    return False


def _typed(text: str, entities: list[Json] | None) -> Json:
    if not is_unicode(text):
        raise PersonError("the text holds half a surrogate pair; inject it with POST /sandbox/updates instead")
    kept = formatted(text, "", entities)
    if not kept.text:
        raise PersonError("the text is empty; an app sends nothing then")
    if utf16_length(kept.text) > TEXT_UNITS:
        raise PersonError(f"the text has more than {TEXT_UNITS} UTF-16 units; an app would send it in parts")
    return {"text": kept.text, "entities": list(kept.entities)}
