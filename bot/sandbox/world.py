"""Who and what exists in the sandbox: bots, personas, groups, and the messages between them. State only."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.sandbox.updates import UpdateQueue
from bot.sandbox.wire import Json

Clock = Callable[[], float]
"""Seconds since 1970; tests give one that they move by hand."""

_EPOCH_2026 = 1_767_225_600
"""2026-01-01 UTC in seconds since 1970, before any run of the sandbox: keeps the first numbers short."""
_FIRST_PERSONA = 5_000_000_000_000_001
"""No role or consent of a persona may fit a person: Telegram's ids have at most 52 significant bits
(https://core.telegram.org/bots/api#user), these have 53, which a JavaScript number still holds exactly. Groups keep
Telegram's ranges, by which libraries tell their kinds: a group has no rights.
"""
_CAST = (
    ("Wei 伟", "zh-hans"),
    ("Anna Анна", "ru"),
    ("John", "en"),
    ("Aizhan Айжан", "kk"),
    ("Nurlan", "ky"),
    ("Farrukh", "tg"),
    ("Dilnoza", "uz"),
    ("Maryam مریم", "fa"),
    ("Ahmed احمد", "ur"),
    ("Priya प्रिया", "hi"),
    ("Alesia", "be"),
    ("Bold", "mn"),
    ("Sam", ""),
)
"""The personas that are there from the start: names, one a language and one whose app tells none, and the language."""


class Conversation:
    """The messages of one private chat with one bot, or of one group (which has no `bot_id`).

    They stand oldest first; the oldest ones fall out.
    """

    __slots__ = ("_ids", "_kept", "bot_id", "chat", "member_ids", "messages", "pinned")

    def __init__(
        self,
        chat: Json,
        ids: Iterator[int],
        *,
        kept: int,
        member_ids: set[int],
        bot_id: int | None = None,
    ) -> None:
        self.chat = chat
        self.bot_id = bot_id
        self.member_ids = member_ids
        self.messages: OrderedDict[int, Json] = OrderedDict()
        self.pinned: list[int] = []
        self._ids = ids
        self._kept = kept

    @property
    def chat_id(self) -> int:
        """A persona's id, or a group's."""
        return int(self.chat["id"])

    def next_message_id(self) -> int:
        """The id of the message that is about to be added."""
        return next(self._ids)

    def add(self, message: Json) -> None:
        """Keeps a message; a known id is replaced where it stands."""
        self.messages[message["message_id"]] = message
        while len(self.messages) > self._kept:
            self.messages.popitem(last=False)

    def remove(self, message_id: int) -> bool:
        """Whether there was such a message."""
        return self.messages.pop(message_id, None) is not None


@dataclass(slots=True, eq=False)
class Bot:
    """One bot: who it is, what it has set, and what waits for it."""

    id: int
    username: str
    first_name: str
    updates: UpdateQueue
    message_ids: Iterator[int]
    born_at: float
    token: str = field(repr=False)
    is_in_use: bool = False
    """Whether it has called."""
    logged_out_until: float = 0.0
    reads_all_group_messages: bool = False
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)

    @property
    def user(self) -> Json:
        """The bot as the sender of a message."""
        return {"id": self.id, "is_bot": True, "first_name": self.first_name, "username": self.username}


@dataclass(slots=True, eq=False)
class Persona:
    """One person with an app; what the bots may do to it follows from `started` and `blocked`."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    deactivated: bool = False
    started: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)

    def _names(self) -> Json:
        names = {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}
        return {name: value for name, value in names.items() if value}

    @property
    def user(self) -> Json:
        """The persona as the sender of a message."""
        user: Json = {"id": self.id, "is_bot": False, **self._names()}
        if self.language_code:
            user["language_code"] = self.language_code
        return user

    @property
    def chat(self) -> Json:
        """The persona as the other side of a private chat."""
        return {"id": self.id, "type": "private", **self._names()}

    @property
    def profile(self) -> Json:
        """The persona for the chat page."""
        profile: Json = {"id": self.id, **self._names(), "blocked": sorted(self.blocked)}
        if self.language_code:
            profile["language_code"] = self.language_code
        return profile


