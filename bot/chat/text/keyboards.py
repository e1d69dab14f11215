"""Inline keyboards from values: what a button does stays on the server, its callback data is a random token.

A token has 22 characters, so callback data has 22 bytes in every language, tells nothing and can't be guessed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat_state.model import Button, ButtonAction
from bot.ids import ChatId, VisitorId
from bot.writing.cleaning import one_line

LABEL_LIMIT = 64
"""Characters of a label; longer ones are cut off by every app."""
_HALF_A_ROW = 18
"""Characters of a label that half the width of a small phone shows."""
BUTTON_LIFE = timedelta(days=7)
"""Every answer has some, and each is a row of the database: a week, then the question is asked again."""
LONG_LIFE = timedelta(days=30)
"""Of what a person decides, some day."""
_LONG_LIVED = frozenset(
    {
        ButtonAction.LANGUAGE,
        ButtonAction.CONSENT,
        ButtonAction.SETTINGS,
        ButtonAction.DRAFT,
        ButtonAction.APPROVAL,
        ButtonAction.ANNOUNCEMENT,
        ButtonAction.ORGANISERS,
        ButtonAction.STAFF,
    }
)
CONFIRM_LIFE = timedelta(minutes=15)
"""Of what can't be undone: who comes back later looks again first (chosen by reasoning)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A button to be: label, and what a press does. A `single_use` one works once and not for long."""

    label: str
    action: ButtonAction
    argument: str = ""
    single_use: bool = False


Rows = Sequence[Sequence[Key]]


def new_token() -> str:
    """128 random bits in 22 url-safe characters."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """A keyboard for a message, and the buttons that must be stored for it to work."""

    markup: InlineKeyboardMarkup
    buttons: tuple[Button, ...]


def build_keyboard(
    rows: Rows,
    *,
    chat_id: ChatId,
    visitor_id: VisitorId | None,
    now: datetime,
    token: Callable[[], str] = new_token,
) -> Keyboard | None:
    """The keyboard of these rows, bound to chat and visitor; None when there is no button."""
    buttons: list[Button] = []
    markup: list[list[InlineKeyboardButton]] = []
    for row in rows:
        line = []
        for key in row:
            expires_at = now + _life(key)
            button = Button(token(), chat_id, visitor_id, key.action, key.argument, expires_at, key.single_use)
            buttons.append(button)
            line.append(InlineKeyboardButton(one_line(key.label, limit=LABEL_LIMIT), callback_data=button.token))
        if line:
            markup.append(line)
    return Keyboard(InlineKeyboardMarkup(markup), tuple(buttons)) if buttons else None


def _life(key: Key) -> timedelta:
    if key.single_use:
        return CONFIRM_LIFE
    return LONG_LIFE if key.action in _LONG_LIVED else BUTTON_LIFE


def column(keys: Sequence[Key]) -> Rows:
    """One button a row."""
    return tuple((key,) for key in keys)


def pairs(keys: Sequence[Key]) -> Rows:
    """Two buttons a row where both labels are short enough to be read whole on a narrow screen, else one."""
    rows: list[tuple[Key, ...]] = []
    for key in keys:
        last = rows[-1] if rows else ()
        if len(last) == 1 and max(len(last[0].label), len(key.label)) <= _HALF_A_ROW:
            rows[-1] = (*last, key)
        else:
            rows.append((key,))
    return tuple(rows)


def grid(keys: Sequence[Key], *, columns: int) -> Rows:
    """`columns` buttons a row."""
    return tuple(tuple(keys[start : start + columns]) for start in range(0, len(keys), columns))
