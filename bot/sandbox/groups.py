"""Groups, and updates made by hand, which no persona caused."""

from __future__ import annotations

from bot.sandbox.engine import SandboxEngine, lane_of
from bot.sandbox.membership import membership_update
from bot.sandbox.person import PersonError
from bot.sandbox.wire import Json
from bot.sandbox.world import Bot, Conversation, Group, Persona

_KINDS = frozenset({"group", "supergroup", "channel"})
"""Types of https://core.telegram.org/bots/api#chat that are not private."""


def create_group(
    sandbox: SandboxEngine, chat: Json, members: list[Persona], *, bot: Bot | None, standing: str
) -> Group:
    """Makes a group; its first member owns it, and the bot is told that it was added.

    Raises:
        PersonError: for a type that is no group's.
    """
    if chat["type"] not in _KINDS:
        raise PersonError(f"type must be one of {', '.join(sorted(_KINDS))}, not {chat['type']!r}")
    statuses = {persona.id: "member" for persona in members}
    if members:
        statuses[members[0].id] = "creator"
    group = sandbox.world.add_group(chat, statuses)
    if bot is not None:
        group.standing[bot.id] = standing
        _tell(sandbox, group, bot, ("left", standing))
    return group


def remove_bot(sandbox: SandboxEngine, group: Group, bot: Bot) -> None:
    """Kicks the bot out; it is told."""
    before = group.standing.get(bot.id, "left")
    group.standing[bot.id] = "kicked"
    _tell(sandbox, group, bot, (before, "kicked"))


def migrate(sandbox: SandboxEngine, group: Group) -> Group:
    """Upgrades the group: a new id, and both chats say so. The old id answers with the new one from now on."""
    old = group.conversation
    chat = {name: value for name, value in old.chat.items() if name != "id"}
    upgraded = sandbox.world.add_group({**chat, "type": "supergroup"}, dict(group.standing))
    new = upgraded.conversation
    _announce(sandbox, group, {"migrate_to_chat_id": new.chat_id})
    group.migrated_to = new.chat_id
    _announce(sandbox, upgraded, {"migrate_from_chat_id": old.chat_id})
    return upgraded


def inject(sandbox: SandboxEngine, bot: Bot, update: Json, update_id: int | None) -> Json:
    """Gives the bot an update as it stands; its chat and message are added, so that the bot can answer.

    Raises:
        PersonError: for an update without a kind.
    """
    kinds = [name for name in update if name != "update_id"]
    if len(kinds) != 1 or not isinstance(update[kinds[0]], dict):
        raise PersonError('an update is {"update": {"<kind>": {…}}} with exactly one kind, such as channel_post')
    payload: Json = update[kinds[0]]
    if isinstance(payload.get("chat"), dict) and "id" in payload["chat"]:
        conversation = _conversation(sandbox, bot, payload)
        if "message_id" in payload:
            sandbox.post(conversation, payload)
    number = bot.updates.add(kinds[0], payload, lane=lane_of(payload), update_id=update_id)
    return {"update_id": number, "queued": number is not None}


def _conversation(sandbox: SandboxEngine, bot: Bot, payload: Json) -> Conversation:
    world, chat = sandbox.world, payload["chat"]
    chat_id = int(chat["id"])
    if chat_id < 0:
        group = world.groups.get(chat_id) or world.add_group(chat, {bot.id: "administrator"})
        return group.conversation
    persona = world.personas.get(chat_id)
    if persona is None:
        persona = world.add_persona(str(chat.get("first_name", chat_id)), chat_id)
        persona.language_code = str(payload.get("from", {}).get("language_code", ""))
    persona.started.add(bot.id)
    return world.private(bot, persona)


def _announce(sandbox: SandboxEngine, group: Group, content: Json) -> None:
    conversation = group.conversation
    owner = _owner(sandbox, group)
    message: Json = {
        "message_id": conversation.next_message_id(),
        "chat": conversation.chat,
        "date": sandbox.now(),
        **({"from": owner.user} if owner else {}),
        **content,
    }
    sandbox.post(conversation, message)
    for bot in sandbox.bots_in(group):
        bot.updates.add("message", message, lane=conversation.chat_id)


def _tell(sandbox: SandboxEngine, group: Group, bot: Bot, change: tuple[str, str]) -> None:
    chat = group.conversation.chat
    owner = _owner(sandbox, group)
    actor = owner.user if owner else bot.user
    bot.updates.add(
        "my_chat_member", membership_update(sandbox, bot, chat, actor=actor, change=change), lane=chat["id"]
    )


def _owner(sandbox: SandboxEngine, group: Group) -> Persona | None:
    owner_id = next((number for number, standing in group.standing.items() if standing == "creator"), 0)
    return sandbox.world.personas.get(owner_id)
