"""A reply as every page of the chat makes it: what it says, and which buttons stand under it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.text.keyboards import Rows
from bot.chat.text.rendering import Html


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to be."""

    content: Html
    rows: Rows = ()
