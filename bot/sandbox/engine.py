"""The sandbox as a whole: its world, and what happens when a message appears, changes or goes."""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from itertools import count

from bot.sandbox.events import EventLog
from bot.sandbox.faults import FaultQueue
from bot.sandbox.files import FileStore
from bot.sandbox.flood import FloodControl, FloodRules
from bot.sandbox.keys import BOT_TOKEN
from bot.sandbox.queries import OpenQueries
from bot.sandbox.webhooks import Webhooks
from bot.sandbox.wire import ApiError, Json, bad_request
from bot.sandbox.world import Bot, Clock, Conversation, Group, Persona, World

_INLINE_MESSAGES_KEPT = 20_000
"""Messages sent through bots that can still be edited; the oldest fall out. Chosen to bound memory."""


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """How much the sandbox remembers, and how long its webhooks wait before they try again.

    The numbers kept are chosen to bound memory. The pauses in seconds after one, two … failures double up to 60, the
    longest of Telegram's own server (`WEBHOOK_MAX_RESEND_TIMEOUT` in
    https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/WebhookActor.h); its first ones are chosen.
    `webhook_timeout_s`, chosen too, is how long a bot may take to answer.
    """

    messages_per_chat: int = 2_000
    calls: int = 20_000
    webhook_retry_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
    webhook_timeout_s: float = 60.0


@dataclass(slots=True)
class RecordedCall:
    """One call of a bot; the status is None while it lasts."""

    number: int
    bot_id: int
    method: str
    at: float
    params: Json
    status: int | None = None

    def as_json(self) -> Json:
        """The call for `/sandbox/calls`."""
        return {
            "n": self.number,
            "bot": self.bot_id,
            "method": self.method,
            "chat_id": self.params.get("chat_id"),
            "at": self.at,
            "status": self.status,
            "params": self.params,
        }


@dataclass(slots=True)
class CallLog:
    """The last calls, in order."""

    calls: deque[RecordedCall]
    numbers: count[int] = field(default_factory=lambda: count(1))

    def begin(self, bot_id: int, method: str, at: float, params: Json) -> RecordedCall:
        """Writes down a call that has arrived."""
        call = RecordedCall(next(self.numbers), bot_id, method, at, params)
        self.calls.append(call)
        return call


class SandboxEngine:
    """Everything that the methods of bots and the actions of persons work on."""

    def __init__(self, clock: Clock, *, rules: FloodRules, limits: SandboxLimits, token: str) -> None:
        self.clock = clock
        self.limits = limits
        self.world = World(clock, messages_kept=limits.messages_per_chat)
        self.events = EventLog()
        self.flood = FloodControl(rules)
        self.faults = FaultQueue()
        self.files = FileStore()
        self.calls = CallLog(deque(maxlen=limits.calls))
        self.pressed = OpenQueries(clock, self.world.numbers())
        self.inline = OpenQueries(clock, self.world.numbers())
        self.webhooks = Webhooks(clock, limits.webhook_retry_s, limits.webhook_timeout_s)
        self.closing = asyncio.Event()
        self.inline_messages: OrderedDict[str, tuple[Conversation, int, int]] = OrderedDict()
        self._first_bot = self.world.add_bot(token, "scoda_sandbox_bot", "SCODA Bot")

    def now(self) -> int:
        """The time as Telegram writes it, in whole seconds."""
        return int(self.clock())

    def bot_of(self, token: str) -> Bot:
        """The bot of a token.

        Raises:
            ApiError: 404 for a malformed token, 401 for one that is not, or no longer, a bot's.
        """
        parts = BOT_TOKEN.fullmatch(token)
        if parts is None:
            raise ApiError(404, "Not Found")
        bot = self.world.bots.get(int(parts[1]))
        if bot is None or not hmac.compare_digest(bot.token, token):
            raise ApiError(401, "Unauthorized")
        bot.is_in_use = True
        return bot

    def default_bot(self) -> Bot:
        """The bot that is meant where none is named: the only one in use, else the first."""
        in_use = [bot for bot in self.world.bots.values() if bot.is_in_use]
        return in_use[0] if len(in_use) == 1 else self._first_bot

    def show(self, conversation: Conversation, event: str, payload: Json) -> None:
        """Tells those who watch the chat."""
        self.events.publish(event, payload, audience=conversation.member_ids, bot_id=conversation.bot_id)

    def post(self, conversation: Conversation, message: Json) -> None:
        """Adds a message to its chat and shows it to those who watch."""
        conversation.add(message)
        self.show(conversation, "message", message)

    def replace(self, conversation: Conversation, message: Json) -> None:
        """Puts an edited message in the place of the old one."""
        conversation.add(message)
        self.show(conversation, "edited_message", message)

    def remove(self, conversation: Conversation, message_ids: list[int]) -> None:
        """Takes messages away from everybody."""
        gone = [number for number in message_ids if conversation.remove(number)]
        if gone:
            payload = {"chat_id": conversation.chat_id, "message_ids": gone}
            self.show(conversation, "deleted", payload)

    def keep_inline_message(self, inline_id: str, conversation: Conversation, message_id: int, bot_id: int) -> None:
        """Remembers which message an inline_message_id means."""
        self.inline_messages[inline_id] = (conversation, message_id, bot_id)
        if len(self.inline_messages) > _INLINE_MESSAGES_KEPT:
            self.inline_messages.popitem(last=False)

    def inline_message(self, inline_id: str, bot_id: int) -> tuple[Conversation, Json]:
        """The message that was sent through the bot.

        Raises:
            ApiError: 400 "MESSAGE_ID_INVALID".
        """
        conversation, message_id, owner_id = self.inline_messages.get(inline_id, (None, 0, 0))
        message = conversation.messages.get(message_id) if conversation and owner_id == bot_id else None
        if conversation is None or message is None:
            raise bad_request("MESSAGE_ID_INVALID")
        return conversation, message

    def bots_in(self, group: Group) -> list[Bot]:
        """The bots that are in the group now."""
        return [bot for bot in self.world.bots.values() if group.is_member(bot.id)]

    def close(self) -> None:
        """Ends streams and polls so that the server can stop."""
        self.closing.set()
        self.events.close()
        for bot in self.world.bots.values():
            bot.updates.end_poll(None)


def lane_of(payload: Json, persona: Persona | None = None) -> int:
    """The chat whose order an update belongs to; without a chat, the person."""
    if persona is not None:
        return persona.id
    message = payload.get("message", payload)
    chat = message.get("chat") or payload.get("from") or {}
    return int(chat.get("id", 0))
