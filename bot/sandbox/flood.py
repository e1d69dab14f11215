"""Flood control: about 30 messages a second over all chats, 1 a second a chat with short bursts, 20 a minute a group.

Telegram publishes the figures but not the method; one sliding window for each rule comes close enough. Paid
broadcast "ignores broadcasting limits" up to 1,000 a second: it does not use up the free rate of other messages, and
each message beyond that rate costs.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass

from bot.sandbox.wire import Json, too_many_requests

_BURST_S = 3
"""A chat may use up three seconds' messages at once; Telegram names no figure for its "short bursts", so chosen."""
_PAID_PER_S = 1000
"""Messages a second of a paid broadcast: `allow_paid_broadcast` of https://core.telegram.org/bots/api#sendmessage."""
_CHATS_REMEMBERED = 20_000
"""Windows kept, one a chat and rule; the longest unused fall out. Chosen to bound memory."""


@dataclass(frozen=True, slots=True)
class FloodRules:
    """The rates, by default those of https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.

    A group's rate is by the minute.
    """

    enabled: bool = False
    overall_per_s: int = 30
    chat_per_s: int = 1
    group_per_min: int = 20


class _Window:
    """At most `limit` messages in any `span_s` seconds."""

    __slots__ = ("_span_s", "_times")

    def __init__(self, limit: int, span_s: float) -> None:
        self._times: deque[float] = deque(maxlen=max(limit, 1))
        self._span_s = span_s

    def wait_s(self, now: float) -> float:
        """Seconds until one more is let through; 0 or less means now."""
        if len(self._times) < (self._times.maxlen or 1):
            return 0.0
        return self._times[0] + self._span_s - now

    def count(self, now: float) -> None:
        self._times.append(now)


class FloodControl:
    """Counts what bots send while it is switched on."""

    def __init__(self, rules: FloodRules) -> None:
        self.paid_messages = 0
        self.set(rules)

    def set(self, rules: FloodRules) -> None:
        """Starts counting afresh under these rules."""
        self.rules = rules
        self._windows: OrderedDict[tuple[str, int, int], _Window] = OrderedDict()

    def state(self) -> Json:
        """The rules, and how many messages a broadcast at the paid rate has sent beyond the free one."""
        rules = self.rules
        return {
            "enabled": rules.enabled,
            "overall_per_s": rules.overall_per_s,
            "chat_per_s": rules.chat_per_s,
            "group_per_min": rules.group_per_min,
            "paid_messages": self.paid_messages,
        }

    def count(self, bot_id: int, chat_id: int, *, now: float, paid: bool) -> None:
        """Counts one message or edit.

        Raises:
            ApiError: 429 with `retry_after`; the refused message is not counted.
        """
        if not self.rules.enabled:
            return
        if paid:
            common = self._window("paid", bot_id, 0, limit=_PAID_PER_S, span_s=1.0)
        else:
            common = self._window("overall", bot_id, 0, limit=self.rules.overall_per_s, span_s=1.0)
        windows = (self._chat_window(bot_id, chat_id), common)
        wait_s = max(window.wait_s(now) for window in windows)
        if wait_s > 0:
            raise too_many_requests(math.ceil(wait_s))
        if paid:
            free = self._window("free", bot_id, 0, limit=self.rules.overall_per_s, span_s=1.0)
            costs = free.wait_s(now) > 0
            self.paid_messages += costs
            if not costs:
                free.count(now)
        for window in windows:
            window.count(now)

    def _chat_window(self, bot_id: int, chat_id: int) -> _Window:
        if chat_id < 0:
            return self._window("group", bot_id, chat_id, limit=self.rules.group_per_min, span_s=60.0)
        return self._window("chat", bot_id, chat_id, limit=self.rules.chat_per_s * _BURST_S, span_s=_BURST_S)

    def _window(self, rule: str, bot_id: int, chat_id: int, *, limit: int, span_s: float) -> _Window:
        key = (rule, bot_id, chat_id)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(limit, span_s)
            if len(self._windows) > _CHATS_REMEMBERED:
                self._windows.popitem(last=False)
        else:
            self._windows.move_to_end(key)
        return window
