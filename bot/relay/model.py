"""A conversation that the bot carries between a visitor and the staff, and the messages in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import NewType

from bot.ids import ChatId, Locale, VisitorId
from bot.relay.hours import StaffHours

MOST_WRITTEN = 1000
"""UTF-16 units of a message that is carried; a longer one is carried in parts. Chosen: with its translation and what
stands around it each is one message of Telegram's, so that each is one call."""
MOST_TRANSLATED = 2500
"""UTF-16 units of a translation. By reasoning: Chinese grows to some two and a half times its length in letters."""

RelayId = NewType("RelayId", str)
"""Eight hexadecimal digits: all that the staff see of who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRules:
    """Who answers and when, as the settings say it."""

    group: ChatId
    """The chat of the staff: whoever is in it may answer, and nobody else."""
    locale: Locale
    """The language of the staff."""
    hours: StaffHours
    waits: timedelta
    """A conversation in which nobody has written for so long ends by itself."""


class RelayState(StrEnum):
    """Where a conversation stands."""

    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Relay:
    """A visitor's conversation with the staff; `locale` is the visitor's language."""

    relay_id: RelayId
    visitor_id: VisitorId
    locale: Locale
    state: RelayState
    changed_at: datetime
    """When something was written last, by either side."""
    said_at: datetime
    """When the visitor wrote last."""

    @property
    def is_open(self) -> bool:
        """Whether what is written goes to the other side."""
        return self.state is RelayState.OPEN


class RelayedKind(StrEnum):
    """What is carried, and to whom."""

    QUESTION = "question"
    """To the staff: the question that the bot had no answer to."""
    WORDS = "words"
    """To the staff: what the visitor wrote then."""
    ANSWER = "answer"
    """To the visitor: what somebody of the staff wrote."""
    RECEIPT = "receipt"
    """To the staff: what became of an answer."""
    DOUBT = "doubt"
    """To the visitor: what they wrote may not have arrived."""
    END_FOR_STAFF = "end_for_staff"
    END_FOR_VISITOR = "end_for_visitor"

    @property
    def goes_to_staff(self) -> bool:
        """Whether it is for the group; else it is for the visitor."""
        return self in (RelayedKind.QUESTION, RelayedKind.WORDS, RelayedKind.RECEIPT, RelayedKind.END_FOR_STAFF)

    @property
    def is_of_visitor(self) -> bool:
        """Whether the visitor wrote it."""
        return self in (RelayedKind.QUESTION, RelayedKind.WORDS)

    @property
    def is_written(self) -> bool:
        """Whether a person wrote it; all else the bot says by itself."""
        return self.is_of_visitor or self is RelayedKind.ANSWER


class RelayedState(StrEnum):
    """What became of carrying a message."""

    WAITING = "waiting"
    SENDING = "sending"
    """Marked before the call: who finds it so after a start can't know whether it arrived."""
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    """It may have arrived, and is never sent again."""
    GONE = "gone"
    """The visitor blocked the bot."""
    REFUSED = "refused"
    """Telegram does not take it."""


class StaffPhrase(StrEnum):
    """What the staff say by one press, in words that people have translated."""

    LOOKING = "looking"
    TELL_MORE = "tell_more"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedMessage:
    """One message to be carried in one call, or that was. `entry` is 0 until it is stored."""

    entry: int = 0
    relay_id: RelayId
    visitor_id: VisitorId
    kind: RelayedKind
    text: str = ""
    at: datetime
    locale: Locale
    """The visitor's language, as the conversation has it."""
    state: RelayedState = RelayedState.WAITING
    translation: str = ""
    """What a language model made of `text` for the other side, if it passed the checks."""
    written_in: Locale | None = None
    """The language of `text`, once it was looked at."""
    turn_id: str = ""
    """Of a question: the turn in which the bot had no answer to it."""
    about: int | None = None
    """Of a receipt or a doubt: the message it is about."""
    reply_to: int | None = None
    """Of an answer: the message in the group that it is the last part of; its receipt goes there."""
    phrase: StaffPhrase | None = None


class Posted(Enum):
    """What became of a call."""

    SENT = auto()
    NOT_SENT = auto()
    """Surely not: it may be tried again."""
    IN_DOUBT = auto()
    GONE = auto()
    REFUSED = auto()
