"""What visitors and staff do with a conversation; what is to be carried is stored, and carried by `courier`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from bot.answering.model import Loss, LostBy
from bot.errors import GapError
from bot.gaps.model import Gap, GapId, GapState, LostQuestion
from bot.gaps.ports import DraftFiles
from bot.gaps.service import write_drafts
from bot.ids import ChatId, Locale, VisitorId
from bot.relay.model import (
    Relay,
    RelayedKind,
    RelayedMessage,
    RelayId,
    RelayRules,
    RelayState,
    StaffPhrase,
)
from bot.relay.ports import AskedTurns, RelayStore
from bot.writing.masking import masked

_log = structlog.get_logger(__name__)

_NOT_KNOWN_WHERE = Loss(LostBy.NOTHING_FOUND)
"""Of a question whose turn is no longer kept."""


class RelayDesk:
    """Opens, fills and ends conversations. All that it writes joins the open transaction."""

    def __init__(
        self,
        rules: RelayRules,
        store: RelayStore,
        turns: AskedTurns,
        files: DraftFiles,
        *,
        new_id: Callable[[], str],
    ) -> None:
        self.rules = rules
        self._store = store
        self._turns = turns
        self._files = files
        self._new_id = new_id

    async def open_of(self, visitor_id: VisitorId) -> Relay | None:
        """The visitor's open conversation."""
        return await self._store.open_of(visitor_id)

    async def find(self, relay_id: RelayId) -> Relay | None:
        """A conversation by its id; None when it is no longer kept."""
        return await self._store.find(relay_id)

    def new(self, visitor_id: VisitorId, locale: Locale, *, now: datetime) -> Relay:
        """A conversation to be; `ask` opens it."""
        return Relay(RelayId(self._new_id()), visitor_id, locale, RelayState.OPEN, changed_at=now, said_at=now)

    async def ask(self, relay: Relay, question: Sequence[str], *, turn_id: str, now: datetime) -> None:
        """The visitor said yes: their question goes to the staff. The conversation is opened if it is new."""
        if await self._store.find(relay.relay_id) is None:
            await self._store.begin(relay)
            _log.info("relay_opened", relay_id=relay.relay_id, locale=relay.locale.value)
        asked = _message(relay, RelayedKind.QUESTION, now, turn_id=turn_id)
        for part in question:
            await self._store.add(replace(asked, text=part))

    async def write(self, relay: Relay, parts: Sequence[str], *, now: datetime) -> None:
        """The visitor wrote."""
        for part in parts:
            await self._store.add(_message(relay, RelayedKind.WORDS, now, text=part))

    async def answer(
        self,
        relay: Relay,
        parts: Sequence[str],
        *,
        reply_to: int,
        phrase: StaffPhrase | None = None,
        now: datetime,
    ) -> None:
        """Somebody of the staff answered, by the message `reply_to` of the group or by pressing below it."""
        answer = _message(relay, RelayedKind.ANSWER, now, phrase=phrase)
        for number, part in enumerate(parts, start=1):
            is_last = number == len(parts)
            await self._store.add(replace(answer, text=part, reply_to=reply_to if is_last else None))

    async def end(self, relay: Relay, *, now: datetime) -> None:
        """The visitor ended it: the staff are told. Twice changes nothing."""
        if await self._store.end(relay.relay_id, now=now):
            await self._store.add(_message(relay, RelayedKind.END_FOR_STAFF, now))
            _log.info("relay_ended", relay_id=relay.relay_id, by="visitor")

    async def is_kept(self, entry: int) -> bool:
        """Whether a message is still there."""
        return await self._store.message(entry) is not None

    async def draft(self, entry: int, *, now: datetime) -> list[Path]:
        """Begin a section of an answer: in its language, and in the visitor's; returns the new files.

        Raises:
            GapError: the answer is no longer kept, or there is a file of that name.
        """
        answer = await self._store.message(entry)
        if answer is None or answer.kind is not RelayedKind.ANSWER:
            raise GapError("this answer is no longer kept: write the section by hand")
        before = [one for one in await self._store.messages(answer.relay_id) if one.entry < entry]
        parts = [*_parts_before(before), answer]
        written_in = answer.written_in or self.rules.locale
        answers = {written_in: "\n\n".join(one.text for one in parts)}
        if all(one.translation for one in parts):
            answers[answer.locale] = "\n\n".join(one.translation for one in parts)
        asked = [one for one in before if one.kind.is_of_visitor]
        questions = [question for one in asked for question in await self._questions(one)]
        if not questions:
            raise GapError("its question is no longer kept: write the section by hand")
        gap = Gap(GapId(f"{answer.relay_id}-{entry}"), GapState.OPEN, tuple(questions))
        return await write_drafts(gap, self._files, (written_in, answer.locale), answers=answers, now=now)

    async def _questions(self, asked: RelayedMessage) -> list[LostQuestion]:
        """What a visitor wrote, and its translation, masked: a draft is read by many, and kept."""
        visitor_id, loss = asked.visitor_id, _NOT_KNOWN_WHERE
        if asked.turn_id:
            turn = await self._turns.answered(ChatId(visitor_id), visitor_id, turn_id=asked.turn_id)
            loss = (turn and turn.loss) or loss
        written = [(asked.text, asked.written_in or asked.locale), (asked.translation, self.rules.locale)]
        return [LostQuestion("", masked(text), locale, asked.at, loss) for text, locale in written if text]


def _parts_before(messages: Sequence[RelayedMessage]) -> list[RelayedMessage]:
    """The first parts of an answer that was carried in several: they stand before its last one and end nothing."""
    parts: list[RelayedMessage] = []
    for one in reversed(messages):
        if one.kind is RelayedKind.ANSWER and one.reply_to is None:
            parts.insert(0, one)
        elif one.kind is RelayedKind.ANSWER:
            break
    return parts


def _message(
    relay: Relay,
    kind: RelayedKind,
    now: datetime,
    *,
    text: str = "",
    turn_id: str = "",
    phrase: StaffPhrase | None = None,
) -> RelayedMessage:
    return RelayedMessage(
        relay_id=relay.relay_id,
        visitor_id=relay.visitor_id,
        kind=kind,
        text=text,
        at=now,
        locale=relay.locale,
        turn_id=turn_id,
        phrase=phrase,
    )
