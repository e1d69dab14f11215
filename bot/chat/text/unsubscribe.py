"""The «unsubscribe» buttons under announcements, which work for every recipient without being stored for each.

Their callback data says what it is about in the open. That is safe because a press acts only for the chat in which it
was made: the worst that forged data can do is to unsubscribe its forger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import regex

from bot.announcements.model import AnnouncementId
from bot.ids import NewsTopic

_FORM = regex.compile(r"u:([A-Za-z0-9_-]{1,32}):([a-z]{1,16}|\*)")
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The wish for no more announcements on a topic, or on all (None). It may be pressed again without harm.

    Whoever acts on it must see to it that in a group only administrators are obeyed.
    """

    announcement_id: AnnouncementId
    topic: NewsTopic | None

    @property
    def data(self) -> str:
        """The button's callback data: at most 51 of Telegram's 64 bytes."""
        return f"u:{self.announcement_id}:{self.topic or _ALL}"

    @classmethod
    def read(cls, data: str | None) -> Self | None:
        """The wish that callback data expresses; None when it is of another kind."""
        found = _FORM.fullmatch(data or "")
        if found is None:
            return None
        if found[2] == _ALL:
            return cls(AnnouncementId(found[1]), None)
        topic = next((topic for topic in NewsTopic if topic == found[2]), None)
        return cls(AnnouncementId(found[1]), topic) if topic else None
