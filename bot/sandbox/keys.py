"""The secrets of one run of the sandbox: what bots, scripts and the page show to be let in."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

DEFAULT_BOT_ID = 7_000_001
"""The id of the bot that is there from the start; chosen, and always the same so that scripts know it."""
BOT_TOKEN = re.compile(r"([0-9]{1,18}):([A-Za-z0-9_-]{5,64})")
"""Id, colon, secret.

Telegram's secrets have 35 characters; from 5 on they are taken here, so that a token can be typed.
"""
BOT_VARIABLE, CONTROL_VARIABLE = "SANDBOX_TOKEN", "SANDBOX_CONTROL_TOKEN"
"""The environment variables that bring a sandbox's process its keys."""
CONTROL_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
"""What can stand in a header as it is; from 8 characters on, chosen so that it is not guessed at once."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`bot` is the token of the bot that is there from the start, `control` what X-Sandbox-Token must hold.

    `reading` stands in the page's cookie and opens its event stream and files only: browsers give a cookie to every
    port of a host, so another local server may come to see it.
    """

    bot: str = field(repr=False)
    control: str = field(repr=False)
    reading: str = field(repr=False)


def keys_of(*, bot: str = "", control: str = "") -> Keys:
    """These keys; what is not given is made up."""
    return Keys(bot or new_token(DEFAULT_BOT_ID), control or secrets.token_urlsafe(24), secrets.token_urlsafe(24))


def new_token(bot_id: int) -> str:
    """A token as @BotFather makes them."""
    return f"{bot_id}:{secrets.token_urlsafe(26)}"
