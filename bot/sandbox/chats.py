"""The methods that tell a bot about chats and their members."""

from __future__ import annotations

from bot.sandbox.membership import chat_member, membership_update
from bot.sandbox.targets import Call, Target, for_bot, known_chat
from bot.sandbox.wire import Json, bad_request, forbidden
from bot.sandbox.world import Group

_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)
"""The fields of https://core.telegram.org/bots/api#acceptedgifttypes, all of which are required."""


def get_chat(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getchat."""
    target = known_chat(call)
    conversation = target.conversation
    info: Json = {
        **conversation.chat,
        "accent_color_id": abs(conversation.chat_id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, True),
    }
    if conversation.pinned:
        pinned = conversation.messages.get(conversation.pinned[-1])
        if pinned is not None:
            info["pinned_message"] = for_bot(pinned)
    if target.group is not None:
        info["permissions"] = {"can_send_messages": True}
    return info


def get_chat_member(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getchatmember."""
    target = known_chat(call)
    member_id = call.params.integer("user_id")
    user = _user(call, member_id)
    if user is None:
        raise bad_request("member not found")
    if target.group is None:
        return {"status": "member", "user": user}
    return chat_member(user, target.group.standing.get(member_id, "left"))


def get_chat_administrators(call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#getchatadministrators: without other bots."""
    group = _group(known_chat(call), "there are no administrators in the private chat")
    members = [
        (_user(call, number), standing)
        for number, standing in group.standing.items()
        if group.is_administrator(number) and (number not in call.sandbox.world.bots or number == call.bot.id)
    ]
    return [chat_member(user, standing) for user, standing in members if user]


def get_chat_member_count(call: Call) -> int:
    """https://core.telegram.org/bots/api#getchatmembercount."""
    target = known_chat(call)
    if target.group is None:
        return 2
    return sum(map(target.group.is_member, target.group.standing))


def leave_chat(call: Call) -> bool:
    """https://core.telegram.org/bots/api#leavechat."""
    group = _group(known_chat(call), "chat member status can't be changed in private chats")
    if not group.is_member(call.bot.id):
        raise forbidden(f"bot is not a member of the {group.kind} chat")
    before = group.standing[call.bot.id]
    group.standing[call.bot.id] = "left"
    payload = membership_update(
        call.sandbox, call.bot, group.conversation.chat, actor=call.bot.user, change=(before, "left")
    )
    call.bot.updates.add("my_chat_member", payload, lane=group.conversation.chat_id)
    return True


def _group(target: Target, otherwise: str) -> Group:
    if target.group is None:
        raise bad_request(otherwise)
    return target.group


def _user(call: Call, user_id: int) -> Json | None:
    world = call.sandbox.world
    if persona := world.personas.get(user_id):
        return persona.user
    bot = world.bots.get(user_id)
    return bot.user if bot else None


METHODS = (get_chat, get_chat_member, get_chat_administrators, get_chat_member_count, leave_chat)
"""The Bot API methods of this module, for `bot.sandbox.methods`."""
