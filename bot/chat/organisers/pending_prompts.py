"""What an organiser was asked last: stored, so that a conversation of several steps outlives a restart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.chat.context import UpdateContext
from bot.chat.text.rendering import Html
from bot.chat.text.replies import Reply
from bot.chat_state.model import Dialogue
from bot.ids import VisitorId

_KIND = "organiser"
_LASTS = timedelta(hours=24)
"""What is written later is no answer any more; a day, because some write their texts elsewhere (by reasoning)."""


class PromptKind(StrEnum):
    """What the next message answers."""

    LABEL = "label"
    """`subject` is the announcement that gets another name; empty for a new one."""
    TEXT = "text"
    """`argument` is the language."""
    MOMENT = "moment"
    """`argument` is the moment's name."""
    ONCE = "once"
    CRON = "cron"
    ZONE = "zone"
    LINKS = "links"
    BESIDES = "besides"
    WITHOUT = "without"
    REASON = "reason"
    """`argument` is the version that is returned."""
    COUNT = "count"
    """`argument` is the version that is approved."""
    EMERGENCY = "emergency"
    """`argument` is the version that is sent without a second person."""
    CORRECTION = "correction"
    """`subject` is an occurrence, `argument` the language."""
    CORRECTION_COUNT = "correction_count"
    """`subject` is an occurrence, `argument` the language and, after a blank, the new text."""
    PUT_BACK_COUNT = "put_back_count"
    """`subject` is an occurrence."""
    RESEND_COUNT = "resend_count"
    """`subject` is an occurrence."""
    AGREEMENT = "agreement"
    """`subject` is a request that somebody else has made."""
    LONE_AGREEMENT = "lone_agreement"
    """`subject` is the owner's own request."""


@dataclass(frozen=True, slots=True)
class PendingPrompt:
    """A question that is open, and what it is about."""

    kind: PromptKind
    subject: str = ""
    argument: str = ""

    def dialogue(self, visitor_id: VisitorId, *, now: datetime) -> Dialogue:
        """The same, to be stored."""
        state = json.dumps({"step": self.kind.value, "subject": self.subject, "argument": self.argument})
        return Dialogue(visitor_id, _KIND, state, now)

    @classmethod
    def read(cls, dialogue: Dialogue, *, now: datetime) -> PendingPrompt | None:
        """The open question; None when it is of another kind or too old."""
        if dialogue.kind != _KIND or now - dialogue.changed_at > _LASTS:
            return None
        state = json.loads(dialogue.state)
        return cls(PromptKind(state["step"]), state["subject"], state["argument"])


async def ask(context: UpdateContext, prompt: PendingPrompt, question: Html | Reply) -> None:
    """Ask something; the next message of this person is the answer."""
    await context.say(question)
    remember(context, prompt)


def remember(context: UpdateContext, prompt: PendingPrompt) -> None:
    """Take the next message of this person as the answer."""
    visitor_id, now = context.visitor_id, context.now
    if visitor_id is not None:
        context.later(lambda: context.announcements.dialogues.save(prompt.dialogue(visitor_id, now=now)))


def close_prompt(context: UpdateContext) -> None:
    """Nothing is asked any more."""
    visitor_id = context.visitor_id
    if visitor_id is not None:
        context.later(lambda: context.announcements.dialogues.clear(visitor_id))
