"""What the chat is told of addresses, limits, rates and its part among other processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.chat.context import CPU_S_PER_MINUTE, VisitorRules
from bot.chat.wire.intake import IntakeLimits
from bot.chat.wire.pace_terms import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """Plain values; `bot.settings` says what they mean. `base_url` empty means Telegram itself.

    A port of 0 takes a free one; `health_port` None serves no health routes.
    """

    token: str = field(repr=False)
    base_url: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    webhook_host: str = "127.0.0.1"
    webhook_port: int = 0
    health_host: str = "127.0.0.1"
    health_port: int | None = None
    poll_timeout_s: int = 25
    request_timeout_s: float = 20.0
    limits: IntakeLimits = field(default_factory=IntakeLimits)
    cpu_s_per_minute: float = CPU_S_PER_MINUTE
    rules: VisitorRules = field(default_factory=VisitorRules)
    rates: Rates = field(default_factory=Rates)
    copies_in_flight: int = 0
    """Announcements' copies on their way at once, beside the replies."""
    handles_updates: bool = True
    """False: others do, and this process sends alone."""
    is_replica: bool = False
    """One of several processes: it polls only while it `leads`."""