@dataclass(slots=True, eq=False)
class Group:
    """A group, supergroup or channel with its members' standing: persona or bot id to status."""

    conversation: Conversation
    standing: dict[int, str]
    migrated_to: int = 0

    @property
    def kind(self) -> str:
        """`group`, `supergroup` or `channel`."""
        return str(self.conversation.chat["type"])

    def is_member(self, member_id: int) -> bool:
        """Whether a persona or bot is in the group now."""
        return self.standing.get(member_id, "left") not in {"left", "kicked"}

    def is_administrator(self, member_id: int) -> bool:
        """Whether a persona or bot may act for the group."""
        return self.standing.get(member_id) in {"creator", "administrator"}


class World:
    """Everything that exists. Its numbers start from the present second, so that a restarted sandbox repeats none."""

    def __init__(self, clock: Clock, *, messages_kept: int) -> None:
        self.clock = clock
        self.bots: dict[int, Bot] = {}
        self.personas: dict[int, Persona] = {}
        self.groups: dict[int, Group] = {}
        self._private: dict[tuple[int, int], Conversation] = {}
        self._usernames: dict[str, int] = {}
        self._messages_kept = messages_kept
        self._first_number = max(int(clock()) - _EPOCH_2026, 0) + 1
        self._persona_ids = itertools.count(_FIRST_PERSONA + len(_CAST) + self._first_number)
        self._group_ids = itertools.count(self._first_number)
        for number, (first_name, language_code) in enumerate(_CAST):
            persona = Persona(_FIRST_PERSONA + number, first_name, language_code=language_code)
            self.personas[persona.id] = persona

    def numbers(self) -> Iterator[int]:
        """A new series of numbers that no earlier run has given out."""
        return itertools.count(self._first_number)

    def add_bot(self, token: str, username: str, first_name: str) -> Bot:
        """Makes the bot of a token, which begins with its id."""
        bot_id = int(token.partition(":")[0])
        updates = UpdateQueue(self._first_number * 10, self.clock)
        bot = Bot(bot_id, username, first_name, updates, self.numbers(), self.clock(), token)
        self.bots[bot_id] = bot
        return bot

    def add_persona(self, first_name: str, persona_id: int | None = None) -> Persona:
        """Makes a persona; without an id it gets a new one."""
        persona = Persona(next(self._persona_ids) if persona_id is None else persona_id, first_name)
        self.personas[persona.id] = persona
        return persona

    def add_group(self, chat: Json, standing: dict[int, str]) -> Group:
        """Makes a group; a chat without an id gets one of its type's range."""
        if "id" not in chat:
            number = next(self._group_ids)
            chat = {"id": -number if chat["type"] == "group" else -1_000_000_000_000 - number, **chat}
        members = {member for member in standing if member not in self.bots}
        conversation = Conversation(chat, self.numbers(), kept=self._messages_kept, member_ids=members)
        group = Group(conversation, standing)
        self.groups[chat["id"]] = group
        if username := chat.get("username"):
            self._usernames[str(username).lower()] = chat["id"]
        return group

    def chat_id_of(self, username: str) -> int | None:
        """The public group or channel of this name."""
        return self._usernames.get(username.lower())

    def private(self, bot: Bot, persona: Persona) -> Conversation:
        """The private chat of the two, made when it is first asked for."""
        key = (bot.id, persona.id)
        conversation = self._private.get(key)
        if conversation is None:
            conversation = Conversation(
                persona.chat,
                bot.message_ids,
                kept=self._messages_kept,
                member_ids={persona.id},
                bot_id=bot.id,
            )
            self._private[key] = conversation
        return conversation

    def renamed(self, persona: Persona) -> None:
        """Gives the persona's private chats its present names."""
        for bot_id in self.bots:
            if conversation := self._private.get((bot_id, persona.id)):
                conversation.chat = persona.chat
