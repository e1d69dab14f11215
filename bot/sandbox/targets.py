"""Which chat a call means, and whether the bot may speak there: Telegram's answers when it may not."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.engine import SandboxEngine
from bot.sandbox.limits import MESSAGES_AT_ONCE
from bot.sandbox.wire import ApiError, Json, Params, bad_request, forbidden
from bot.sandbox.world import Bot, Conversation, Group, Persona


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a Bot API method."""

    sandbox: SandboxEngine
    bot: Bot
    params: Params


@dataclass(frozen=True, slots=True)
class Target:
    """A chat as the calling bot sees it: with a persona, or a group."""

    conversation: Conversation
    persona: Persona | None = None
    group: Group | None = None


def known_chat(call: Call, name: str = "chat_id") -> Target:
    """The chat of a call that only reads.

    Raises:
        ApiError: 400 "chat_id is empty", "chat not found", or the new id of a group that was upgraded.
    """
    chat_id = _chat_id(call, name)
    world = call.sandbox.world
    if persona := world.personas.get(chat_id):
        return Target(world.private(call.bot, persona), persona=persona)
    group = world.groups.get(chat_id)
    if group is None:
        raise bad_request("chat not found")
    if group.migrated_to:
        raise ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": group.migrated_to},
        )
    return Target(group.conversation, group=group)


def open_chat(call: Call, name: str = "chat_id") -> Target:
    """The chat of a call that writes.

    Raises:
        ApiError: as `known_chat`, and 403 where the bot was blocked, kicked, or never spoken to.
    """
    if _chat_id(call, name) in call.sandbox.world.bots:
        raise forbidden("bots can't send messages to bots")
    target = known_chat(call, name)
    if target.persona is not None:
        _check_persona(call.bot, target.persona)
    elif target.group is not None:
        _check_group(call.bot, target.group)
    return target


def message_at(target: Target, message_id: int, purpose: str) -> Json:
    """A message of the chat.

    Raises:
        ApiError: 400 "message to {purpose} not found".
    """
    message = target.conversation.messages.get(message_id)
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    return message


def listed_messages(call: Call, name: str = "chat_id") -> tuple[Target, list[Json]]:
    """The chat of a call that writes, and those of the call's `message_ids` that the chat still holds.

    Raises:
        ApiError: 400 for no ids or more than 100 of them, and as `open_chat`.
    """
    numbers = call.params.items("message_ids", what="message identifiers")
    if not 1 <= len(numbers) <= MESSAGES_AT_ONCE:
        raise bad_request("message identifiers must be 1 to 100")
    target = open_chat(call, name)
    held = target.conversation.messages
    return target, [held[int(number)] for number in numbers if int(number) in held]


def for_bot(message: Json) -> Json:
    """The message as a bot gets it: with a keyboard under it, but not with one in the place of the app's."""
    markup = message.get("reply_markup")
    if markup is None or "inline_keyboard" in markup:
        return message
    return {name: value for name, value in message.items() if name != "reply_markup"}


def text_and_entities(message: Json) -> tuple[str, list[Json]]:
    """Text or caption of a message."""
    if "text" in message:
        return str(message["text"]), message.get("entities", [])
    return str(message.get("caption", "")), message.get("caption_entities", [])


def sender_id(message: Json) -> int:
    """Who a message is from: a user, or the chat itself."""
    return int((message.get("from") or message.get("sender_chat") or {}).get("id", 0))


def _chat_id(call: Call, name: str) -> int:
    given = call.params.text(name).strip()
    if not given:
        raise bad_request(f"{name} is empty")
    if given.startswith("@"):
        found = call.sandbox.world.chat_id_of(given[1:])
        if found is None:
            raise bad_request("chat not found")
        return found
    try:
        return int(given)
    except ValueError as error:
        raise bad_request("chat not found") from error


def _check_persona(bot: Bot, persona: Persona) -> None:
    if persona.deactivated:
        raise forbidden("user is deactivated")
    if bot.id in persona.blocked:
        raise forbidden("bot was blocked by the user")
    if bot.id not in persona.started:
        raise forbidden("bot can't initiate conversation with a user")


def _check_group(bot: Bot, group: Group) -> None:
    kind = group.kind
    standing = group.standing.get(bot.id, "left")
    if standing == "kicked":
        raise forbidden(f"bot was kicked from the {kind} chat")
    if standing == "left":
        raise forbidden(f"bot is not a member of the {kind} chat")
    if kind == "channel" and not group.is_administrator(bot.id):
        raise bad_request("need administrator rights in the channel chat")
