"""`my_chat_member`: what a bot is told when it is blocked, unblocked, added or removed."""

from __future__ import annotations

from bot.sandbox.engine import SandboxEngine
from bot.sandbox.wire import Json
from bot.sandbox.world import Bot

_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
"""Fields that https://core.telegram.org/bots/api#chatmemberadministrator requires, the last one since Bot API 10.3."""


def chat_member(user: Json, standing: str) -> Json:
    """A ChatMember of this standing."""
    member: Json = {"status": standing, "user": user}
    if standing == "kicked":
        member["until_date"] = 0
    elif standing == "creator":
        member["is_anonymous"] = False
    elif standing == "administrator":
        member |= {right: right not in {"is_anonymous", "can_be_edited"} for right in _RIGHTS}
    return member


def membership_update(sandbox: SandboxEngine, bot: Bot, chat: Json, *, actor: Json, change: tuple[str, str]) -> Json:
    """A ChatMemberUpdated: `change` is the bot's standing in the chat before and after."""
    before, after = change
    return {
        "chat": chat,
        "from": actor,
        "date": sandbox.now(),
        "old_chat_member": chat_member(bot.user, before),
        "new_chat_member": chat_member(bot.user, after),
    }
