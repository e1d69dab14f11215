"""What the buttons of gaps do. The text in `Button.argument` is written and read here alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bot.chat.text.keyboards import Key
from bot.chat_state.model import Button, ButtonAction


class GapVerb(StrEnum):
    """What a button does about gaps in the knowledge; the argument of all but the first is a gap."""

    LIST = "list"
    SHOW = "show"
    DRAFT = "draft"
    TAKE = "take"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class GapButton:
    """A button about gaps in the knowledge, stored as `<verb> <argument>`."""

    verb: GapVerb
    argument: str = ""

    def key(self, label: str) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.GAP, " ".join(filter(None, (self.verb, self.argument))))

    @classmethod
    def read(cls, button: Button) -> Self:
        """What a stored button does.

        Raises:
            ValueError: it is none of these.
        """
        verb, _blank, argument = button.argument.partition(" ")
        return cls(GapVerb(verb), argument)
