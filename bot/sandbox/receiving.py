"""The methods by which a bot presents itself and receives its updates."""

from __future__ import annotations

import math

from bot.sandbox.limits import DOWNLOAD_BYTES, POLL_SECONDS, UPDATES_AT_ONCE
from bot.sandbox.targets import Call
from bot.sandbox.webhooks import webhook_setting
from bot.sandbox.wire import ApiError, Described, Json, bad_request, too_many_requests
from bot.sandbox.world import Bot

_COOLING_S = 600
"""Ten minutes: https://core.telegram.org/bots/api#logout and #close."""


def get_me(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getme."""
    return {
        **call.bot.user,
        "can_join_groups": True,
        "can_read_all_group_messages": call.bot.reads_all_group_messages,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def log_out(call: Call) -> bool:
    """https://core.telegram.org/bots/api#logout: for ten minutes the token is refused."""
    call.bot.logged_out_until = call.sandbox.clock() + _COOLING_S
    return True


def close(call: Call) -> bool:
    """https://core.telegram.org/bots/api#close: refused in the first ten minutes of a bot's life."""
    wait_s = call.bot.born_at + _COOLING_S - call.sandbox.clock()
    if wait_s > 0:
        raise too_many_requests(math.ceil(wait_s))
    return True


async def get_updates(call: Call) -> list[Json]:
    """https://core.telegram.org/bots/api#getupdates."""
    if call.sandbox.webhooks.url_of(call.bot):
        raise ApiError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    params = call.params
    limit = params.integer("limit", UPDATES_AT_ONCE)
    timeout_s = min(max(params.integer("timeout"), 0), POLL_SECONDS)
    if call.sandbox.closing.is_set():
        timeout_s = 0
    remember_allowed_updates(call)
    offset = params.integer("offset")
    return await call.bot.updates.poll(offset, limit if 1 <= limit <= UPDATES_AT_ONCE else UPDATES_AT_ONCE, timeout_s)


async def set_webhook(call: Call) -> Described:
    """https://core.telegram.org/bots/api#setwebhook; on this machine plain HTTP on any port is taken too."""
    if not call.params.text("url"):
        return await delete_webhook(call)
    changed = await call.sandbox.webhooks.set(call.bot, webhook_setting(call.params))
    remember_allowed_updates(call)
    if call.params.flag("drop_pending_updates"):
        call.bot.updates.clear()
    return Described(result=True, description="Webhook was set" if changed else "Webhook is already set")


async def delete_webhook(call: Call) -> Described:
    """https://core.telegram.org/bots/api#deletewebhook."""
    if call.params.flag("drop_pending_updates"):
        call.bot.updates.clear()
    removed = await call.sandbox.webhooks.remove(call.bot)
    return Described(result=True, description="Webhook was deleted" if removed else "Webhook is already deleted")


def get_webhook_info(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getwebhookinfo."""
    return {
        **call.sandbox.webhooks.info(call.bot),
        "has_custom_certificate": False,
        "pending_update_count": len(call.bot.updates),
        **_allowed(call.bot),
    }


def get_file(call: Call) -> Json:
    """https://core.telegram.org/bots/api#getfile."""
    file_id = call.params.text("file_id")
    if not file_id:
        raise bad_request("file_id is not specified")
    stored = call.sandbox.files.get(file_id)
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.upload.content) > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {**stored.ids, "file_path": stored.path}


def remember_allowed_updates(call: Call) -> None:
    """Keeps the list of wanted kinds until another one is given; an empty one means the usual kinds."""
    if "allowed_updates" in call.params:
        wanted = call.params.items("allowed_updates", what="allowed updates")
        call.bot.updates.allowed = frozenset(str(kind).lower() for kind in wanted)


def _allowed(bot: Bot) -> Json:
    return {"allowed_updates": sorted(bot.updates.allowed)} if bot.updates.allowed else {}


METHODS = (get_me, log_out, close, get_updates, set_webhook, delete_webhook, get_webhook_info, get_file)
"""The Bot API methods of this module, for `bot.sandbox.methods`."""
