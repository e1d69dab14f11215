"""What organisers' buttons do. The text in `Button.argument` is written and read here alone.

The text is kept for weeks, so a value of an enum below may be added but never given another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bot.announcements.model import AnnouncementId
from bot.chat.text.keyboards import Key
from bot.chat_state.model import Button, ButtonAction


class DraftPage(StrEnum):
    """Look at a part of a draft. These verbs take no argument: `topic` shows the page, `topic forum` is an edit."""

    OVERVIEW = "overview"
    TEXTS = "texts"
    TOPIC = "topic"
    SOURCE = "source"
    AUDIENCE = "audience"
    COUNTRIES = "countries"
    CHATS = "chats"
    TIME = "time"
    TERMS = "terms"
    PREVIEW = "preview"


class DraftEdit(StrEnum):
    """Change a draft at once; the argument is what is set or toggled."""

    TOPIC = "topic"
    LOCALE = "locale"
    COUNTRY = "country"
    ROLES = "roles"
    BESIDES = "besides"
    """A chat that gets it besides is taken off the list again."""
    WITHOUT = "without"
    """A chat that was left out is taken off the list again."""
    HOLD = "hold"
    FALLBACK = "fall"
    NOW = "now"
    ZONE = "zone"
    TERM = "term"
    DROP_TEXT = "drop"
    DROP_ATTACHMENT = "no_attachment"
    DROP_LINKS = "no_links"


class DraftStep(StrEnum):
    """Take a step that more belongs to: a question to the organiser, a trial copy, another stage."""

    SOURCE = "source"
    """The argument is the language that is written first."""
    WRITE = "write"
    """The argument is the language of the text."""
    DRAFT_OTHERS = "draft_others"
    COMPARE = "compare"
    """The argument is the language of the draft; without one, the first that nobody has read."""
    READ = "read"
    """The argument is the language, a blank, and the seal of what was shown."""
    ONCE = "once"
    REPEATEDLY = "repeatedly"
    ZONES = "zones"
    LINKS = "links"
    LABEL = "label"
    ADD_CHAT = "add_chat"
    LEAVE_OUT = "leave_out"
    SHOW = "show"
    """The argument is the language of the trial copy."""
    SUBMIT = "submit"
    TAKE_BACK = "take_back"
    EMERGENCY = "emergency"


DraftVerb = DraftPage | DraftEdit | DraftStep


class ItemVerb(StrEnum):
    """What a button of the list does, or of an announcement that is past its draft."""

    LIST = "list"
    CALENDAR = "calendar"
    ITEM = "item"
    """The argument of this and the next eight is an announcement."""
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    STOPPED = "stopped"
    """Yes to `STOP`, after the question whether they are sure; so is the next but one to `WITHDRAW`."""
    WITHDRAW = "withdraw"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    REPORT = "report"
    SEND_REST = "send_rest"
    """The argument of this and the next is an occurrence."""
    LEAVE_REST = "leave_rest"
    CORRECT = "correct"
    """The argument is an announcement."""
    CORRECT_IN = "correct_in"
    """The argument is an occurrence, a blank, and the language."""
    CORRECTIONS = "corrections"
    """The argument is correction ids with blanks between them."""
    PUT_BACK = "put_back"
    """The argument is an announcement."""
    RESEND = "resend"
    """The argument is an occurrence."""
    REQUEST = "request"
    """The argument of this and the rest is a change request."""
    AGREE = "agree"
    AGREE_ALONE = "agree_alone"
    REFUSE = "refuse"


class ApprovalVerb(StrEnum):
    """What an approver decides."""

    APPROVE = "approve"
    RETURN = "return"


class RoleVerb(StrEnum):
    """What a button does about who organises."""

    LIST = "list"
    INVITE = "invite"
    """Ask which role the invitation is for."""
    LINK = "link"
    """Make the invitation; the argument is the role."""
    CONFIRM = "confirm"
    """The argument of this and the next is the invitation's hash."""
    REFUSE = "refuse"
    REMOVE = "remove"
    """Ask whether they are sure; the argument of this and the next is a person, a blank, and a role."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DraftButton:
    """A button of a draft, stored as `<announcement> <verb> <argument>`."""

    announcement_id: AnnouncementId
    verb: DraftVerb
    argument: str = ""

    def key(self, label: str) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.DRAFT, _joined(self.announcement_id, self.verb, self.argument))

    @classmethod
    def read(cls, button: Button) -> Self:
        """What a stored button does.

        Raises:
            ValueError: it is none of these.
        """
        name, _blank, rest = button.argument.partition(" ")
        verb, _blank, argument = rest.partition(" ")
        return cls(AnnouncementId(name), _draft_verb(verb, argument), argument)


def _draft_verb(verb: str, argument: str) -> DraftVerb:
    if not argument and verb in list(DraftPage):
        return DraftPage(verb)
    return DraftEdit(verb) if verb in list(DraftEdit) else DraftStep(verb)


@dataclass(frozen=True, slots=True)
class ItemButton:
    """A button of the list or of an announcement that is past its draft, stored as `<verb> <argument>`."""

    verb: ItemVerb
    argument: str = ""

    def key(self, label: str, *, single_use: bool = False) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.ANNOUNCEMENT, _joined(self.verb, self.argument), single_use=single_use)

    @classmethod
    def read(cls, button: Button) -> Self:
        """See `DraftButton.read`."""
        verb, _blank, argument = button.argument.partition(" ")
        return cls(ItemVerb(verb), argument)


@dataclass(frozen=True, slots=True)
class ApprovalButton:
    """The decision about the version that was seen, stored as `<verb> <announcement> <version>`."""

    verb: ApprovalVerb
    announcement_id: AnnouncementId
    version: int

    def key(self, label: str) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.APPROVAL, _joined(self.verb, self.announcement_id, str(self.version)))

    @classmethod
    def read(cls, button: Button) -> Self:
        """See `DraftButton.read`."""
        verb, name, version = button.argument.split(" ")
        return cls(ApprovalVerb(verb), AnnouncementId(name), int(version))


@dataclass(frozen=True, slots=True)
class RoleButton:
    """A button about who organises, stored as `<verb> <argument>`."""

    verb: RoleVerb
    argument: str = ""

    def key(self, label: str, *, single_use: bool = False) -> Key:
        """The button under a message."""
        return Key(label, ButtonAction.ORGANISERS, _joined(self.verb, self.argument), single_use=single_use)

    @classmethod
    def read(cls, button: Button) -> Self:
        """See `DraftButton.read`."""
        verb, _blank, argument = button.argument.partition(" ")
        return cls(RoleVerb(verb), argument)


def item_key(label: str, verb: ItemVerb, argument: str = "", *, single_use: bool = False) -> Key:
    """A button of the list or of an announcement that is past its draft."""
    return ItemButton(verb, argument).key(label, single_use=single_use)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
