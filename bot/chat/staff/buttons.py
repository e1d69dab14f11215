"""What the buttons of the staff do. The text in `Button.argument` is written and read here alone.

The text is kept for weeks, so a verb may be added but never given another meaning.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

from bot.chat.text.keyboards import Key
from bot.chat_state.model import Button, ButtonAction
from bot.proposals.model import ProposalId, Weight


class StaffVerb(StrEnum):
    """What a button does."""

    LIST = "list"
    ITEM = "item"
    """The argument of this and the next is a proposal."""
    TEXT = "text"
    APPROVE = "approve"
    """The argument of this and the next is a proposal, a blank, and the version that was seen."""
    RETURN = "return"
    TAKE_BACK = "take_back"
    """The argument of this and the next is a proposal."""
    RENEW = "renew"
    UPLOAD = "upload"
    """The page of a file that is being prepared; the argument of this and the rest is a proposal, and what is named."""
    LANGUAGES = "languages"
    LANGUAGE = "language"
    """Besides the proposal, a language."""
    TOPICS = "topics"
    TOPIC = "topic"
    """Besides the proposal, a topic's folder."""
    NAME = "name"
    HAND_IN = "hand_in"
    """Besides the proposal, a weight."""
    FIX = "fix"
    """Show this sentence to be put right; the argument of this and the next is a `SentenceFix`."""
    FIX_AS = "fix_as"
    ANSWERED = "answered"
    """The argument is an open question, a blank, and the section that answers it."""
    EXPIRING = "expiring"
    DRAFTS = "drafts"
    DRAFT = "draft"
    """The argument is the file of a draft."""
    DRAFT_YES = "draft_yes"
    """The argument of this and the next is the hash of what was seen, a blank, and the file."""
    DRAFT_NO = "draft_no"
    SECTIONS = "sections"
    """How sections stand; the argument is a page, from 0."""
    SECTION = "section"
    """Besides the page that it stands on, a section."""


@dataclass(frozen=True, slots=True)
class SentenceFix:
    """One sentence of a file and what is to stand there."""

    file: str
    section_id: str
    old: str
    new: str
    weight: Weight | None = None

    def argument(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, argument: str) -> Self:
        """What `argument` has written."""
        stored = json.loads(argument)
        weight = stored.pop("weight")
        return cls(**stored, weight=Weight(weight) if weight else None)


@dataclass(frozen=True, slots=True)
class StaffButton:
    """A button, stored as `<verb> <argument>`."""

    verb: StaffVerb
    argument: str = ""

    def key(self, label: str) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.STAFF, f"{self.verb} {self.argument}".rstrip())

    @classmethod
    def read(cls, button: Button) -> Self:
        """What a stored button does.

        Raises:
            ValueError: it is none of these.
        """
        verb, _blank, argument = button.argument.partition(" ")
        return cls(StaffVerb(verb), argument)


def staff_key(label: str, verb: StaffVerb, proposal_id: ProposalId | str = "", more: object = "") -> Key:
    """A button about a proposal."""
    return StaffButton(verb, f"{proposal_id} {more}".strip()).key(label)


def subject_of(argument: str) -> tuple[ProposalId, str]:
    """The proposal that an argument names, and what it says besides."""
    name, _blank, more = argument.partition(" ")
    return ProposalId(name), more
