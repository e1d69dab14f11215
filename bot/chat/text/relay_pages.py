"""Messages between visitors and the staff, as each side reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

import regex

from bot.answering.model import Loss, TurnRecord
from bot.chat.text import gap_texts, relay_texts, texts
from bot.chat.text.keyboards import Key, Rows, column
from bot.chat.text.rendering import Html, blockquote, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button, ButtonAction
from bot.i18n.formats import utc_offset, weekday
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.relay.hours import HoursSpan, StaffHours
from bot.relay.model import RelayedKind, RelayedMessage, RelayedState, RelayId, StaffPhrase

_TAG = regex.compile(r"[\u2066-\u2069\u200e\u200f]*#r(?P<id>[0-9a-f]{8})\b")


class RelayVerb(StrEnum):
    """What a button of a conversation does."""

    YES = "yes"
    KEEP = "keep"
    END = "end"
    SAY = "say"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class RelayButton:
    """Stored as `<verb> <argument>`: a turn, a conversation, a phrase in a conversation, or an answer's number."""

    verb: RelayVerb
    argument: str = ""

    def key(self, label: str, *, single_use: bool = False) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.RELAY, " ".join(filter(None, (self.verb, self.argument))), single_use)

    @classmethod
    def read(cls, button: Button) -> Self:
        """What a stored button does.

        Raises:
            ValueError: it is none of these.
        """
        verb, _blank, argument = button.argument.partition(" ")
        return cls(RelayVerb(verb), argument)


def relay_in(text: str) -> RelayId | None:
    """The conversation that a message of the bot in the group belongs to: its mark begins the message."""
    found = _TAG.match(text)
    return RelayId(found["id"]) if found else None


# ── What visitors read ──


def offer_page(turn: TurnRecord, hours: StaffHours, t: Translator, *, now: datetime) -> Reply:
    """What happens with a yes; the question of the turn, as it is kept, is what goes to the staff then."""
    keys = (
        RelayButton(RelayVerb.YES, turn.turn_id).key(relay_texts.button_pass_on(t), single_use=True),
        RelayButton(RelayVerb.KEEP).key(texts.button_cancel(t), single_use=True),
    )
    return Reply(
        paragraphs(
            said(relay_texts.offer(t), t.locale),
            blockquote(quoted(turn.question, turn.locale)),
            _expectation(hours, t, now),
        ),
        (keys,),
    )


def opened_page(hours: StaffHours, t: Translator, *, now: datetime) -> Html:
    """What happens from now on."""
    return paragraphs(said(relay_texts.opened(t), t.locale), _expectation(hours, t, now))


def end_rows(relay_id: RelayId, t: Translator) -> Rows:
    """The way out, under whatever the visitor reads of an open conversation."""
    return ((RelayButton(RelayVerb.END, relay_id).key(relay_texts.button_end(t)),),)


def for_visitor(message: RelayedMessage, about: RelayedMessage | None, t: Translator) -> Reply:
    """A message of `courier` to the visitor; `t` speaks their language."""
    if message.kind is RelayedKind.END_FOR_VISITOR:
        return Reply(said(relay_texts.ended(t), t.locale))
    if message.kind is RelayedKind.DOUBT:
        wrote = blockquote(quoted(about.text, about.locale)) if about else Html()
        doubt = said(relay_texts.may_not_have_arrived(t), t.locale)
        return Reply(lines(doubt, wrote), end_rows(message.relay_id, t))
    return Reply(_answer(message, t), end_rows(message.relay_id, t))


def _answer(message: RelayedMessage, t: Translator) -> Html:
    """What is translated stands first: it is what the visitor can read."""
    heading = bold(said(relay_texts.staff_answers(t), t.locale))
    if message.phrase is not None:
        return lines(heading, said(relay_texts.phrase(t, message.phrase), t.locale))
    original = quoted(message.text, message.written_in or t.locale)
    if not message.translation:
        return lines(heading, original)
    note = italic(said(relay_texts.by_machine(t), t.locale))
    return paragraphs(lines(heading, quoted(message.translation, t.locale)), lines(note, blockquote(original)))


