"""What the buttons of /settings and of the question for consent do: their stored text is made and read here alone.

The text is kept for weeks, so a value of an enum below may be added but never given another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bot.chat.text.keyboards import Key
from bot.chat_state.model import Button, ButtonAction
from bot.ids import ChatId


class SettingsPage(StrEnum):
    """Look at a page of the settings."""

    OVERVIEW = "page"
    TOPICS = "topics"
    ZONES = "zones"
    QUIET = "quiet"
    LANGUAGES = "languages"


class SettingsEdit(StrEnum):
    """Change something at once."""

    ON = "on"
    OFF = "off"
    TOPIC = "topic"
    """The argument is the topic that is wanted from now on, or no more."""
    ZONE = "zone"
    """The argument is the name of a time zone."""
    HOURS = "hours"
    """The argument is two times, begin and end of quiet hours; empty for none."""
    LOCALE = "locale"
    """The argument is the language of a group or channel."""


class Consent(StrEnum):
    """What somebody answers who is asked whether announcements are wanted."""

    YES = "yes"
    NO = "no"
    LATER = "later"

    def key(self, label: str) -> Key:
        """The button under the question."""
        return Key(label, ButtonAction.CONSENT, self.value)


@dataclass(frozen=True, slots=True)
class SettingsButton:
    """A button of a chat's settings, stored as `<chat> <verb> <argument>`."""

    chat_id: ChatId
    verb: SettingsPage | SettingsEdit
    argument: str = ""

    def key(self, label: str) -> Key:
        """The button under a message."""
        parts = (str(self.chat_id), self.verb, self.argument)
        return Key(label, ButtonAction.SETTINGS, " ".join(part for part in parts if part))

    @classmethod
    def read(cls, button: Button) -> Self:
        """What a stored button does.

        Raises:
            ValueError: it is none of these.
        """
        number, _blank, rest = button.argument.partition(" ")
        verb, _blank, argument = rest.partition(" ")
        known = SettingsPage(verb) if verb in list(SettingsPage) else SettingsEdit(verb)
        return cls(ChatId(int(number)), known, argument)
