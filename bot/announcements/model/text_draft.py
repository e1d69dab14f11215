"""A text that a language model wrote and nobody has read yet: it is no part of the announcement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.announcements.model.announcement import AnnouncementId
from bot.ids import Locale


class TextDraftState(StrEnum):
    """How far a draft has come."""

    WAITING = "waiting"
    """Somebody wants it; the model has not written it yet."""
    WRITTEN = "written"
    """It waits for a person to read it."""
    REFUSED = "refused"
    """What the model wrote was thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDraft:
    """The draft of one language. `labels` are those of the buttons, by the labels in the source language.

    `made_from` is the hash of the source text that it was made from; `reason` says why it was refused, by the name of a
    `bot.drafting.model.DraftRefusal`.
    """

    announcement_id: AnnouncementId
    locale: Locale
    state: TextDraftState = TextDraftState.WAITING
    text: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    made_from: str = ""
    reason: str = ""

    @property
    def is_unread(self) -> bool:
        """Whether there is something to read."""
        return self.state is TextDraftState.WRITTEN