def _expectation(hours: StaffHours, t: Translator, now: datetime) -> Html:
    if not hours.spans:
        return Html()
    away = Html() if hours.is_open(now) else said(relay_texts.away(t), t.locale)
    return lines(said(relay_texts.hours(t, _hours(hours, t.locale, now)), t.locale), away)


def _hours(hours: StaffHours, locale: Locale, now: datetime) -> str:
    offset = utc_offset(now.astimezone(hours.zone).utcoffset() or timedelta())
    return f"{', '.join(_span(span, locale) for span in hours.spans)} ({offset})"


def _span(span: HoursSpan, locale: Locale) -> str:
    days = dict.fromkeys((weekday(span.first, locale), weekday(span.last, locale)))
    closes = f"{span.closes:%H:%M}" if span.closes > span.opens else "24:00"
    return f"{'–'.join(days)} {span.opens:%H:%M}–{closes}"


# ── What the staff read ──


def for_staff(message: RelayedMessage, about: RelayedMessage | None, loss: Loss | None, t: Translator) -> Reply:
    """A message of `courier` to the group; `t` speaks its language, `loss` tells why the bot had no answer."""
    if message.kind is RelayedKind.END_FOR_STAFF:
        return Reply(lines(tag(message.relay_id), said(relay_texts.over(t), t.locale)))
    if message.kind is RelayedKind.RECEIPT:
        return _receipt(message, about, t)
    written_in = message.written_in or message.locale
    head = tag(message.relay_id) + quoted(f" · {written_in.endonym}", written_in)
    why = [] if loss is None else [gap_texts.lost_by(t, loss.by)]
    if loss is not None and loss.nearest is not None:
        why.append(gap_texts.nearest(t, str(loss.nearest)))
    return Reply(
        paragraphs(
            lines(head, blockquote(quoted(message.text, written_in))),
            _translation(message, t.locale, t),
            lines(*(said(one, t.locale) for one in why)),
            italic(said(relay_texts.reply_to_answer(t), t.locale)) if message.kind is RelayedKind.QUESTION else Html(),
        ),
        column([_phrase_key(message.relay_id, one, t) for one in StaffPhrase]),
    )


def told_staff(relay_id: RelayId, sentence: Callable[[Translator], str], t: Translator) -> Html:
    """A word to whoever has just replied."""
    return lines(tag(relay_id), said(sentence(t), t.locale))


def tag(relay_id: RelayId) -> Html:
    """The mark of a conversation: a hashtag, by which Telegram finds all of it."""
    return quoted(f"#r{relay_id}", Locale.EN)


def _receipt(message: RelayedMessage, about: RelayedMessage | None, t: Translator) -> Reply:
    state = about.state if about is not None else RelayedState.SENT
    told = lines(tag(message.relay_id), said(_RECEIPTS.get(state, relay_texts.in_doubt)(t), t.locale))
    if about is None or about.phrase is not None:
        return Reply(told)
    keys = (RelayButton(RelayVerb.DRAFT, str(about.entry)).key(gap_texts.button_draft(t)),)
    shown = _translation(about, about.locale, t)
    return Reply(paragraphs(told, shown), (keys,) if state in (RelayedState.SENT, RelayedState.IN_DOUBT) else ())


def _translation(message: RelayedMessage, into: Locale, t: Translator) -> Html:
    if not message.translation:
        return Html()
    return lines(italic(said(relay_texts.translation(t), t.locale)), blockquote(quoted(message.translation, into)))


def _phrase_key(relay_id: RelayId, which: StaffPhrase, t: Translator) -> Key:
    return RelayButton(RelayVerb.SAY, f"{relay_id} {which}").key(f"💬 {relay_texts.phrase(t, which)}")


_RECEIPTS: dict[RelayedState, Callable[[Translator], str]] = {
    RelayedState.SENT: relay_texts.delivered,
    RelayedState.IN_DOUBT: relay_texts.in_doubt,
    RelayedState.GONE: relay_texts.blocked,
    RelayedState.REFUSED: relay_texts.refused,
}
