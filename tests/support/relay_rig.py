"""What tests of conversations with the staff share: a courier and a desk over a real store, all else in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.adapters.database.connection import Database
from bot.adapters.database.relay_store import SqlRelayStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.answering.ports import LanguageGuess
from bot.errors import GapError
from bot.ids import ChatId, Locale, VisitorId
from bot.relay.courier import CourierParts, RelayCourier
from bot.relay.hours import StaffHours
from bot.relay.model import Posted, Relay, RelayedKind, RelayedMessage, RelayId, RelayRules, RelayState
from bot.relay.service import RelayDesk

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
"""A Tuesday, 17:30 in Qingdao."""
AIDA, BORIS = VisitorId(7_000_000_001), VisitorId(7_000_000_002)
GROUP = ChatId(-1001)
QUESTION = "Көрмеге итпен кіруге бола ма?"
RULES = RelayRules(
    group=GROUP,
    locale=Locale.RU,
    hours=StaffHours.read("Mon-Fri 09:00-18:00", ZoneInfo("Asia/Shanghai")),
    waits=timedelta(hours=48),
)


def relay_of(relay_id: str = "0000000a", visitor_id: VisitorId = AIDA, *, at: datetime = NOW) -> Relay:
    """An open conversation of somebody who writes Kazakh."""
    return Relay(RelayId(relay_id), visitor_id, Locale.KK, RelayState.OPEN, changed_at=at, said_at=at)


def relayed(relay: Relay, kind: RelayedKind, text: str = "", *, at: datetime = NOW) -> RelayedMessage:
    """A message of a conversation, to be stored."""
    return RelayedMessage(
        relay_id=relay.relay_id, visitor_id=relay.visitor_id, kind=kind, text=text, at=at, locale=relay.locale
    )


@dataclass
class Calls:
    """Implements `bot.relay.ports.Post`: what comes next in `results`, else that it was sent."""

    results: list[Posted | BaseException] = field(default_factory=list)
    sent: list[RelayedMessage] = field(default_factory=list)
    about: list[RelayedMessage | None] = field(default_factory=list)

    async def __call__(self, message: RelayedMessage, about: RelayedMessage | None) -> Posted:
        self.sent.append(message)
        self.about.append(about)
        result = self.results.pop(0) if self.results else Posted.SENT
        if isinstance(result, BaseException):
            raise result
        return result

    def texts(self, *kinds: RelayedKind) -> list[str]:
        """What was sent of these kinds, in order."""
        return [one.text for one in self.sent if one.kind in kinds]


class FirstLetters:
    """Tells Kazakh, Russian and Chinese apart by a letter; all else is what was expected."""

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess | None:
        letters = {
            Locale.KK: "әғқңөұүһі",
            Locale.ZH: "不可以",
            Locale.RU: "ё",
        }
        found = (locale for locale, own in letters.items() if set(own) & set(text.lower()))
        guess = next(found, prior)
        return None if guess is None else LanguageGuess(guess, 1.0)

    def retyped(self, text: str, *, prior: Locale | None) -> str:
        return text


@dataclass
class Interpreter:
    """Implements `bot.relay.ports.Translating`: says into which language, and keeps who paid."""

    paid_by: list[VisitorId | None] = field(default_factory=list)

    async def translated(self, text: str, *, written_in: Locale, into: Locale, payer: VisitorId | None) -> str:
        self.paid_by.append(payer)
        return f"({written_in} → {into}) {text}"


@dataclass
class Drafts:
    """Implements `bot.gaps.ports.DraftFiles` in memory."""

    files: dict[str, str] = field(default_factory=dict)

    async def write(self, locale: Locale, topic: str, name: str, content: str) -> Path:
        path = f"drafts/{locale}/{topic}/{name}.md"
        if path in self.files:
            raise GapError("there already")
        self.files[path] = content
        return Path(path)


class RelayRig:
    """A desk and a courier over a database. Each call of `turn` is one turn, so long after all began."""

    def __init__(
        self, database: Database, *, interpreter: Interpreter | None = None, ids: Callable[[], str] | None = None
    ) -> None:
        numbers = count(1)
        self.database, self.store, self.turns = database, SqlRelayStore(database), SqlTurnStore(database)
        self.calls, self.drafts = Calls(), Drafts()
        self.desk = RelayDesk(
            RULES, self.store, self.turns, self.drafts, new_id=ids or (lambda: f"{next(numbers):08x}")
        )
        parts = CourierParts(
            store=self.store,
            post=self.calls,
            identifier=FirstLetters(),
            interpreter=interpreter,
            transaction=database.transaction,
        )
        self.courier = RelayCourier(RULES, parts)

    async def ask(self, visitor_id: VisitorId = AIDA, question: str = QUESTION, *, turn_id: str = "t1") -> Relay:
        """Somebody says yes; returns the conversation."""
        relay = self.desk.new(visitor_id, Locale.KK, now=NOW)
        await self.desk.ask(relay, [question], turn_id=turn_id, now=NOW)
        return relay

    async def answer(self, relay: Relay, *parts: str, reply_to: int = 77) -> None:
        """Somebody of the staff replies."""
        await self.desk.answer(relay, parts, reply_to=reply_to, now=NOW)

    async def turn(self, *, minutes: float = 0) -> None:
        """One turn of the courier."""
        await self.courier.turn(NOW + timedelta(minutes=minutes))

    async def states(self, relay: Relay) -> list[tuple[str, str]]:
        """Kind and state of all messages of a conversation."""
        return [(one.kind.value, one.state.value) for one in await self.store.messages(relay.relay_id)]


def told(message: RelayedMessage) -> RelayedMessage:
    """The message without its number, to be compared."""
    return replace(message, entry=0)
